//! The two clocks of the relay.

use std::time::Duration;

/// The current time by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// Time since the start of the relay, for rates and allocations.
    pub(super) running: Duration,
    /// Time since the Unix epoch, for credentials.
    pub(super) date: Duration,
}
