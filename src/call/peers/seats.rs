//! Who sits in the room: the own seat, those who come, go and come back.

use std::time::Duration;

use super::porch::Porch;
use super::warm::OpenRoom;
use super::{Own, Peers, find, of, of_one};
use crate::call::api::view::Notice;
use crate::call::chat::Chat;
use crate::call::gestures::Gestures;
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::call::peer::config::PeerConfig;
use crate::call::pointers::Pointers;
use crate::call::seals::Seal;
use crate::protocol::{CAPACITY_RANGE, Epoch, PeerId, PeerInfo};

impl Peers {
    /// Takes a seat, new or taken back, and closes the connections that do not outlive it; [`Self::meet`] follows.
    pub(in crate::call) fn take_seat(
        &mut self,
        own: Own,
        resumed: bool,
        present: &[PeerInfo],
        config: PeerConfig,
    ) -> Vec<Output> {
        let same_page = resumed && self.own.is_some_and(|before| before.page == own.page);
        self.own = Some(own);
        let stays =
            |peer, page| same_page && present.iter().any(|info| (info.peer, info.page) == (peer, page));
        self.porch.keep(stays);
        let mut outputs = vec![];
        self.before.clear();
        for other in std::mem::take(&mut self.others) {
            self.before.extend((!resumed).then(|| (other.id(), other.epoch())));
            if stays(other.id(), other.info().page) {
                self.others.push(other);
            } else {
                // The page may be another one, of the same person.
                let is_there = resumed && present.iter().any(|info| info.peer == other.id());
                outputs.push(self.end(&other, !is_there));
            }
        }
        if !resumed {
            // Another life of the room has other numbers.
            self.left.clear();
            self.chat.live_anew();
        }
        // Credentials told before may end sooner than these.
        outputs.extend(self.configure(config));
        outputs
    }

    /// Opens connections with those present; `unsent` are those whose offer, or the question for one, waited here.
    pub(in crate::call) fn meet(
        &mut self,
        now: Duration,
        present: Vec<PeerInfo>,
        unsent: &[PeerId],
    ) -> Vec<Output> {
        let mut outputs = Vec::new();
        for info in present {
            let peer = info.peer;
            if let Some(found) = self.found_on_porch(now, &info) {
                outputs.extend(found);
                continue;
            }
            if find(&mut self.others, peer).is_none() {
                outputs.extend(self.open(now, info));
                continue;
            }
            outputs.extend(self.agree(&info));
            if let Some(other) = find(&mut self.others, peer) {
                let found = other.found(now, info.away, unsent.contains(&peer), &self.config);
                outputs.extend(of(peer, found));
            }
        }
        outputs
    }

    /// Gives up the seat and closes every connection.
    pub(in crate::call) fn leave(&mut self) -> Vec<Output> {
        (self.own, self.gestures, self.chat) = (None, Gestures::default(), Chat::default());
        self.pointers = Pointers::default();
        self.porch = Porch::default();
        let others = std::mem::take(&mut self.others);
        others.iter().map(|other| of_one(other.id(), other.close())).collect()
    }

    pub(in crate::call) fn joined(&mut self, now: Duration, info: PeerInfo) -> Vec<Output> {
        let is_here = self.others.iter().any(|other| other.id() == info.peer)
            || self.porch.seal_of(info.peer).is_some();
        if self.own.is_none() || is_here {
            return vec![];
        }
        let peer = info.peer;
        let outputs = self.open(now, info);
        find(&mut self.others, peer).into_iter().for_each(|other| other.known_mut().arrives());
        outputs
    }

    pub(in crate::call) fn away(&mut self, peer: PeerId, unloaded: bool) -> Vec<Output> {
        self.away_on_porch(peer);
        if let Some(other) = find(&mut self.others, peer) {
            other.away(unloaded);
            let seal = other.known().seal().and_then(|seal| self.seals.get_mut(seal));
            seal.into_iter().for_each(Seal::way_changed);
        }
        if unloaded {
            self.forget(peer);
        }
        vec![]
    }

    /// A peer is back: in the same page its connection goes on, in another one it begins anew.
    pub(in crate::call) fn back(&mut self, now: Duration, info: PeerInfo) -> Vec<Output> {
        let peer = info.peer;
        if let Some(found) = self.found_on_porch(now, &info) {
            return found;
        }
        let Some(other) = find(&mut self.others, peer) else { return vec![] };
        if other.info().page == info.page {
            let mut outputs = self.agree(&info);
            if let Some(other) = find(&mut self.others, peer) {
                outputs.extend(of(peer, other.back(now, info, &self.config)));
            }
            return outputs;
        }
        let mut outputs = vec![of_one(peer, other.close())];
        let seal = other.known().seal();
        seal.into_iter().for_each(|seal| self.seals.gone(seal));
        self.forget(peer);
        self.others.retain(|other| other.id() != peer);
        outputs.extend(self.open(now, info));
        outputs
    }

    pub(in crate::call) fn left(&mut self, peer: PeerId) -> Vec<Output> {
        self.porch.take(peer);
        let Some(at) = self.others.iter().position(|other| other.id() == peer) else { return vec![] };
        let other = self.others.remove(at);
        let seal = self.known_seal(&other);
        if seal.is_some_and(Seal::seems_other) {
            let is_news = seal.is_some_and(|seal| !seal.has_other_word());
            let told = is_news.then_some(Output::SayBriefly(Notice::OtherWord));
            return [self.end(&other, true)].into_iter().chain(told).collect();
        }
        let notice = Notice::PeerLeft(vec![other.name()]);
        let notice = if self.others.is_empty() { Output::Say(notice) } else { Output::SayBriefly(notice) };
        vec![notice, self.end(&other, true)]
    }

    /// Has a connection at hand for the next newcomer, as long as there is a seat for one.
    pub(super) fn prepare(&mut self, now: Duration) -> Vec<Output> {
        let taken = self.others.len() + self.porch.len() + 1;
        let is_free = |own: Own| taken < own.capacity.map_or(*CAPACITY_RANGE.end(), usize::from);
        let (is_empty, is_calm) = (self.others.is_empty(), self.others.iter().all(RemotePeer::is_settled));
        let room = self.own.filter(|own| is_free(*own)).map(|_| OpenRoom {
            config: &self.config,
            is_empty,
            is_calm,
        });
        self.warm.follow(now, room).into_iter().map(Output::Do).collect()
    }

    /// Opens the connection with a page, unless it has to be let in.
    pub(super) fn open(&mut self, now: Duration, info: PeerInfo) -> Vec<Output> {
        let Some(own) = self.own else { return vec![] };
        let peer = info.peer;
        // The keys are on their way while the browser opens the connection.
        let (seal, command) = self.seal_with(&info);
        let mut outputs: Vec<Output> = command.into_iter().collect();
        seal.and_then(|seal| self.seals.get_mut(seal)).into_iter().for_each(Seal::forget_waiting);
        if let Some(seal) = seal.filter(|seal| self.seals.holds(*seal)) {
            outputs.extend(self.wait(info, seal));
            return outputs;
        }
        self.chat.opened(peer, info.page);
        let first = Epoch::first(own.page, info.page);
        // A server that was killed may not remember that this peer had left, and the peer knows nothing of it.
        let left = self.left.iter().find(|left| left.same_pages(first)).and_then(|left| left.next());
        let (epoch, is_first, offerer) = (left.unwrap_or(first), left.is_none(), own.peer < peer);
        let prepared = if offerer { self.warm.take(&self.config) } else { None };
        let (mut other, opened) =
            RemotePeer::open(now, info.clone(), epoch, is_first, offerer, &self.config, prepared);
        if let Some(seal) = seal {
            other.known_mut().agree(seal);
        }
        let at = self.others.partition_point(|other| other.id() < peer);
        self.others.insert(at, other);
        let (who, opened) = (self.first_word(&info, seal), of(peer, opened));
        // A page that waited, and hears first of the connection that is asked for, needs not ask itself.
        outputs.extend(if is_first { [who, opened] } else { [opened, who] }.into_iter().flatten());
        outputs.extend(self.keep_stopped(peer));
        outputs
    }

    /// Closes the connection with a peer whose page, or whose seat, is given up.
    pub(super) fn end(&mut self, other: &RemotePeer, is_gone: bool) -> Output {
        let epoch = other.epoch();
        other.known().seal().into_iter().for_each(|seal| self.seals.gone(seal));
        let before = self.left.iter().position(|left| left.same_pages(epoch));
        let before = before.map(|at| self.left.swap_remove(at));
        self.left.push(epoch.max(before.unwrap_or_default()));
        if is_gone {
            self.chat.gone(other.id(), other.name());
        }
        self.forget(other.id());
        of_one(other.id(), other.close())
    }
}
