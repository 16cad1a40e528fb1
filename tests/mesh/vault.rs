//! The keys of a page, by symbols: a key is what went into it, and a box opens only with the equal one.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use data_encoding::BASE64URL_NOPAD;
use parlor::call::{Agreement, Identity, PictureNumbers, SealCommand, SealEvent, SealId};
use parlor::protocol::sealed::{Block, Proof, ReplayWindow, SHARE_MARK};
use parlor::protocol::{
    ClientMsg, Credential, Hello, Introduction, PageLoad, PeerId, SealedBox, Secret, Signal, Word,
};
use serde::{Deserialize, Serialize};

use super::guard::Guard;
use super::wire::WireId;

/// The number of a link that has a word in the place of a secret.
pub(crate) const WORD: usize = 2;
/// Most seals of a page: each is a try for whoever wants to guess.
const MOST_SEALS: usize = 256;

/// What a page holds: its key pair, the secret of its links, and the seals that it has agreed on.
pub(crate) struct Vault {
    identity: Identity,
    /// Commands not carried out yet; the cryptography of a browser takes its time.
    pub(crate) jobs: VecDeque<(SealId, SealCommand, Option<WireId>)>,
    pub(crate) seals: BTreeMap<usize, Seal>,
    /// The exchanges for a word that were begun.
    runs: BTreeMap<usize, Agreement>,
    /// With whom it has agreed, and on whose key.
    pub(crate) agreed: BTreeMap<usize, (Seat, Hello)>,
    /// The certificate of its connections.
    pub(crate) print: u32,
    /// What was sealed with each key, by its number.
    sealed: BTreeMap<String, Vec<u64>>,
    /// What the others said of themselves in this life of the room, by the own seat and theirs.
    pub(crate) heard: BTreeMap<(Seat, Seat), Hello>,
    without: Option<Guard>,
}

/// A page load in a room, by the numbers that the server gave.
pub(crate) type Seat = (PeerId, PageLoad);

/// The keys of a pair.
#[derive(Debug)]
pub(crate) struct Seal {
    pub(crate) key: String,
    pub(crate) proof: Proof,
    pub(crate) own: Seat,
    /// The other page.
    pub(crate) other: Seat,
    pub(crate) has_opened: bool,
    is_low: bool,
    /// The own number for the pictures.
    nonce: Block,
    sent: u32,
    opened: ReplayWindow,
    /// The numbers of what has opened.
    numbers: Vec<u32>,
    socket: Option<WireId>,
}

/// What a page sends in a run: nobody finds the word in it, and it fits only the run that it was made for.
#[derive(PartialEq, Serialize, Deserialize)]
struct Share {
    of: Hello,
    run: u64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    key: String,
    from_low: bool,
    number: u32,
    signal: Signal,
    /// Of all that; only who has the key can make it.
    tag: u64,
}

/// What comes of a command.
pub(crate) enum Done {
    Agreed(SealId, SealEvent),
    Event(SealId, SealEvent),
    Opened(SealId, SealEvent),
    Send(Option<WireId>, String),
    Nothing,
}

impl Vault {
    /// The keys of a page load, which nobody else has, and the secret of the link with this number.
    pub(crate) fn new(who: usize, load: u32, link: usize, is_linked: bool, without: Option<Guard>) -> Self {
        let door = if link == WORD { "word".to_owned() } else { format!("door-{link}") };
        let hello = format!("{who}.{load}");
        let introduction = Introduction { hello: hello.try_into().unwrap(), door: door.try_into().unwrap() };
        let credential = match link {
            WORD => Credential::Word(Word::typed("maple syrup").unwrap()),
            link => Credential::Link(Secret::try_from(format!("{link:022}")).unwrap()),
        };
        Self {
            identity: Identity {
                introduction,
                credential,
                is_linked: is_linked && without != Some(Guard::Lock),
            },
            jobs: VecDeque::new(),
            seals: BTreeMap::new(),
            runs: BTreeMap::new(),
            agreed: BTreeMap::new(),
            print: print_of(who, load),
            sealed: BTreeMap::new(),
            heard: BTreeMap::new(),
            without,
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// It can agree on no more seals; only another page load can.
    pub(crate) fn is_used_up(&self) -> bool {
        self.agreed.len() == MOST_SEALS
    }

    /// Notes what another page says of itself. What it said first counts, as long as the numbers mean the same.
    pub(crate) fn hears(&mut self, id: SealId, agreement: &Agreement) {
        let [low, high] = parties_of(&agreement.transcript);
        let pair = if agreement.is_low { (low, high) } else { (high, low) };
        self.agreed.insert(id.0, (pair.1, agreement.hello.clone()));
        let first = self.heard.entry(pair).or_insert_with(|| agreement.hello.clone());
        assert_eq!(*first, agreement.hello, "one page load has two keys");
    }

    /// Carries out the next command.
    pub(crate) fn work(&mut self) -> Done {
        let Some((id, command, wire)) = self.jobs.pop_front() else { return Done::Nothing };
        let command = match (command, self.runs.get(&id.0).cloned()) {
            (SealCommand::Agree(agreement), _) if agreement.proof == Proof::Word => {
                self.runs.insert(id.0, agreement);
                return Done::Nothing;
            }
            (SealCommand::Agree(agreement), _) => return self.agree(id, &agreement, ""),
            (SealCommand::Share(to), Some(run)) => {
                let share =
                    Share { of: self.identity.introduction.hello.clone(), run: hash(&run.transcript) };
                let sealed = share.sealed();
                return Done::Send(wire, serde_json::to_string(&ClientMsg::Signal { to, sealed }).unwrap());
            }
            (SealCommand::Open(sealed), Some(run)) if !self.seals.contains_key(&id.0) => {
                let (run_of, own) = (hash(&run.transcript), self.identity.introduction.hello.clone());
                let Some(share) = share_in(&sealed).filter(|share| share.run == run_of && share.of != own)
                else {
                    return Done::Nothing;
                };
                let other = if share.of == run.hello { "" } else { share.of.as_str() };
                return self.agree(id, &run, other);
            }
            (SealCommand::Open(sealed), _) if sealed.is_share() => return Done::Nothing,
            (command, _) => command,
        };
        let has_word = self.runs.contains_key(&id.0);
        let seal = self.seals.get_mut(&id.0).expect("keys before signals");
        match command {
            SealCommand::Agree(_) | SealCommand::Share(_) => Done::Nothing,
            SealCommand::Close(to, signal) => {
                if self.without == Some(Guard::Count) && seal.socket.replace(wire.unwrap_or(0)) != wire {
                    seal.sent = 0;
                }
                let sealed = seal.close(&signal);
                let before = self.sealed.entry(seal.key.clone()).or_default();
                let content = hash(&sealed.as_str());
                match before.get(seal.sent as usize - 1) {
                    Some(known) => assert_eq!(*known, content, "a number seals twice with one key"),
                    None => before.push(content),
                }
                let mut text = serde_json::to_string(&ClientMsg::Signal { to, sealed }).unwrap();
                if self.without == Some(Guard::Seal) {
                    let signal = serde_json::to_string(&signal).unwrap();
                    text = format!(r#"{{"type":"signal","to":{to},"sealed":{signal}}}"#);
                }
                Done::Send(wire, text)
            }
            SealCommand::Open(sealed) => match seal.open(&sealed, self.without) {
                Some(signal) => Done::Opened(id, SealEvent::Opened(signal)),
                None if has_word => Done::Event(id, SealEvent::Unopened),
                None => Done::Nothing,
            },
            SealCommand::Compare { theirs, commit } => {
                let fits = commit.is_none_or(|commit| commit == commit_to(&theirs));
                Done::Event(id, SealEvent::Pictures(fits.then(|| seal.pictures(&theirs))))
            }
        }
    }
}

impl Vault {
    /// The keys of a pair; `share` tells a share that was meant for something else.
    fn agree(&mut self, id: SealId, agreement: &Agreement, share: &str) -> Done {
        let mut seal = Seal::new(&self.identity.introduction.hello, agreement, self.without);
        seal.key.push_str(share);
        let nonce = seal.nonce.clone();
        assert!(self.seals.insert(id.0, seal).is_none(), "two keys of one seal");
        assert!(self.seals.len() <= MOST_SEALS, "a page agrees on more seals than it may");
        Done::Agreed(id, SealEvent::Drawn { commit: commit_to(&nonce), nonce })
    }
}

impl Share {
    pub(crate) fn sealed(&self) -> SealedBox {
        let bytes = [&[SHARE_MARK], &serde_json::to_vec(self).unwrap()[..]].concat();
        BASE64URL_NOPAD.encode(&bytes).try_into().unwrap()
    }
}

fn share_in(sealed: &SealedBox) -> Option<Share> {
    let bytes = BASE64URL_NOPAD.decode(sealed.as_str().as_bytes()).ok()?;
    serde_json::from_slice(bytes.strip_prefix(&[SHARE_MARK])?).ok()
}

/// The certificate of a page load.
pub(crate) fn print_of(who: usize, load: u32) -> u32 {
    1_000 * u32::try_from(who).unwrap() + load
}

impl Seal {
    /// The keys of whoever has the private half of this public key.
    pub(crate) fn new(own: &Hello, agreement: &Agreement, without: Option<Guard>) -> Self {
        let Agreement { hello, transcript, proof, credential, is_low } = agreement;
        let mut pair = [own.as_str(), hello.as_str()];
        pair.sort_unstable();
        let is_secret = *proof != Proof::Open && without != Some(Guard::Secret);
        let secret = if is_secret { String::from(credential.clone()) } else { String::new() };
        let parties = if without == Some(Guard::Transcript) { &[] } else { transcript.as_slice() };
        let key = format!("{} {} {} {secret}", pair[0], pair[1], BASE64URL_NOPAD.encode(parties));
        let [low, high] = parties_of(transcript);
        Self {
            key,
            proof: *proof,
            own: if *is_low { low } else { high },
            other: if *is_low { high } else { low },
            has_opened: false,
            is_low: *is_low,
            nonce: number_of(&(own.as_str(), transcript)),
            sent: 0,
            opened: ReplayWindow::default(),
            numbers: vec![],
            socket: None,
        }
    }

    /// Six bits each of a sum over all that goes into them.
    fn pictures(&self, theirs: &Block) -> PictureNumbers {
        let (low, high) = if self.is_low { (&self.nonce, theirs) } else { (theirs, &self.nonce) };
        let sum = hash(&(&self.key, low.as_str(), high.as_str()));
        [0, 6, 12, 18, 24, 30].map(|shift| (sum >> shift & 63) as u8)
    }

    pub(crate) fn close(&mut self, signal: &Signal) -> SealedBox {
        self.sent += 1;
        let (key, from_low, number) = (self.key.clone(), self.is_low, self.sent);
        let mut sealed = Sealed { key, from_low, number, signal: signal.clone(), tag: 0 };
        sealed.tag = sealed.tag_of();
        SealedBox::try_from(BASE64URL_NOPAD.encode(&serde_json::to_vec(&sealed).unwrap())).unwrap()
    }

    pub(crate) fn open(&mut self, sealed: &SealedBox, without: Option<Guard>) -> Option<Signal> {
        let sealed = read(sealed)?;
        let is_mine = sealed.from_low == self.is_low && without != Some(Guard::Direction);
        let is_late = !self.opened.accepts(sealed.number) && without != Some(Guard::Window);
        if sealed.key != self.key || is_mine || is_late {
            return None;
        }
        assert!(
            sealed.from_low == self.is_low || !self.numbers.contains(&sealed.number),
            "a box opens twice"
        );
        self.numbers.push(sealed.number);
        self.opened.note(sealed.number);
        self.has_opened = true;
        Some(sealed.signal)
    }

    /// What a server finds in a box that was sealed with its own keys, as often as it likes.
    pub(crate) fn peek(&self, sealed: &SealedBox) -> Option<Signal> {
        read(sealed).filter(|sealed| sealed.key == self.key).map(|sealed| sealed.signal)
    }
}

impl Sealed {
    fn tag_of(&self) -> u64 {
        hash(&(&self.key, self.from_low, self.number, serde_json::to_string(&self.signal).unwrap()))
    }
}

/// What a box holds, unless it was changed.
fn read(sealed: &SealedBox) -> Option<Sealed> {
    let bytes = BASE64URL_NOPAD.decode(sealed.as_str().as_bytes()).ok()?;
    let sealed: Sealed = serde_json::from_slice(&bytes).ok()?;
    (sealed.tag == sealed.tag_of()).then_some(sealed)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A number that nobody else draws.
fn number_of(value: &impl Hash) -> Block {
    format!("{:0>43}", hash(value)).try_into().unwrap()
}

/// A commitment to a number; what counts is that it fits no other.
fn commit_to(nonce: &Block) -> Block {
    number_of(&("commit", nonce.as_str()))
}

/// Both pages of a transcript, the lower peer first.
pub(crate) fn parties_of(mut transcript: &[u8]) -> [Seat; 2] {
    let mut parts = vec![];
    while let [high, low, rest @ ..] = transcript {
        let (part, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        (transcript, parts) = (rest, [parts, vec![part]].concat());
    }
    let number = |at: usize| u32::from_be_bytes(<[u8; 4]>::try_from(parts[at]).unwrap());
    [2, 6].map(|at| (PeerId(number(at)), PageLoad(number(at + 1))))
}
