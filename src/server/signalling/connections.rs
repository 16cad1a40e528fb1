//! Every open WebSocket of the server: counted, limited, and closed when the server stops.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::closing::Closing;
use super::outbox::{Outbox, QueueLimit};
use super::probation::Probation;
use crate::protocol::CloseCode;
use crate::server::net::connection_limit::{ConnectionLimit, ConnectionPermit};

/// Most sockets on probation; they take no permits, so they displace only each other.
pub(crate) const MOST_ON_PROBATION: usize = 1024;

/// Limits of open sockets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketLimit {
    /// Sockets in all.
    pub(crate) all: usize,
    /// Sockets from one network.
    pub(crate) each: usize,
    /// Further sockets, for peers that take a seat back; at most `each` of them from one network.
    pub(crate) returning: usize,
}

/// The reason why no further socket is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The server stops.
    Stopping,
    /// There is neither a permit nor probation.
    Full,
}

/// The open sockets; clones are the same list.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    queue: QueueLimit,
    limit: Arc<ConnectionLimit>,
    returning: Arc<ConnectionLimit>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug)]
struct Open {
    outboxes: BTreeMap<u64, Arc<Outbox>>,
    probation: Probation,
    last_id: u64,
    stopping: bool,
}

/// One open socket; dropping it takes it off the list.
#[derive(Debug)]
pub(crate) struct Connection {
    id: u64,
    outbox: Arc<Outbox>,
    network: Option<IpAddr>,
    /// `None` while the socket is on probation.
    permit: Option<ConnectionPermit>,
    connections: Connections,
}

impl Connections {
    /// Makes an empty list.
    pub(crate) fn new(limit: SocketLimit, queue: QueueLimit) -> Self {
        let open = Open {
            outboxes: BTreeMap::new(),
            probation: Probation::new(limit.returning.min(MOST_ON_PROBATION)),
            last_id: 0,
            stopping: false,
        };
        Self {
            queue,
            limit: Arc::new(ConnectionLimit::new(limit.all, limit.each)),
            returning: Arc::new(ConnectionLimit::new(limit.returning, limit.each)),
            open: Arc::new(Mutex::new(open)),
        }
    }

    /// Adds a socket from `network`, which is `None` for a trusted proxy that names no client.
    ///
    /// Without a free permit the socket is on probation: it has to take a seat back.
    ///
    /// # Errors
    /// If the server is stopping, or if there is neither a permit nor probation.
    pub(crate) fn enter(&self, network: Option<IpAddr>) -> Result<Connection, Refused> {
        let permit = take(&self.limit, network);
        let mut open = self.lock();
        if open.stopping {
            return Err(Refused::Stopping);
        }
        if permit.is_none() && !open.probation.exists() {
            return Err(Refused::Full);
        }
        open.last_id += 1;
        let (id, outbox) = (open.last_id, Arc::new(Outbox::new(self.queue)));
        if permit.is_none()
            && let Some(evicted) = open.probation.enter(network, id)
            && let Some(outbox) = open.outboxes.get(&evicted)
        {
            outbox.cut(CloseCode::Busy);
        }
        open.outboxes.insert(id, outbox.clone());
        drop(open);
        Ok(Connection { id, outbox, network, permit, connections: self.clone() })
    }

    /// Counts the open sockets.
    pub(crate) fn count(&self) -> usize {
        self.lock().outboxes.len()
    }

    /// Refuses new sockets from now on, and returns those that are open, the oldest first, to be closed.
    pub(crate) fn stop(&self) -> Closing {
        let mut open = self.lock();
        open.stopping = true;
        Closing::new(open.outboxes.values().cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// The queue of frames to write to the socket.
    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The network that the socket counts against.
    pub(crate) fn network(&self) -> Option<IpAddr> {
        self.network
    }

    /// A part of `whole` of the socket's own; those of sockets that open one after another are spread evenly over it.
    pub(crate) fn own_part(&self, whole: Duration) -> Duration {
        // Multiples of the golden ratio (Knuth, The Art of Computer Programming, volume 3, section 6.4).
        let part = (self.id as u32).wrapping_mul(0x9e37_79b9);
        whole.mul_f64(f64::from(part) / f64::from(u32::MAX))
    }

    /// Whether the socket was accepted only to take a seat back.
    pub(crate) fn is_on_probation(&self) -> bool {
        self.permit.is_none()
    }

    /// Ends the probation if a permit is free by now; sockets that take a seat back have further ones. Returns
    /// whether the socket may stay.
    pub(crate) fn find_permit(&mut self, comes_back: bool) -> bool {
        if self.permit.is_some() {
            return true;
        }
        let Connections { limit, returning, .. } = &self.connections;
        let beyond = || comes_back.then(|| take(returning, self.network)).flatten();
        let permit = take(limit, self.network).or_else(beyond);
        if permit.is_none() || !self.connections.lock().probation.leave(self.network, self.id) {
            return false;
        }
        self.permit = permit;
        true
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.outboxes.remove(&self.id);
        if self.permit.is_none() {
            open.probation.leave(self.network, self.id);
        }
    }
}

fn take(limit: &Arc<ConnectionLimit>, network: Option<IpAddr>) -> Option<ConnectionPermit> {
    match network {
        Some(network) => limit.take(network),
        None => limit.take_for_many(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: QueueLimit = QueueLimit { frames: 1, bytes: 1 };

    fn connections(all: usize, each: usize, returning: usize) -> Connections {
        Connections::new(SocketLimit { all, each, returning }, QUEUE)
    }

    fn network(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    #[test]
    fn one_socket_too_many_is_refused_until_another_has_gone() {
        let connections = connections(2, 9, 0);
        let (one, two) = (connections.enter(network(1)), connections.enter(network(1)));
        assert!(one.is_ok() && two.is_ok());
        assert_eq!(connections.enter(network(2)).err(), Some(Refused::Full));
        drop(one);
        assert!(connections.enter(network(2)).is_ok());
    }

    #[tokio::test]
    async fn beyond_the_limit_are_those_who_take_a_seat_back() {
        let connections = connections(9, 1, 1);
        let full = connections.enter(network(1)).unwrap();
        let mut back = connections.enter(network(1)).unwrap();
        assert!(back.is_on_probation() && !back.find_permit(false));
        assert!(back.find_permit(true) && !back.is_on_probation());
        let mut second = connections.enter(network(1)).unwrap();
        assert!(!second.find_permit(true), "that many may come back from one network");
        let _third = connections.enter(network(1)).unwrap();
        assert_eq!(second.outbox().until_cut().await, CloseCode::Busy);
        drop(back);
        assert!(!second.find_permit(true), "it has been told to go");
        let other = connections.enter(network(2)).unwrap();
        assert!(!other.is_on_probation());
        let mut newcomer = connections.enter(network(1)).unwrap();
        drop(full);
        assert!(newcomer.find_permit(false), "there is room by now");
    }

    #[test]
    fn who_speaks_for_many_is_limited_by_all_only() {
        let connections = connections(3, 1, 0);
        let held: Vec<_> = std::iter::from_fn(|| connections.enter(None).ok()).collect();
        assert_eq!(held.len(), 3);
    }

    #[test]
    fn sockets_that_open_together_are_pinged_at_moments_of_their_own() {
        const SOCKETS: usize = 1_000;
        let (connections, ping) = (connections(SOCKETS, SOCKETS, 0), Duration::from_secs(5));
        let mut tenths = [0; 10];
        for _ in 0..SOCKETS {
            let part = connections.enter(network(1)).unwrap().own_part(ping);
            assert!(part <= ping, "{part:?}");
            tenths[(part.as_millis() / 500).min(9) as usize] += 1;
        }
        assert!(tenths.iter().all(|sockets| (95..=105).contains(sockets)), "{tenths:?}");
    }

    #[tokio::test]
    async fn stopping_cuts_every_socket_and_refuses_new_ones() {
        let connections = connections(2, 9, 9);
        let open: Vec<_> = (0..3).filter_map(|_| connections.enter(network(1)).ok()).collect();
        connections.stop().run(Duration::from_secs(1)).await;
        for connection in &open {
            assert_eq!(connection.outbox().until_cut().await, CloseCode::Restart);
        }
        assert_eq!(connections.enter(network(1)).err(), Some(Refused::Stopping));
    }
}
