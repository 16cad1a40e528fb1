//! The notes' channel to one peer: what the peer has, and how much is read of it.

use std::time::Duration;

use crate::protocol::PeerId;
use crate::protocol::notes::{MAX_NOTES_BYTES, MAX_UPDATE_BYTES, NotesState};

/// Most bytes that are read of a peer within [`WINDOW`].
pub(super) const MOST_IN_WINDOW: usize = 3 * MAX_UPDATE_BYTES;
/// Most messages that are read of a peer within [`WINDOW`].
pub(super) const MOST_MESSAGES: usize = 500;
/// The time for which these are read.
const WINDOW: Duration = Duration::from_secs(10);
/// How often a peer is answered. Two that differ would answer each other for ever before one has merged what is to come.
const ANSWER_EVERY: Duration = Duration::from_secs(1);

/// The channel to one peer.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerId,
    /// What the peer has, once it has told that: what it told, and all that was sent since.
    pub(super) has: Option<NotesState>,
    /// The peer lacks something, as it has told.
    pub(super) is_asked: bool,
    /// The peer has something that is not here, and is to be told what is.
    pub(super) is_to_be_told: bool,
    /// When it is sent either at the earliest.
    pub(super) answers_at: Duration,
    /// The beginning of an update.
    pub(super) parts: Vec<u8>,
    window: Duration,
    bytes: usize,
    messages: usize,
}

impl Link {
    pub(super) fn new(now: Duration, peer: PeerId) -> Self {
        Self {
            peer,
            has: None,
            is_asked: false,
            answers_at: now,
            is_to_be_told: false,
            parts: vec![],
            window: now,
            bytes: 0,
            messages: 0,
        }
    }

    /// Counts a message; says whether it is within the limits.
    pub(super) fn admits(&mut self, now: Duration, message: &[u8]) -> bool {
        if now >= self.window + WINDOW {
            (self.window, self.bytes, self.messages) = (now, 0, 0);
        }
        self.bytes = self.bytes.saturating_add(message.len());
        self.messages = self.messages.saturating_add(1);
        message.len() <= MAX_NOTES_BYTES && self.bytes <= MOST_IN_WINDOW && self.messages <= MOST_MESSAGES
    }

    /// Adds bytes of an update; returns it once it is whole, or `None` if it is too large.
    pub(super) fn add(&mut self, bytes: &[u8], is_last: bool) -> Option<Option<Vec<u8>>> {
        if self.parts.len() + bytes.len() > MAX_UPDATE_BYTES {
            return None;
        }
        self.parts.extend_from_slice(bytes);
        Some(is_last.then(|| std::mem::take(&mut self.parts)))
    }

    /// When the peer is to be answered, if it is.
    pub(super) fn due(&self) -> Option<Duration> {
        (self.is_asked || self.is_to_be_told).then_some(self.answers_at)
    }

    /// Notes that the peer is answered.
    pub(super) fn answered(&mut self, now: Duration) {
        (self.is_asked, self.is_to_be_told, self.answers_at) = (false, false, now + ANSWER_EVERY);
    }
}
