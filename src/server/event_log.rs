//! The event log: lines about calls, refusals and relayed traffic, at a bounded rate.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tracing::{info, warn};

use crate::protocol::{PeerId, RoomId};
use crate::server::config::LogFormat;
use crate::server::net::random::random;
use crate::server::net::rate::{Meter, Rate};

/// Sustained rate of lines; a burst may have ten times as many.
const LINES_PER_SECOND: u32 = 100;
/// Bytes of a MAC that name a room.
const NAME_BYTES: usize = 4;

/// A log with a bounded rate; clones share the bound.
#[derive(Clone, Debug)]
pub struct EventLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Key of the names of rooms.
    key: [u8; 32],
    /// The log names rooms by their numbers instead.
    shows_numbers: bool,
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
        Self::new(LogFormat::default())
    }
}

impl EventLog {
    /// Begins a log. In JSON, which others may collect, no room is named by its number, since a number is a key.
    pub(crate) fn new(format: LogFormat) -> Self {
        let (key, shows_numbers) = (random(), format != LogFormat::Json);
        let rate = Rate::new(LINES_PER_SECOND, LINES_PER_SECOND * 10);
        Self(Arc::new(Shared { key, shows_numbers, rate, started: Instant::now(), state: Mutex::default() }))
    }

    /// The name of a room in this log: its number, or the first digits of a MAC under a key that nobody is told.
    pub(crate) fn room<'a>(&self, room: &'a RoomId) -> Cow<'a, str> {
        if self.0.shows_numbers { room.as_str().into() } else { self.name(room).into() }
    }

    /// The name of a room for those who are not to know its number: the digits of a log as JSON, whatever this one is.
    pub(crate) fn name(&self, room: &RoomId) -> String {
        HEXLOWER.encode(&mac(&self.0.key, room.as_str())[..NAME_BYTES])
    }

    /// Logs an event of a room.
    pub(crate) fn note(&self, what: &str, room: &RoomId, peer: Option<PeerId>) {
        if self.may_write() {
            info!(room = %self.room(room), peer = peer.map(|peer| peer.0), "{what}");
        }
    }

    /// Logs an event of a socket or a request, and how often it happened.
    pub(crate) fn remark(&self, what: &str, why: &str, count: u32) {
        if self.may_write() {
            info!(why, count, "{what}");
        }
    }

    /// Logs a warning in any case, however many lines there were: for what happens once in the life of a server.
    pub(crate) fn warn(&self, what: &str, why: &str, count: usize) {
        warn!(why, count, "{what}");
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

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8], text: &str) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key).expect("a key").chain_update(text).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_by_its_number_or_by_digits_of_one_log() {
        let room = |number: &str| RoomId::from_typed(number).unwrap();
        assert_eq!(EventLog::default().room(&room("4711")), "4711");
        let (log, other) = (EventLog::new(LogFormat::Json), EventLog::new(LogFormat::Json));
        let name = log.room(&room("4711")).into_owned();
        assert!(name.len() == 8 && name.bytes().all(|digit| digit.is_ascii_hexdigit()), "{name}");
        assert_eq!(log.clone().room(&room("4711")), name);
        assert_eq!(log.name(&room("4711")), name);
        assert_ne!(EventLog::default().name(&room("4711")), "4711");
        assert_ne!(log.room(&room("4712")), name);
        assert_ne!(other.room(&room("4711")), name);
    }

    #[test]
    fn a_flood_of_events_is_counted_instead_of_written() {
        let event_log = EventLog::default();
        let written = (0..1_000_000).filter(|_| event_log.may_write()).count();
        assert!((1_000..100_000).contains(&written), "{written} lines");
    }
}
