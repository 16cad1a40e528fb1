//! The digest of a file, as far as it was read or written.

use sha2::{Digest, Sha256};

use crate::protocol::files::FileDigest;

/// A hash, with the number of bytes that it is of.
#[derive(Default)]
pub(super) struct Hash {
    state: Sha256,
    bytes: u64,
}

impl Hash {
    /// Adds bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// The number of bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The number of bytes so far, and their digest.
    pub(super) fn digest(&self) -> (u64, FileDigest) {
        (self.bytes, FileDigest(self.state.clone().finalize().into()))
    }
}
