//! A room of the registry, with the sockets of its present peers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::waiting::Waiting;
use crate::protocol::{PeerId, ServerMsg};
use crate::server::hooks::Change;
use crate::server::metrics::{Metrics, Taken};
use crate::server::net::random::random;
use crate::server::net::rate::{Meter, Rate};
use crate::server::signalling::directory::Directory;
use crate::server::signalling::room::{Delivery, Room, encode};
use crate::server::signalling::store::RoomStore;

/// Sustained rate at which one seat may be taken back; a page waits longer between two tries.
const RETURNS_PER_SECOND: u32 = 1;
/// Burst above that rate, for a network that is lost again and again.
const RETURN_BURST: u32 = 60;

/// A room in use, with the sockets of its present peers.
#[derive(Debug)]
pub(super) struct Occupied<S> {
    pub(super) room: Room,
    /// Random number, drawn anew whenever a room number comes into use. Quota holders are named by it, so that relay
    /// allocations left from an earlier use do not count against the new peers.
    pub(super) generation: u64,
    /// When the room came into use, or was restored.
    pub(super) begun: Duration,
    /// Sockets of the present peers.
    sockets: Vec<(PeerId, S)>,
    /// Return meters of the seats taken back lately.
    returns: Vec<(PeerId, Meter)>,
    /// Those who wait for a seat.
    pub(super) waiting: Waiting<S>,
    /// Time of the registry's next look at this room.
    pub(super) alarm: Option<Duration>,
    /// The room is known from before a restart, and nobody has joined it since. Such rooms do not grow in number and
    /// end with the grace period, so they do not count against the limit of rooms.
    pub(super) restored: bool,
    /// Its seats as the metrics have them.
    counted: Taken,
    /// Its [`Room::given`] at that time.
    given: u32,
}

impl<S: Clone + PartialEq> Occupied<S> {
    /// Wraps a room without sockets, to be shared by the map and the seats.
    pub(super) fn shared(room: Room, now: Duration) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            given: room.given(),
            room,
            generation: u64::from_ne_bytes(random()),
            begun: now,
            sockets: Vec::new(),
            returns: Vec::new(),
            waiting: Waiting::default(),
            alarm: None,
            restored: false,
            counted: Taken::default(),
        }))
    }

    /// Passes the room's record to the store, if there is one and the room has changed.
    pub(super) fn record(&mut self, store: Option<&dyn RoomStore>) {
        if let Some(store) = store
            && let Some(record) = self.room.take_record()
        {
            store.write(record);
        }
    }

    /// Has the metrics follow a change of the seats, and returns it.
    pub(super) fn count(&mut self, metrics: &Metrics) -> Change {
        let present = self.sockets.len();
        let taken = Taken { present, away: self.room.seats().saturating_sub(present) };
        metrics.seats(self.counted, taken);
        let before = std::mem::replace(&mut self.counted, taken);
        let given = self.room.given() - std::mem::replace(&mut self.given, self.room.given());
        let all = |taken: Taken| taken.present + taken.away;
        Change { before: all(before), given: given as usize, after: all(taken) }
    }

    /// The seats that are taken, as the metrics have them; `None` before the first and after the last.
    pub(super) fn taken(&self) -> Option<Taken> {
        Some(self.counted).filter(|taken| taken.present + taken.away > 0)
    }

    /// Whether this socket holds the seat, and no newer one has taken it over.
    pub(super) fn holds(&self, peer: PeerId, socket: &S) -> bool {
        self.sockets.iter().any(|(holder, known)| *holder == peer && known == socket)
    }

    /// Counts a return of a peer, unless it exceeds the rate: the other peers are told of each.
    pub(super) fn may_return(&mut self, now: Duration, peer: PeerId) -> bool {
        let rate = Rate::new(RETURNS_PER_SECOND, RETURN_BURST);
        self.returns.retain(|(_, meter)| !meter.is_rested(now));
        if let Some((_, meter)) = self.returns.iter_mut().find(|(known, _)| *known == peer) {
            return meter.allows(now, rate);
        }
        let mut meter = Meter::default();
        let may = meter.allows(now, rate);
        self.returns.push((peer, meter));
        may
    }

    /// Adds the socket of a peer that has none.
    pub(super) fn put_socket(&mut self, peer: PeerId, socket: S) {
        self.sockets.reserve_exact(1);
        self.sockets.push((peer, socket));
    }

    /// Removes the socket of a peer.
    pub(super) fn take_socket(&mut self, peer: PeerId) -> Option<S> {
        let index = self.sockets.iter().position(|(present, _)| *present == peer)?;
        Some(self.sockets.swap_remove(index).1)
    }

    /// Removes the sockets of all peers.
    pub(super) fn take_sockets(&mut self) -> impl Iterator<Item = S> + use<S> {
        std::mem::take(&mut self.sockets).into_iter().map(|(_, socket)| socket)
    }

    /// Tells those who wait of the seats that are free, and all of them if the room is about to be forgotten.
    pub(super) fn tell_waiting(&mut self, now: Duration, directory: &impl Directory<Socket = S>) {
        let tell = |(socket, room)| directory.deliver(&socket, encode(&ServerMsg::SeatFree { room }));
        if self.room.is_empty() {
            self.waiting.all().for_each(tell);
        } else {
            self.waiting.next(now, self.room.free()).for_each(tell);
        }
    }

    /// Queues frames for the peers that are present.
    pub(super) fn deliver(
        &self,
        directory: &impl Directory<Socket = S>,
        deliveries: impl IntoIterator<Item = Delivery>,
    ) {
        for Delivery { to, frame } in deliveries {
            if let Some((_, socket)) = self.sockets.iter().find(|(peer, _)| *peer == to) {
                directory.deliver(socket, frame);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::RoomId;
    use crate::server::signalling::room::Rules;

    fn room() -> Arc<Mutex<Occupied<()>>> {
        let id = RoomId::try_from("1".to_owned()).unwrap();
        let grace = Duration::from_secs(30);
        let room = Room::new(id, Rules { capacity: 2, grace, unload_grace: grace });
        Occupied::shared(room, Duration::ZERO)
    }

    #[test]
    fn a_seat_is_taken_back_often_but_not_without_end() {
        let shared = room();
        let mut occupied = shared.lock().unwrap();
        let returns = |occupied: &mut Occupied<()>, now, peer| {
            (0..1_000).take_while(|_| occupied.may_return(now, PeerId(peer))).count()
        };
        let now = Duration::from_secs(1);
        assert_eq!(returns(&mut occupied, now, 1), 60);
        assert_eq!(returns(&mut occupied, now, 2), 60, "each seat has its own");
        assert_eq!(returns(&mut occupied, now + Duration::from_secs(5), 1), 5);
        assert_eq!(returns(&mut occupied, now + Duration::from_secs(120), 1), 60);
        assert_eq!(occupied.returns.len(), 1, "who came back long ago is forgotten");
    }

    #[test]
    fn a_room_that_nobody_is_in_is_none() {
        let (rooms, metrics) = (room(), Metrics::default());
        let mut occupied = rooms.lock().unwrap();
        assert_eq!(occupied.taken(), None, "not yet");
        occupied.put_socket(PeerId(1), ());
        occupied.count(&metrics);
        assert_eq!(occupied.taken(), Some(Taken { present: 1, away: 0 }));
        occupied.take_socket(PeerId(1));
        occupied.count(&metrics);
        assert_eq!(occupied.taken(), None, "no longer");
    }
}
