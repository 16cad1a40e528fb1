//! Messages that wait while a syllable is composed.

use std::time::Duration;

/// Most bytes that wait.
const MOST_BYTES: usize = 1024 * 1024;
/// Most messages that wait.
const MOST_MESSAGES: usize = 1_000;

/// What waits: the number of its channel, when it came, and the message.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) all: Vec<(u32, Duration, Vec<u8>)>,
    bytes: usize,
}

impl Waiting {
    /// Adds a message; says whether more may wait.
    pub(super) fn add(&mut self, number: u32, at: Duration, message: Vec<u8>) -> bool {
        self.bytes += message.len();
        self.all.push((number, at, message));
        self.bytes < MOST_BYTES && self.all.len() < MOST_MESSAGES
    }
}
