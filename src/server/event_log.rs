//! The event log: lines about calls, refusals and relayed traffic, at a bounded rate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::info;

use crate::protocol::{PeerId, RoomId};
use crate::server::net::rate::{Meter, Rate};

/// Sustained rate of lines; a burst may have ten times as many.
const LINES_PER_SECOND: u32 = 100;

/// A log with a bounded rate; clones share the bound.
#[derive(Clone, Debug)]
pub struct EventLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rate: Rate,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    meter: Meter,
    held_back: u64,
}

impl Default for EventLog {
    fn default() -> Self {
        let rate = Rate::new(LINES_PER_SECOND, LINES_PER_SECOND * 10);
        Self(Arc::new(Shared { rate, started: Instant::now(), state: Mutex::default() }))
    }
}

impl EventLog {
    /// Logs an event of a room.
    pub(crate) fn note(&self, what: &str, room: &RoomId, peer: Option<PeerId>) {
        if self.may_write() {
            info!(%room, peer = peer.map(|peer| peer.0), "{what}");
        }
    }

    /// Logs an event of a socket or a request, and how often it happened.
    pub(crate) fn remark(&self, what: &str, why: &str, count: u32) {
        if self.may_write() {
            info!(why, count, "{what}");
        }
    }

    /// Logs the traffic of a quota holder when its last allocation has ended.
    pub(crate) fn relayed(&self, holder: &str, bytes: u64, dropped: u64, lasted: Duration) {
        if self.may_write() {
            info!(holder, bytes, dropped, seconds = lasted.as_secs(), "the relay served");
        }
    }

    fn may_write(&self) -> bool {
        let now = self.0.started.elapsed();
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.meter.allows(now, self.0.rate) {
            state.held_back += 1;
            return false;
        }
        let held_back = std::mem::take(&mut state.held_back);
        drop(state);
        if held_back > 0 {
            info!(lines = held_back, "too much happened to log all of it");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_events_is_counted_instead_of_written() {
        let event_log = EventLog::default();
        let written = (0..1_000_000).filter(|_| event_log.may_write()).count();
        assert!((1_000..100_000).contains(&written), "{written} lines");
    }
}
