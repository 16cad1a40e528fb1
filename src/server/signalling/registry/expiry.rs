//! The expiry of away seats, in batches that keep nobody waiting for long.

use std::cmp::Reverse;
use std::time::Duration;

use super::map::Map;
use super::{Registry, lock};
use crate::protocol::RoomId;
use crate::server::signalling::directory::{Directory, OneNode};

/// Most rooms expired per lock of the map: after a restart all of them may be due in one moment.
pub(super) const EXPIRED_AT_ONCE: usize = 200;
/// Longest time for which expiry holds the map's lock.
const EXPIRY_HOLDS: Duration = Duration::from_millis(2);
/// Pause between two batches of expiry. The lock is not fair, so tasks that wait for it need a moment to get it.
pub(super) const EXPIRY_PAUSE: Duration = Duration::from_millis(1);

impl Registry<OneNode> {
    /// Expires away seats for as long as it is polled.
    pub(crate) async fn expire_forever(&self) {
        loop {
            match self.expire().and_then(|next| self.instant(next)) {
                None => self.0.sooner.notified().await,
                Some(next) => {
                    // The deadline and a sooner one are both reasons to look again.
                    drop(tokio::time::timeout_at(next.into(), self.0.sooner.notified()).await);
                }
            }
        }
    }
}

impl<D: Directory> Registry<D> {
    /// Expires one batch of due seats and logs them; returns when to look again.
    pub fn expire(&self) -> Option<Duration> {
        let mut gone = Vec::new();
        let next = self.expire_into(&mut gone);
        for id in gone {
            self.0.event_log.note("left, did not come back", &id, None);
        }
        next
    }

    /// Expires one batch under the map's lock; `gone` receives the room of every expired seat.
    fn expire_into(&self, gone: &mut Vec<RoomId>) -> Option<Duration> {
        let mut map = lock(&self.0.map);
        let begun = self.now();
        for _ in 0..EXPIRED_AT_ONCE {
            let now = self.now();
            let Reverse((due, _)) = map.alarms.peek()?;
            if *due > now {
                return Some(*due);
            }
            if now - begun >= EXPIRY_HOLDS {
                break;
            }
            self.expire_first(&mut map, now, gone);
        }
        Some(self.now() + EXPIRY_PAUSE)
    }

    /// Expires the due seats of the room with the earliest alarm, unless that alarm is stale.
    fn expire_first(&self, map: &mut Map<D::Socket>, now: Duration, gone: &mut Vec<RoomId>) {
        let Some(Reverse((due, id))) = map.alarms.pop() else { return };
        let Some(room) = map.rooms.get(&id).cloned() else { return };
        let mut occupied = lock(&room);
        if occupied.alarm != Some(due) {
            return;
        }
        occupied.alarm = None;
        let before = occupied.room.seats();
        let deliveries = occupied.room.expire(now);
        gone.extend(std::iter::repeat_n(id.clone(), before - occupied.room.seats()));
        self.counted(&id, &mut occupied);
        occupied.deliver(&self.0.directory, deliveries);
        occupied.tell_waiting(now, &self.0.directory);
        occupied.record(self.0.store.as_deref());
        map.watch(&id, &mut occupied);
    }
}
