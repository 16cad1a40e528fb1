//! Open files: whether the limits fit what the system allows, and a reserve for when none is left.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tracing::warn;

use super::config::Config;
use super::connections::MOST_ON_PROBATION;

/// Open files that are none of the connections counted in the settings.
const OTHER_FILES: usize = 100;
/// Of the files that the system allows, the share that people who return may have, beside those on probation.
const RETURNING_SHARE: usize = 8;
/// Between two warnings that files have run out.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The most files that the limits of the settings lead to.
pub(super) fn wanted(config: &Config) -> usize {
    connections(config) + OTHER_FILES
}

fn connections(config: &Config) -> usize {
    let relay = if config.relay.enabled { config.relay.connections } else { 0 };
    config.limits.sockets + returning(config.limits.returning_sockets) + config.limits.requests + relay
}

/// Sockets beyond the ordinary ones: those that took a seat back, and those that still have to.
fn returning(sockets: usize) -> usize {
    sockets + sockets.min(MOST_ON_PROBATION)
}

/// Lowers the limits of connections, the largest first, to what `files` allow, so that files for pages and for the
/// health check are never used up by sockets. Says so if it had to.
pub fn fit(config: &mut Config, files: u64) -> Option<String> {
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let wanted = wanted(config);
    if files >= wanted {
        return None;
    }
    let Config { limits, relay, .. } = config;
    limits.returning_sockets = limits.returning_sockets.min(files / RETURNING_SHARE);
    let kept = OTHER_FILES.min(files / 2) + returning(limits.returning_sockets);
    let mut counts = vec![&mut limits.sockets, &mut limits.requests];
    counts.extend(relay.enabled.then_some(&mut relay.connections));
    counts.sort();
    let (mut left, mut others) = (files - kept, counts.len());
    for count in counts {
        *count = (*count).min(left / others).max(1);
        left = left.saturating_sub(*count);
        others -= 1;
    }
    let relayed = if relay.enabled {
        format!(", {} to the relay by TCP (relay.connections)", relay.connections)
    } else {
        String::new()
    };
    Some(format!(
        "the system allows {files} open files, and the limits of connections would need {wanted}: only {} sockets \
         (limits.sockets), {} more of people who return (limits.returning_sockets), {} connections for pages \
         (limits.requests){relayed} are served; raise the limit of open files (LimitNOFILE= of systemd, ulimit -n)",
        limits.sockets, limits.returning_sockets, limits.requests
    ))
}

/// Whether a connection was not accepted for a reason that is its own, and not for want of files or memory.
pub(super) fn is_of_one_connection(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
            | ErrorKind::WouldBlock
    )
}

/// Files held back for connections that come when the system has no more.
#[derive(Debug)]
pub(super) struct FileReserve {
    whose: &'static str,
    size: usize,
    spares: Vec<Socket>,
    warned: Option<Instant>,
    times: u64,
}

impl FileReserve {
    /// So many files for the connections of `whose`.
    pub(super) fn new(whose: &'static str, size: usize) -> Self {
        let mut reserve = Self { whose, size, spares: Vec::with_capacity(size), warned: None, times: 0 };
        reserve.refill();
        reserve
    }

    /// Gives a file back to the system for the next connection, if one is left. Warns, once in a while.
    pub(super) fn spend(&mut self, fault: &io::Error) -> bool {
        self.times += 1;
        if self.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            self.warned = Some(Instant::now());
            warn!(
                error = %fault, whose = self.whose, times = self.times,
                "no file is left for a connection: raise the limit of open files (LimitNOFILE= of systemd, ulimit -n)"
            );
            self.times = 0;
        }
        self.spares.pop().is_some()
    }

    /// Takes files into the reserve again, and says whether it is full.
    pub(super) fn refill(&mut self) -> bool {
        while self.spares.len() < self.size {
            match Socket::new(Domain::IPV4, Type::DGRAM, None) {
                Ok(spare) => self.spares.push(spare),
                Err(_) => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_do_not_fit_are_lowered_and_named() {
        let mut config = Config::default();
        let before = config.clone();
        assert_eq!(fit(&mut config, wanted(&before) as u64), None);
        assert_eq!(config, before);
        for files in [16, 64, 1_024, 20_000] {
            let mut config = Config::default();
            let said = fit(&mut config, files).unwrap();
            assert!(connections(&config) <= files as usize - 8, "{said}");
            let counts = [config.limits.sockets, config.limits.requests, config.relay.connections];
            assert!(counts.iter().all(|count| *count > 0 && said.contains(&count.to_string())), "{said}");
        }
        let mut config = before.clone();
        config.relay.connections = 20;
        let said = fit(&mut config, 20_000).unwrap();
        assert_eq!((config.limits.requests, config.relay.connections), (4_000, 20), "{said}");
        assert_eq!(connections(&config) + OTHER_FILES, 20_000, "{said}");
        let mut config = before.clone();
        let said = fit(&mut config, 1_024).unwrap();
        assert!(said.contains("1024") && said.contains(&wanted(&before).to_string()), "{said}");
    }

    #[test]
    fn the_reserve_is_spent_and_refilled() {
        let mut reserve = FileReserve::new("tests", 2);
        let fault = io::Error::from_raw_os_error(24);
        assert!(!is_of_one_connection(&fault));
        assert!(reserve.spend(&fault) && reserve.spend(&fault) && !reserve.spend(&fault));
        assert!(reserve.refill() && reserve.spend(&fault));
    }
}
