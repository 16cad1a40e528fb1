//! The seals of the pairs: with whom keys are agreed on, and what they prove.

use super::api::command::Command;
use super::api::seal::{Agreement, Identity, SealCommand, SealId, Trust};
use crate::protocol::sealed::{Party, Proof, transcript};
use crate::protocol::{DisplayName, Introduction, PageLoad, PeerId, RoomId, Signal};

/// Most seals of one page. Each new one is a try for whoever wants to guess what two people compare.
const MOST_SEALS: usize = 256;

/// The seals of one page.
#[derive(Debug, Default)]
pub(super) struct Seals {
    own: Option<Own>,
    /// All that were ever agreed on, by what went into them: a pair that is made anew goes on with its seal.
    known: Vec<(Vec<u8>, SealId)>,
    /// What each page load said of itself when it was first heard of. Who says otherwise later is not believed.
    first: Vec<(PeerId, PageLoad, Introduction)>,
}

/// What the own page has for the room that it sits in.
#[derive(Debug)]
struct Own {
    room: RoomId,
    identity: Identity,
    name: Option<DisplayName>,
}

/// The seal with one page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seal {
    id: SealId,
    proof: Proof,
    /// A signal has opened, so the other page has the same keys.
    is_shared: bool,
    /// No keys could be derived.
    has_failed: bool,
}

impl Seals {
    /// Begins with a seat. Another life of the room has other numbers.
    pub(super) fn begin(
        &mut self,
        room: RoomId,
        identity: Identity,
        name: Option<DisplayName>,
        resumed: bool,
    ) {
        self.own = Some(Own { room, identity, name });
        if !resumed {
            self.first.clear();
        }
    }

    /// Agrees on a seal with a page that has said something of itself.
    pub(super) fn agree(
        &mut self,
        own: (PeerId, PageLoad),
        (peer, page): (PeerId, PageLoad),
        said: Introduction,
    ) -> Option<(Seal, Option<Command>)> {
        let Own { room, identity, .. } = self.own.as_ref()?;
        let heard = self.first.iter().find(|(known, load, _)| (*known, *load) == (peer, page));
        let said = heard.map_or(said, |(.., first)| first.clone());
        if heard.is_none() {
            self.first.push((peer, page, said.clone()));
        }
        if said.hello == identity.introduction.hello {
            return None;
        }
        let own = Party { peer: own.0, page: own.1, introduction: &identity.introduction };
        let other = Party { peer, page, introduction: &said };
        let (proof, transcript) =
            (Proof::of(&own.introduction.door, &said.door), transcript(room, own, other));
        let known = self.known.iter().find(|(known, _)| *known == transcript).map(|(_, id)| *id);
        let seal = |id| Seal { id, proof, is_shared: false, has_failed: false };
        if let Some(id) = known {
            return Some((seal(id), None));
        }
        let id = SealId(u32::try_from(self.known.len()).ok().filter(|_| self.known.len() < MOST_SEALS)?);
        self.known.push((transcript.clone(), id));
        let agreement = Agreement {
            is_low: own.peer < peer,
            secret: identity.secret.clone(),
            hello: said.hello,
            transcript,
            proof,
        };
        Some((seal(id), Some(Command::Seal(id, SealCommand::Agree(agreement)))))
    }

    /// What is said first to every page.
    pub(super) fn who(&self) -> Signal {
        Signal::Who { name: self.own.as_ref().and_then(|own| own.name.clone()) }
    }
}

impl Seal {
    pub(super) fn id(self) -> SealId {
        self.id
    }

    /// Notes that a signal has opened.
    pub(super) fn opened(&mut self) {
        self.is_shared = true;
    }

    /// Notes that no keys can be derived.
    pub(super) fn failed(&mut self) {
        self.has_failed = true;
    }

    pub(super) fn has_failed(self) -> bool {
        self.has_failed
    }

    pub(super) fn trust(self) -> Trust {
        match self.proof {
            _ if !self.is_shared => Trust::Unknown,
            Proof::Open => Trust::Unchecked,
            Proof::Link => Trust::Private,
        }
    }
}
