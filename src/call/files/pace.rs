//! The pace of files to one peer, which gives way to the voice: rates that rise while it is well, and halve when not.
//!
//! # The rule
//! Bytes go at a rate of their own, whatever the network would take. It begins at [`FIRST_RATE`]. A sample of a connection
//! says every few seconds whether the voice is well.
//! - It is well with everybody: the rate quadruples each second, up to the threshold, and grows by [`STEP`] a second, or
//!   by a sixteenth, from there on, but only while at least half of it is used. There is no threshold before the voice was
//!   first not well.
//! - It is not well with anybody, whose connection may share the same way out: the rate halves, once in [`SETTLE`], down to
//!   [`LEAST_RATE`], and the threshold is what it is then. It does not rise for [`HOLD`].
//! - Whoever is not well for [`PATIENCE`] on end, while no rate rises, suffers from something else than files to others:
//!   from then on only the rate to that peer heeds it, until the voice there was well again.

use std::time::Duration;

/// The rate at first, in bytes a second.
pub(super) const FIRST_RATE: u64 = 512 * 1024;
/// The least rate, in bytes a second: one chunk.
pub(super) const LEAST_RATE: u64 = 16 * 1024;
/// The highest rate, in bytes a second, beyond what data channels reach.
pub(super) const MOST_RATE: u64 = 128 * 1024 * 1024;
/// What a rate above the threshold grows by at least, in bytes a second, each second; a high one by a sixteenth of itself.
pub(super) const STEP: u64 = 64 * 1024;
/// The shortest time between two halvings: what was sent before shows in samples for a while.
pub(super) const SETTLE: Duration = Duration::from_secs(1);
/// How long a rate does not rise after a halving.
pub(super) const HOLD: Duration = Duration::from_secs(4);
/// How long the voice of another is heeded while it is not well without a break.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How much may be sent at once after a pause, as time at the rate. Timers of a hidden page come once a second.
const BURST: Duration = Duration::from_millis(250);
/// The least of that, in bytes.
const LEAST_BURST: u64 = 32 * 1024;
/// The shortest time after which a rate rises.
const RISE_EVERY: Duration = Duration::from_secs(1);

/// The pace to one peer.
#[derive(Debug)]
pub(super) struct Pace {
    rate: u64,
    threshold: Option<u64>,
    /// Bytes that may be sent, as of then.
    allowance: u64,
    counted: Duration,
    halved: Option<Duration>,
    /// When the rate rose last, and the bytes that were sent since.
    risen: Duration,
    used: u64,
}

impl Pace {
    pub(super) fn new(now: Duration) -> Self {
        let (threshold, halved) = (None, None);
        let rate = FIRST_RATE;
        Self { rate, threshold, allowance: burst(rate), counted: now, halved, risen: now, used: 0 }
    }

    /// Takes a sample that is heeded.
    pub(super) fn sampled(&mut self, now: Duration, is_well: bool) {
        self.count(now);
        let since = self.halved.map(|halved| now.saturating_sub(halved));
        if !is_well {
            if since.is_none_or(|since| since >= SETTLE) {
                self.rate = (self.rate / 2).max(LEAST_RATE);
                self.threshold = Some(self.rate);
                self.allowance = self.allowance.min(burst(self.rate));
                self.halved = Some(now);
            }
            (self.risen, self.used) = (now, 0);
            return;
        }
        let elapsed = now.saturating_sub(self.risen);
        if elapsed < RISE_EVERY || since.is_some_and(|since| since < HOLD) {
            return;
        }
        if self.used >= at(self.rate, elapsed) / 2 {
            self.rate = match self.threshold {
                Some(threshold) if self.rate >= threshold => {
                    self.rate + at(STEP.max(self.rate / 16), elapsed.min(HOLD))
                }
                threshold => {
                    let seconds = u32::try_from(elapsed.min(HOLD).as_secs()).unwrap_or(1);
                    (self.rate << (2 * seconds)).min(threshold.unwrap_or(u64::MAX))
                }
            };
            self.rate = self.rate.min(MOST_RATE);
        }
        (self.risen, self.used) = (now, 0);
    }

    /// Whether so many bytes may be sent now.
    pub(super) fn admits(&mut self, now: Duration, bytes: u32) -> bool {
        self.count(now);
        self.allowance >= u64::from(bytes)
    }

    /// Counts bytes that are sent.
    pub(super) fn sent(&mut self, bytes: u32) {
        self.allowance = self.allowance.saturating_sub(bytes.into());
        self.used = self.used.saturating_add(bytes.into());
    }

    /// When so many bytes may be sent.
    pub(super) fn due(&self, bytes: u32) -> Duration {
        let lacking = u64::from(bytes).saturating_sub(self.allowance);
        self.counted + Duration::from_micros((lacking * 1_000_000).div_ceil(self.rate))
    }

    #[cfg(test)]
    pub(super) fn rate(&self) -> u64 {
        self.rate
    }

    fn count(&mut self, now: Duration) {
        let earned = at(self.rate, now.saturating_sub(self.counted));
        // Less than a byte's time is kept for the next count.
        if earned > 0 {
            self.allowance = self.allowance.saturating_add(earned).min(burst(self.rate));
            self.counted = now;
        }
    }
}

/// The bytes of some time at a rate.
fn at(rate: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    rate.saturating_mul(micros) / 1_000_000
}

fn burst(rate: u64) -> u64 {
    at(rate, BURST).max(LEAST_BURST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Sends as much as is admitted for some time; returns the bytes.
    fn send(pace: &mut Pace, from: Duration, time: Duration) -> u64 {
        let (mut now, mut sent) = (from, 0);
        while now < from + time {
            while pace.admits(now, 1024) {
                pace.sent(1024);
                sent += 1024;
            }
            let due = pace.due(1024);
            assert!(due > now, "a timer that is due was due to help");
            now = due;
        }
        sent
    }

    /// The rates in KiB a second, after each of some seconds in which the voice was well or not.
    fn rates(pace: &mut Pace, from: Duration, samples: &str, is_used: bool) -> Vec<u64> {
        let mut now = from;
        let after = samples.chars().map(|sample| {
            if is_used {
                send(pace, now, SECOND);
            }
            now += SECOND;
            pace.sampled(now, sample == 'w');
            pace.rate() / 1024
        });
        after.collect()
    }

    #[test]
    fn a_rate_quadruples_while_the_voice_is_well_and_halves_when_not() {
        let mut pace = Pace::new(SECOND);
        let seen = rates(&mut pace, SECOND, "wwwbwwwwwwbb", true);
        assert_eq!(seen, [2048, 8192, 32768, 16384, 16384, 16384, 16384, 20480, 21760, 23120, 11560, 5780]);
    }

    #[test]
    fn a_rate_never_falls_below_the_least_nor_rises_above_the_most() {
        let mut pace = Pace::new(SECOND);
        assert_eq!(rates(&mut pace, SECOND, &"b".repeat(30), true).pop(), Some(LEAST_RATE / 1024));
        let mut pace = Pace::new(SECOND);
        pace.rate = MOST_RATE;
        assert_eq!(rates(&mut pace, SECOND, "w", true), [MOST_RATE / 1024]);
    }

    #[test]
    fn a_rate_that_is_not_used_does_not_rise() {
        let mut pace = Pace::new(SECOND);
        assert_eq!(rates(&mut pace, SECOND, "wwww", false), [512; 4]);
    }

    #[test]
    fn many_samples_of_one_moment_halve_once() {
        let mut pace = Pace::new(SECOND);
        for _ in 0..7 {
            pace.sampled(SECOND, false);
        }
        assert_eq!(pace.rate(), FIRST_RATE / 2);
    }

    #[test]
    fn bytes_keep_to_the_rate_also_after_a_pause() {
        let mut pace = Pace::new(SECOND);
        let sent = send(&mut pace, SECOND, SECOND * 10);
        assert!((FIRST_RATE * 10..=FIRST_RATE * 11).contains(&sent), "{sent}");
        let later = SECOND * 500;
        let sent = send(&mut pace, later, Duration::from_millis(1));
        assert!(sent <= burst(FIRST_RATE) + 2048, "{sent}");
    }
}
