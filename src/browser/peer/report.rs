//! The address of one connection's events.

use crate::browser::env::Events;
use crate::call::{Event, PeerEvent};
use crate::protocol::{Epoch, PeerId};

/// Reports events of one connection, under its peer and epoch.
#[derive(Clone)]
pub(super) struct Report {
    pub(super) events: Events,
    pub(super) peer: PeerId,
    pub(super) epoch: Epoch,
}

impl Report {
    pub(super) fn push(&self, event: PeerEvent) {
        self.events.push(Event::Peer(self.peer, self.epoch, event));
    }
}
