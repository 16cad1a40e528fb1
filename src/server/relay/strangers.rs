//! How many requests without valid credentials are answered: so many in all, and a part of them for one network.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::server::journal::Journal;
use crate::server::places::network;
use crate::server::rate::{Meter, Rate};

/// Networks share this many meters, so that no number of them takes memory.
const METERS: usize = 1024;
/// The part of all answers that one network can use up: a flood from one place leaves the rest to others.
const SHARE: u32 = 8;
/// Between two lines about requests that were not answered.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Counts answers to strangers.
pub(super) struct Strangers {
    all: Rate,
    network: Rate,
    hasher: RandomState,
    state: Mutex<State>,
    journal: Journal,
}

struct State {
    all: Meter,
    networks: Box<[Meter]>,
    unanswered: u32,
    reported: Duration,
}

impl Strangers {
    /// Answers so many a second.
    pub(super) fn new(per_second: u32, journal: Journal) -> Self {
        let network = per_second.div_ceil(SHARE);
        let state = State {
            all: Meter::default(),
            networks: vec![Meter::default(); METERS].into(),
            unanswered: 0,
            reported: Duration::ZERO,
        };
        Self {
            all: Rate::new(per_second, per_second),
            network: Rate::new(network, network),
            hasher: RandomState::new(),
            state: Mutex::new(state),
            journal,
        }
    }

    /// Whether one more from there is answered.
    pub(super) fn allows(&self, now: Duration, from: IpAddr) -> bool {
        let slot = self.hasher.hash_one(network(from)) as usize % METERS;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = state.networks[slot].allows(now, self.network) && state.all.allows(now, self.all);
        if !allowed {
            state.unanswered = state.unanswered.saturating_add(1);
        }
        allowed
    }

    /// Writes now and then that some were not answered.
    pub(super) fn report(&self, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.unanswered == 0 || now < state.reported + REPORT_EVERY {
            return;
        }
        let unanswered = std::mem::take(&mut state.unanswered);
        state.reported = now;
        drop(state);
        self.journal.remark(
            "requests to the relay were not answered",
            "too many without valid credentials",
            unanswered,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(strangers: &Strangers, at: u64, from: &str, requests: usize) -> usize {
        let from = from.parse().unwrap();
        (0..requests).filter(|_| strangers.allows(Duration::from_secs(at), from)).count()
    }

    #[test]
    fn a_flood_from_one_network_leaves_answers_to_others() {
        let strangers = Strangers::new(800, Journal::default());
        assert_eq!(answered(&strangers, 9, "192.0.2.1", 100_000), 100);
        assert_eq!(answered(&strangers, 9, "198.51.100.1", 10), 10);
        assert_eq!(answered(&strangers, 10, "192.0.2.1", 100_000), 100);
    }

    #[test]
    fn addresses_of_one_ipv6_customer_share() {
        let strangers = Strangers::new(80, Journal::default());
        assert_eq!(answered(&strangers, 9, "2001:db8::1", 10), 10);
        assert_eq!(answered(&strangers, 9, "2001:db8::2", 10), 0);
        assert_eq!(answered(&strangers, 9, "2001:db8:0:1::2", 10), 10);
    }

    #[test]
    fn forged_senders_get_no_more_than_all() {
        let strangers = Strangers::new(800, Journal::default());
        let now = Duration::from_secs(9);
        let count = (0..100_000_u32).filter(|n| strangers.allows(now, IpAddr::from(n.to_be_bytes()))).count();
        assert_eq!(count, 800);
    }
}
