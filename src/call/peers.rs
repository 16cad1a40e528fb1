//! The others in the room, with one connection each.

use std::time::Duration;

use super::api::command::Command;
use super::api::event::{Level, PeerEvent, PreparedId};
use super::api::seal::Trust;
use super::api::view::{CallView, GesturesView, PeerView};
use super::chat::Chat;
use super::gestures::Gestures;
use super::output::Output;
use super::peer::config::PeerConfig;
use super::peer::prints::print_of;
use super::peer::{self, RemotePeer};
use super::pointers::{PointTo, Pointers};
use super::seals::Seals;
use super::speaking::Speaking;
use crate::protocol::{Epoch, IceServer, PageLoad, PeerId, PeerMsg};

mod locking;
mod porch;
mod sealing;
mod seats;
mod telling;
mod vouching;
mod warm;
mod words;

use porch::Porch;
use warm::Warm;

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
    /// Those who have to be let in.
    porch: Porch,
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
        let is_connected = other.is_connected();
        if is_connected {
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
        if is_connected {
            outputs.extend(self.exchange_pictures(peer));
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
        other
            .and_then(|other| other.set_volume(percent))
            .map(|output| of_one(peer, output))
            .into_iter()
            .collect()
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
        self.others.iter().filter_map(|other| Some(of_one(other.id(), other.attach()?))).collect()
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
            self.seals.word_deadline().filter(|_| has_socket),
            self.gestures.deadline(),
            self.speaking.deadline(),
            self.chat.deadline(),
            self.pointers.deadline(),
            self.warm.deadline(),
        ];
        of_others.chain(of_all).flatten().min()
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Output> {
        let mut outputs = self.judge_words(now);
        if outputs.contains(&Output::WrongWord) {
            return outputs;
        }
        let config = &self.config;
        outputs.extend(self.others.iter_mut().flat_map(|other| of(other.id(), other.tick(now, config))));
        outputs
    }

    /// Adds to the view what is known of everybody.
    pub(super) fn view(&self, view: CallView) -> CallView {
        CallView {
            peers: self.peer_views(),
            locked: self.is_locked(),
            word_closed: self.seals.is_word_closed(),
            knocks: self.porch.view(),
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
            let seal = self.known_seal(other);
            let (gestures, speaks) = (self.gestures_of(Some(peer)), self.speaking.is_speaking(peer));
            let view = other.view(self.config.relay_only, gestures, speaks, seal);
            let checked_by = other.known().seal().filter(|_| view.trust == Trust::Unchecked);
            match checked_by.and_then(|seal| self.checked_by(seal)) {
                Some(checked_by) => PeerView { trust: Trust::Vouched, checked_by, ..view },
                None => view,
            }
        };
        self.others.iter().map(view).collect()
    }

    fn gestures_of(&self, who: Option<PeerId>) -> GesturesView {
        GesturesView { hand: self.gestures.place(who), reaction: self.gestures.reaction(who) }
    }

    fn forget(&mut self, peer: PeerId) {
        self.gestures.forget(peer);
        self.pointers.forget(peer);
        self.speaking.forget(peer);
    }

    fn configure(&mut self, config: PeerConfig) -> Vec<Output> {
        self.config = config;
        let configure = |other: &RemotePeer| Some(of_one(other.id(), other.configure(&self.config)?));
        self.others.iter().filter_map(configure).collect()
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
