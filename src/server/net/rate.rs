//! Rate limits by the generic cell rate algorithm: one number of state, time as an argument.

use std::time::Duration;

/// A sustained rate and the burst allowed above it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    events: u32,
    /// The period of `events`.
    seconds: u32,
    tolerance: Duration,
}

impl Rate {
    /// Allows `per_second` for ever, and `burst` at once after a pause.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self::over(per_second, 1, burst)
    }

    /// Allows `per_minute` for ever, and `burst` at once after a pause.
    pub(crate) fn per_minute(per_minute: u32, burst: u32) -> Self {
        Self::over(per_minute, 60, burst)
    }

    fn over(events: u32, seconds: u32, burst: u32) -> Self {
        let mut rate = Self { events: events.max(1), seconds, tolerance: Duration::ZERO };
        rate.tolerance = rate.interval(burst.max(1));
        rate
    }

    /// Time that `count` events take. Multiplied first: a byte at a high rate takes less than a nanosecond.
    fn interval(&self, count: u32) -> Duration {
        let nanos = u64::from(count) * 1_000_000_000 / u64::from(self.events);
        Duration::from_nanos(nanos.saturating_mul(self.seconds.into()))
    }
}

/// The state of one sender under a [`Rate`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    /// Time at which all counted events are used up at the sustained rate (theoretical arrival time).
    spent_until: Duration,
}

impl Meter {
    /// Counts one event, unless it exceeds the rate.
    pub(crate) fn allows(&mut self, now: Duration, rate: Rate) -> bool {
        self.allows_many(now, rate, 1)
    }

    /// Whether the meter has refilled completely.
    pub(crate) fn is_rested(&self, now: Duration) -> bool {
        self.spent_until <= now
    }

    /// Counts `count` events at once, unless they exceed the rate.
    pub(crate) fn allows_many(&mut self, now: Duration, rate: Rate, count: u32) -> bool {
        let next = self.spent_until.max(now) + rate.interval(count);
        let allowed = next - now <= rate.tolerance;
        if allowed {
            self.spent_until = next;
        }
        allowed
    }

    /// Counts `count` events even above the rate; they never cost more than one burst.
    pub(crate) fn charge(&mut self, now: Duration, rate: Rate, count: u32) {
        let next = self.spent_until.max(now) + rate.interval(count);
        self.spent_until = next.min(now + rate.tolerance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(meter: &mut Meter, rate: Rate, now: Duration, tries: usize) -> usize {
        (0..tries).filter(|_| meter.allows(now, rate)).count()
    }

    #[test]
    fn a_burst_is_allowed_once_and_then_the_sustained_rate() {
        let (mut meter, rate) = (Meter::default(), Rate::new(100, 30));
        assert_eq!(allowed(&mut meter, rate, Duration::from_secs(9), 1000), 30);
        assert_eq!(allowed(&mut meter, rate, Duration::from_millis(9_100), 1000), 10);
        assert_eq!(allowed(&mut meter, rate, Duration::from_secs(99), 1000), 30);
    }

    #[test]
    fn the_bytes_of_a_fast_line_are_counted_exactly() {
        let (mut meter, rate) = (Meter::default(), Rate::new(3_000_000_000, 1_000_000));
        let packets =
            |meter: &mut Meter, now| (0..).take_while(|_| meter.allows_many(now, rate, 1_000)).count();
        let (at_once, later) =
            (packets(&mut meter, Duration::ZERO), packets(&mut meter, Duration::from_micros(100)));
        assert!((1_000..=1_001).contains(&at_once) && (300..=301).contains(&later), "{at_once} {later}");
    }

    #[test]
    fn a_minute_has_as_many_as_it_is_given() {
        let (mut meter, rate) = (Meter::default(), Rate::per_minute(30, 10));
        assert_eq!(allowed(&mut meter, rate, Duration::from_secs(9), 1000), 10);
        assert_eq!(allowed(&mut meter, rate, Duration::from_secs(19), 1000), 5);
    }

    #[test]
    fn a_charge_spends_a_burst_at_most() {
        let (mut meter, rate) = (Meter::default(), Rate::new(10, 30));
        meter.charge(Duration::ZERO, rate, 20);
        assert_eq!(allowed(&mut meter, rate, Duration::ZERO, 1000), 10);
        meter.charge(Duration::ZERO, rate, 1_000_000);
        assert_eq!(allowed(&mut meter, rate, Duration::from_secs(1), 1000), 10);
    }

    #[test]
    fn a_steady_sender_at_the_rate_is_never_stopped() {
        let (mut meter, rate) = (Meter::default(), Rate::new(2_000, 1));
        for n in 0..10_000_u32 {
            assert!(meter.allows(Duration::from_micros(500) * n, rate));
        }
    }
}
