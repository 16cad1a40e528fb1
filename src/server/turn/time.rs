//! The two times that the relay goes by.

use std::time::Duration;

/// The time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// Since the start.
    pub(super) running: Duration,
    /// Since the Unix epoch.
    pub(super) date: Duration,
}
