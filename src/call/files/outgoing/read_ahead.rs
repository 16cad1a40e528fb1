//! The bytes of a file on their way out: hashed, read ahead, sent.

use crate::protocol::files::CHUNK_BYTES;

/// Most bytes of one read; the next begins when no more than that is ready. Each takes some milliseconds, whatever its size.
const READ_BYTES: u32 = 256 * 1024;

/// An answer of the driver to a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadAnswer {
    /// The bytes are ready.
    Kept,
    /// They are of no use any more.
    Stale,
    /// They are fewer than asked for.
    Short,
}

/// How far a file is hashed, read and sent.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    /// The offset of the next chunk.
    pub(super) sent: u64,
    /// The offset up to which the receiver takes bytes.
    pub(super) credit: u64,
    /// The bytes that the driver's hash is of; `hashing` says what it is becoming.
    hashed: u64,
    hashing: Option<u64>,
    /// The bytes from `sent` on that are read.
    ready: u32,
    /// The bytes of the read that is not answered; those of a stale one are dropped.
    reading: Option<u32>,
    is_stale: bool,
}

impl ReadAhead {
    /// Whether the driver's hash is of all up to an offset at least.
    pub(super) fn is_hashed(&self, to: u64) -> bool {
        self.hashing.is_none() && to <= self.hashed
    }

    /// Notes that the hash is begun anew, with this many bytes.
    pub(super) fn hash(&mut self, to: u64) {
        (self.hashed, self.hashing) = (0, Some(to));
    }

    /// Notes that the hash is of this many bytes.
    pub(super) fn hashed(&mut self, to: u64) {
        if self.hashing == Some(to) {
            (self.hashing, self.hashed) = (None, to);
        }
    }

    /// The length of the next read, if there is credit and room for it.
    pub(super) fn next_read(&self) -> Option<u32> {
        let left = self.credit.saturating_sub(self.sent + u64::from(self.ready));
        let length = u32::try_from(left).unwrap_or(READ_BYTES).min(READ_BYTES);
        (self.reading.is_none() && self.ready < READ_BYTES && length > 0).then_some(length)
    }

    /// Notes a read; returns its offset.
    pub(super) fn read(&mut self, length: u32) -> u64 {
        self.reading = Some(length);
        self.sent + u64::from(self.ready)
    }

    /// Takes the answer to it.
    pub(super) fn read_done(&mut self, length: u32) -> ReadAnswer {
        let asked = self.reading.take().unwrap_or(0);
        if std::mem::take(&mut self.is_stale) {
            return ReadAnswer::Stale;
        }
        self.ready += length.min(asked);
        if length == asked { ReadAnswer::Kept } else { ReadAnswer::Short }
    }

    /// The length of the next chunk, if its bytes are read.
    pub(super) fn next_chunk(&self) -> Option<u32> {
        // A chunk is hashed as a whole, or not at all.
        let again = u32::try_from(self.hashed.saturating_sub(self.sent)).unwrap_or(u32::MAX);
        let most = if again > 0 { again.min(CHUNK_BYTES) } else { CHUNK_BYTES };
        Some(self.ready.min(most)).filter(|length| *length > 0)
    }

    /// Notes a chunk; returns its offset, and whether it is hashed.
    pub(super) fn take_chunk(&mut self, length: u32) -> (u64, bool) {
        let (offset, is_hashed) = (self.sent, self.sent == self.hashed);
        self.ready -= length.min(self.ready);
        self.sent += u64::from(length);
        self.hashed = self.hashed.max(self.sent);
        (offset, is_hashed)
    }

    /// Drops what is read, and what is being read; says whether anything was.
    pub(super) fn drop_read(&mut self) -> bool {
        self.is_stale = self.reading.is_some();
        std::mem::take(&mut self.ready) > 0
    }

    /// Notes that the driver has dropped all by itself.
    pub(super) fn lose(&mut self) {
        (self.ready, self.reading, self.is_stale) = (0, None, false);
    }

    /// The bytes in memory that are read, or being read.
    pub(super) fn held(&self) -> u64 {
        u64::from(self.ready) + u64::from(self.reading.unwrap_or(0))
    }
}
