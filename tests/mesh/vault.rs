//! The keys of a page, by symbols: a key is what went into it, and a box opens only with the equal one.

use std::collections::{BTreeMap, VecDeque};

use data_encoding::BASE64URL_NOPAD;
use parlor::call::{Agreement, Identity, SealCommand, SealEvent, SealId};
use parlor::protocol::sealed::{Proof, ReplayWindow};
use parlor::protocol::{ClientMsg, Introduction, SealedBox, Secret, Signal};
use serde::{Deserialize, Serialize};

use super::wire::WireId;

/// What a page holds: its key pair, the secret of its links, and the seals that it has agreed on.
pub(crate) struct Vault {
    identity: Identity,
    /// Commands not carried out yet; the cryptography of a browser takes its time.
    pub(crate) jobs: VecDeque<(SealId, SealCommand, Option<WireId>)>,
    seals: BTreeMap<u32, Seal>,
}

struct Seal {
    key: String,
    is_low: bool,
    sent: u32,
    opened: ReplayWindow,
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
                let known = self.seals.insert(id.0, self.agree(agreement));
                assert!(known.is_none(), "two keys of one seal");
                Done::Nothing
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
        Seal { key, is_low, sent: 0, opened: ReplayWindow::default() }
    }
}
