//! Probation: sockets beyond the limits, accepted for a moment to take a seat back. No I/O and no clock.
//!
//! Only the first message of a socket tells whether it returns to a seat. A flood of sockets must not keep such ones
//! out, so none is refused here: the newest is accepted, and if there are too many, the oldest of its own or of the
//! most crowded network is evicted. A socket that returns needs no longer than one round trip.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Most sockets on probation from one network.
const EACH: usize = 64;

/// The sockets on probation.
#[derive(Debug)]
pub(crate) struct Probation {
    limit: usize,
    count: usize,
    /// Socket ids by network, the oldest first; `None` stands for trusted proxies that name no client.
    networks: HashMap<Option<IpAddr>, VecDeque<u64>>,
}

impl Probation {
    /// Makes an empty list for at most `limit` sockets.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, count: 0, networks: HashMap::new() }
    }

    /// Whether any socket may be on probation.
    pub(crate) fn exists(&self) -> bool {
        self.limit > 0
    }

    /// Adds a new socket; returns the one that is evicted for it.
    pub(crate) fn enter(&mut self, network: Option<IpAddr>, id: u64) -> Option<u64> {
        let own = self.networks.get(&network).map_or(0, VecDeque::len);
        let crowded = if own >= EACH {
            Some(network)
        } else if self.count >= self.limit {
            self.networks.iter().max_by_key(|(_, sockets)| sockets.len()).map(|(network, _)| *network)
        } else {
            None
        };
        let oldest =
            crowded.and_then(|crowded| self.networks.get(&crowded)?.front().copied().zip(Some(crowded)));
        if let Some((oldest, crowded)) = oldest {
            self.leave(crowded, oldest);
        }
        self.networks.entry(network).or_default().push_back(id);
        self.count += 1;
        oldest.map(|(oldest, _)| oldest)
    }

    /// Removes a socket; returns whether it was still on probation.
    pub(crate) fn leave(&mut self, network: Option<IpAddr>, id: u64) -> bool {
        let Some(sockets) = self.networks.get_mut(&network) else { return false };
        let Some(index) = sockets.iter().position(|waiting| *waiting == id) else { return false };
        sockets.remove(index);
        if sockets.is_empty() {
            self.networks.remove(&network);
        }
        self.count -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    #[test]
    fn the_oldest_of_a_network_goes_for_its_newest() {
        let mut probation = Probation::new(1_000);
        let evicted: Vec<_> = (0..EACH as u64 + 3).filter_map(|id| probation.enter(network(1), id)).collect();
        assert_eq!(evicted, [0, 1, 2]);
        assert!(!probation.leave(network(1), 0) && probation.leave(network(1), 3));
        assert_eq!(probation.enter(network(1), 999), None);
    }

    #[test]
    fn a_flood_from_elsewhere_pushes_nobody_out() {
        let mut probation = Probation::new(10);
        assert_eq!(probation.enter(network(1), 0), None);
        for id in 1..1_000 {
            assert_ne!(probation.enter(network(2), id), Some(0));
        }
        assert!(probation.leave(network(1), 0));
        assert_eq!((probation.count, probation.networks.len()), (9, 1));
    }

    #[test]
    fn who_leaves_makes_room() {
        let mut probation = Probation::new(2);
        for id in 0..100 {
            assert_eq!(probation.enter(None, id), None);
            assert!(probation.leave(None, id) && !probation.leave(None, id));
        }
        assert!(probation.networks.is_empty() && probation.count == 0);
    }
}
