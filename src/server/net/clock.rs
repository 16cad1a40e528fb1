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

/// Writes a time since 1970 as a date and a time of day in UTC, to the second (RFC 3339).
pub(crate) fn as_date(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March, so that the day of a leap year is the last. 719,468 days lie between the first of March of
    // the year 0 and 1970; 400 years have 146,097.
    let (cycle, day) = ((days + 719_468) / 146_097, (days + 719_468) % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let (year, day) = (year + 400 * cycle + u64::from(month <= 2), day - (153 * from_march + 2) / 5 + 1);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
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
    fn a_time_is_written_as_a_date() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (86_399, "1970-01-01T23:59:59Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(as_date(Duration::from_secs(seconds)), date);
        }
    }

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
