//! All rooms by number: locks them, carries their deliveries to the sockets' queues, forgets them when empty.
//!
//! Two locks, always taken in this order: the map of rooms (whoever comes, goes or expires) and one room
//! (those and every relay). Deliveries enter the queues under the room's lock, so every peer of a room sees
//! one order of events.

mod occupied;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::debug;

use super::outbox::Outbox;
use super::room::{Delivery, Entry, JoinRequest, Loss, Room, RoomFull, RoomRecord, Rules};
use super::session::Join;
use super::store::SeatStore;
use crate::protocol::inbound::Relay;
use crate::protocol::{CloseCode, ErrorCode, HeldSeat, IceServer, PeerId, RoomId, SeatToken};
use crate::server::event_log::EventLog;
use crate::server::ice::IceServers;
use crate::server::net::clock::since_epoch;
use crate::server::net::random::random;
use occupied::Occupied;

/// Most rooms that expire, and the longest time that it takes, before others get the map: after a restart all rooms
/// may be due in one moment.
const EXPIRED_AT_ONCE: usize = 200;
const EXPIRY_HOLDS: Duration = Duration::from_millis(2);
/// Pause before the next of them. The lock is not fair, so those who wait for it need a moment to get it.
const EXPIRY_PAUSE: Duration = Duration::from_millis(1);

/// The registry of rooms; clones are the same registry.
#[derive(Clone, Debug)]
pub(crate) struct Registry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rules: Rules,
    limit: usize,
    ice: Arc<IceServers>,
    event_log: EventLog,
    store: SeatStore,
    started: Instant,
    map: Mutex<Map>,
    /// An away seat's time ends earlier than any known before.
    sooner: Notify,
}

#[derive(Debug, Default)]
struct Map {
    rooms: HashMap<RoomId, Arc<Mutex<Occupied>>>,
    /// Rooms to look into and when; those that are not their room's [`Occupied::alarm`] any more do nothing.
    alarms: BinaryHeap<Reverse<(Duration, RoomId)>>,
    /// How many rooms are [`Occupied::restored`].
    restored: usize,
}

/// A seat as one socket holds it. Dropping it counts as the loss of the socket.
#[derive(Debug)]
pub(crate) struct Seat {
    rooms: Registry,
    id: RoomId,
    room: Arc<Mutex<Occupied>>,
    peer: PeerId,
    outbox: Arc<Outbox>,
    parting: Parting,
}

#[derive(Clone, Copy, Debug)]
enum Parting {
    Leave,
    Lose(Loss),
}

impl Registry {
    /// No rooms but those recorded; at most `limit`, and every change of a seat goes into the store.
    pub(crate) fn new(
        rules: Rules,
        limit: usize,
        ice: Arc<IceServers>,
        event_log: EventLog,
        (store, records): (SeatStore, Vec<RoomRecord>),
    ) -> Self {
        let mut map = Map { restored: records.len(), ..Map::default() };
        map.rooms.reserve(records.len());
        let restore = |record: RoomRecord| {
            let id = record.room.clone();
            let room = Occupied::shared(Room::restore(Duration::ZERO, record, rules));
            let mut occupied = lock(&room);
            occupied.restored = true;
            let record = occupied.room.take_record();
            map.watch(&id, &mut occupied);
            drop(occupied);
            map.rooms.insert(id, room);
            record
        };
        store.write_all(records.into_iter().filter_map(restore));
        let (started, map, sooner) = (Instant::now(), Mutex::new(map), Notify::new());
        Self(Arc::new(Shared { rules, limit, ice, event_log, store, started, map, sooner }))
    }

    /// Time since the registry was made: the clock of everything here.
    pub(crate) fn now(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// The moment that [`Registry::now`] calls `time`, for timers; `None` is never.
    pub(crate) fn instant(&self, time: Duration) -> Option<Instant> {
        self.0.started.checked_add(time)
    }

    /// Gives a socket a seat; what the room says is then in its outbox. `host` is where the browser found this server.
    ///
    /// # Errors
    /// [`RoomFull`] if the room has no seat left, or the server no room.
    pub(crate) fn join(&self, join: Join, host: &str, outbox: &Arc<Outbox>) -> Result<Seat, RoomFull> {
        let (id, showed_token) = (join.room, join.resume.is_some());
        let Some(mut map) = self.map_with(&id) else {
            self.0.event_log.note("no room left on this server", &id, None);
            return Err(RoomFull);
        };
        let known = map.rooms.get(&id).cloned();
        let room = known.unwrap_or_else(|| Occupied::shared(Room::new(id.clone(), self.0.rules)));
        let mut occupied = lock(&room);
        let peer = occupied.room.seat_for(join.resume.as_ref());
        let request = JoinRequest {
            asked: join.asked,
            name: join.name,
            resume: join.resume,
            reloaded: join.reloaded,
            token: fresh_token(),
            ice_servers: self.ice_servers(host, &id, occupied.generation, peer),
        };
        let Ok(admission) = occupied.room.join(self.now(), request) else {
            // What is written is written when nobody waits for it.
            drop((occupied, map));
            let what = if showed_token { "full, for a token that fits no seat" } else { "full" };
            self.0.event_log.note(what, &id, None);
            return Err(RoomFull);
        };
        let peer = admission.peer;
        if let Some(old) = occupied.take_socket(peer) {
            old.cut(CloseCode::Replaced);
        }
        occupied.put_socket(peer, outbox.clone());
        occupied.deliver(admission.deliveries);
        occupied.record(&self.0.store);
        map.restored -= usize::from(std::mem::take(&mut occupied.restored));
        drop(occupied);
        map.rooms.entry(id.clone()).or_insert_with(|| room.clone());
        drop(map);
        let what = match admission.entry {
            Entry::Created => "room created",
            Entry::Joined => "joined",
            Entry::Resumed { .. } => "back",
        };
        self.0.event_log.note(what, &id, Some(peer));
        if showed_token && !matches!(admission.entry, Entry::Resumed { .. }) {
            self.0.event_log.note("showed a token that fits no seat", &id, Some(peer));
        }
        let (rooms, outbox, parting) = (self.clone(), outbox.clone(), Parting::Lose(Loss::Lost));
        Ok(Seat { rooms, id, room, peer, outbox, parting })
    }

    fn ice_servers(&self, host: &str, room: &RoomId, generation: u64, peer: PeerId) -> Vec<IceServer> {
        let ice = &self.0.ice;
        ice.for_holder(host, &ice.holder(room, generation, peer), since_epoch())
    }

    /// Whether a token proves a seat that is taken, and that was not taken back too often just now.
    pub(crate) fn may_return(&self, id: &RoomId, token: &SeatToken) -> bool {
        let Some(room) = lock(&self.0.map).rooms.get(id).cloned() else { return false };
        let (now, mut occupied) = (self.now(), lock(&room));
        let peer = occupied.room.holder_of(token);
        peer.is_some_and(|peer| occupied.may_return(now, peer))
    }

    /// Gives up the seat that a token proves; says whether there is one.
    pub(crate) fn give_up(&self, held: &HeldSeat) -> bool {
        let mut map = lock(&self.0.map);
        let Some(room) = map.rooms.get(&held.room).cloned() else { return false };
        let mut occupied = lock(&room);
        let Some(peer) = occupied.room.holder_of(&held.resume) else { return false };
        if let Some(old) = occupied.take_socket(peer) {
            old.cut(CloseCode::Replaced);
        }
        let deliveries = occupied.room.leave(peer);
        self.parted(&mut map, &held.room, &mut occupied, deliveries);
        drop((occupied, map));
        self.0.event_log.note("left", &held.room, Some(peer));
        true
    }

    /// Gives up the seats whose time is over, as long as it is polled.
    pub(crate) async fn expire_forever(&self) {
        loop {
            match self.expire().and_then(|next| self.instant(next)) {
                None => self.0.sooner.notified().await,
                Some(next) => {
                    // Whichever comes first is a reason to look again.
                    drop(tokio::time::timeout_at(next.into(), self.0.sooner.notified()).await);
                }
            }
        }
    }

    /// How many rooms there are.
    pub(crate) fn count(&self) -> usize {
        lock(&self.0.map).rooms.len()
    }

    /// The map, if it has or takes this room; rooms whose time is over have made place for it.
    fn map_with(&self, id: &RoomId) -> Option<MutexGuard<'_, Map>> {
        let takes = |map: &Map| map.rooms.len() - map.restored < self.0.limit || map.rooms.contains_key(id);
        let map = lock(&self.0.map);
        if takes(&map) {
            return Some(map);
        }
        drop(map);
        self.expire();
        Some(lock(&self.0.map)).filter(|map| takes(map))
    }

    /// Expires what is due, or a part of it, and tells when there is more to do.
    fn expire(&self) -> Option<Duration> {
        let mut gone = Vec::new();
        let next = self.expire_into(&mut gone);
        for id in gone {
            self.0.event_log.note("left, did not come back", &id, None);
        }
        next
    }

    /// The same, holding the map; `gone` gets the room of every seat whose time is over.
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

    /// Looks into the room whose alarm is the first.
    fn expire_first(&self, map: &mut Map, now: Duration, gone: &mut Vec<RoomId>) {
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
        occupied.deliver(deliveries);
        occupied.record(&self.0.store);
        map.watch(&id, &mut occupied);
    }

    fn part(&self, seat: &Seat) {
        let mut map = lock(&self.0.map);
        let mut occupied = lock(&seat.room);
        if !occupied.holds(seat.peer, &seat.outbox) {
            // A newer socket took the seat over.
            return;
        }
        occupied.take_socket(seat.peer);
        let (what, deliveries) = match seat.parting {
            Parting::Leave => ("left", occupied.room.leave(seat.peer)),
            Parting::Lose(loss) => ("away", occupied.room.lose(self.now(), seat.peer, loss)),
        };
        self.parted(&mut map, &seat.id, &mut occupied, deliveries);
        drop((occupied, map));
        self.0.event_log.note(what, &seat.id, Some(seat.peer));
    }

    fn parted(&self, map: &mut Map, id: &RoomId, occupied: &mut Occupied, deliveries: Vec<Delivery>) {
        occupied.deliver(deliveries);
        occupied.record(&self.0.store);
        if map.watch(id, occupied) {
            self.0.sooner.notify_one();
        }
    }
}

impl Map {
    /// Forgets a room that is empty, sets the alarm for one that waits; says whether it is now the first of all.
    fn watch(&mut self, id: &RoomId, occupied: &mut Occupied) -> bool {
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

impl Seat {
    /// Passes a signal on inside the room.
    ///
    /// # Errors
    /// See [`Room::relay`].
    pub(crate) fn relay(&self, to: Option<PeerId>, relay: &Relay<'_>) -> Result<(), ErrorCode> {
        let occupied = lock(&self.room);
        if !occupied.holds(self.peer, &self.outbox) {
            return Err(ErrorCode::NotJoined);
        }
        occupied.deliver(occupied.room.relay(self.peer, to, relay)?);
        drop(occupied);
        debug!(room = %self.id, peer = %self.peer, kind = relay.kind().name(), "relayed");
        Ok(())
    }

    /// The seat's token has arrived.
    pub(crate) fn confirm(&self) {
        let mut occupied = lock(&self.room);
        if occupied.holds(self.peer, &self.outbox) {
            occupied.room.confirm(self.peer);
            occupied.record(&self.rooms.0.store);
        }
    }

    /// The ICE servers with new credentials, for a browser that found this server at `host`.
    pub(crate) fn ice_servers(&self, host: &str) -> Vec<IceServer> {
        let generation = lock(&self.room).generation;
        self.rooms.ice_servers(host, &self.id, generation, self.peer)
    }

    /// Gives the seat up.
    pub(crate) fn leave(mut self) {
        self.parting = Parting::Leave;
    }

    /// Says how the socket was lost; the seat is kept for a while.
    pub(crate) fn lose(mut self, loss: Loss) {
        self.parting = Parting::Lose(loss);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.rooms.part(self);
    }
}

/// 128 random bits.
fn fresh_token() -> SeatToken {
    SeatToken(format!("{:032x}", u128::from_ne_bytes(random())))
}

/// Nothing that runs under these locks can leave half a change behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
