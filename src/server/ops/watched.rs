//! What a host watches: the parts of the server that tell how they stand.

use std::sync::Arc;

use super::public_address::PublicAddress;
use crate::server::event_log::EventLog;
use crate::server::http::health::Readiness;
use crate::server::metrics::Metrics;
use crate::server::signalling::connections::Connections;
use crate::server::signalling::directory::OneNode;
use crate::server::signalling::registry::Registry;
use crate::server::signalling::store::file::SeatStore;
use crate::server::turn::TurnServer;

/// The parts that the listener tells of.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Whether the server takes people.
    pub(crate) readiness: Arc<Readiness>,
    /// Event log of refusals.
    pub(crate) event_log: EventLog,
    /// Counts of what happens.
    pub(crate) metrics: Metrics,
    /// The open sockets.
    pub(crate) connections: Connections,
    /// The rooms.
    pub(crate) rooms: Registry<OneNode>,
    /// The relay, if there is one.
    pub(crate) relay: Option<TurnServer>,
    /// Where the public finds it.
    pub(crate) public: PublicAddress,
    /// The seat store, if there is one.
    pub(crate) store: Option<SeatStore>,
    /// There is a folder for the seat store, and it could not be opened.
    pub(crate) lacks_store: bool,
}

impl Watched {
    /// Whether a restart would take seats away that are to outlive it.
    pub(super) fn loses_seats(&self) -> bool {
        self.lacks_store || self.store.as_ref().is_some_and(SeatStore::is_failing)
    }
}
