//! The machine's clock, which may be wrong, but never makes the server panic.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since 1970 (UTC); a clock before that counts as 1970.
pub(crate) fn since_epoch() -> Duration {
    since_epoch_at(SystemTime::now())
}

/// Time from 1970 to `now`; a moment before that counts as 1970.
pub(crate) fn since_epoch_at(now: SystemTime) -> Duration {
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Refuses a clock before 1970. HTTP's dates, certificates and the libraries that read them have no numbers for it
/// and would panic at every connection. Linux sets no such clock itself.
///
/// # Errors
/// If the clock stands before 1970.
pub(crate) fn check(now: SystemTime) -> io::Result<()> {
    match now.duration_since(UNIX_EPOCH) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(io::Error::other("the clock of this machine stands before 1970: set it, and start again"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_counts_as_1970_and_is_refused_in_words() {
        let second = Duration::from_secs(1);
        for (now, since) in [
            (UNIX_EPOCH - second, Duration::ZERO),
            (UNIX_EPOCH - 100 * 365 * 86_400 * second, Duration::ZERO),
            (UNIX_EPOCH, Duration::ZERO),
            (UNIX_EPOCH + second, second),
        ] {
            assert_eq!(since_epoch_at(now), since);
            assert_eq!(check(now).is_ok(), now >= UNIX_EPOCH);
        }
        assert!(check(UNIX_EPOCH - second).unwrap_err().to_string().contains("before 1970"));
    }
}
