//! The map of room numbers to rooms, with the deadlines of their away seats.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::occupied::Occupied;
use crate::protocol::RoomId;

/// The rooms in use.
#[derive(Debug)]
pub(super) struct Map<S> {
    pub(super) rooms: HashMap<RoomId, Arc<Mutex<Occupied<S>>>>,
    /// Deadlines of rooms, earliest first; entries that differ from the room's [`Occupied::alarm`] are stale and
    /// ignored.
    pub(super) alarms: BinaryHeap<Reverse<(Duration, RoomId)>>,
    /// Number of rooms that are [`Occupied::restored`].
    pub(super) restored: usize,
    /// The server stops, so that every socket is about to be lost.
    pub(super) is_stopping: bool,
}

impl<S: Clone + PartialEq> Map<S> {
    /// Removes an empty room, or sets the alarm of one with away seats. Returns whether that alarm is the earliest of
    /// all.
    pub(super) fn watch(&mut self, id: &RoomId, occupied: &mut Occupied<S>) -> bool {
        if occupied.room.is_empty() {
            self.rooms.remove(id);
            self.restored -= usize::from(std::mem::take(&mut occupied.restored));
        }
        let set = occupied.alarm.unwrap_or(Duration::MAX);
        let Some(deadline) = occupied.room.deadline().filter(|deadline| *deadline < set) else {
            return false;
        };
        occupied.alarm = Some(deadline);
        let first = self.alarms.peek().is_none_or(|Reverse((first, _))| deadline < *first);
        self.alarms.push(Reverse((deadline, id.clone())));
        first
    }
}
