//! What must hold of seals whatever the server does.

use std::collections::BTreeSet;

use parlor::call::{Event, SealId, SocketEvent, Trust};
use parlor::protocol::sealed::Proof;
use parlor::protocol::{PeerId, PeerInfo, ServerMsg};

use super::connection::print_in;
use super::page::Page;
use super::vault::{Done, Seal, Seat, print_of};
use super::wire::Up;
use super::world::World;

/// What people are called here. None of it could be part of a box.
pub(super) const NAMES: [&str; 3] = ["", "Ann A", "Ben B"];

/// Somebody who has derived a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) who: usize,
    pub(crate) load: u32,
    pub(crate) own: Seat,
    pub(crate) other: Seat,
}

/// No frame tells a certificate, an address or a name.
pub(super) fn check_frame(text: &str) {
    for secret in ["a=fingerprint", "candidate:", NAMES[1], NAMES[2]] {
        assert!(!text.contains(secret), "a frame tells {secret}");
    }
}

impl Page {
    /// Keeps who is away, as far as the call takes the server's word for it.
    pub(super) fn note_away(&mut self, event: &Event) {
        let Event::Socket(socket, SocketEvent::Message(message)) = event else { return };
        if self.socket.is_none_or(|(current, _)| current != *socket) {
            return;
        }
        match message {
            ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => {
                let away = seated.peers.iter().filter(|info| info.away);
                self.away = away.map(|info| info.peer).collect();
            }
            ServerMsg::PeerJoined(info) if self.connections.contains_key(&info.peer) => {}
            ServerMsg::PeerJoined(PeerInfo { peer, away: true, .. })
            | ServerMsg::PeerBack(PeerInfo { peer, away: true, .. })
            | ServerMsg::PeerAway { peer, .. } => {
                self.away.insert(*peer);
            }
            ServerMsg::PeerJoined(PeerInfo { peer, .. })
            | ServerMsg::PeerBack(PeerInfo { peer, .. })
            | ServerMsg::PeerLeft { peer } => {
                self.away.remove(peer);
            }
            _ => {}
        }
    }
}

impl World {
    /// The cryptography of a page has done something.
    pub(super) fn seal(&mut self, who: usize) {
        match self.pages[who].vault.work() {
            Done::Agreed(id, drawn) => {
                self.pages[who].events.push_back(Event::Seal(id, drawn));
                let (load, seal) = (self.pages[who].load, &self.pages[who].vault.seals[&id.0]);
                let holder = Holder { who, load, own: seal.own, other: seal.other };
                self.holders.entry(seal.key.clone()).or_default().push(holder);
            }
            Done::Event(id, event) => self.pages[who].events.push_back(Event::Seal(id, event)),
            Done::Opened(id, event) => {
                self.check_opened(who, id);
                self.pages[who].events.push_back(Event::Seal(id, event));
            }
            Done::Send(wire, text) => self.up(wire, Up::Frame(text)),
            Done::Nothing => {}
        }
    }

    /// A page has opened something: if its keys prove anything, exactly the page that sits there has them, too.
    pub(super) fn check_opened(&self, who: usize, id: SealId) {
        let page = &self.pages[who];
        let seal = &page.vault.seals[&id.0];
        if seal.proof == Proof::Open {
            return;
        }
        let is_known = self.malice.as_ref().is_some_and(|malice| malice.holds(&seal.key));
        assert!(!is_known, "the server has the keys of {who} and {:?}", seal.other);
        let others = self.others_of(who, seal);
        let [holder] = others[..] else { panic!("the keys of {who} are shared with {others:?}") };
        let is_it = (holder.own, holder.other) == (seal.other, seal.own);
        let sits = self.server.seats.was_ever(holder.who, seal.other.0);
        assert!(is_it && sits, "the keys of {who} and {:?} are those of {holder:?}", seal.other);
    }

    fn others_of(&self, who: usize, seal: &Seal) -> Vec<Holder> {
        let own = (who, self.pages[who].load);
        let all = self.holders.get(&seal.key).into_iter().flatten();
        all.filter(|holder| (holder.who, holder.load) != own).copied().collect()
    }

    /// Whoever is shown as private has opened something with keys that prove it, and media flows with that page only.
    pub(super) fn check_trust(&self, who: usize) {
        let page = &self.pages[who];
        for peer in
            page.call.view().peers.iter().filter(|peer| matches!(peer.trust, Trust::Linked | Trust::Worded))
        {
            let proves =
                |seal: &&Seal| seal.other.0 == peer.peer && seal.proof != Proof::Open && seal.has_opened;
            let mut prints = BTreeSet::new();
            for seal in page.vault.seals.values().filter(proves) {
                prints.extend(self.others_of(who, seal).iter().map(|it| print_of(it.who, it.load)));
            }
            assert!(!prints.is_empty(), "{who} is told that {} is private, and nothing proves it", peer.peer);
            let id = page.connections[&peer.peer].1;
            let is_theirs = !self.connections.flows(id)
                || self.connections.all[&id].remote.is_some_and(|remote| prints.contains(&remote.print));
            assert!(is_theirs, "{who} is told that {} is private, and is connected with others", peer.peer);
        }
    }

    /// A page takes a description: it names a certificate that is not the own one, nor that of another connection.
    pub(super) fn check_print(&mut self, who: usize, peer: PeerId, sdp: &str) {
        let print = print_in(sdp).unwrap();
        let page = &mut self.pages[who];
        assert_ne!(print, page.vault.print, "{who} would be connected with itself");
        page.prints.insert(peer, print);
        // Who is away may have lost the seat, and come again in the same page.
        let named = page
            .prints
            .iter()
            .filter(|(other, named)| **named == print && **other != peer && !page.away.contains(other));
        assert_eq!(named.count(), 0, "{who} shows one page under two names");
    }
}
