//! The seals of the pairs: with whom keys are agreed on, and what they prove.

pub(super) mod lock;
pub(super) mod pictures;
pub(super) mod vouches;
mod vouching;
mod word;

use std::collections::VecDeque;
use std::time::Duration;

use super::api::command::Command;
use super::api::seal::{Agreement, Identity, Lock, PictureNumbers, SealCommand, SealEvent, SealId, Trust};
use crate::protocol::sealed::{Party, Proof, transcript};
use crate::protocol::{DisplayName, Hello, Introduction, PageLoad, PeerId, RoomId, SealedBox, Signal};

use pictures::Pictures;
use vouches::Vouches;

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
    /// The keys of the pages with which it was, for as long as this page lives: a new seat is no new beginning.
    stopped_keys: Vec<Hello>,
    /// Whether people are asked about who comes by number alone.
    pub(super) lock: Lock,
    /// The keys of the pages that are in the call without having the same link: nobody else can show to have them, also
    /// when the server has lost its memory and gives new seats.
    let_in: Vec<Hello>,
    /// Those among them to whom the person has said so: only these are vouched for, as nobody passes a vouch on.
    answered: Vec<Hello>,
    /// The keys of those to whom the person has said "not now".
    declined: Vec<Hello>,
    vouches: Vouches,
    /// How many have come with a wrong word since the person last let others try.
    wrong_words: usize,
    /// The person was told that nobody else gets a try.
    is_closing_told: bool,
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
    /// The page with which it is, and what that page has said of itself.
    page: (PeerId, PageLoad),
    introduction: Introduction,
    proof: Proof,
    /// A signal has opened, so the other page has the same keys.
    is_shared: bool,
    /// No keys could be derived.
    has_failed: bool,
    /// When something of its page did not open that should have, if that page has the same word.
    unopened: Option<Duration>,
    /// Nothing else has opened since.
    has_other_word: bool,
    /// Its share was taken, so that it can try a word.
    has_tried: bool,
    /// Its try was counted as a wrong word.
    is_counted: bool,
    /// There are keys.
    is_drawn: bool,
    /// What is said once there are.
    waiting: VecDeque<Signal>,
    /// What its page has sealed before it got a try.
    early: Vec<SealedBox>,
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
        if self.own.as_ref().is_some_and(|own| own.room != room) {
            self.let_in.clear();
            self.answered.clear();
            self.declined.clear();
        }
        self.own = Some(Own { room, identity, name });
        if !resumed {
            self.first.clear();
            self.stopped.clear();
            self.vouches = Vouches::default();
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
        let mut seal = Seal::new(id, (peer, page), said.clone(), proof, is_low);
        let was_stopped = self.stopped.contains(&peer) || self.stopped_keys.contains(&said.hello);
        if proof == Proof::Open && was_stopped {
            seal.are_same = Some(false);
        }
        self.known.push((transcript.clone(), seal));
        let credential = identity.credential.clone();
        let agreement = Agreement { hello: said.hello, transcript, proof, credential, is_low };
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

    /// Lets the page with this seal in, for as long as it lives. Who proves to have the same link needs it not.
    pub(super) fn let_in(&mut self, id: SealId) {
        if let Some((_, seal)) = self.known.get(id.0).filter(|(_, seal)| seal.proof == Proof::Open)
            && seal.trust() != Trust::Stopped
            && !self.let_in.contains(seal.hello())
        {
            self.let_in.push(seal.hello().clone());
        }
    }

    /// Notes that the person has let the page with this seal in.
    pub(super) fn answered(&mut self, id: SealId) {
        if let Some((_, seal)) = self.known.get(id.0)
            && !self.answered.contains(seal.hello())
        {
            self.answered.push(seal.hello().clone());
        }
    }

    /// Keeps whether the person does not want the page with this seal now.
    pub(super) fn decline(&mut self, id: SealId) {
        if let Some((_, seal)) = self.known.get(id.0)
            && !self.is_declined(id)
        {
            self.declined.push(seal.hello().clone());
        }
    }

    /// Whether the person did not want the page with this seal.
    pub(super) fn is_declined(&self, id: SealId) -> bool {
        self.get(id).is_some_and(|seal| self.declined.contains(seal.hello()))
    }

    /// Whether somebody has to let the page with this seal in.
    pub(super) fn holds(&self, id: SealId) -> bool {
        let waits = |seal: &Seal| match seal.proof {
            Proof::Open => self.lock.is_locked() && !self.let_in.contains(seal.hello()),
            Proof::Word => self.is_word_closed() && !seal.is_shared,
            Proof::Link => false,
        };
        !self.is_over(id) && self.get(id).is_some_and(waits)
    }

    fn is_proved(&self, id: SealId) -> bool {
        self.get(id).is_some_and(Seal::is_proved)
    }

    fn is_open(&self, id: SealId) -> bool {
        self.get(id).is_some_and(|seal| seal.proof == Proof::Open && seal.are_same != Some(true))
    }

    /// Notes that nothing more is sent to this peer, and to the page with this seal.
    pub(super) fn stop(&mut self, peer: PeerId, id: SealId) {
        if !self.stopped.contains(&peer) {
            self.stopped.push(peer);
        }
        if let Some((_, seal)) = self.known.get(id.0) {
            self.let_in.retain(|hello| hello != seal.hello());
            self.answered.retain(|hello| hello != seal.hello());
            if !self.stopped_keys.contains(seal.hello()) {
                self.stopped_keys.push(seal.hello().clone());
            }
        }
    }

    /// What is said first to the page with this seal, if anything is.
    pub(super) fn first_word(&self, id: SealId) -> Option<Signal> {
        if self.is_stopped(id) {
            return Some(Signal::Stop {});
        }
        if self.holds(id) {
            // An answer would be a try.
            return (!self.is_of_word(id)).then_some(Signal::Hold {});
        }
        let name = self.own.as_ref().and_then(|own| own.name.clone());
        // Who follows says nothing: it would be taken for a choice.
        Some(Signal::Who { name, locked: self.lock == Lock::Locked }).filter(|_| !self.is_over(id))
    }
}

impl Seal {
    fn new(
        id: SealId,
        page: (PeerId, PageLoad),
        introduction: Introduction,
        proof: Proof,
        is_low: bool,
    ) -> Self {
        let exchange = Pictures::new(is_low);
        Self {
            id,
            page,
            introduction,
            proof,
            is_shared: false,
            has_failed: false,
            unopened: None,
            has_other_word: false,
            has_tried: false,
            is_counted: false,
            is_drawn: false,
            waiting: VecDeque::new(),
            early: vec![],
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
            SealEvent::Drawn { commit, nonce } => {
                self.is_drawn = true;
                self.exchange.drawn(commit, nonce);
            }
            // Whoever committed to one number and shows another one wants to choose the pictures.
            SealEvent::Pictures(None) => self.are_same = Some(false),
            SealEvent::Pictures(pictures) => self.pictures = pictures,
            SealEvent::Failed => self.has_failed = true,
            SealEvent::Opened(_) | SealEvent::Unopened => {}
        }
    }

    /// Takes what the person says of the pictures, once; a link proves more than they do.
    pub(super) fn compared(&mut self, are_same: bool) {
        if self.pictures.is_some() && self.proof == Proof::Open {
            self.are_same.get_or_insert(are_same);
        }
    }

    fn is_proved(&self) -> bool {
        matches!(self.trust(), Trust::Linked | Trust::Worded | Trust::Compared)
    }

    fn hello(&self) -> &Hello {
        &self.introduction.hello
    }

    /// Ends with a page that somebody who is proved knows as another one.
    pub(super) fn dispute(&mut self) {
        self.are_same = Some(false);
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
            (Proof::Word, _) => Trust::Worded,
            (Proof::Open, Some(true)) => Trust::Compared,
            (Proof::Open, None) => Trust::Unchecked,
        }
    }
}
