//! What the real registry stands on in the simulation: sockets that are wires, a clock that the schedule moves, and a
//! disk.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use parlor::protocol::CloseCode;
use parlor::server::signalling::directory::Directory;
use parlor::server::signalling::room::RoomRecord;
use parlor::server::signalling::store::RoomStore;

use super::wire::WireId;

/// What of the rooms outlives a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// All that changed.
    Whole,
    /// All but what changed last, which was not written yet. Whoever was told a token by it has lost their seat.
    Written,
    /// Nothing.
    None,
}

/// The wires as the registry sees them; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    said: Said,
}

/// What the registry has said since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) frames: Vec<(WireId, String)>,
    pub(crate) cuts: Vec<(WireId, CloseCode)>,
}

impl Node {
    pub(crate) fn set_time(&self, now: Duration) {
        self.lock().now = now;
    }

    pub(crate) fn take_said(&self) -> Said {
        std::mem::take(&mut self.lock().said)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Directory for Node {
    type Socket = WireId;

    fn now(&self) -> Duration {
        self.lock().now
    }

    fn deliver(&self, wire: &WireId, frame: String) {
        self.lock().said.frames.push((*wire, frame));
    }

    fn cut(&self, wire: &WireId, code: CloseCode) {
        self.lock().said.cuts.push((*wire, code));
    }
}

/// The disk of the server, for the one room that there is; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    written: Option<RoomRecord>,
    /// On its way.
    unwritten: Option<RoomRecord>,
    /// The server is dead and writes no more.
    is_shut: bool,
}

impl Disk {
    /// What was on its way arrives.
    pub(crate) fn settle(&self) {
        let mut records = self.0.lock().unwrap();
        records.written = records.unwritten.take().or(records.written.take());
    }

    /// The server ends, and so much is kept.
    pub(crate) fn shut(&self, memory: Memory) {
        if memory == Memory::Whole {
            self.settle();
        }
        let mut records = self.0.lock().unwrap();
        records.unwritten = None;
        records.written.take_if(|_| memory == Memory::None);
        records.is_shut = true;
    }

    /// What is kept of rooms with seats.
    pub(crate) fn kept(&self) -> Vec<RoomRecord> {
        let records = self.0.lock().unwrap();
        records.written.clone().into_iter().filter(|record| !record.seats.is_empty()).collect()
    }

    /// The same for a server that starts and writes again.
    pub(crate) fn open(&self) -> Vec<RoomRecord> {
        self.0.lock().unwrap().is_shut = false;
        self.kept()
    }
}

impl RoomStore for Disk {
    fn write(&self, record: RoomRecord) {
        let mut records = self.0.lock().unwrap();
        if !records.is_shut {
            records.unwritten = Some(record);
        }
    }

    fn write_all(&self, records: &mut dyn Iterator<Item = RoomRecord>) {
        records.for_each(|record| self.write(record));
    }
}
