//! The seals of the pairs: with whom keys are agreed on, and what they prove.

pub(super) mod lock;
pub(super) mod pictures;

use super::api::command::Command;
use super::api::seal::{Agreement, Identity, PictureNumbers, SealCommand, SealEvent, SealId, Trust};
use crate::protocol::sealed::{Party, Proof, transcript};
use crate::protocol::{DisplayName, Hello, Introduction, PageLoad, PeerId, RoomId, Signal};

use lock::Lock;
use pictures::Pictures;

/// Most seals of one page. Each new one is a try for whoever wants to guess what two people compare.
const MOST_SEALS: usize = 256;

/// The seals of one page.
#[derive(Debug, Default)]
pub(super) struct Seals {
    own: Option<Own>,
    /// All that were ever agreed on, by what went into them, and each at the place of its number: a pair that is made anew
    /// goes on with its seal, and nobody gets a second try at its pictures.
    known: Vec<(Vec<u8>, Seal)>,
    /// What each page load said of itself when it was first heard of. Who says otherwise later is not believed.
    first: Vec<(PeerId, PageLoad, Introduction)>,
    /// Peers with whom a call by number was stopped: another page of theirs does not begin it again.
    stopped: Vec<PeerId>,
    /// Whether people are asked about who comes by number alone.
    pub(super) lock: Lock,
    /// The keys of the pages that are in the call without having the same link: nobody else can show to have them, also
    /// when the server has lost its memory and gives new seats.
    let_in: Vec<Hello>,
}

/// What the own page has for the room that it sits in.
#[derive(Debug)]
struct Own {
    room: RoomId,
    identity: Identity,
    name: Option<DisplayName>,
}

/// The seal with one page.
#[derive(Debug)]
pub(super) struct Seal {
    id: SealId,
    hello: Hello,
    proof: Proof,
    /// A signal has opened, so the other page has the same keys.
    is_shared: bool,
    /// No keys could be derived.
    has_failed: bool,
    /// Media flows, so that the exchange of the pictures holds nothing up.
    is_connected: bool,
    exchange: Pictures,
    pictures: Option<PictureNumbers>,
    /// What the person has said of the pictures.
    are_same: Option<bool>,
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
            self.stopped.clear();
        }
    }

    /// Agrees on a seal with a page that has said something of itself.
    pub(super) fn agree(
        &mut self,
        own: (PeerId, PageLoad),
        (peer, page): (PeerId, PageLoad),
        said: Introduction,
    ) -> Option<(SealId, Option<Command>)> {
        let Own { room, identity, .. } = self.own.as_ref()?;
        let heard = self.first.iter().find(|(known, load, _)| (*known, *load) == (peer, page));
        let said = heard.map_or(said, |(.., first)| first.clone());
        if heard.is_none() {
            // No page agrees on more, so more are of no use.
            if self.first.len() == MOST_SEALS {
                return None;
            }
            self.first.push((peer, page, said.clone()));
        }
        if said.hello == identity.introduction.hello {
            return None;
        }
        let own = Party { peer: own.0, page: own.1, introduction: &identity.introduction };
        let other = Party { peer, page, introduction: &said };
        let (proof, transcript) =
            (Proof::of(&own.introduction.door, &said.door), transcript(room, own, other));
        if let Some(at) = self.known.iter().position(|(known, _)| *known == transcript) {
            return Some((SealId(at), None));
        }
        let id = SealId(self.known.len());
        if id.0 == MOST_SEALS {
            return None;
        }
        let is_low = own.peer < peer;
        let mut seal = Seal::new(id, said.hello.clone(), proof, is_low);
        if proof == Proof::Open && self.stopped.contains(&peer) {
            seal.are_same = Some(false);
        }
        self.known.push((transcript.clone(), seal));
        let secret = identity.secret.clone();
        let agreement = Agreement { hello: said.hello, transcript, proof, secret, is_low };
        Some((id, Some(Command::Seal(id, SealCommand::Agree(agreement)))))
    }

    pub(super) fn get(&self, id: SealId) -> Option<&Seal> {
        self.known.get(id.0).map(|(_, seal)| seal)
    }

    pub(super) fn get_mut(&mut self, id: SealId) -> Option<&mut Seal> {
        self.known.get_mut(id.0).map(|(_, seal)| seal)
    }

    /// Whether nothing is said and heard under this seal any more.
    pub(super) fn is_stopped(&self, id: SealId) -> bool {
        self.get(id).is_some_and(|seal| seal.trust() == Trust::Stopped)
    }

    /// Begins a call, in which nobody was let in yet.
    pub(super) fn begin_lock(&mut self, lock: Lock) {
        self.lock = lock;
        self.let_in.clear();
    }

    /// Lets the page with this seal in, for as long as it lives.
    pub(super) fn let_in(&mut self, id: SealId) {
        if let Some((_, seal)) = self.known.get(id.0)
            && !self.let_in.contains(&seal.hello)
        {
            self.let_in.push(seal.hello.clone());
        }
    }

    /// Whether somebody has to let the page with this seal in.
    pub(super) fn holds(&self, id: SealId) -> bool {
        let waits = |seal: &Seal| seal.proof == Proof::Open && !self.let_in.contains(&seal.hello);
        self.lock.is_locked() && !self.is_stopped(id) && self.get(id).is_some_and(waits)
    }

    /// Notes that nothing more is sent to this peer.
    pub(super) fn stop(&mut self, peer: PeerId) {
        if !self.stopped.contains(&peer) {
            self.stopped.push(peer);
        }
    }

    /// What is said first to the page with this seal.
    pub(super) fn first_word(&self, id: SealId) -> Signal {
        if self.is_stopped(id) {
            return Signal::Stop {};
        }
        if self.holds(id) {
            return Signal::Hold {};
        }
        let name = self.own.as_ref().and_then(|own| own.name.clone());
        Signal::Who { name, locked: self.lock.is_locked() }
    }
}

impl Seal {
    fn new(id: SealId, hello: Hello, proof: Proof, is_low: bool) -> Self {
        let exchange = Pictures::new(is_low);
        Self {
            id,
            hello,
            proof,
            is_shared: false,
            has_failed: false,
            is_connected: false,
            exchange,
            pictures: None,
            are_same: None,
        }
    }

    /// Takes it that media flows; returns what begins the exchange of the pictures.
    pub(super) fn connected(&mut self) -> Option<pictures::Output> {
        if std::mem::replace(&mut self.is_connected, true) { None } else { self.begin() }
    }

    /// What begins the exchange, or begins it again after frames were lost. Until media flows it would only hold the
    /// first picture up, and people who have the same link compare nothing.
    fn begin(&self) -> Option<pictures::Output> {
        let compares = self.is_shared && self.is_connected && self.proof == Proof::Open;
        self.exchange.begin().filter(|_| compares)
    }

    /// Takes a signal that has opened; returns what follows for the pictures.
    pub(super) fn opened(&mut self, signal: &Signal) -> Vec<pictures::Output> {
        self.is_shared = true;
        match signal {
            Signal::Who { .. } => self.begin().into_iter().collect(),
            Signal::Stop {} => {
                self.are_same = Some(false);
                vec![]
            }
            signal => self.exchange.heard(signal),
        }
    }

    /// Takes what the seal reports of itself.
    pub(super) fn reports(&mut self, event: SealEvent) {
        match event {
            SealEvent::Drawn { commit, nonce } => self.exchange.drawn(commit, nonce),
            // Whoever committed to one number and shows another one wants to choose the pictures.
            SealEvent::Pictures(None) => self.are_same = Some(false),
            SealEvent::Pictures(pictures) => self.pictures = pictures,
            SealEvent::Failed => self.has_failed = true,
            SealEvent::Opened(_) => {}
        }
    }

    /// Takes what the person says of the pictures, once; a link proves more than they do.
    pub(super) fn compared(&mut self, are_same: bool) {
        if self.pictures.is_some() && self.proof == Proof::Open {
            self.are_same.get_or_insert(are_same);
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// The pictures to compare, as long as that is of use.
    pub(super) fn pictures(&self) -> Option<(SealId, PictureNumbers)> {
        let pictures = self.pictures.filter(|_| self.proof == Proof::Open && self.are_same != Some(false))?;
        Some((self.id, pictures))
    }

    pub(super) fn trust(&self) -> Trust {
        match (self.proof, self.are_same) {
            (_, Some(false)) => Trust::Stopped,
            _ if !self.is_shared => Trust::Unknown,
            (Proof::Link, _) => Trust::Linked,
            (Proof::Open, Some(true)) => Trust::Compared,
            (Proof::Open, None) => Trust::Unchecked,
        }
    }
}
