//! Files as functions of the offset, and their hashes.

use crate::call::files::{FileEvent, TransferId};
use crate::protocol::FileName;
use crate::protocol::files::{FileDigest, FileInfo};

/// A file of somebody's, made of a seed.
#[derive(Clone, Debug)]
pub(in super::super) struct Source {
    pub(in super::super) info: FileInfo,
    pub(in super::super) seed: u64,
    /// Reads from here on fail, or are cut short here.
    pub(in super::super) unreadable_from: Option<u64>,
    pub(in super::super) ends_at: Option<u64>,
}

impl Source {
    pub(in super::super) fn new(name: &str, size: u64, seed: u64) -> Self {
        let info = FileInfo { name: FileName::from(name), size, modified: 1 };
        Self { info, seed, unreadable_from: None, ends_at: None }
    }

    pub(in super::super) fn bytes(&self, offset: u64, length: u32) -> Vec<u8> {
        (offset..offset + u64::from(length)).map(|at| byte(self.seed, at)).collect()
    }
}

fn byte(seed: u64, at: u64) -> u8 {
    ((at ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// A hash in the place of SHA-256, of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64, pub(super) u64);

impl Hash {
    pub(super) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325, 0);

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.1 += bytes.len() as u64;
    }

    pub(super) fn event(self, transfer: TransferId) -> FileEvent {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&self.0.to_be_bytes());
        FileEvent::Hashed { transfer, to: self.1, digest: FileDigest(digest) }
    }
}
