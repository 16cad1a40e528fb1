//! The limit of requests from clients without an allocation, in all and for each network.
//!
//! Datagrams are counted apart from streams. The sender of a datagram can be forged, so a flood can use up the limit
//! of all datagrams; clients on streams must not suffer from it.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::server::event_log::EventLog;
use crate::server::net::connection_limit::network;
use crate::server::net::rate::{Meter, Rate};

/// Meters that all networks share. A flood from many networks takes no more memory.
const METERS: usize = 1024;
/// One network gets a third of all requests. Its flood leaves the rest to others. An office whose internet comes back
/// makes some 2,800 requests at once by streams, two for each allocation, see `RelayConfig`.
const SHARE: u32 = 3;
/// Interval of log lines about unanswered requests.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Limits the requests of unauthenticated clients.
pub(super) struct UnauthenticatedLimit {
    all: Rate,
    network: Rate,
    hasher: RandomState,
    state: Mutex<State>,
    event_log: EventLog,
}

/// The transport of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Datagram,
    Stream,
}

#[derive(Default)]
struct State {
    datagrams: Bucket,
    streams: Bucket,
    unanswered: u32,
    reported: Duration,
}

struct Bucket {
    all: Meter,
    networks: Box<[Meter]>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { all: Meter::default(), networks: vec![Meter::default(); METERS].into() }
    }
}

impl UnauthenticatedLimit {
    /// Allows `per_second` requests by datagrams, and as many by streams.
    pub(super) fn new(per_second: u32, event_log: EventLog) -> Self {
        let network = per_second.div_ceil(SHARE);
        Self {
            all: Rate::new(per_second, per_second),
            network: Rate::new(network, network),
            hasher: RandomState::new(),
            state: Mutex::default(),
            event_log,
        }
    }

    /// Counts a request, and tells whether to answer it.
    pub(super) fn allows(&self, now: Duration, from: IpAddr, by: Transport) -> bool {
        let slot = self.hasher.hash_one(network(from)) as usize % METERS;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = match by {
            Transport::Datagram => &mut state.datagrams,
            Transport::Stream => &mut state.streams,
        };
        let allowed = bucket.networks[slot].allows(now, self.network) && bucket.all.allows(now, self.all);
        if !allowed {
            state.unanswered = state.unanswered.saturating_add(1);
        }
        allowed
    }

    /// Logs the number of unanswered requests from time to time.
    pub(super) fn report(&self, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.unanswered == 0 || now < state.reported + REPORT_EVERY {
            return;
        }
        let unanswered = std::mem::take(&mut state.unanswered);
        state.reported = now;
        drop(state);
        self.event_log.remark(
            "requests to the relay were not answered",
            "too many of those without an allocation",
            unanswered,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(unauthenticated: &UnauthenticatedLimit, at: u64, from: &str, requests: usize) -> usize {
        let from = from.parse().unwrap();
        (0..requests)
            .filter(|_| unauthenticated.allows(Duration::from_secs(at), from, Transport::Datagram))
            .count()
    }

    #[test]
    fn a_flood_from_one_network_leaves_answers_to_others() {
        let unauthenticated = UnauthenticatedLimit::new(300, EventLog::default());
        assert_eq!(answered(&unauthenticated, 9, "192.0.2.1", 100_000), 100);
        assert_eq!(answered(&unauthenticated, 9, "198.51.100.1", 10), 10);
        assert_eq!(answered(&unauthenticated, 10, "192.0.2.1", 100_000), 100);
    }

    #[test]
    fn addresses_of_one_ipv6_customer_share() {
        let unauthenticated = UnauthenticatedLimit::new(30, EventLog::default());
        assert_eq!(answered(&unauthenticated, 9, "2001:db8::1", 10), 10);
        assert_eq!(answered(&unauthenticated, 9, "2001:db8::2", 10), 0);
        assert_eq!(answered(&unauthenticated, 9, "2001:db8:0:1::2", 10), 10);
    }

    #[test]
    fn forged_senders_get_no_more_than_all() {
        let unauthenticated = UnauthenticatedLimit::new(800, EventLog::default());
        let now = Duration::from_secs(9);
        let allows = |n: u32, by| unauthenticated.allows(now, IpAddr::from(n.to_be_bytes()), by);
        assert_eq!((0..100_000).filter(|n| allows(*n, Transport::Datagram)).count(), 800);
        assert!(allows(1, Transport::Stream), "whoever comes by a stream is who it says");
        assert_eq!((0..100_000).filter(|n| allows(*n, Transport::Stream)).count(), 799);
    }
}
