//! What is sealed for the others, and what they have sealed.

use std::time::Duration;

use super::vouching::vouch_in;
use super::{Peers, find, of};
use crate::call::api::command::Command;
use crate::call::api::seal::{Identity, SealCommand, SealEvent, SealId, Trust};
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::call::peer::prints::{Print, print_of};
use crate::call::seals::{Seal, pictures};
use crate::protocol::{DisplayName, Epoch, PeerId, PeerInfo, RoomId, SealedBox, Signal};

impl Peers {
    /// Begins to seal in the room of a seat; [`Self::take_seat`] follows.
    pub(in crate::call) fn begin_seals(
        &mut self,
        room: RoomId,
        identity: Identity,
        name: Option<DisplayName>,
        resumed: bool,
    ) {
        // A seat that was handed over is of a call in which this page was not.
        self.seals.begin(room, identity, name, resumed && self.own.is_some());
    }

    /// Agrees on keys with a page that has said something of itself; the command derives them, if they are new.
    pub(super) fn seal_with(&mut self, info: &PeerInfo) -> (Option<SealId>, Option<Output>) {
        let (Some(own), Some(said)) = (self.own, info.introduction()) else { return (None, None) };
        let agreed = self.seals.agree((own.peer, own.page), (info.peer, info.page), said);
        agreed.map_or((None, None), |(seal, command)| (Some(seal), command.map(Output::Do)))
    }

    /// Agrees on keys with one who is known, unless that was done, and says who sits here. Of one who was away when this
    /// page came, it may turn out only now that it has to be let in.
    pub(super) fn agree(&mut self, info: &PeerInfo) -> Vec<Output> {
        let Some(at) = self.others.iter().position(|other| other.id() == info.peer) else { return vec![] };
        let Some(seal) = self.others[at].known().seal() else {
            let (seal, command) = self.seal_with(info);
            let mut outputs: Vec<Output> = command.into_iter().collect();
            match seal {
                Some(seal) if self.seals.holds(seal) => {
                    let other = self.others.remove(at);
                    outputs.push(self.end(&other, false));
                    outputs.extend(self.wait(info.clone(), seal));
                }
                Some(seal) => {
                    self.others[at].known_mut().agree(seal);
                    outputs.extend(self.first_word(info, Some(seal)));
                }
                None => {}
            }
            return outputs;
        };
        self.others[at].known_mut().tells_anew();
        self.seals.get_mut(seal).into_iter().for_each(Seal::way_changed);
        self.first_word(info, Some(seal))
    }

    /// Says who sits here, or that the other one has to wait; anew with each way back, as what was said may be lost.
    pub(super) fn first_word(&self, info: &PeerInfo, seal: Option<SealId>) -> Vec<Output> {
        let Some(seal) = seal.filter(|_| !info.away) else { return vec![] };
        let Some(signal) = self.seals.first_word(seal) else { return vec![] };
        let share = self.seals.is_of_word(seal).then_some(SealCommand::Share(info.peer));
        let share = share.map(|share| Output::Do(Command::Seal(seal, share)));
        share.into_iter().chain([Output::Signal(info.peer, signal)]).collect()
    }

    /// Closes a connection that was opened for a page with which nobody wants one, whatever the server makes anew.
    pub(super) fn keep_stopped(&mut self, peer: PeerId) -> Vec<Output> {
        let other = find(&mut self.others, peer);
        let stopped = other.filter(|other| other.known().seal().is_some_and(|seal| self.seals.is_over(seal)));
        stopped.map(|other| of(peer, other.stop())).unwrap_or_default()
    }

    /// The command that seals a signal and sends it; none for a page that has said nothing of itself.
    pub(in crate::call) fn close(&mut self, to: PeerId, signal: Signal) -> Option<Command> {
        let seal = self.seal_of(to)?;
        let signal = self.seals.get_mut(seal)?.keep(signal)?;
        Some(Command::Seal(seal, SealCommand::Close(to, signal)))
    }

    /// Takes what a peer has sealed.
    pub(in crate::call) fn sealed(&mut self, from: PeerId, sealed: SealedBox) -> Vec<Output> {
        let seal = self.seal_of(from).filter(|seal| self.seals.opens(*seal, &sealed));
        let open = seal.map(|seal| Output::Do(Command::Seal(seal, SealCommand::Open(sealed))));
        open.into_iter().collect()
    }

    fn seal_of(&self, peer: PeerId) -> Option<SealId> {
        let other = self.others.iter().find(|other| other.id() == peer);
        other.map_or_else(|| self.porch.seal_of(peer), |other| other.known().seal())
    }

    /// Takes what a seal reports; what opens for nobody present is of a page that is gone.
    pub(in crate::call) fn seal_event(&mut self, now: Duration, id: SealId, event: SealEvent) -> Vec<Output> {
        if self.knocked(id, &event) {
            return vec![];
        }
        let at = self.others.iter().position(|other| other.known().seal() == Some(id));
        let Some(seal) = self.seals.get_mut(id) else { return vec![] };
        let steps = match &event {
            SealEvent::Opened(_) if at.is_none() || seal.is_over() => return vec![],
            SealEvent::Opened(signal) => seal.opened(signal),
            SealEvent::Unopened => {
                // Nobody is judged to whom there is no way.
                if at.is_some_and(|at| !self.others[at].info().away) {
                    seal.unopened(now);
                }
                return vec![];
            }
            report => {
                seal.reports(report.clone());
                vec![]
            }
        };
        let Some(at) = at else { return vec![] };
        let waiting = seal.take_waiting();
        let is_stopped = seal.trust() == Trust::Stopped;
        let peer = self.others[at].id();
        let mut outputs: Vec<Output> = steps.into_iter().map(|step| of_exchange(peer, id, step)).collect();
        outputs.extend(waiting.into_iter().map(|signal| Output::Signal(peer, signal)));
        if is_stopped {
            self.seals.stop(peer, id);
            outputs.extend(of(peer, self.others[at].stop()));
        } else if let SealEvent::Opened(signal) = event {
            outputs.extend(self.opened(now, at, signal));
        }
        outputs
    }

    /// Begins the exchange of the pictures with a peer whose media flows.
    pub(super) fn exchange_pictures(&mut self, peer: PeerId) -> Option<Output> {
        let id = find(&mut self.others, peer)?.known().seal()?;
        let step = self.seals.get_mut(id)?.connected()?;
        Some(of_exchange(peer, id, step))
    }

    /// Takes what the person says of the pictures of a seal.
    pub(in crate::call) fn compared(&mut self, peer: PeerId, id: SealId, are_same: bool) -> Vec<Output> {
        let Some(other) = find(&mut self.others, peer).filter(|other| other.known().seal() == Some(id))
        else {
            return vec![];
        };
        let Some(seal) = self.seals.get_mut(id) else { return vec![] };
        seal.compared(are_same);
        if seal.trust() != Trust::Stopped {
            return vec![];
        }
        self.seals.stop(peer, id);
        let mut outputs = vec![Output::Signal(peer, Signal::Stop {})];
        outputs.extend(of(peer, other.stop()));
        outputs
    }

    fn opened(&mut self, now: Duration, at: usize, signal: Signal) -> Vec<Output> {
        let peer = self.others[at].id();
        if let Signal::WebrtcOffer { sdp, epoch, .. } | Signal::WebrtcAnswer { sdp, epoch, .. } = &signal
            && !self.admits(at, *epoch, sdp)
        {
            let text = format!("a description of {peer} names a certificate of somebody else");
            return vec![Output::Do(Command::Log(text))];
        }
        let lock = match &signal {
            Signal::Who { locked, .. } => self.heard_lock(at, *locked),
            _ => vec![],
        };
        let other = &mut self.others[at];
        if let Some(vouch) = vouch_in(&signal) {
            self.heard_vouch(at, vouch);
            return vec![];
        }
        let tells_name = matches!(signal, Signal::Who { .. });
        let mut outputs = of(peer, other.signal(now, signal, &self.config));
        if tells_name {
            outputs.extend(other.take_arrival().map(Output::SayBriefly));
        }
        outputs.extend(lock);
        outputs
    }

    /// Notes the certificate that a description names, unless it cannot be that of its connection.
    fn admits(&mut self, at: usize, epoch: Epoch, sdp: &str) -> bool {
        let print = match print_of(sdp) {
            Print::None => return true,
            Print::One(print) => print,
            Print::Several => return false,
        };
        let (peer, present) = (self.others[at].id(), self.others[at].epoch());
        // Who is away may have lost the seat, and come again in the same page.
        let is_present =
            |other: &&RemotePeer| other.id() != peer && (!other.info().away || other.is_connected());
        let others = self.others.iter().filter(is_present).map(|other| other.known().print());
        if others.chain([self.print.as_deref()]).any(|known| known == Some(&print)) {
            return false;
        }
        // One of another connection is dropped.
        let is_old = epoch < present || !epoch.same_pages(present);
        is_old || self.others[at].known_mut().names(epoch, print)
    }
}

fn of_exchange(peer: PeerId, id: SealId, output: pictures::Output) -> Output {
    match output {
        pictures::Output::Say(signal) => Output::Signal(peer, signal),
        pictures::Output::Do(command) => Output::Do(Command::Seal(id, command)),
    }
}
