//! The files' channel to one peer: what it has buffered, its pace, and what was dropped of the peer.

use std::time::Duration;

use super::api::{Dropped, TransferId};
use super::pace::{PATIENCE, Pace};
use crate::protocol::PeerId;
use crate::protocol::files::{FILE_CONTROL_WINDOW, MAX_FILE_CONTROL_IN_WINDOW};

/// `bufferedAmountLowThreshold` of the channel, in bytes.
pub const LOW_BUFFERED_BYTES: u64 = 64 * 1024;
/// Most bytes that wait in the channel.
pub(super) const MOST_BUFFERED_BYTES: u64 = 512 * 1024;

/// The channel to one peer.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerId,
    pub(super) is_open: bool,
    /// Bytes given to the channel since it was last drained, and the most that it had left then.
    pub(super) buffered: u64,
    pub(super) pace: Pace,
    /// When the pace admits the next chunk, if one waits for that only.
    pub(super) due: Option<Duration>,
    /// The transfers that were read and sent last.
    pub(super) last_read: TransferId,
    pub(super) last_sent: TransferId,
    pub(super) dropped: Dropped,
    unwell_since: Option<Duration>,
    window: Duration,
    in_window: u32,
}

impl Link {
    pub(super) fn new(now: Duration, peer: PeerId) -> Self {
        Self {
            peer,
            is_open: true,
            buffered: 0,
            pace: Pace::new(now),
            due: None,
            last_read: TransferId(0),
            last_sent: TransferId(0),
            dropped: Dropped::default(),
            unwell_since: None,
            window: now,
            in_window: 0,
        }
    }

    pub(super) fn set_open(&mut self, is_open: bool) {
        (self.is_open, self.buffered, self.due, self.unwell_since) = (is_open, 0, None, None);
    }

    pub(super) fn drained(&mut self) {
        self.buffered = self.buffered.min(LOW_BUFFERED_BYTES);
    }

    /// Notes a sample of the voice.
    pub(super) fn sampled(&mut self, now: Duration, is_well: bool) {
        self.unwell_since = if is_well { None } else { self.unwell_since.or(Some(now)) };
    }

    /// Whether the voice is not well there, so that the rate to a peer gives way.
    pub(super) fn is_heeded(&self, now: Duration, by: PeerId) -> bool {
        let is_recent = |since: Duration| now.saturating_sub(since) < PATIENCE;
        self.unwell_since.is_some_and(|since| self.peer == by || is_recent(since))
    }

    /// Counts a control message; says whether it is within the limit.
    pub(super) fn admits(&mut self, now: Duration) -> bool {
        self.count(now);
        self.in_window <= MAX_FILE_CONTROL_IN_WINDOW
    }

    /// Counts a message.
    pub(super) fn count(&mut self, now: Duration) {
        if now >= self.window + FILE_CONTROL_WINDOW {
            (self.window, self.in_window) = (now, 0);
        }
        self.in_window = self.in_window.saturating_add(1);
    }

    pub(super) fn drop_message(&mut self) {
        self.dropped.messages = self.dropped.messages.saturating_add(1);
    }

    pub(super) fn drop_offer(&mut self) {
        self.dropped.offers = self.dropped.offers.saturating_add(1);
    }
}
