//! Limits of connections, fitted to the open files that the system allows.

use crate::server::config::Config;
use crate::server::http::accept::SPARE_FILES;
use crate::server::ops::MOST_CONNECTIONS;
use crate::server::signalling::connections::MOST_ON_PROBATION;
use crate::server::turn::SPARE_FILES as RELAY_SPARE_FILES;

/// Open files besides the connections that the settings count: connections of those who watch the server, files in
/// reserve, and those of the process itself, such as listeners, log and seat store.
const OTHER_FILES: usize = 100;
/// Those of them that other modules count: there is a reserve each for pages, for those who watch, and for the relay.
const COUNTED_ELSEWHERE: usize = MOST_CONNECTIONS + 2 * SPARE_FILES + RELAY_SPARE_FILES;
const _: () = assert!(COUNTED_ELSEWHERE <= OTHER_FILES / 2, "half of the files are for the process itself");
/// Divisor of the allowed files for returning sockets, those on probation not included.
const RETURNING_SHARE: usize = 8;

/// Most open files that the limits in the settings can lead to.
pub(crate) fn wanted(config: &Config) -> usize {
    connections(config) + OTHER_FILES
}

fn connections(config: &Config) -> usize {
    let relay = if config.relay.enabled { config.relay.connections } else { 0 };
    config.limits.sockets + returning(config.limits.returning_sockets) + config.limits.requests + relay
}

/// Sockets beyond `limits.sockets`: those that took a seat back, and those on probation.
fn returning(sockets: usize) -> usize {
    sockets + sockets.min(MOST_ON_PROBATION)
}

/// Lowers the limits of connections, the largest first, to what `files` allow. Sockets then never use up the files
/// for pages and for the health check. Returns a warning if it lowered any.
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
}
