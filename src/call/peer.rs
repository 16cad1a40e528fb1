//! A call's connections: one with everybody else in the room.

use std::time::Duration;

use super::privacy::redact;
use super::{Call, Command, LinkView, PeerCommand, PeerEvent, PeerView, Route};
use crate::protocol::{Epoch, PeerId, PeerInfo, Signal};

pub(super) mod config;
pub(super) mod negotiation;
mod recovery;

use negotiation::{Negotiation, Output};

/// Somebody else in the room, and the connection with them.
#[derive(Debug)]
pub(super) struct RemotePeer {
    pub(super) info: PeerInfo,
    /// Its page said that it goes away, so its media is gone with its socket.
    pub(super) unloaded: bool,
    has_video: bool,
    route: Option<Route>,
    pub(super) negotiation: Negotiation,
}

impl Call {
    pub(super) fn signal(&mut self, now: Duration, from: PeerId, signal: Signal) -> Vec<Command> {
        let Some(pair) = self.peers.get_mut(&from) else { return vec![] };
        let (epoch, present) = (signal.epoch(), pair.negotiation.epoch());
        if epoch < present || !epoch.same_pages(present) {
            return vec![];
        }
        let mut commands = Vec::new();
        if epoch > present {
            commands = self.reopen(now, from, epoch, false);
        }
        if let Some(pair) = self.peers.get_mut(&from) {
            let outputs = pair.negotiation.signal(now, signal);
            commands.extend(self.perform(now, from, outputs));
        }
        commands
    }

    pub(super) fn peer(
        &mut self,
        now: Duration,
        peer: PeerId,
        epoch: Epoch,
        event: PeerEvent,
    ) -> Vec<Command> {
        let Some(pair) = self.peers.get_mut(&peer).filter(|pair| pair.negotiation.epoch() == epoch) else {
            return vec![];
        };
        match event {
            PeerEvent::Video(on) => pair.has_video = on,
            PeerEvent::Route(route) => pair.route = route,
            _ => {}
        }
        let outputs = pair.negotiation.event(now, event);
        self.perform(now, peer, outputs)
    }

    pub(super) fn open(&mut self, now: Duration, info: PeerInfo) -> Vec<Command> {
        let Some(seat) = &self.seat else { return vec![] };
        let peer = info.peer;
        let first = Epoch::first(seat.page, info.page);
        // A server that was killed may not remember that this peer had left, and the peer knows nothing of it.
        let left = Some(self.left).filter(|left| left.same_pages(first)).and_then(Epoch::next);
        let epoch = left.unwrap_or(first);
        let offerer = seat.peer < peer;
        let (negotiation, outputs) = Negotiation::open(now, epoch, offerer, self.config());
        self.peers
            .insert(peer, RemotePeer { info, unloaded: false, has_video: false, route: None, negotiation });
        self.perform(now, peer, outputs)
    }

    /// Closes the connection with a peer whose seat is given up.
    pub(super) fn end(&mut self, peer: PeerId, pair: &RemotePeer) -> Command {
        self.left = self.left.max(pair.negotiation.epoch());
        pair.close(peer)
    }

    /// Closes the connection and opens the next one, or none if its number was the last: a peer may have said any,
    /// and what is to be replaced must not go on.
    pub(super) fn rebuild(&mut self, now: Duration, peer: PeerId) -> Vec<Command> {
        let Some(pair) = self.peers.get_mut(&peer) else { return vec![] };
        if let Some(next) = pair.negotiation.epoch().next() {
            return self.reopen(now, peer, next, true);
        }
        pair.negotiation.end();
        pair.has_video = false;
        pair.route = None;
        vec![pair.close(peer)]
    }

    /// Closes the connection and opens the one of `epoch`; tells the peer if it was this side's idea.
    pub(super) fn reopen(&mut self, now: Duration, peer: PeerId, epoch: Epoch, tell: bool) -> Vec<Command> {
        let config = self.config();
        let Some(pair) = self.peers.get_mut(&peer) else { return vec![] };
        let mut commands = vec![pair.close(peer)];
        let (next, outputs) = pair.negotiation.reopen(now, epoch, config, tell);
        pair.negotiation = next;
        pair.has_video = false;
        pair.route = None;
        commands.extend(self.perform(now, peer, outputs));
        commands
    }

    pub(super) fn perform(&mut self, now: Duration, peer: PeerId, outputs: Vec<Output>) -> Vec<Command> {
        let Some(epoch) = self.peers.get(&peer).map(|pair| pair.negotiation.epoch()) else { return vec![] };
        let mut commands = Vec::new();
        for output in outputs {
            match output {
                Output::Do(command) => commands.push(Command::Peer(peer, epoch, command)),
                Output::Send(signal) => {
                    let told = if self.hides_address { redact::redacted(signal) } else { Some(signal) };
                    commands.extend(told.into_iter().flat_map(|signal| self.signalling.signal(peer, signal)));
                }
                Output::Rebuild => return self.rebuild(now, peer),
            }
        }
        commands
    }
}

impl RemotePeer {
    pub(super) fn close(&self, peer: PeerId) -> Command {
        Command::Peer(peer, self.negotiation.epoch(), PeerCommand::Close)
    }

    pub(super) fn view(&self, hides_address: bool) -> PeerView {
        let link = if self.unloaded {
            LinkView::Away
        } else if self.negotiation.is_connected() {
            LinkView::Connected
        } else if self.info.away {
            LinkView::Away
        } else if self.negotiation.has_given_up() {
            // Where no connection is left it helps nothing to show the address.
            let by_relays = hides_address && !self.negotiation.has_ended();
            if by_relays { LinkView::FailedHidden } else { LinkView::Failed }
        } else if self.negotiation.was_connected() {
            LinkView::Interrupted
        } else {
            LinkView::Connecting
        };
        PeerView {
            peer: self.info.peer,
            name: self.info.name.clone(),
            link,
            route: self.route.filter(|_| link == LinkView::Connected),
            has_video: self.has_video && !self.unloaded,
        }
    }
}
