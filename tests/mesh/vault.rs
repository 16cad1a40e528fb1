//! The keys of a page, by symbols: a key is what went into it, and a box opens only with the equal one.

use std::collections::{BTreeMap, VecDeque};

use data_encoding::BASE64URL_NOPAD;
use parlor::call::{Agreement, Identity, PictureNumbers, SealCommand, SealEvent, SealId};
use parlor::protocol::sealed::{Block, Proof, ReplayWindow};
use parlor::protocol::{ClientMsg, Introduction, SealedBox, Secret, Signal};
use serde::{Deserialize, Serialize};

use super::wire::WireId;

/// What a page holds: its key pair, the secret of its links, and the seals that it has agreed on.
pub(crate) struct Vault {
    identity: Identity,
    /// Commands not carried out yet; the cryptography of a browser takes its time.
    pub(crate) jobs: VecDeque<(SealId, SealCommand, Option<WireId>)>,
    seals: BTreeMap<usize, Seal>,
}

struct Seal {
    key: String,
    is_low: bool,
    sent: u32,
    opened: ReplayWindow,
    nonce: Block,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    key: String,
    from_low: bool,
    number: u32,
    signal: Signal,
}

/// What comes of a command.
pub(crate) enum Done {
    Event(SealId, SealEvent),
    Send(Option<WireId>, ClientMsg),
    Nothing,
}

impl Vault {
    /// The keys of a page load, which nobody else has, and the secret of the link with this number.
    pub(crate) fn new(who: usize, load: u32, link: usize) -> Self {
        let (hello, door) = (format!("{who}.{load}"), format!("door-{link}"));
        let introduction = Introduction { hello: hello.try_into().unwrap(), door: door.try_into().unwrap() };
        let secret = Secret::try_from(format!("{link:022}")).unwrap();
        Self { identity: Identity { introduction, secret }, jobs: VecDeque::new(), seals: BTreeMap::new() }
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// Carries out the next command.
    pub(crate) fn work(&mut self) -> Done {
        let Some((id, command, wire)) = self.jobs.pop_front() else { return Done::Nothing };
        match command {
            SealCommand::Agree(agreement) => {
                let seal = self.agree(agreement);
                let nonce = seal.nonce.clone();
                let known = self.seals.insert(id.0, seal);
                assert!(known.is_none(), "two keys of one seal");
                Done::Event(id, SealEvent::Drawn { commit: commit_to(&nonce), nonce })
            }
            SealCommand::Compare { theirs, commit } => {
                let seal = &self.seals[&id.0];
                let fits = commit.is_none_or(|commit| commit == commit_to(&theirs));
                let mut numbers = [seal.nonce.as_str(), theirs.as_str()];
                numbers.sort_unstable();
                Done::Event(id, SealEvent::Pictures(fits.then(|| pictures(&seal.key, numbers))))
            }
            SealCommand::Close(to, signal) => {
                let seal = self.seals.get_mut(&id.0).expect("keys before signals");
                seal.sent += 1;
                let (key, from_low, number) = (seal.key.clone(), seal.is_low, seal.sent);
                let sealed = serde_json::to_vec(&Sealed { key, from_low, number, signal }).unwrap();
                let sealed = SealedBox::try_from(BASE64URL_NOPAD.encode(&sealed)).unwrap();
                Done::Send(wire, ClientMsg::Signal { to, sealed })
            }
            SealCommand::Open(sealed) => {
                let seal = self.seals.get_mut(&id.0).expect("keys before signals");
                let sealed = BASE64URL_NOPAD.decode(sealed.as_str().as_bytes()).unwrap();
                let Sealed { key, from_low, number, signal } = serde_json::from_slice(&sealed).unwrap();
                if key != seal.key || from_low == seal.is_low || !seal.opened.accepts(number) {
                    return Done::Nothing;
                }
                seal.opened.note(number);
                Done::Event(id, SealEvent::Opened(signal))
            }
        }
    }

    fn agree(&self, agreement: Agreement) -> Seal {
        let Agreement { hello, transcript, proof, secret, is_low } = agreement;
        let mut pair = [self.identity.introduction.hello.as_str(), hello.as_str()];
        pair.sort_unstable();
        let secret = if proof == Proof::Link { secret.as_str() } else { "" };
        let key = format!("{pair:?} {transcript:?} {secret}");
        // No two of one world are alike.
        let own = self.identity.introduction.hello.as_str().replace('.', "-");
        let nonce = format!("{own:_<21}{:_<22}", self.seals.len()).try_into().unwrap();
        Seal { key, is_low, nonce, sent: 0, opened: ReplayWindow::default() }
    }
}

/// A commitment to a number tells it here; what counts is that it fits no other.
fn commit_to(nonce: &Block) -> Block {
    nonce.as_str().chars().rev().collect::<String>().try_into().unwrap()
}

/// Six bits each of a sum over all that goes into them.
fn pictures(key: &str, numbers: [&str; 2]) -> PictureNumbers {
    let bytes = [key, numbers[0], numbers[1]].concat().into_bytes();
    let sum = bytes.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(1_000_003) ^ u64::from(*byte));
    std::array::from_fn(|at| (sum >> (6 * at) & 63) as u8)
}
