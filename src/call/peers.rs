//! The others in the room, with one connection each.

use std::time::Duration;

use super::api::command::Command;
use super::api::event::{Level, PeerEvent, PreparedId};
use super::api::view::{CallView, GesturesView, Notice, PeerView};
use super::chat::Chat;
use super::gestures::Gestures;
use super::output::Output;
use super::peer::config::PeerConfig;
use super::peer::prints::print_of;
use super::peer::{self, RemotePeer};
use super::pointers::{PointTo, Pointers};
use super::seals::Seals;
use super::speaking::Speaking;
use crate::protocol::{CAPACITY_RANGE, Epoch, IceServer, PageLoad, PeerId, PeerInfo, PeerMsg};

mod sealing;
mod telling;
mod warm;

use warm::{OpenRoom, Warm};

/// The own seat, as far as connections depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) peer: PeerId,
    pub(super) page: PageLoad,
    /// Number of seats of the room, if the server tells.
    pub(super) capacity: Option<u8>,
}

/// The others in the room of one participant.
#[derive(Debug, Default)]
pub(super) struct Peers {
    own: Option<Own>,
    /// The configuration of every connection.
    config: PeerConfig,
    /// By their ids, lowest first.
    others: Vec<RemotePeer>,
    /// The newest epochs of peers that have left, one of the same pages.
    left: Vec<Epoch>,
    /// The connections of the life before, whose reports may be under way: all that come before a new one is open.
    before: Vec<(PeerId, Epoch)>,
    /// Hands and reactions, the own ones too.
    gestures: Gestures,
    speaking: Speaking,
    /// What everybody has written, the own person too.
    chat: Chat,
    /// Where everybody points, the own person too.
    pointers: Pointers,
    /// The connection for the next newcomer.
    warm: Warm,
    /// What is sealed with, and with whom.
    seals: Seals,
    /// The certificate of this page, as its descriptions name it.
    print: Option<String>,
}

impl Peers {
    /// The ICE servers of the seat, if there is one.
    pub(super) fn ice_servers(&self) -> Option<&[IceServer]> {
        self.own.map(|_| self.config.ice_servers.as_slice())
    }

    /// Whether media flows with anybody.
    pub(super) fn any_connected(&self) -> bool {
        self.others.iter().any(RemotePeer::is_connected)
    }

    /// Whether this is the present connection with this peer.
    pub(super) fn is_current(&self, peer: PeerId, epoch: Epoch) -> bool {
        self.others.iter().any(|other| (other.id(), other.epoch()) == (peer, epoch))
    }

    /// Takes a seat, new or taken back, and closes the connections that do not outlive it; [`Self::meet`] follows.
    pub(super) fn take_seat(
        &mut self,
        own: Own,
        resumed: bool,
        present: &[PeerInfo],
        config: PeerConfig,
    ) -> Vec<Output> {
        let same_page = resumed && self.own.is_some_and(|before| before.page == own.page);
        self.own = Some(own);
        let stays = |other: &RemotePeer| {
            let is_same = |info: &PeerInfo| info.peer == other.id() && info.page == other.info().page;
            same_page && present.iter().any(is_same)
        };
        let mut outputs = vec![];
        self.before.clear();
        for other in std::mem::take(&mut self.others) {
            self.before.extend((!resumed).then(|| (other.id(), other.epoch())));
            if stays(&other) {
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
    pub(super) fn meet(&mut self, now: Duration, present: Vec<PeerInfo>, unsent: &[PeerId]) -> Vec<Output> {
        let mut outputs = Vec::new();
        for info in present {
            let peer = info.peer;
            let Some(other) = find(&mut self.others, peer) else {
                outputs.extend(self.open(now, info));
                continue;
            };
            let found = of(peer, other.found(now, info.away, unsent.contains(&peer), &self.config));
            outputs.extend(self.agree(&info));
            outputs.extend(found);
        }
        outputs
    }

    /// Gives up the seat and closes every connection.
    pub(super) fn leave(&mut self) -> Vec<Output> {
        (self.own, self.gestures, self.chat) = (None, Gestures::default(), Chat::default());
        self.pointers = Pointers::default();
        let others = std::mem::take(&mut self.others);
        others.iter().map(|other| of_one(other.id(), other.close())).collect()
    }

    pub(super) fn joined(&mut self, now: Duration, info: PeerInfo) -> Vec<Output> {
        if self.own.is_none() || self.others.iter().any(|other| other.id() == info.peer) {
            return vec![];
        }
        let peer = info.peer;
        let outputs = self.open(now, info);
        find(&mut self.others, peer).into_iter().for_each(|other| other.known_mut().arrives());
        outputs
    }

    pub(super) fn away(&mut self, peer: PeerId, unloaded: bool) -> Vec<Output> {
        if let Some(other) = find(&mut self.others, peer) {
            other.away(unloaded);
        }
        if unloaded {
            self.forget(peer);
        }
        vec![]
    }

    /// A peer is back: in the same page its connection goes on, in another one it begins anew.
    pub(super) fn back(&mut self, now: Duration, info: PeerInfo) -> Vec<Output> {
        let peer = info.peer;
        let Some(other) = find(&mut self.others, peer) else { return vec![] };
        if other.info().page == info.page {
            let back = of(peer, other.back(now, info.clone(), &self.config));
            return self.agree(&info).into_iter().chain(back).collect();
        }
        let mut outputs = vec![of_one(peer, other.close())];
        self.forget(peer);
        self.others.retain(|other| other.id() != peer);
        outputs.extend(self.open(now, info));
        outputs
    }

    pub(super) fn left(&mut self, peer: PeerId) -> Vec<Output> {
        let Some(at) = self.others.iter().position(|other| other.id() == peer) else { return vec![] };
        let other = self.others.remove(at);
        let notice = Notice::PeerLeft(vec![other.name()]);
        let notice = if self.others.is_empty() { Output::Say(notice) } else { Output::SayBriefly(notice) };
        vec![notice, self.end(&other, true)]
    }

    /// Takes a report of a connection; those of earlier epochs are dropped.
    pub(super) fn event(
        &mut self,
        now: Duration,
        peer: PeerId,
        epoch: Epoch,
        event: PeerEvent,
    ) -> Vec<Output> {
        let Some(other) = find(&mut self.others, peer).filter(|other| other.epoch() == epoch) else {
            return vec![];
        };
        if event == PeerEvent::Opened {
            self.before.retain(|before| *before != (peer, epoch));
        }
        if self.before.contains(&(peer, epoch)) {
            return vec![];
        }
        match event {
            PeerEvent::Unsent => self.chat.unsent(now, peer),
            // A pen that was down is not known to be so over the next channel.
            PeerEvent::Channel(_) => self.pointers.forget(peer),
            _ => {}
        }
        if let PeerEvent::Offered { sdp, .. } | PeerEvent::Answered { sdp, .. } = &event {
            self.print = print_of(sdp).one();
        }
        let mut outputs = of(peer, other.event(now, event, &self.config));
        if other.is_connected() {
            outputs.extend(other.take_arrival().map(Output::SayBriefly));
        }
        if let Some(kind) = other.take_reaction() {
            self.gestures.react(now, Some(peer), kind);
        }
        match other.take_passing() {
            Some(PeerMsg::Pointer { screen, draws, path }) => {
                self.pointers.received(now, peer, PointTo { screen, draws, path });
            }
            Some(message) => self.chat.received(now, peer, other.name(), message),
            None => {}
        }
        outputs
    }

    /// Takes it that the browser did not prepare a connection.
    pub(super) fn not_prepared(&mut self, refused: PreparedId) -> Vec<Output> {
        self.warm.refused(refused).map(Output::Do).into_iter().collect()
    }

    /// Takes the levels of the sound that arrives.
    pub(super) fn heard(&mut self, now: Duration, levels: &[Level]) -> Vec<Output> {
        self.speaking.heard(now, levels);
        vec![]
    }

    /// Plays one of the others at this volume on this page.
    pub(super) fn set_volume(&mut self, peer: PeerId, percent: u16) -> Vec<Output> {
        let other = find(&mut self.others, peer);
        other.map(|other| of_one(peer, other.set_volume(percent))).into_iter().collect()
    }

    /// Builds one connection anew at a person's wish.
    pub(super) fn retry(&mut self, now: Duration, peer: PeerId) -> Vec<Output> {
        let Some(other) = find(&mut self.others, peer) else { return vec![] };
        of(peer, other.start_over(now, &self.config))
    }

    /// Builds every connection anew.
    pub(super) fn rebuild(&mut self, now: Duration) -> Vec<Output> {
        let config = &self.config;
        self.others.iter_mut().flat_map(|other| of(other.id(), other.start_over(now, config))).collect()
    }

    /// Takes new ICE servers with the seat there is; nothing is restarted.
    pub(super) fn renew(&mut self, ice_servers: Vec<IceServer>) -> Vec<Output> {
        if self.own.is_none() {
            return vec![];
        }
        let relay_only = self.config.relay_only;
        self.configure(PeerConfig { ice_servers, relay_only })
    }

    /// Restricts connections to relays, or not any more; nothing is restarted.
    pub(super) fn restrict(&mut self, relay_only: bool) -> Vec<Output> {
        let ice_servers = std::mem::take(&mut self.config.ice_servers);
        self.configure(PeerConfig { ice_servers, relay_only })
    }

    /// Has every connection take the tracks that exist now.
    pub(super) fn attach(&self) -> Vec<Output> {
        self.others.iter().map(|other| of_one(other.id(), other.attach())).collect()
    }

    /// Tries at once what does not work.
    pub(super) fn woken(&mut self, now: Duration) {
        self.warm.woken();
        self.others.iter_mut().for_each(|other| other.woken(now));
    }

    /// Restarts ICE of every connection with the next tick.
    pub(super) fn network_changed(&mut self, now: Duration) {
        self.others.iter_mut().for_each(|other| other.network_changed(now));
    }

    /// When [`Self::tick`] is due, if the own socket is there, or [`Self::tell`].
    pub(super) fn deadline(&self, has_socket: bool) -> Option<Duration> {
        let due = |other: &RemotePeer| other.deadline().filter(|_| has_socket);
        let of_others = self.others.iter().flat_map(|other| [due(other), other.telling_deadline()]);
        let of_all = [
            self.gestures.deadline(),
            self.speaking.deadline(),
            self.chat.deadline(),
            self.pointers.deadline(),
            self.warm.deadline(),
        ];
        of_others.chain(of_all).flatten().min()
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Output> {
        let config = &self.config;
        self.others.iter_mut().flat_map(|other| of(other.id(), other.tick(now, config))).collect()
    }

    /// Adds to the view what is known of everybody.
    pub(super) fn view(&self, view: CallView) -> CallView {
        CallView {
            peers: self.peer_views(),
            gestures: self.gestures_of(None),
            chat: self.chat.view(),
            pointers: self.pointers.view(),
            lets_point: self.pointers.lets_point(),
            speaker: self.speaking.large(),
            ..view
        }
    }

    fn peer_views(&self) -> Vec<PeerView> {
        let view = |other: &RemotePeer| {
            let peer = other.id();
            let seal = other.known().seal().and_then(|seal| self.seals.get(seal));
            let (gestures, speaks) = (self.gestures_of(Some(peer)), self.speaking.is_speaking(peer));
            other.view(self.config.relay_only, gestures, speaks, seal)
        };
        self.others.iter().map(view).collect()
    }

    fn gestures_of(&self, who: Option<PeerId>) -> GesturesView {
        GesturesView { hand: self.gestures.place(who), reaction: self.gestures.reaction(who) }
    }

    /// Has a connection at hand for the next newcomer, as long as there is a seat for one.
    fn prepare(&mut self, now: Duration) -> Vec<Output> {
        let taken = self.others.len() + 1;
        let is_free = |own: Own| taken < own.capacity.map_or(*CAPACITY_RANGE.end(), usize::from);
        let (is_empty, is_calm) = (self.others.is_empty(), self.others.iter().all(RemotePeer::is_settled));
        let room = self.own.filter(|own| is_free(*own)).map(|_| OpenRoom {
            config: &self.config,
            is_empty,
            is_calm,
        });
        self.warm.follow(now, room).into_iter().map(Output::Do).collect()
    }

    fn forget(&mut self, peer: PeerId) {
        self.gestures.forget(peer);
        self.pointers.forget(peer);
        self.speaking.forget(peer);
    }

    fn configure(&mut self, config: PeerConfig) -> Vec<Output> {
        self.config = config;
        self.others.iter().map(|other| of_one(other.id(), other.configure(&self.config))).collect()
    }

    fn open(&mut self, now: Duration, info: PeerInfo) -> Vec<Output> {
        let Some(own) = self.own else { return vec![] };
        let peer = info.peer;
        self.chat.opened(peer, info.page);
        let first = Epoch::first(own.page, info.page);
        // A server that was killed may not remember that this peer had left, and the peer knows nothing of it.
        let left = self.left.iter().find(|left| left.same_pages(first)).and_then(|left| left.next());
        let (epoch, is_first, offerer) = (left.unwrap_or(first), left.is_none(), own.peer < peer);
        let prepared = if offerer { self.warm.take(&self.config) } else { None };
        let (other, opened) =
            RemotePeer::open(now, info.clone(), epoch, is_first, offerer, &self.config, prepared);
        let at = self.others.partition_point(|other| other.id() < peer);
        self.others.insert(at, other);
        // The keys are on their way while the browser opens the connection.
        let mut outputs: Vec<Output> = self.agree(&info).into_iter().chain(of(peer, opened)).collect();
        outputs.extend(self.keep_stopped(peer));
        outputs
    }

    /// Closes the connection with a peer whose page, or whose seat, is given up.
    fn end(&mut self, other: &RemotePeer, is_gone: bool) -> Output {
        let epoch = other.epoch();
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

fn find(others: &mut [RemotePeer], peer: PeerId) -> Option<&mut RemotePeer> {
    others.iter_mut().find(|other| other.id() == peer)
}

fn of(peer: PeerId, outputs: Vec<peer::Output>) -> Vec<Output> {
    outputs.into_iter().map(|output| of_one(peer, output)).collect()
}

fn of_one(peer: PeerId, output: peer::Output) -> Output {
    match output {
        peer::Output::Do(epoch, command) => Output::Do(Command::Peer(peer, epoch, command)),
        peer::Output::Send(signal) => Output::Signal(peer, signal),
        peer::Output::Log(line) => Output::Do(Command::Log(format!("peer {peer}: {line}"))),
    }
}
