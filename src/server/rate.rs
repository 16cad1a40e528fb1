//! How often something may happen: the generic cell rate algorithm, one number of state, time as an argument.

use std::time::Duration;

/// A sustained rate and the burst allowed above it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    interval: Duration,
    tolerance: Duration,
}

impl Rate {
    /// Allows `per_second` for ever, and `burst` at once after a pause.
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, tolerance: interval * burst.max(1) }
    }
}

/// One spender of a [`Rate`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meter {
    /// When everything allowed so far would be used up at the sustained rate.
    spent_until: Duration,
}

impl Meter {
    /// Counts one event, unless it comes too early.
    pub(super) fn allows(&mut self, now: Duration, rate: Rate) -> bool {
        self.allows_many(now, rate, 1)
    }

    /// Counts so many events at once, unless they come too early.
    pub(super) fn allows_many(&mut self, now: Duration, rate: Rate, count: u32) -> bool {
        let next = self.spent_until.max(now) + rate.interval * count;
        let allowed = next - now <= rate.tolerance;
        if allowed {
            self.spent_until = next;
        }
        allowed
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
    fn a_steady_sender_at_the_rate_is_never_stopped() {
        let (mut meter, rate) = (Meter::default(), Rate::new(2_000, 1));
        for n in 0..10_000_u32 {
            assert!(meter.allows(Duration::from_micros(500) * n, rate));
        }
    }
}
