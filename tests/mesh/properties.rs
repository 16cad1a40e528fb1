//! What must hold: at every step, whenever time passes without faults, and once everything has settled.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor::call::{DeviceView, LinkView, Mistake, PeerView, Phase, Trust};
use parlor::protocol::{ErrorCode, PeerId, Source, SourceSet};

use super::connection::ConnectionId;
use super::vault::WORD;
use super::world::World;

/// How long two who are both there may be without each other's picture without faults: the one who is not the
/// first to help a connection waits for a second.
const APART: Duration = Duration::from_secs(1);
/// The same where a server has given somebody a false share: only after this they are told of another word, and come again.
const MISLED: Duration = Duration::from_secs(4);
/// How long somebody who wants in may be without a seat while the server is there: the longest wait between two
/// tries, after the time that it takes to notice that a socket hangs. It may be the other one's, with whom media goes on
/// until then, and who is in a call asks for the seat every two seconds.
const OUTSIDE: Duration = Duration::from_millis(15_000 + 2_000);

/// Since when things are not as they should be at last.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    apart: BTreeMap<(usize, usize), Duration>,
    outside: BTreeMap<usize, Duration>,
}

impl World {
    /// After everything that happened to a page.
    pub(super) fn check_page(&self, who: usize) {
        let page = &self.pages[who];
        let view = page.call.view();
        if view.phase != Phase::InCall {
            assert!(page.connections.is_empty(), "{who} is not in a call and has connections");
            assert_eq!(page.screen, None, "{who} is not in a call and shares a screen");
            assert_eq!(page.prepared, None, "{who} is not in a call and has a connection at hand");
        }
        let is_other = view.peers.iter().any(|peer| peer.link == LinkView::OtherWord);
        let is_wrong = view.mistake == Some(Mistake::WrongWord);
        assert!(self.malice.is_some() || !is_other && !is_wrong, "{who} is told of a wrong word");
        // Who waits to be let in has no connection, and may be away besides.
        let waits =
            |peer: &PeerView| matches!(peer.link, LinkView::Held | LinkView::Away | LinkView::OtherWord);
        let connects = |peer: &&PeerView| page.connections.contains_key(&peer.peer) || !waits(peer);
        assert!(
            view.peers.iter().filter(connects).map(|peer| &peer.peer).eq(page.connections.keys()),
            "{who} shows other peers than it has"
        );
    }

    /// Without faults, when nothing is left to happen at this moment and time is about to pass. Says whether
    /// anything is missing.
    pub(super) fn is_something_missing(&mut self) -> bool {
        let (now, present) = (self.now, self.present());
        let mut waiting = std::mem::take(&mut self.waiting);
        for who in 0..self.pages.len() {
            let is_in = present.contains_key(&who) || self.pages[who].call.view().phase == Phase::Home;
            let is_kept_out = self.server.is_down() || self.server.seats.keeps_a_ghost_of(who);
            if is_in || is_kept_out || self.pages[who].frozen.is_some() {
                waiting.outside.remove(&who);
                continue;
            }
            let since = *waiting.outside.entry(who).or_insert(now);
            assert!(now - since <= OUTSIDE, "{who} is outside since {since:?}");
        }
        for (one, other) in pairs(self.pages.len()) {
            let there = present.get(&one).zip(present.get(&other));
            let frozen = self.pages[one].frozen.is_some() || self.pages[other].frozen.is_some();
            if frozen || there.is_none_or(|(_, peer)| self.is_together(one, *peer)) {
                waiting.apart.remove(&(one, other));
                continue;
            }
            let since = *waiting.apart.entry((one, other)).or_insert(now);
            let is_misled = self.malice.is_some() && self.plan.has_word;
            let most = if is_misled { MISLED } else { APART };
            assert!(now - since <= most, "{one} and {other} are apart since {since:?}");
        }
        self.waiting = waiting;
        let is_frozen = self.pages.iter().any(|page| page.frozen.is_some());
        let is_away = self.server.seats.len() > present.len();
        is_frozen
            || is_away
            || self.server.is_down()
            || !self.waiting.apart.is_empty()
            || !self.waiting.outside.is_empty()
    }

    /// Who has a seat, and a socket that works at both ends.
    pub(super) fn present(&self) -> BTreeMap<usize, PeerId> {
        let mut present = BTreeMap::new();
        for (peer, id) in self.server.sockets() {
            let wire = &self.server.wires[id];
            if wire.is_open() && self.pages[wire.owner].wire() == Some(*id) {
                present.insert(wire.owner, *peer);
            }
        }
        present
    }

    /// Media flows both ways.
    fn is_together(&self, one: usize, other: PeerId) -> bool {
        let id = self.pages[one].connections.get(&other).map(|(_, id)| *id);
        let flows = |id: ConnectionId| self.connections.flows(id);
        id.is_some_and(|id| flows(id) && self.connections.partner(id).is_some_and(flows))
    }

    /// Once nothing happens any more.
    pub(super) fn check_settled(&self) {
        let sockets = self.server.sockets();
        assert_eq!(sockets.len(), self.server.seats.len(), "a seat is kept for ever");
        let seated: BTreeMap<usize, PeerId> =
            sockets.iter().map(|(peer, wire)| (self.server.wires[wire].owner, *peer)).collect();
        assert_eq!(seated.len(), sockets.len(), "one participant sits in two seats");
        for (who, page) in self.pages.iter().enumerate() {
            assert!(page.captured.is_empty(), "{who} captures a screen that nobody sees");
            let view = page.call.view();
            let Some(own) = seated.get(&who) else {
                assert_eq!(view.phase, Phase::Home, "{who} has no seat and does not know");
                assert!(
                    !page.wants_in || seated.len() == self.plan.capacity,
                    "{who} wants in, and there is room"
                );
                continue;
            };
            assert_eq!(view.phase, Phase::InCall, "{who} has a seat and does not know");
            self.check_written(who);
            let is_wanted = seated.len() < self.plan.capacity && !page.refuses_to_prepare;
            assert_eq!(
                page.prepared.is_some(),
                is_wanted,
                "{who} has a connection at hand, or none, wrongly"
            );
            let mut others: Vec<PeerId> = seated.values().filter(|peer| *peer != own).copied().collect();
            others.sort();
            let shown: Vec<PeerId> = view.peers.iter().map(|peer| peer.peer).collect();
            assert_eq!(shown, others, "{who} shows others than are there");
            for peer in &view.peers {
                assert_eq!(peer.link, LinkView::Connected, "{who} and {} did not find each other", peer.peer);
                let (_, id) = page.connections[&peer.peer];
                assert!(self.connections.flows(id), "{who} believes to see {}", peer.peer);
                let other = &self.pages[self.connections.all[&id].ends.other];
                let received = self.connections.received(id);
                let partner = self.connections.partner(id).unwrap();
                let carried = self.connections.carried(id, partner);
                let mut sent = other.tracks.clone();
                sent.retain(|source, _| carried.contains(*source));
                assert_eq!(received, sent, "{who} receives other tracks than {} has", peer.peer);
                let takes = carried.contains(Source::Screen);
                assert_eq!(
                    peer.takes_screen, takes,
                    "{who} knows wrongly whether {} takes a screen",
                    peer.peer
                );
                assert!(peer.receives.iter().eq(received.into_keys()), "{who} shows a wrong picture");
                let (theirs, seat) = (other.call.view(), other.remembered.as_ref());
                let sends = SourceSet::NONE
                    .with(Source::Microphone, theirs.microphone == DeviceView::On)
                    .with(Source::Camera, theirs.camera == DeviceView::On)
                    .with(Source::Screen, theirs.screen.shares.is_some())
                    .with(Source::ScreenAudio, theirs.screen.has_sound);
                let tells = self.connections.both_have_channels(id);
                let told = tells.then_some(sends);
                assert_eq!(peer.sends, told, "{who} was last told something else than {} has", peer.peer);
                let hands = [peer.gestures.hand, theirs.gestures.hand].map(|hand| hand.is_some());
                assert!(!tells || hands[0] == hands[1], "{who} sees a wrong hand of {}", peer.peer);
                let points = [peer.pointing_allowed, tells && theirs.lets_point];
                assert_eq!(
                    points[0], points[1],
                    "{who} knows wrongly whether {} may be pointed at",
                    peer.peer
                );
                let trust = match self.pages[who].link {
                    link if link != other.link => Trust::Unchecked,
                    WORD => Trust::Worded,
                    _ => Trust::Linked,
                };
                assert_eq!(peer.trust, trust, "{who} of {}", peer.peer);
                let is_right = !tells || peer.name == seat.and_then(|seat| seat.name.clone());
                assert!(is_right, "{who} shows a wrong name of {}", peer.peer);
            }
        }
        // The others may leave while a signal to them is on its way, and a room may be full while one leaves it.
        let raced = |code: &ErrorCode| matches!(code, ErrorCode::UnknownPeer | ErrorCode::NotJoined);
        assert!(self.server.errors.iter().all(raced), "a call broke the protocol: {:?}", self.server.errors);
    }
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(|one| (0..one).map(move |other| (other, one)))
}
