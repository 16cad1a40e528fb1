//! The address of one connection's events.

use std::cell::Cell;
use std::rc::Rc;

use crate::browser::env::Events;
use crate::call::{Event, PeerEvent};
use crate::protocol::{Epoch, PeerId};

/// Reports events of one connection, under its peer and epoch. One that is with nobody yet has none to report.
#[derive(Clone)]
pub(super) struct Report {
    events: Events,
    of: Rc<Cell<Option<(PeerId, Epoch)>>>,
}

impl Report {
    pub(super) fn new(events: &Events) -> Self {
        Self { events: events.clone(), of: Rc::default() }
    }

    /// Names the peer and the epoch, for all clones.
    pub(super) fn name(&self, peer: PeerId, epoch: Epoch) {
        self.of.set(Some((peer, epoch)));
    }

    /// Reports nothing any more, whatever ends later.
    pub(super) fn end(&self) {
        self.of.set(None);
    }

    pub(super) fn push(&self, event: PeerEvent) {
        if let Some((peer, epoch)) = self.of.get() {
            self.events.push(Event::Peer(peer, epoch, event));
        }
    }
}
