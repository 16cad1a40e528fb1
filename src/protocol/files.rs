//! Messages from page to page about files, over a data channel of their own; the server never sees them.
//!
//! The first byte of a message tells control from chunk. Control is one JSON object, `type` names it; kinds and fields
//! that a page does not know are ignored. A chunk is a fixed header and bytes of a file:
//! ```text
//! byte 0       1 control, 2 chunk; other kinds are ignored
//! control      JSON in the rest
//! chunk        life u64, number u32, offset u64 (big-endian), then 1 to MAX_CHUNK_BYTES bytes
//! ```
//! # A transfer
//! The sender's `offer` names a file and a key. Nothing is sent before the receiver's `have`, which says from which
//! offset on and up to where (`to`, its credit) it takes bytes; the sender answers `begin`, and sends chunks in order. Each
//! `credit` lets it send further. `end` carries the SHA-256 of the whole file, `done` says that it agreed and is saved.
//!
//! Either side ends a transfer by `fail`; `done` and `fail` are told again over each new channel until they are answered by
//! `closed`. On a new channel a sender tells its `offer`s, a receiver `keep` for what it has begun, each then `listed`: what
//! was not told up to there, the other side has lost. A `have` goes on then, with the digest of what is there, which
//! a sender compares that has no memory of it. It may `begin` at 0 instead.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FileName;

mod control;

pub use control::{FailReason, FileControl, FileMsg, Side};

/// Label of the files' data channel.
pub const FILES_CHANNEL_LABEL: &str = "files";
/// Id of the files' data channel, which both sides open by themselves (W3C WebRTC 1.0, section 6.2, `negotiated`).
pub const FILES_CHANNEL_ID: u16 = 1;
/// Largest message of the channel, in bytes: what a peer takes that names no `max-message-size` (RFC 8841, section 6.1).
pub const MAX_FILES_BYTES: usize = 64 * 1024;
/// Bytes before those of the file in a chunk.
pub const CHUNK_HEADER_BYTES: usize = 21;
/// Most bytes of a file in a chunk that a page reads.
pub const MAX_CHUNK_BYTES: usize = MAX_FILES_BYTES - CHUNK_HEADER_BYTES;
/// Most bytes of a file in a chunk that a page sends. A message holds up those of other channels behind it, the chat's
/// for one, and every browser sends 16 KiB without splitting it in ways that another cannot read (RFC 8831, section 6.6).
pub const CHUNK_BYTES: u32 = 16 * 1024;
/// Largest control message, in bytes; a longest name takes some 1600.
pub const MAX_FILE_CONTROL_BYTES: usize = 4 * 1024;
/// Most control messages that a page reads of a peer within [`FILE_CONTROL_WINDOW`]; further ones are dropped. Credit for
/// fast transfers of several files side by side stays below.
pub const MAX_FILE_CONTROL_IN_WINDOW: u32 = 20_000;
/// The time for which [`MAX_FILE_CONTROL_IN_WINDOW`] messages are read.
pub const FILE_CONTROL_WINDOW: Duration = Duration::from_secs(10);
/// Largest file, in bytes, and largest number in a message: above it, not every program reads each number exactly.
pub const MAX_FILE_BYTES: u64 = 1 << 53;

/// The message [`FileControl::Listed`] as pages send it, for who does not read the others.
pub const LISTED_MESSAGE: &[u8] = b"\x01{\"type\":\"listed\"}";

const CONTROL: u8 = 1;
const CHUNK: u8 = 2;

/// The key of a transfer, chosen by its sender for one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransferKey {
    /// A random number of the sender's page load, below [`MAX_FILE_BYTES`].
    pub life: u64,
    /// The number of the transfer among those of that page load.
    pub number: u32,
}

/// A SHA-256 digest; 64 hexadecimal digits in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDigest(pub [u8; 32]);

impl FileDigest {
    fn read(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    fn write(self) -> String {
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let digit = |nibble: u8| DIGITS[usize::from(nibble & 15)];
        self.0.into_iter().flat_map(|byte| [digit(byte >> 4), digit(byte)]).collect()
    }
}

/// A file as its sender describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// The name, cleaned.
    pub name: FileName,
    /// The size in bytes, [`MAX_FILE_BYTES`] at most.
    pub size: u64,
    /// The time of its last change in milliseconds since 1970, as the sender's system has it.
    pub modified: u64,
}

/// The header of a chunk, with the number of bytes behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkHeader {
    /// The transfer.
    pub key: TransferKey,
    /// The offset of its first byte in the file.
    pub offset: u64,
    /// The number of its bytes.
    pub length: u32,
}

/// A message of the files' channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFrame<'a> {
    /// JSON, which [`FileControl::read`] reads.
    Control(&'a [u8]),
    /// A chunk, whose bytes follow [`CHUNK_HEADER_BYTES`].
    Chunk(ChunkHeader),
    /// Of a kind that only newer pages know.
    Unknown,
}

/// The reason why a message is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is larger than its kind may be.
    #[error("too large")]
    TooLarge,
    /// It is no message of this shape, or nested too deep, or has a number out of range.
    #[error("unreadable")]
    Unreadable,
}

impl<'a> FileFrame<'a> {
    /// Reads which kind of message it is, and the header of a chunk.
    ///
    /// # Errors
    /// The message is too large, or unreadable.
    pub fn read(bytes: &'a [u8]) -> Result<Self, FileError> {
        let (&kind, rest) = bytes.split_first().ok_or(FileError::Unreadable)?;
        match kind {
            CONTROL if rest.len() > MAX_FILE_CONTROL_BYTES => Err(FileError::TooLarge),
            CONTROL => Ok(Self::Control(rest)),
            CHUNK if bytes.len() > MAX_FILES_BYTES => Err(FileError::TooLarge),
            CHUNK => ChunkHeader::read(rest).map(Self::Chunk).ok_or(FileError::Unreadable),
            _ => Ok(Self::Unknown),
        }
    }
}

impl ChunkHeader {
    fn read(rest: &[u8]) -> Option<Self> {
        let (life, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let key = TransferKey { life: u64::from_be_bytes(*life), number: u32::from_be_bytes(*number) };
        let offset = u64::from_be_bytes(*offset);
        let length = u32::try_from(rest.len()).ok()?;
        (length > 0 && offset <= MAX_FILE_BYTES).then_some(Self { key, offset, length })
    }

    /// The bytes before those of the file.
    pub fn write(&self) -> [u8; CHUNK_HEADER_BYTES] {
        let mut bytes = [CHUNK; CHUNK_HEADER_BYTES];
        bytes[1..9].copy_from_slice(&self.key.life.to_be_bytes());
        bytes[9..13].copy_from_slice(&self.key.number.to_be_bytes());
        bytes[13..].copy_from_slice(&self.offset.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests;
