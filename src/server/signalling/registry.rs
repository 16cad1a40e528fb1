//! The registry: it maps room numbers to rooms, locks them, queues their deliveries and removes empty ones.
//!
//! Two locks, always taken in this order: the map (joins, leaves, losses, expiry), then one room (these and every
//! signal). Deliveries are queued under the room's lock, so all peers of a room see one order of events.

mod ending;
mod expiry;
mod map;
mod news;
mod occupied;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BinaryHeap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::debug;

use super::directory::{Directory, OneNode};
use super::room::{Delivery, Entry, JoinRequest, Loss, Room, RoomFull, RoomRecord, Rules, encode};
use super::session::Join;
use super::store::RoomStore;
use crate::protocol::inbound::Envelope;
use crate::protocol::{CloseCode, ErrorCode, HeldSeat, IceServer, PeerId, RoomId, SeatToken, ServerMsg};
use crate::server::event_log::EventLog;
use crate::server::hooks::Hooks;
use crate::server::ice::IceServers;
use crate::server::metrics::{JoinKind, Metrics, Refusal, Taken};
use crate::server::net::clock::since_epoch;
use crate::server::net::random::random;
use map::Map;
use occupied::Occupied;

/// The registry of rooms; clones are the same registry.
#[derive(Debug)]
pub struct Registry<D: Directory>(Arc<Shared<D>>);

impl<D: Directory> Clone for Registry<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Debug)]
struct Shared<D: Directory> {
    directory: D,
    rules: Rules,
    limit: usize,
    ice: Arc<IceServers>,
    event_log: EventLog,
    metrics: Metrics,
    /// Empty until they are set.
    hooks: OnceLock<Hooks>,
    /// `None` keeps nothing.
    store: Option<Arc<dyn RoomStore>>,
    map: Mutex<Map<D::Socket>>,
    /// Wakes the expiry task when a deadline is earlier than all known before.
    sooner: Notify,
}

/// A place among those who wait for a seat in a room, as one socket holds it. Dropping it gives it up.
#[derive(Debug)]
pub struct Waiter<D: Directory> {
    rooms: Registry<D>,
    room: Arc<Mutex<Occupied<D::Socket>>>,
    socket: D::Socket,
}

/// A seat as one socket holds it. Dropping it counts as the loss of the socket.
#[derive(Debug)]
pub struct Seat<D: Directory> {
    rooms: Registry<D>,
    id: RoomId,
    room: Arc<Mutex<Occupied<D::Socket>>>,
    peer: PeerId,
    socket: D::Socket,
    parting: Parting,
}

#[derive(Clone, Copy, Debug)]
enum Parting {
    Leave,
    Lose(Loss),
}

impl Registry<OneNode> {
    /// Converts a time of [`Registry::now`] to an instant for timers; `None` means never.
    pub(crate) fn instant(&self, time: Duration) -> Option<Instant> {
        self.0.directory.instant(time)
    }
}

impl<D: Directory> Registry<D> {
    /// Restores the recorded rooms. New ones are opened while fewer than `limit` exist, restored ones not counted;
    /// every change of a seat goes into the store.
    pub fn new(
        directory: D,
        rules: Rules,
        limit: usize,
        ice: Arc<IceServers>,
        event_log: EventLog,
        metrics: Metrics,
        (store, records): (Option<Arc<dyn RoomStore>>, Vec<RoomRecord>),
    ) -> Self {
        let (restored, now) = (records.len(), directory.now());
        let (rooms, alarms) = (HashMap::with_capacity(restored), BinaryHeap::new());
        let mut map = Map { rooms, alarms, restored, is_stopping: false };
        let restore = |record: RoomRecord| {
            let id = record.room.clone();
            let room = Occupied::shared(Room::restore(now, record, rules), now);
            let mut occupied = lock(&room);
            occupied.restored = true;
            let record = occupied.room.take_record();
            // Who has not left is no news.
            _ = occupied.count(&metrics);
            map.watch(&id, &mut occupied);
            drop(occupied);
            map.rooms.insert(id, room);
            record
        };
        let mut restored = records.into_iter().filter_map(restore);
        match &store {
            Some(store) => store.write_all(&mut restored),
            None => restored.for_each(drop),
        }
        let (map, sooner, hooks) = (Mutex::new(map), Notify::new(), OnceLock::new());
        Self(Arc::new(Shared { directory, rules, limit, ice, event_log, metrics, hooks, store, map, sooner }))
    }

    /// Time of all rooms and sessions.
    pub(crate) fn now(&self) -> Duration {
        self.0.directory.now()
    }

    /// Gives a socket a seat and delivers the room's answer to it. `host` is the name at which the browser
    /// reached this server.
    ///
    /// # Errors
    /// [`RoomFull`] if the room has no free seat, or the server takes no further room.
    pub fn join(&self, join: Join, host: &str, socket: &D::Socket) -> Result<Seat<D>, RoomFull> {
        let (id, showed_token, begun) = (join.room, join.resume.is_some(), self.now());
        let Some(mut map) = self.map_with(&id) else {
            self.0.metrics.refused(Refusal::Rooms);
            self.0.event_log.note("no room left on this server", &id, None);
            return Err(RoomFull);
        };
        let known = map.rooms.get(&id).cloned();
        let room = known.unwrap_or_else(|| Occupied::shared(Room::new(id.clone(), self.0.rules), begun));
        let mut occupied = lock(&room);
        let peer = occupied.room.seat_for(join.resume.as_ref());
        let request = JoinRequest {
            asked: join.asked,
            introduction: join.introduction,
            resume: join.resume,
            reloaded: join.reloaded,
            token: fresh_token(),
            ice_servers: self.ice_servers(host, &id, occupied.generation, peer),
        };
        let Ok(admission) = occupied.room.join(self.now(), request) else {
            // Logged without the locks, so that nobody waits for the log.
            drop((occupied, map));
            self.0.metrics.refused(Refusal::RoomFull);
            let what = if showed_token { "full, for a token that fits no seat" } else { "full" };
            self.0.event_log.note(what, &id, None);
            return Err(RoomFull);
        };
        let peer = admission.peer;
        if let Some(old) = occupied.take_socket(peer) {
            self.0.directory.cut(&old, CloseCode::Replaced);
        }
        occupied.put_socket(peer, socket.clone());
        // Before the deliveries: whoever is told of a change finds it counted.
        self.counted(&id, &mut occupied);
        occupied.deliver(&self.0.directory, admission.deliveries);
        if !matches!(admission.entry, Entry::Resumed) {
            occupied.waiting.seat_taken();
        }
        occupied.tell_waiting(self.now(), &self.0.directory);
        occupied.record(self.0.store.as_deref());
        map.restored -= usize::from(std::mem::take(&mut occupied.restored));
        drop(occupied);
        map.rooms.entry(id.clone()).or_insert_with(|| room.clone());
        drop(map);
        let (what, how) = match admission.entry {
            Entry::Created => ("room created", JoinKind::Created),
            Entry::Joined => ("joined", JoinKind::Joined),
            Entry::Resumed => ("back", JoinKind::Back),
        };
        self.0.metrics.joined(how, self.now().saturating_sub(begun));
        self.0.event_log.note(what, &id, Some(peer));
        if showed_token && !matches!(admission.entry, Entry::Resumed) {
            self.0.event_log.note("showed a token that fits no seat", &id, Some(peer));
        }
        let (rooms, socket, parting) = (self.clone(), socket.clone(), Parting::Lose(Loss::Lost));
        Ok(Seat { rooms, id, room, peer, socket, parting })
    }

    /// Lets a socket wait for a seat and answers it, unless there is a free one: then there is nothing to wait for.
    ///
    /// # Errors
    /// [`RoomFull`] if too many wait already, or the server takes no further room.
    pub fn wait(
        &self,
        (room, asked): (&RoomId, RoomId),
        network: Option<IpAddr>,
        socket: &D::Socket,
    ) -> Result<Option<Waiter<D>>, RoomFull> {
        let refuse = |why| {
            self.0.metrics.refused(why);
            RoomFull
        };
        let map = self.map_with(room).ok_or_else(|| refuse(Refusal::Rooms))?;
        let Some(room) = map.rooms.get(room).cloned() else { return Ok(None) };
        let mut occupied = lock(&room);
        if occupied.room.free() > 0 {
            return Ok(None);
        }
        if !occupied.waiting.add(socket.clone(), network, asked.clone()) {
            return Err(refuse(Refusal::Waiting));
        }
        // Under the lock, so that it comes before the news of a seat.
        self.0.directory.deliver(socket, encode(&ServerMsg::Waiting { room: asked }));
        drop((occupied, map));
        Ok(Some(Waiter { rooms: self.clone(), room, socket: socket.clone() }))
    }

    fn ice_servers(&self, host: &str, room: &RoomId, generation: u64, peer: PeerId) -> Vec<IceServer> {
        let ice = &self.0.ice;
        ice.for_holder(host, &ice.holder(room, generation, peer), since_epoch())
    }

    /// Whether a token proves a seat that may be taken back now; counts the return.
    pub(crate) fn may_return(&self, id: &RoomId, token: &SeatToken) -> bool {
        let Some(room) = lock(&self.0.map).rooms.get(id).cloned() else { return false };
        let (now, mut occupied) = (self.now(), lock(&room));
        let peer = occupied.room.holder_of(token);
        peer.is_some_and(|peer| occupied.may_return(now, peer))
    }

    /// Gives up the seat that a token proves; returns whether there was one.
    pub fn give_up(&self, held: &HeldSeat) -> bool {
        let mut map = lock(&self.0.map);
        let Some(room) = map.rooms.get(&held.room).cloned() else { return false };
        let mut occupied = lock(&room);
        let Some(peer) = occupied.room.holder_of(&held.resume) else { return false };
        if let Some(old) = occupied.take_socket(peer) {
            self.0.directory.cut(&old, CloseCode::Replaced);
        }
        let deliveries = occupied.room.leave(peer);
        self.parted(&mut map, &held.room, &mut occupied, deliveries);
        drop((occupied, map));
        self.0.event_log.note("left", &held.room, Some(peer));
        true
    }

    /// The seats of a room that are taken, and for how long it has been in use; `None` if nobody has a seat there.
    pub(crate) fn taken(&self, id: &RoomId) -> Option<(Taken, Duration)> {
        let room = lock(&self.0.map).rooms.get(id).cloned()?;
        let occupied = lock(&room);
        Some((occupied.taken()?, self.now().saturating_sub(occupied.begun)))
    }

    /// Number of rooms, restored ones included.
    pub fn count(&self) -> usize {
        lock(&self.0.map).rooms.len()
    }

    /// Locks the map if the room exists or may be opened; expires due rooms if there are too many.
    fn map_with(&self, id: &RoomId) -> Option<MutexGuard<'_, Map<D::Socket>>> {
        let takes =
            |map: &Map<_>| map.rooms.len() - map.restored < self.0.limit || map.rooms.contains_key(id);
        let map = lock(&self.0.map);
        if takes(&map) {
            return Some(map);
        }
        drop(map);
        self.expire();
        Some(lock(&self.0.map)).filter(|map| takes(map))
    }

    fn part(&self, seat: &Seat<D>) {
        let mut map = lock(&self.0.map);
        let mut occupied = lock(&seat.room);
        if !occupied.holds(seat.peer, &seat.socket) {
            // A newer socket took the seat over.
            return;
        }
        occupied.take_socket(seat.peer);
        let (what, mut deliveries) = match seat.parting {
            Parting::Leave => ("left", occupied.room.leave(seat.peer)),
            Parting::Lose(loss) => ("away", occupied.room.lose(self.now(), seat.peer, loss)),
        };
        if map.is_stopping && occupied.room.keeps(seat.peer) {
            deliveries.clear();
        }
        self.parted(&mut map, &seat.id, &mut occupied, deliveries);
        drop((occupied, map));
        self.0.event_log.note(what, &seat.id, Some(seat.peer));
    }

    fn parted(
        &self,
        map: &mut Map<D::Socket>,
        id: &RoomId,
        occupied: &mut Occupied<D::Socket>,
        deliveries: Vec<Delivery>,
    ) {
        self.counted(id, occupied);
        occupied.deliver(&self.0.directory, deliveries);
        occupied.tell_waiting(self.now(), &self.0.directory);
        occupied.record(self.0.store.as_deref());
        if map.watch(id, occupied) {
            self.0.sooner.notify_one();
        }
    }
}

impl<D: Directory> Waiter<D> {
    /// Whether the socket still waits. The next of those who wait are told before, if others were told and did not come.
    pub fn waits(&self) -> bool {
        let mut occupied = lock(&self.room);
        occupied.tell_waiting(self.rooms.now(), &self.rooms.0.directory);
        occupied.waiting.holds(&self.socket)
    }
}

impl<D: Directory> Drop for Waiter<D> {
    fn drop(&mut self) {
        lock(&self.room).waiting.remove(&self.socket);
    }
}

impl<D: Directory> Seat<D> {
    /// Forwards a signal within the room.
    ///
    /// # Errors
    /// See [`Room::forward`].
    pub fn forward(&self, envelope: &Envelope<'_>) -> Result<(), ErrorCode> {
        let occupied = lock(&self.room);
        if !occupied.holds(self.peer, &self.socket) {
            return Err(ErrorCode::NotJoined);
        }
        let delivery = occupied.room.forward(self.peer, envelope)?;
        self.rooms.0.metrics.signalled();
        occupied.deliver(&self.rooms.0.directory, delivery);
        drop(occupied);
        debug!(room = %self.rooms.0.event_log.room(&self.id), from = %self.peer, to = %envelope.to, "signal");
        Ok(())
    }

    /// Confirms that the seat's newest token has arrived.
    pub fn confirm(&self) {
        let mut occupied = lock(&self.room);
        if occupied.holds(self.peer, &self.socket) {
            occupied.room.confirm(self.peer);
            occupied.record(self.rooms.0.store.as_deref());
        }
    }

    /// ICE servers with fresh credentials, for a browser that reached this server at `host`.
    pub(crate) fn ice_servers(&self, host: &str) -> Vec<IceServer> {
        let generation = lock(&self.room).generation;
        self.rooms.ice_servers(host, &self.id, generation, self.peer)
    }

    /// Gives the seat up.
    pub fn leave(mut self) {
        self.parting = Parting::Leave;
    }

    /// Says how the socket was lost, which decides how long the seat is kept.
    pub fn lose(mut self, loss: Loss) {
        self.parting = Parting::Lose(loss);
    }
}

impl<D: Directory> Drop for Seat<D> {
    fn drop(&mut self) {
        self.rooms.part(self);
    }
}

/// A seat token of 128 random bits.
fn fresh_token() -> SeatToken {
    SeatToken(format!("{:032x}", u128::from_ne_bytes(random())))
}

/// Ignores poison: no code under these locks can leave half a change behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
