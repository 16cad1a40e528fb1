//! Every open WebSocket of the server: counted, capped, and closed together when the server stops.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::outbox::{Outbox, QueueLimit};
use crate::protocol::CloseCode;

/// The open sockets; clones are the same list.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    limit: usize,
    queue: QueueLimit,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    outboxes: BTreeMap<u64, Arc<Outbox>>,
    last_id: u64,
    stopping: bool,
}

/// One open socket; dropping it takes it off the list.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    outbox: Arc<Outbox>,
    connections: Connections,
}

impl Connections {
    /// An empty list of at most `limit` sockets.
    pub(super) fn new(limit: usize, queue: QueueLimit) -> Self {
        Self { limit, queue, open: Arc::default() }
    }

    /// Enters a new socket, unless there are too many or the server is stopping.
    pub(super) fn enter(&self) -> Option<Connection> {
        let mut open = self.lock();
        if open.stopping || open.outboxes.len() >= self.limit {
            return None;
        }
        open.last_id += 1;
        let (id, outbox) = (open.last_id, Arc::new(Outbox::new(self.queue)));
        open.outboxes.insert(id, outbox.clone());
        Some(Connection { id, outbox, connections: self.clone() })
    }

    /// Closes every socket and lets no new one in.
    pub(super) fn stop(&self) {
        let mut open = self.lock();
        open.stopping = true;
        open.outboxes.values().for_each(|outbox| outbox.cut(CloseCode::Restart));
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// What waits to be written to the socket.
    pub(super) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().outboxes.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: QueueLimit = QueueLimit { frames: 1, bytes: 1 };

    #[test]
    fn one_socket_too_many_is_refused_until_another_has_gone() {
        let connections = Connections::new(2, QUEUE);
        let (one, two) = (connections.enter(), connections.enter());
        assert!(one.is_some() && two.is_some());
        assert!(connections.enter().is_none());
        drop(one);
        assert!(connections.enter().is_some());
    }

    #[tokio::test]
    async fn stopping_cuts_every_socket_and_refuses_new_ones() {
        let connections = Connections::new(9, QUEUE);
        let open: Vec<_> = (0..3).filter_map(|_| connections.enter()).collect();
        connections.stop();
        for connection in &open {
            assert_eq!(connection.outbox().until_cut().await, CloseCode::Restart);
        }
        assert!(connections.enter().is_none());
    }
}
