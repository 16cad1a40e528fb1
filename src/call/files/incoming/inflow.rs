//! The bytes of a file on their way in: with credit, received, written.

use crate::protocol::files::ChunkHeader;

/// Whether a chunk is what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is, and is counted.
    Fits,
    /// It is of another place, or beyond the credit.
    Unexpected,
    /// It goes beyond the size that was offered.
    TooLong,
}

/// How far a file has come in.
#[derive(Debug, Default)]
pub(super) struct Inflow {
    /// The bytes that have come.
    pub(super) received: u64,
    /// Those of them that are not written.
    pub(super) unwritten: u64,
    /// The offset up to which the sender may send.
    pub(super) credit: u64,
}

impl From<u64> for Inflow {
    fn from(received: u64) -> Self {
        Self { received, unwritten: 0, credit: received }
    }
}

impl Inflow {
    /// Counts a chunk of a file of some size, if it fits.
    pub(super) fn take(&mut self, chunk: &ChunkHeader, size: u64) -> Fit {
        let end = chunk.offset + u64::from(chunk.length);
        if chunk.offset != self.received {
            return Fit::Unexpected;
        }
        if end > size {
            return Fit::TooLong;
        }
        if end > self.credit {
            return Fit::Unexpected;
        }
        self.received = end;
        self.unwritten += u64::from(chunk.length);
        Fit::Fits
    }

    /// Notes that bytes are written.
    pub(super) fn written(&mut self, length: u32) {
        self.unwritten = self.unwritten.saturating_sub(length.into());
    }

    /// Notes that the driver has dropped what was not written.
    pub(super) fn lose(&mut self) {
        self.unwritten = 0;
    }

    /// Begins at the first byte again; what is being written still is.
    pub(super) fn restart(&mut self) {
        (self.received, self.credit) = (0, 0);
    }

    /// Takes back all credit, since nothing further can come by it.
    pub(super) fn void_credit(&mut self) {
        self.credit = self.received;
    }

    /// The credit that a window has room for, in a file of some size.
    pub(super) fn credit_for(&self, window: u64, size: u64) -> u64 {
        let room = window.saturating_sub(self.unwritten);
        (self.received + room).min(size).max(self.credit)
    }

    /// Raises the credit to what a window has room for; returns it if that is worth a message.
    pub(super) fn grant(&mut self, window: u64, size: u64) -> Option<u64> {
        let to = self.credit_for(window, size);
        let is_worth = to == size || to - self.credit >= window / 4 || self.credit <= self.received;
        if to <= self.credit || !is_worth {
            return None;
        }
        self.credit = to;
        Some(to)
    }

    /// The bytes in memory, or that the sender may send into it.
    pub(super) fn held(&self) -> u64 {
        self.unwritten + self.credit.saturating_sub(self.received)
    }
}
