//! The way of the media in the model of `RTCPeerConnection`: as much of ICE as decides whether two connections
//! find each other, and what the one receives of the other.

use parlor::call::{PeerEvent, PeerState};
use parlor::protocol::{Source, SourceSet};

use super::connection::{ConnectionId, Connections, Tracks};

impl Connections {
    /// The credentials in use, if ICE could connect with them.
    fn path(&self, id: ConnectionId) -> Option<(u32, u32)> {
        let other = self.partner(id)?;
        let (own, their) = (&self.all[&id], &self.all[&other]);
        let (local, remote) = (own.local?.ufrag, own.remote?.ufrag);
        let heard = own.candidates.contains(&remote) || their.candidates.contains(&local);
        let path = (local.min(remote), local.max(remote));
        let named = [own.remote?.print, their.remote?.print];
        // Both ends have the other's certificate, or a server in between has both ends.
        let is_certified = named == [their.ends.print, own.ends.print]
            || self.bridge.is_some_and(|bridge| named == [bridge; 2]);
        (heard && is_certified && !self.broken.contains(&path)).then_some(path)
    }

    /// Whether media flows from and to this connection.
    pub(crate) fn flows(&self, id: ConnectionId) -> bool {
        self.path(id).is_some() && self.all[&id].state == PeerState::Connected
    }

    /// The certificates that went over a network.
    pub(crate) fn prints_seen(&self) -> impl Iterator<Item = u32> + '_ {
        let shown = self.all.values().filter(|connection| connection.state == PeerState::Connected);
        shown.map(|connection| connection.ends.print)
    }

    /// Media flows, both calls know it, and nothing is wrong on either side.
    pub(crate) fn is_healthy(&self, id: ConnectionId) -> bool {
        let fine = |id: ConnectionId| {
            let connection = &self.all[&id];
            self.flows(id) && connection.told == PeerState::Connected && !connection.refused
        };
        fine(id) && self.partner(id).is_some_and(fine)
    }

    /// What arrives from the other end.
    pub(crate) fn received(&self, id: ConnectionId) -> Tracks {
        let other = self.partner(id).filter(|_| self.flows(id));
        let sent = other.and_then(|other| self.all[&other].senders.clone()).unwrap_or_default();
        let carried = other.map(|other| self.carried(id, other)).unwrap_or_default();
        let arrives =
            |(source, track): &(Source, u32)| carried.contains(*source) && self.live.contains(track);
        sent.into_iter().filter(arrives).collect()
    }

    /// The sources that two connections have parts of the call for.
    pub(crate) fn carried(&self, id: ConnectionId, other: ConnectionId) -> SourceSet {
        let shared = if self.take_screens(id, other) { SourceSet::SCREEN } else { SourceSet::NONE };
        SourceSet::DEVICES.or(shared)
    }

    /// A source whose media began or stopped to arrive, if that is news.
    pub(crate) fn next_receives(&self, id: ConnectionId) -> Option<(Source, bool)> {
        let received = self.received(id);
        let news =
            |source: &Source| received.contains_key(source) != self.all[&id].receives.contains(*source);
        Source::ALL.into_iter().find(news).map(|source| (source, received.contains_key(&source)))
    }

    pub(crate) fn tell_receives(&mut self, id: ConnectionId, source: Source, arrives: bool) {
        let connection = self.all.get_mut(&id).unwrap();
        connection.receives = connection.receives.with(source, arrives);
        connection.events.push_back(PeerEvent::Receives(source, arrives));
    }

    /// The state that ICE would report next, if it is another one.
    pub(crate) fn next_state(&self, id: ConnectionId) -> Option<PeerState> {
        let own = self.all.get(&id).filter(|own| !own.closed && own.remote.is_some())?;
        let works = self.path(id).is_some();
        match own.state {
            PeerState::New => Some(PeerState::Connecting),
            PeerState::Connecting | PeerState::Disconnected if works => Some(PeerState::Connected),
            // A restart leads from `failed` to `checking`, whatever comes of it (W3C WebRTC 1.0, section 5.6.4).
            PeerState::Failed if works || own.afresh => Some(PeerState::Connecting),
            PeerState::Connected if !works => Some(PeerState::Disconnected),
            PeerState::Disconnected => Some(PeerState::Failed),
            PeerState::Connecting if self.is_hopeless(id) => Some(PeerState::Failed),
            _ => None,
        }
    }

    /// Nobody is at the other end any more, or the path is broken.
    fn is_hopeless(&self, id: ConnectionId) -> bool {
        self.maker(id).is_none_or(|other| other.closed)
            || (self.partner(id).is_some() && self.path(id).is_none())
    }

    pub(crate) fn set_state(&mut self, id: ConnectionId, state: PeerState) {
        let connection = self.all.get_mut(&id).unwrap();
        connection.state = state;
        connection.afresh = false;
        connection.events.push_back(PeerEvent::State(state));
    }

    /// Breaks the path of a connection for good: only new credentials help.
    pub(crate) fn break_path(&mut self, id: ConnectionId) {
        self.broken.extend(self.path(id));
    }

    /// What was broken works again by itself.
    pub(crate) fn mend_paths(&mut self) {
        self.broken.clear();
    }
}
