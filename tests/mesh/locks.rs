//! Locked rooms: people who lock and let in, and a book of its own about whom they have let in.

use parlor::call::{Event, KnockView, Phase, SealEvent, UserAction};
use parlor::protocol::sealed::Proof;
use parlor::protocol::{Hello, PeerId, Signal};

use super::page::Page;
use super::vault::print_of;
use super::world::World;

impl World {
    /// The person locks the room, or unlocks it.
    pub(super) fn lock(&mut self, who: usize) {
        let locked = !self.pages[who].call.view().locked;
        self.user(who, Event::User(UserAction::LockRoom(locked)));
    }

    /// The person answers somebody who knocks. Returns whether anybody does.
    pub(super) fn answer(&mut self, who: usize, comes_in: bool) -> bool {
        let knocks = self.pages[who].call.view().knocks;
        if knocks.is_empty() {
            return false;
        }
        let KnockView { peer, seal, .. } = knocks[self.random.below(knocks.len())];
        self.user(who, Event::User(UserAction::Answer(peer, seal, comes_in)));
        true
    }

    /// Keeps whom a person lets in by this event.
    pub(super) fn note_let_in(&mut self, who: usize, event: &Event) {
        if !self.plan.has_locks {
            return;
        }
        let page = &mut self.pages[who];
        let hello = |knock: &KnockView| page.vault.agreed[&knock.seal.0].1.clone();
        let let_in: Vec<Hello> = match event {
            Event::User(UserAction::Answer(_, seal, true)) => {
                page.vault.agreed.get(&seal.0).map(|(_, hello)| hello.clone()).into_iter().collect()
            }
            Event::User(UserAction::LockRoom(locked)) if page.call.view().phase == Phase::InCall => {
                page.chose = Some(*locked);
                let knocks = page.call.view().knocks;
                if *locked { vec![] } else { knocks.iter().map(hello).collect() }
            }
            // Who is proved may let in for all, and for a page that only follows anybody in the call.
            Event::Seal(id, SealEvent::Opened(Signal::Vouch { hello, .. })) => {
                let is_proved = page.vault.seals.get(&id.0).is_some_and(|seal| seal.proof != Proof::Open);
                let follows = !page.chose.unwrap_or(page.is_linked);
                if is_proved || follows { vec![hello.clone()] } else { vec![] }
            }
            // Another call begins locked again.
            Event::User(UserAction::Connect { .. }) if page.remembered.is_none() => {
                page.chose = None;
                return;
            }
            _ => return,
        };
        page.let_in.extend(let_in);
    }

    /// In a locked room no media flows with anybody who has not the same link and whom no person has let in.
    pub(super) fn check_lock(&mut self, who: usize) {
        if !self.plan.has_locks {
            return;
        }
        let is_honest = self.malice.is_none();
        let page = &mut self.pages[who];
        let view = page.call.view();
        if view.phase != Phase::InCall {
            return;
        }
        let must_be_locked = page.chose.unwrap_or(page.is_linked);
        if !view.locked && !must_be_locked {
            // Those in the call stay in it when somebody locks the room.
            let present: Vec<Hello> = view.peers.iter().flat_map(|peer| page.keys_of(peer.peer)).collect();
            page.let_in.extend(present);
            return;
        }
        let page = &self.pages[who];
        for (peer, (_, id)) in page.connections.iter().filter(|(_, (_, id))| self.connections.flows(*id)) {
            let mut seals = page.vault.seals.values().filter(|seal| seal.other.0 == *peer && seal.has_opened);
            let is_proved = seals.any(|seal| seal.proof != Proof::Open);
            let remote = self.connections.all[id].remote.as_ref().map(|remote| remote.print);
            let is_remote = |hello: &Hello| print_of_key(hello) == remote;
            let was_let_in = match is_honest {
                true => page.let_in.iter().any(is_remote),
                false => page.keys_of(*peer).iter().any(|hello| page.let_in.contains(hello)),
            };
            assert!(is_proved || was_let_in, "{who} has locked the room, and {peer} came in by itself: {id}");
        }
    }
}

/// The certificate of the page with this key.
fn print_of_key(hello: &Hello) -> Option<u32> {
    let (who, load) = hello.as_str().split_once('.')?;
    Some(print_of(who.parse().ok()?, load.parse().ok()?))
}

impl Page {
    /// The keys of the pages that were ever said to be this peer.
    fn keys_of(&self, peer: PeerId) -> Vec<Hello> {
        let keys = self.vault.agreed.values().filter(|(other, _)| other.0 == peer);
        keys.map(|(_, hello)| hello.clone()).collect()
    }
}
