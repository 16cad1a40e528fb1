//! Seals: what the driver does for the keys of a pair, and what a person is told of them.

use strum::IntoStaticStr;

use crate::protocol::sealed::{Block, PICTURE_COUNT, Proof};
use crate::protocol::{Credential, Hello, Introduction, PeerId, SealedBox, Signal};

/// The number of a seal in this page. The driver keeps its keys, and counts what was sealed with them, for as long as
/// the page lives: no number is used twice with one key (SP 800-38D, section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealId(pub usize);

/// What a page needs to seal: its own public key, and what it has in common with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What it says of itself; the private key stays with the driver.
    pub introduction: Introduction,
    /// What leads to the introduction's door.
    pub credential: Credential,
    /// The person came with it: by a link, or with a word.
    pub is_linked: bool,
}

/// What goes into the keys of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The other page's public key.
    pub hello: Hello,
    /// See [`transcript`](crate::protocol::sealed::transcript).
    pub transcript: Vec<u8>,
    /// Whether the secret, or what follows of the word, is part of the keys.
    pub proof: Proof,
    /// What the own page has.
    pub credential: Credential,
    /// The own peer id is the lower one.
    pub is_low: bool,
}

/// The numbers of the pictures that two people compare, from 0 to 63.
pub type PictureNumbers = [u8; PICTURE_COUNT];

/// A command to a seal. The driver carries those of one seal out in order.
#[derive(Clone, Debug, PartialEq)]
pub enum SealCommand {
    /// Derive the keys; the first command. Answered by [`Drawn`](SealEvent::Drawn), of a word once the other page's share
    /// is there. What is to be closed waits for that.
    Agree(Agreement),
    /// Send the own share for the word to this peer, which may be the same one again.
    Share(PeerId),
    /// Seal a signal, and send it to this peer on the socket that is open now, if it still is then.
    Close(PeerId, Signal),
    /// Open a signal, answered by [`Opened`](SealEvent::Opened); one that does not open, or came before, is logged and
    /// dropped. Of a word, the other page's share comes this way, and what does not open is reported.
    Open(SealedBox),
    /// Make the pictures of the own number and of theirs; answered by [`Pictures`](SealEvent::Pictures).
    Compare {
        /// The other page's number.
        theirs: Block,
        /// What it had committed itself to before, as the lower peer id.
        commit: Option<Block>,
    },
}

/// An event of a seal.
#[derive(Clone, Debug, PartialEq)]
pub enum SealEvent {
    /// The keys are derived, and a number is drawn for the pictures.
    Drawn {
        /// The commitment to it.
        commit: Block,
        /// The number.
        nonce: Block,
    },
    /// The pictures; none if the number does not fit the commitment.
    Pictures(Option<PictureNumbers>),
    /// A signal of the other page.
    Opened(Signal),
    /// Something of a page with a word did not open.
    Unopened,
    /// No keys can be derived: what the other page says of itself is no key of this version.
    Failed,
}

/// The lock, as this page keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Whoever knows the number comes in.
    #[default]
    Open,
    /// The same, since the person wants it so.
    Unlocked,
    /// Somebody else in the call has locked the room.
    Followed,
    /// The person has locked it, or uses a link.
    Locked,
}

/// What is known of a peer's way through the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Trust {
    /// Nothing was heard of it yet.
    #[default]
    #[strum(serialize = "")]
    Unknown,
    /// Sealed, but a dishonest server could be in between.
    Unchecked,
    /// Sealed with the secret of a link, which the server does not know.
    #[strum(serialize = "private")]
    Linked,
    /// Sealed with what follows of a word that both people know.
    #[strum(serialize = "private")]
    Worded,
    /// Sealed, and both people see the same pictures.
    #[strum(serialize = "private")]
    Compared,
    /// Sealed, and somebody who is proved has checked this peer.
    #[strum(serialize = "private")]
    Vouched,
    /// They do not: somebody may be in between, and nothing more is sent.
    Stopped,
}
