//! Changes of network, which browsers report as a burst of events.

use std::time::Duration;

use super::output::Output;

/// The time from the first event of a burst until the browser itself has looked at the network.
const SETTLES: Duration = Duration::from_millis(500);

/// A change of network that is not acted on yet.
#[derive(Debug, Default)]
pub(super) struct NetworkChange {
    due: Option<Duration>,
}

impl NetworkChange {
    pub(super) fn reported(&mut self, now: Duration) -> Vec<Output> {
        self.due = self.due.or(Some(now + SETTLES));
        vec![]
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due
    }

    /// Whether to act on a change now.
    pub(super) fn tick(&mut self, now: Duration) -> bool {
        self.due.take_if(|due| now >= *due).is_some()
    }
}
