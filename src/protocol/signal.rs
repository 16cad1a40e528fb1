//! Signals between two peers: descriptions and candidates, with the numbers that tell late ones apart.
//!
//! They are sealed on their way (see [`sealed`](super::sealed)), so the server passes them on unread. A new kind is a
//! variant here, and its routing in `call/peers.rs`; a page that does not know a kind ignores it.

use serde::{Deserialize, Serialize};

use super::sealed::Block;
use super::{DisplayName, Hello, PageLoad, PeerId, ids};

/// The number of a connection between two peers; both sides derive the same one and it only grows.
///
/// The higher [`PageLoad`] of the two sides times [`Epoch::TRIES`], plus how often that connection was built anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The connections that two page loads can build; far more than the bounded attempts of a machine, since a
    /// person may ask again and again.
    pub const TRIES: u32 = 1024;

    /// The first epoch of two page loads.
    pub fn first(one: PageLoad, other: PageLoad) -> Self {
        Self(one.max(other).0.saturating_mul(Self::TRIES))
    }

    /// Whether it is the first of its page loads.
    pub fn is_first(self) -> bool {
        self.0.is_multiple_of(Self::TRIES)
    }

    /// The epoch of a connection built anew between the same page loads, if there are tries left.
    pub fn next(self) -> Option<Self> {
        let next = self.0.checked_add(1)?;
        Some(Self(next)).filter(|next| !next.is_first())
    }

    /// Whether both epochs belong to the same two page loads.
    pub fn same_pages(self, other: Self) -> bool {
        self.0 / Self::TRIES == other.0 / Self::TRIES
    }
}

/// An offer's number within an epoch and a sender; its answer repeats it, so that late answers are recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfferId(pub u32);

/// `RTCIceCandidateInit` (W3C WebRTC 1.0, section 4.8.1.1); an empty `candidate` ends the candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidate {
    /// `candidate-attribute` of RFC 8839, section 5.1.
    pub candidate: String,
    /// Media stream identification tag of the m-line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// Index of the m-line, from 0.
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// ICE generation the candidate belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// A signal from peer to peer; in JSON an object with its kind as the only name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Says who sits there, first of all; what opens proves that it comes from that page.
    Who {
        /// The display name, if the person has one.
        #[serde(default, deserialize_with = "ids::name_of_peer", skip_serializing_if = "Option::is_none")]
        name: Option<DisplayName>,
        /// The room is locked there: nobody comes in who has not the same link and was not let in.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        locked: bool,
    },
    /// Says, in place of [`Who`](Self::Who), that nobody has let that page in yet.
    Hold {},
    /// The lower peer id commits itself to its number for the pictures; see `call/seals/pictures.rs`.
    Commit {
        /// The commitment.
        value: Block,
    },
    /// The number of the higher peer id.
    Nonce {
        /// The number.
        value: Block,
    },
    /// The number behind the commitment.
    Reveal {
        /// The number.
        value: Block,
    },
    /// Says of another page in the room whom it is there, for those who have proved themselves to this one.
    Vouch {
        /// Its peer.
        peer: PeerId,
        /// The page load.
        page: PageLoad,
        /// Its key.
        hello: Hello,
        /// It has proved itself; otherwise it was let in.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        checked: bool,
    },
    /// The person there saw other pictures: nothing more is sent.
    Stop {},
    /// Asks for an offer of this epoch: for a new connection, or with restarted ICE for the one there is.
    StartCall {
        /// The connection meant.
        epoch: Epoch,
    },
    /// An SDP offer (RFC 9429).
    WebrtcOffer {
        /// The session description.
        sdp: String,
        /// The connection it belongs to.
        epoch: Epoch,
        /// Its number.
        offer: OfferId,
    },
    /// The answer to an offer.
    WebrtcAnswer {
        /// The session description.
        sdp: String,
        /// The connection it belongs to.
        epoch: Epoch,
        /// The offer it answers.
        offer: OfferId,
    },
    /// An ICE candidate of the sender, or the end of them.
    WebrtcIceCandidate {
        /// The candidate.
        candidate: IceCandidate,
        /// The connection it belongs to.
        epoch: Epoch,
    },
}

impl Signal {
    /// The connection the signal belongs to, if it belongs to one.
    pub fn epoch(&self) -> Option<Epoch> {
        match self {
            Self::Who { .. }
            | Self::Hold {}
            | Self::Commit { .. }
            | Self::Nonce { .. }
            | Self::Reveal { .. }
            | Self::Vouch { .. }
            | Self::Stop {} => None,
            Self::StartCall { epoch }
            | Self::WebrtcOffer { epoch, .. }
            | Self::WebrtcAnswer { epoch, .. }
            | Self::WebrtcIceCandidate { epoch, .. } => Some(*epoch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_of_newer_pages_are_higher_than_any_try_of_older_ones() {
        let (old, new) = (Epoch::first(PageLoad(3), PageLoad(1)), Epoch::first(PageLoad(1), PageLoad(4)));
        let mut last = old;
        let mut tries = 1;
        while let Some(next) = last.next() {
            assert!(next > last && next < new && next.same_pages(old));
            last = next;
            tries += 1;
        }
        assert_eq!(tries, Epoch::TRIES);
        assert!(!new.same_pages(old));
    }

    #[test]
    fn candidate_keeps_the_names_of_the_specification() {
        let candidate = IceCandidate {
            candidate: "candidate:1".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some("x".into()),
        };
        let json = r#"{"candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"x"}"#;
        assert_eq!(serde_json::to_string(&candidate).unwrap(), json);
    }
}
