//! What went wrong with one webhook, gathered so that the log has a line of it at most once a minute. Time is an
//! argument.

use std::time::Duration;

/// Least time between two lines.
const EVERY: Duration = Duration::from_secs(60);

/// Counts since the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Tries that failed.
    pub(super) failures: u32,
    /// Messages that were dropped, or given up, for good.
    pub(super) lost: u32,
    told: Option<Duration>,
}

impl Trouble {
    /// The counts, if there are any and a line of them may be written now; they begin anew.
    pub(super) fn line(&mut self, now: Duration) -> Option<Self> {
        let may = self.told.is_none_or(|told| now >= told + EVERY);
        if !may || self.failures + self.lost == 0 {
            return None;
        }
        Some(std::mem::replace(self, Self { told: Some(now), ..Self::default() }))
    }

    /// The messages lost since the last line, whenever that was; they count no more.
    pub(super) fn untold(&mut self) -> u32 {
        std::mem::take(&mut self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_told_at_once_and_those_that_follow_once_a_minute() {
        let mut trouble = Trouble::default();
        let mut lines = Vec::new();
        for second in (0..=120).map(Duration::from_secs) {
            trouble.failures += 1;
            lines.extend(trouble.line(second).map(|line| line.failures));
        }
        assert_eq!(lines, [1, 60, 60]);
        assert_eq!(trouble.line(Duration::from_secs(999)), None, "nothing has happened since");
        trouble.lost += 7;
        assert_eq!(trouble.line(Duration::from_secs(999)).map(|line| line.lost), Some(7));
        trouble.lost += 2;
        assert_eq!(trouble.line(Duration::from_secs(999)), None);
        assert_eq!((trouble.untold(), trouble.untold()), (2, 0));
    }
}
