//! The speed of a transfer, smoothed over some seconds.

use std::time::Duration;

/// The shortest time that is measured.
const MEASURED_EVERY: Duration = Duration::from_millis(500);
/// After this without a byte, there is no speed.
const STALLED: Duration = Duration::from_secs(5);

/// The speed of one transfer.
#[derive(Debug, Default)]
pub(super) struct Speed {
    since: Option<Duration>,
    bytes: u64,
    rate: Option<u64>,
}

impl Speed {
    /// Counts bytes that have come over.
    pub(super) fn count(&mut self, now: Duration, bytes: u32) {
        let since = *self.since.get_or_insert(now);
        self.bytes += u64::from(bytes);
        let elapsed = now.saturating_sub(since);
        if elapsed < MEASURED_EVERY {
            return;
        }
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let measured = self.bytes.saturating_mul(1000) / millis;
        self.rate = Some(self.rate.map_or(measured, |rate| (rate / 4 * 3).saturating_add(measured / 4)));
        (self.since, self.bytes) = (Some(now), 0);
    }

    /// Forgets all, since the transfer stands still.
    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// The speed in bytes a second, once known.
    pub(super) fn rate(&self, now: Duration) -> Option<u64> {
        self.rate.filter(|_| self.since.is_some_and(|since| now.saturating_sub(since) < STALLED))
    }
}

/// The time for so many bytes at a speed.
pub(super) fn time_for(bytes: u64, rate: Option<u64>) -> Option<Duration> {
    rate.filter(|rate| *rate > 0).map(|rate| Duration::from_secs(bytes.div_ceil(rate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_follows_what_comes_and_is_gone_when_nothing_does() {
        let mut speed = Speed::default();
        let at = Duration::from_millis;
        assert_eq!(speed.rate(at(0)), None);
        for step in 0..40 {
            speed.count(at(100 * step), 10_000);
        }
        let rate = speed.rate(at(4_000)).unwrap();
        assert!((95_000..125_000).contains(&rate), "{rate}");
        assert_eq!(time_for(1_000_001, Some(100_000)), Some(Duration::from_secs(11)));
        assert_eq!(speed.rate(at(10_000)), None);
        assert_eq!(time_for(1, Some(0)), None);
    }
}
