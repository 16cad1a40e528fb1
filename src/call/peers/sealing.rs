//! What is sealed for the others, and what they have sealed.

use std::time::Duration;

use super::{Peers, find, of};
use crate::call::api::command::Command;
use crate::call::api::seal::{Identity, SealCommand, SealEvent, SealId};
use crate::call::api::view::Notice;
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::call::peer::prints::{Print, print_of};
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
        self.seals.begin(room, identity, name, resumed);
    }

    /// Agrees on keys with a page, unless that was done, and says who sits here.
    pub(super) fn agree(&mut self, info: &PeerInfo) -> Vec<Output> {
        let (Some(own), Some(other)) = (self.own, find(&mut self.others, info.peer)) else { return vec![] };
        let mut outputs = vec![];
        if other.seal().is_none()
            && let Some(said) = info.introduction()
            && let Some((seal, command)) =
                self.seals.agree((own.peer, own.page), (info.peer, info.page), said)
        {
            other.agree(seal);
            outputs.extend(command.map(Output::Do));
        }
        // Said anew with each way back: what was said last may be lost.
        if other.seal().is_some() && !info.away {
            outputs.push(Output::Signal(info.peer, self.seals.who()));
        }
        outputs
    }

    /// The command that seals a signal and sends it; none for a page that has said nothing of itself.
    pub(in crate::call) fn close(&mut self, to: PeerId, signal: Signal) -> Option<Command> {
        let seal = find(&mut self.others, to)?.seal()?;
        Some(Command::Seal(seal, SealCommand::Close(to, signal)))
    }

    /// Takes what a peer has sealed.
    pub(in crate::call) fn sealed(&mut self, from: PeerId, sealed: SealedBox) -> Vec<Output> {
        let seal = find(&mut self.others, from).and_then(|other| other.seal());
        let open = seal.map(|seal| Output::Do(Command::Seal(seal, SealCommand::Open(sealed))));
        open.into_iter().collect()
    }

    /// Takes what a seal reports; one that nobody present has is of a page that is gone.
    pub(in crate::call) fn seal_event(
        &mut self,
        now: Duration,
        seal: SealId,
        event: SealEvent,
    ) -> Vec<Output> {
        let Some(at) = self.others.iter().position(|other| other.seal() == Some(seal)) else { return vec![] };
        match event {
            SealEvent::Failed => {
                self.others[at].seal_failed();
                vec![]
            }
            SealEvent::Opened(signal) => self.opened(now, at, signal),
        }
    }

    fn opened(&mut self, now: Duration, at: usize, signal: Signal) -> Vec<Output> {
        let peer = self.others[at].id();
        if let Signal::WebrtcOffer { sdp, epoch, .. } | Signal::WebrtcAnswer { sdp, epoch, .. } = &signal
            && !self.admits(at, *epoch, sdp)
        {
            return refused(peer);
        }
        let other = &mut self.others[at];
        let mut outputs = of(peer, other.signal(now, signal, &self.config));
        outputs.extend(arrival(other));
        outputs
    }

    /// Notes the certificate that a description names, unless it cannot be that of its connection.
    fn admits(&mut self, at: usize, epoch: Epoch, sdp: &str) -> bool {
        let print = match print_of(sdp) {
            Print::None => return true,
            Print::One(print) => print,
            Print::Several => return false,
        };
        let peer = self.others[at].id();
        // Who is away may have lost the seat, and come again in the same page.
        let is_present = |other: &&RemotePeer| other.id() != peer && !other.info().away;
        let others = self.others.iter().filter(is_present).map(RemotePeer::print);
        if others.chain([self.print.as_deref()]).any(|known| known == Some(&print)) {
            return false;
        }
        self.others[at].names(epoch, print)
    }
}

fn refused(peer: PeerId) -> Vec<Output> {
    vec![Output::Do(Command::Log(format!("a description of {peer} names a certificate of somebody else")))]
}

/// The notice of a peer that came, once.
pub(super) fn arrival(other: &mut RemotePeer) -> Option<Output> {
    other.take_arrival().then(|| Output::SayBriefly(Notice::PeerJoined(vec![other.name()])))
}

/// The certificate that an own description names.
pub(super) fn own_print(sdp: &str) -> Option<String> {
    match print_of(sdp) {
        Print::One(print) => Some(print),
        Print::None | Print::Several => None,
    }
}
