//! The locked room: who has to wait, and who is let in.

use std::time::Duration;

use super::porch::Knocker;
use super::{Peers, find, of};
use crate::call::api::seal::{Lock, SealEvent, SealId};
use crate::call::api::view::Notice;
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::protocol::{Epoch, PeerId, PeerInfo};

impl Peers {
    /// Begins a call in a locked room, or in one that is not.
    pub(in crate::call) fn begin_lock(&mut self, lock: Lock) {
        self.seals.lock = lock;
        self.seals.begin_words();
    }

    pub(in crate::call) fn lock_now(&self) -> Lock {
        self.seals.lock
    }

    /// Whether nobody comes in who has not the same link and was not let in.
    pub(in crate::call) fn is_locked(&self) -> bool {
        self.seals.lock.is_locked()
    }

    /// Locks the room, or unlocks it: then all who wait come in.
    pub(in crate::call) fn lock(&mut self, now: Duration, locked: bool) -> Vec<Output> {
        if self.own.is_none() || self.is_locked() == locked && self.seals.lock != Lock::Followed {
            return vec![];
        }
        let mut outputs = self.set_lock(if locked { Lock::Locked } else { Lock::Unlocked });
        while !locked && let Some(knocker) = self.porch.take_one(|seal| !self.seals.is_of_word(seal)) {
            self.seals.answered(knocker.seal);
            outputs.extend(self.let_in(now, knocker));
        }
        outputs
    }

    /// Takes it that the invite link was handed out: those who are meant have it.
    pub(in crate::call) fn link_shared(&mut self) -> Vec<Output> {
        let lock = self.seals.lock.link_shared();
        if self.own.is_some() && lock != self.seals.lock { self.set_lock(lock) } else { vec![] }
    }

    /// Takes the person's answer to a knock.
    pub(in crate::call) fn answer(
        &mut self,
        now: Duration,
        peer: PeerId,
        seal: SealId,
        comes_in: bool,
    ) -> Vec<Output> {
        let Some(knocker) = self.porch.by_peer(peer).filter(|knocker| knocker.seal == seal) else {
            return vec![];
        };
        knocker.is_declined = !comes_in;
        if comes_in {
            self.seals.answered(seal)
        } else {
            self.seals.decline(seal)
        }
        let comes_in = if comes_in { self.porch.take(peer) } else { None };
        comes_in.map(|knocker| self.let_in(now, knocker)).unwrap_or_default()
    }

    /// Follows somebody in the call who has locked the room, or not.
    pub(super) fn heard_lock(&mut self, at: usize, locked: bool) -> Vec<Output> {
        let other = &mut self.others[at];
        let is_news = other.known_mut().says_lock(locked) == Some(false);
        // A newcomer who locks is news as well, unlike a room that was locked before this page came.
        let is_told = is_news || other.known().is_arriving();
        let lock = self.seals.lock.heard(is_news);
        if !locked || lock == self.seals.lock {
            return vec![];
        }
        let notice = Notice::RoomLocked(other.name());
        let mut outputs = self.set_lock(lock);
        outputs.extend(is_told.then_some(Output::SayBriefly(notice)));
        outputs
    }

    /// Lets a page wait that has come.
    pub(super) fn wait(&mut self, info: PeerInfo, seal: SealId) -> Vec<Output> {
        let mut outputs = self.first_word(&info, Some(seal));
        outputs.extend(self.seals.is_of_word(seal).then_some(Output::Mention(Notice::WordClosed)));
        self.porch.add(info, seal, self.seals.is_declined(seal));
        outputs
    }

    /// Takes the server's word on one who waits; another page of it has to knock anew. None if it does not wait.
    pub(super) fn found_on_porch(&mut self, now: Duration, info: &PeerInfo) -> Option<Vec<Output>> {
        let knocker = self.porch.by_peer(info.peer)?;
        if knocker.info.page != info.page {
            self.porch.take(info.peer);
            return Some(self.open(now, info.clone()));
        }
        let (seal, was_away) = (knocker.seal, knocker.info.away);
        knocker.info = info.clone();
        // The person reads of somebody else meanwhile, and must not answer for this one.
        if was_away && let Some(knocker) = self.porch.take(info.peer) {
            self.porch.add_again(knocker);
        }
        Some(self.first_word(info, Some(seal)))
    }

    /// Takes what the seal of one who waits reports; returns whether one does.
    pub(super) fn knocked(&mut self, id: SealId, event: &SealEvent) -> bool {
        let Some(knocker) = self.porch.by_seal(id) else { return false };
        let Some(seal) = self.seals.get_mut(id) else { return true };
        match event {
            SealEvent::Opened(signal) if knocker.opened(signal) => drop(seal.opened(signal)),
            SealEvent::Opened(_) => {}
            report => seal.reports(report.clone()),
        }
        true
    }

    /// Opens the connection that the other page has given up since.
    pub(super) fn let_in(&mut self, now: Duration, knocker: Knocker) -> Vec<Output> {
        let Knocker { info, seal, name, holds, .. } = knocker;
        let Some(own) = self.own else { return vec![] };
        self.seals.let_in(seal);
        let (peer, first) = (info.peer, Epoch::first(own.page, info.page));
        // Who holds this page as well hears of the connection once it lets it in.
        if !holds && !self.left.iter().any(|left| left.same_pages(first)) {
            self.left.push(first);
        }
        let mut outputs = self.open(now, info);
        if let Some(other) = find(&mut self.others, peer) {
            other.known_mut().comes_in(name);
            outputs.extend(holds.then(|| of(peer, other.hold())).into_iter().flatten());
        }
        outputs
    }

    /// Sets the lock, and tells the others. Those who are in the call stay in it.
    fn set_lock(&mut self, lock: Lock) -> Vec<Output> {
        self.seals.lock = lock;
        for seal in self.others.iter().filter_map(|other| other.known().seal()) {
            self.seals.let_in(seal);
        }
        let word = |other: &RemotePeer| self.first_word(other.info(), other.known().seal());
        [Output::Remember].into_iter().chain(self.others.iter().flat_map(word)).collect()
    }

    /// Notes that nothing reaches one who waits.
    pub(super) fn away_on_porch(&mut self, peer: PeerId) {
        if let Some(knocker) = self.porch.by_peer(peer) {
            knocker.info = PeerInfo { away: true, ..knocker.info.clone() };
        }
    }
}
