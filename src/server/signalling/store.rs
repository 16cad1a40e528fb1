//! The store of rooms: what of them outlives a server.

pub(crate) mod file;

use std::fmt;

use super::room::RoomRecord;

/// Keeps the newest record of each room; one without seats ends its room. It never makes a room wait.
pub trait RoomStore: fmt::Debug + Send + Sync {
    /// Keeps the record of one room.
    fn write(&self, record: RoomRecord);
    /// Keeps the records of many rooms, all that a server begins with.
    fn write_all(&self, records: &mut dyn Iterator<Item = RoomRecord>);
}
