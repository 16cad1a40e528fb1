//! A seat: its holder, the tokens that prove it, and its record in the seat store.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::protocol::{Introduction, PageLoad, PeerId, PeerInfo, RoomId, SeatToken};

/// SHA-256 of a [`SeatToken`], in hexadecimal where it is written down. The server keeps no token itself, so
/// neither its memory nor its disk holds anything that takes a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token.
    pub fn of(token: &SeatToken) -> Self {
        Self(Sha256::digest(token.0.as_bytes()).into())
    }
}

impl From<TokenDigest> for String {
    fn from(digest: TokenDigest) -> Self {
        // The formatter would take most of the time of writing 100,000 rooms.
        let digits = digest.0.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
    }
}

impl TryFrom<String> for TokenDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let mut digest = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return Err("a digest has 64 hexadecimal digits");
        }
        for (byte, &[high, low]) in digest.iter_mut().zip(pairs) {
            let (high, low) = value(high).zip(value(low)).ok_or("a digest has 64 hexadecimal digits")?;
            *byte = high << 4 | low;
        }
        Ok(Self(digest))
    }
}

/// The record of a room, which outlives the server. It holds enough to give every seat back and no number twice.
/// Names are not in it: a page that returns sends its own again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// The room.
    pub room: RoomId,
    /// The last peer number given.
    pub last_peer: u32,
    /// The last page number given.
    pub last_page: u32,
    /// The seats with a confirmed token; a room without any is gone.
    pub seats: Vec<SeatRecord>,
}

/// One seat of a [`RoomRecord`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatRecord {
    /// The peer that holds it.
    pub peer: PeerId,
    /// The page load that holds it.
    pub page: PageLoad,
    /// Digest of the confirmed token.
    pub token: TokenDigest,
    /// Digests of newer tokens, not known to have arrived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issued: Vec<TokenDigest>,
}

/// Most unconfirmed tokens that are kept for one seat.
const MAX_ISSUED: usize = 4;

/// The tokens that prove one seat.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The token known to have arrived.
    confirmed: Option<TokenDigest>,
    /// Tokens issued since, the newest last, not known to have arrived: answers can be lost with their sockets, and
    /// joins can come late.
    issued: Vec<TokenDigest>,
}

impl Proof {
    /// Adds the new token of a join; an unconfirmed token that the join showed is confirmed by that.
    pub(super) fn issue(&mut self, token: &SeatToken, shown: Option<&SeatToken>) {
        let shown = shown.map(TokenDigest::of).filter(|shown| self.issued.contains(shown));
        self.confirmed = shown.or(self.confirmed);
        if self.issued.len() == MAX_ISSUED {
            self.issued.remove(0);
        }
        self.issued.reserve_exact(1);
        self.issued.push(TokenDigest::of(token));
    }

    /// Confirms the newest token and drops the others; returns whether there was one.
    pub(super) fn confirm(&mut self) -> bool {
        let newest = std::mem::take(&mut self.issued).pop();
        self.confirmed = newest.or(self.confirmed);
        newest.is_some()
    }

    /// Whether a token of this seat is known to have arrived.
    pub(super) fn is_confirmed(&self) -> bool {
        self.confirmed.is_some()
    }

    /// Whether a digest proves the seat. The comparison need not take constant time: without the token, its digest
    /// cannot be chosen.
    pub(super) fn fits(&self, digest: TokenDigest) -> bool {
        self.confirmed == Some(digest) || self.issued.contains(&digest)
    }
}

/// A seat that is taken.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) peer: PeerId,
    pub(super) page: PageLoad,
    pub(super) introduction: Option<Introduction>,
    pub(super) proof: Proof,
    /// When the seat is given up; `None` while its socket is there.
    pub(super) away_until: Option<Duration>,
}

impl Seat {
    pub(super) fn new(peer: PeerId, page: PageLoad, introduction: Option<Introduction>) -> Self {
        Self { peer, page, introduction, proof: Proof::default(), away_until: None }
    }

    pub(super) fn restore(record: SeatRecord, away_until: Duration) -> Self {
        let SeatRecord { peer, page, token, issued } = record;
        let proof = Proof { confirmed: Some(token), issued };
        Self { peer, page, introduction: None, proof, away_until: Some(away_until) }
    }

    /// The record of the seat; `None` without a confirmed token.
    pub(super) fn record(&self) -> Option<SeatRecord> {
        let Self { peer, page, proof, .. } = self;
        let token = proof.confirmed?;
        Some(SeatRecord { peer: *peer, page: *page, token, issued: proof.issued.clone() })
    }

    pub(super) fn present(&self) -> bool {
        self.away_until.is_none()
    }

    pub(super) fn info(&self) -> PeerInfo {
        let said = self.introduction.clone();
        let (hello, door) = said.map(|said| (said.hello, said.door)).unzip();
        PeerInfo { peer: self.peer, page: self.page, hello, door, away: !self.present() }
    }
}
