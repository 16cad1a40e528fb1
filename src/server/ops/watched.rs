//! What a host watches: the parts of the server that tell how they stand.

use std::sync::Arc;

use crate::server::event_log::EventLog;
use crate::server::http::health::Readiness;

/// The parts that the listener tells of.
pub(crate) struct Watched {
    /// Whether the server takes people.
    pub(crate) readiness: Arc<Readiness>,
    /// Event log of refusals.
    pub(crate) event_log: EventLog,
}
