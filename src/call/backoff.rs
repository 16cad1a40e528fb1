//! Backoff between attempts: exponential, capped, and spread so that many clients do not come back at once.

use std::time::Duration;

/// The wait before the first retry.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait at first: people wait, and a server that was started again should see them at once.
const LONGEST: Duration = Duration::from_millis(1500);
/// The attempts, some minutes, after which nobody waits at the screen any more.
const PATIENT: u32 = 150;
/// The longest wait from then on.
const LONGEST_LATER: Duration = Duration::from_secs(10);

/// A counter of attempts; the spread comes from a seed, so that a run can be repeated.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    attempt: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        // xorshift stands still at zero.
        Self { attempt: 0, random: seed | 1 }
    }

    /// The wait before the next attempt: between half and all of [`nominal`].
    pub(super) fn next(&mut self) -> Duration {
        // xorshift64 (Marsaglia 2003): spread is all that is needed, not secrecy.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let whole = nominal(self.attempt);
        self.attempt = self.attempt.saturating_add(1);
        let share = u32::try_from(self.random % 1000).unwrap_or(0);
        whole / 2 + whole * share / 2000
    }

    /// Starts from the shortest wait again after a success.
    pub(super) fn reset(&mut self) {
        self.attempt = 0;
    }
}

/// The wait before attempt `attempt + 1`, before it is spread.
fn nominal(attempt: u32) -> Duration {
    let longest = if attempt < PATIENT { LONGEST } else { LONGEST_LATER };
    FIRST.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_until_the_cap() {
        assert_eq!(nominal(0), FIRST);
        assert_eq!(nominal(1), FIRST * 2);
        for attempt in 3..PATIENT {
            assert_eq!(nominal(attempt), LONGEST);
        }
        assert_eq!(nominal(u32::MAX), LONGEST_LATER);
    }

    #[test]
    fn waits_are_spread_over_the_upper_half_and_differ_between_clients() {
        let waits: Vec<_> = (0..100).map(|seed| Backoff::new(seed * 7919).next()).collect();
        assert!(waits.iter().all(|wait| (FIRST / 2..=FIRST).contains(wait)));
        assert!(waits.iter().collect::<std::collections::BTreeSet<_>>().len() > 10);
    }

    #[test]
    fn success_starts_over() {
        let mut backoff = Backoff::new(1);
        for _ in 0..10 {
            backoff.next();
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
