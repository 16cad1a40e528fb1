//! One room of the registry, with the sockets of those present.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::random;
use crate::protocol::PeerId;
use crate::server::ledger::Ledger;
use crate::server::outbox::Outbox;
use crate::server::room::{Delivery, Room};

/// A room with somebody in it.
#[derive(Debug)]
pub(super) struct Occupied {
    pub(super) room: Room,
    /// Drawn anew whenever the number of a room is taken again, so that the holders of seats have other names: what
    /// those before still have at a relay counts as theirs.
    pub(super) turn: u64,
    /// The sockets of those present.
    sockets: Vec<(PeerId, Arc<Outbox>)>,
    /// When the room is looked into next.
    pub(super) alarm: Option<Duration>,
    /// The room is known from before the restart, and nobody has come to it since. Such rooms are as many as then, last
    /// for the grace, and take no newcomer's place.
    pub(super) restored: bool,
}

impl Occupied {
    /// The room without sockets, for the map and the seats.
    pub(super) fn shared(room: Room) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            room,
            turn: u64::from_ne_bytes(random()),
            sockets: Vec::new(),
            alarm: None,
            restored: false,
        }))
    }

    /// Has the room written down if something of its record is new.
    pub(super) fn record(&mut self, ledger: &Ledger) {
        ledger.write(|| self.room.take_record());
    }

    /// Whether this socket has the seat, and no newer one.
    pub(super) fn holds(&self, peer: PeerId, outbox: &Arc<Outbox>) -> bool {
        self.sockets.iter().any(|(holder, known)| *holder == peer && Arc::ptr_eq(known, outbox))
    }

    /// Adds the socket of a peer that has none.
    pub(super) fn put_socket(&mut self, peer: PeerId, outbox: Arc<Outbox>) {
        self.sockets.reserve_exact(1);
        self.sockets.push((peer, outbox));
    }

    /// Removes the socket of a peer.
    pub(super) fn take_socket(&mut self, peer: PeerId) -> Option<Arc<Outbox>> {
        let index = self.sockets.iter().position(|(present, _)| *present == peer)?;
        Some(self.sockets.swap_remove(index).1)
    }

    /// Puts frames into the queues of those present.
    pub(super) fn deliver(&self, deliveries: Vec<Delivery>) {
        for Delivery { to, frame } in deliveries {
            if let Some((_, outbox)) = self.sockets.iter().find(|(peer, _)| *peer == to) {
                outbox.push(frame);
            }
        }
    }
}
