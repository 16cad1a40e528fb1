//! The server of the simulation: one real [`Room`] behind sockets that deliver when the schedule says so.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use parlor::call::SocketId;
use parlor::protocol::inbound::{Inbound, decode};
use parlor::protocol::{CloseCode, ErrorCode, PeerId, RoomId, SeatToken, ServerMsg};
use parlor::server::room::{Delivery, Entry, JoinRequest, Loss, Room, Rules};

/// Unique among all sockets of a run.
pub(crate) type WireId = u32;

/// From server to browser.
pub(crate) enum Down {
    Opened,
    Frame(String),
    Closed(u16),
}

/// From browser to server.
pub(crate) enum Up {
    Frame(String),
    /// The page closed it or was unloaded (1001), or it was cut (1006).
    Closed(u16),
}

/// One socket, as both ends see it.
pub(crate) struct Wire {
    pub(crate) owner: usize,
    pub(crate) socket: SocketId,
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
    peer: Option<PeerId>,
    dead: bool,
}

pub(crate) struct Server {
    pub(crate) wires: BTreeMap<WireId, Wire>,
    room: Option<Room>,
    id: RoomId,
    rules: Rules,
    tokens: u32,
    seats: BTreeMap<PeerId, WireId>,
    pub(crate) errors: Vec<ErrorCode>,
}

impl Server {
    pub(crate) fn new(id: RoomId, rules: Rules) -> Self {
        Self {
            wires: BTreeMap::new(),
            room: None,
            id,
            rules,
            tokens: 0,
            seats: BTreeMap::new(),
            errors: vec![],
        }
    }

    pub(crate) fn connect(&mut self, owner: usize, socket: SocketId) -> WireId {
        let id = self.wires.len() as WireId + 1;
        let down = VecDeque::from([Down::Opened]);
        self.wires.insert(id, Wire { owner, socket, up: VecDeque::new(), down, peer: None, dead: false });
        id
    }

    pub(crate) fn is_dead(&self, wire: WireId) -> bool {
        self.wires[&wire].dead
    }

    /// The seats taken, by live socket.
    pub(crate) fn seats(&self) -> &BTreeMap<PeerId, WireId> {
        &self.seats
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.room.as_ref().and_then(Room::deadline)
    }

    pub(crate) fn expire(&mut self, now: Duration) {
        let deliveries = self.room.as_mut().map(|room| room.expire(now)).unwrap_or_default();
        self.deliver(deliveries);
    }

    /// Takes the next thing off a socket.
    pub(crate) fn receive(&mut self, now: Duration, id: WireId) {
        let wire = self.wires.get_mut(&id).unwrap();
        let next = wire.up.pop_front().unwrap();
        if wire.dead {
            return;
        }
        match next {
            Up::Closed(code) => {
                let loss = if code == 1001 { Loss::Unloaded } else { Loss::Lost };
                wire.dead = true;
                if let Some(peer) = wire.peer.take().filter(|peer| self.seats.get(peer) == Some(&id)) {
                    self.seats.remove(&peer);
                    let deliveries =
                        self.room.as_mut().map(|room| room.lose(now, peer, loss)).unwrap_or_default();
                    self.deliver(deliveries);
                }
            }
            Up::Frame(text) => {
                let inbound = decode(&text).unwrap_or_else(|code| panic!("a call sent {text}: {code}"));
                if let Err(code) = self.handle(now, id, inbound) {
                    self.errors.push(code);
                    let message = ServerMsg::Error { code, message: code.to_string() };
                    self.send(id, serde_json::to_string(&message).unwrap());
                }
            }
        }
    }

    fn handle(&mut self, now: Duration, id: WireId, inbound: Inbound<'_>) -> Result<(), ErrorCode> {
        let seat = self.wires[&id].peer;
        let deliveries = match (inbound, seat) {
            (Inbound::Join { .. }, Some(_)) => return Err(ErrorCode::AlreadyJoined),
            (Inbound::Join { name, resume, reloaded, .. }, None) => {
                self.tokens += 1;
                let token = SeatToken(format!("token-{}", self.tokens));
                let request = JoinRequest { name, resume, reloaded, token, ice_servers: vec![] };
                self.join(now, id, request);
                return Ok(());
            }
            (Inbound::Relay { to, relay }, Some(peer)) => {
                let room = self.room.as_mut().expect("a seat is in a room");
                room.relay(peer, to, &relay)?
            }
            (Inbound::Confirm, Some(peer)) => {
                self.room.as_mut().expect("a seat is in a room").confirm(peer);
                return Ok(());
            }
            (Inbound::Leave { held: Some(held) }, _) => {
                let room = self.room.as_mut();
                room.and_then(|room| room.holder_of(&held.resume).map(|peer| room.leave(peer)))
                    .unwrap_or_default()
            }
            (Inbound::Leave { held: None }, Some(peer)) => {
                self.wires.get_mut(&id).unwrap().peer = None;
                self.seats.remove(&peer);
                self.room.as_mut().map(|room| room.leave(peer)).unwrap_or_default()
            }
            (_, None) => return Err(ErrorCode::NotJoined),
        };
        self.deliver(deliveries);
        Ok(())
    }

    fn join(&mut self, now: Duration, id: WireId, request: JoinRequest) {
        let room = self.room.get_or_insert_with(|| Room::new(self.id.clone(), self.rules));
        let Ok(admission) = room.join(now, request) else {
            let full = ServerMsg::FullRoom { room: self.id.clone() };
            return self.send(id, serde_json::to_string(&full).unwrap());
        };
        if let Some(old) = self.seats.insert(admission.peer, id) {
            assert!(
                matches!(admission.entry, Entry::Resumed { was_present: true }),
                "two sockets in one seat"
            );
            let wire = self.wires.get_mut(&old).unwrap();
            wire.peer = None;
            wire.dead = true;
            wire.down.push_back(Down::Closed(CloseCode::Replaced.code()));
        }
        self.wires.get_mut(&id).unwrap().peer = Some(admission.peer);
        assert!(self.seats.len() <= self.rules.capacity, "more seats than the room has");
        self.deliver(admission.deliveries);
    }

    fn deliver(&mut self, deliveries: Vec<Delivery>) {
        for Delivery { to, frame } in deliveries {
            if let Some(wire) = self.seats.get(&to).copied() {
                self.send(wire, frame);
            }
        }
        if self.room.as_ref().is_some_and(Room::is_empty) {
            self.room = None;
        }
    }

    fn send(&mut self, id: WireId, frame: String) {
        self.wires.get_mut(&id).unwrap().down.push_back(Down::Frame(frame));
    }
}
