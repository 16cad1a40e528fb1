//! The server of the simulation: one real [`Room`] behind sockets that deliver when the schedule says so.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor::call::SocketId;
use parlor::protocol::inbound::{Inbound, decode};
use parlor::protocol::{CloseCode, ErrorCode, PeerId, RoomId, SeatToken, ServerMsg};
use parlor::server::room::{Delivery, Entry, JoinRequest, Loss, Room, Rules, encode};

use super::seats::{Number, Seats};
use super::wire::{Up, Wire, WireId};

/// How a signal passes the server in stormy weather. The sockets themselves keep the order, as TCP does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Straight,
    /// It is held back; later ones overtake it.
    Late,
    /// It comes twice, the second time late.
    Twice,
}

pub(crate) struct Server {
    pub(crate) wires: BTreeMap<WireId, Wire>,
    pub(crate) seats: Seats,
    pub(crate) errors: Vec<ErrorCode>,
    last_wire: WireId,
    room: Option<Room>,
    id: RoomId,
    rules: Rules,
    /// What each token proves, by its number.
    tokens: BTreeMap<u32, Number>,
    /// The sockets of those present.
    sockets: BTreeMap<PeerId, WireId>,
    late: Vec<(PeerId, String)>,
    /// Killed, and started again then.
    down_until: Option<Duration>,
}

impl Server {
    pub(crate) fn new(id: RoomId, rules: Rules) -> Self {
        Self {
            wires: BTreeMap::new(),
            seats: Seats::default(),
            errors: vec![],
            last_wire: 0,
            room: None,
            id,
            rules,
            tokens: BTreeMap::new(),
            sockets: BTreeMap::new(),
            late: vec![],
            down_until: None,
        }
    }

    pub(crate) fn connect(&mut self, owner: usize, load: u32, socket: SocketId) -> WireId {
        self.last_wire += 1;
        self.wires.insert(self.last_wire, Wire::new(owner, load, socket, !self.is_down()));
        self.last_wire
    }

    /// The sockets of those present, by seat.
    pub(crate) fn sockets(&self) -> &BTreeMap<PeerId, WireId> {
        &self.sockets
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down_until.is_some()
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.down_until.or_else(|| self.room.as_ref().and_then(Room::deadline))
    }

    /// The time of [`Self::deadline`] has come.
    pub(crate) fn wake(&mut self, now: Duration) {
        if self.down_until.take_if(|until| *until <= now).is_some() {
            return self.start(now);
        }
        if self.deadline().is_some_and(|due| due <= now) {
            let deliveries = self.room.as_mut().map(|room| room.expire(now)).unwrap_or_default();
            self.seats.expire(now, None);
            self.deliver(deliveries);
        }
    }

    /// Ends every socket; with `kill` what was on its way is lost.
    pub(crate) fn stop(
        &mut self,
        until: Duration,
        forget: bool,
        mut kill: Option<impl FnMut(usize) -> usize>,
    ) {
        for wire in self.wires.values_mut() {
            let survives = kill.as_mut().map(|below| below(wire.down.len() + 1));
            wire.end(survives, if survives.is_some() { 1006 } else { CloseCode::Restart.code() });
        }
        self.sockets.clear();
        self.late.clear();
        self.down_until = Some(until.max(self.down_until.unwrap_or_default()));
        if forget {
            self.room = None;
            self.seats.start_over();
        }
    }

    fn start(&mut self, now: Duration) {
        let Some(room) = &mut self.room else { return };
        let peers = self.seats.present();
        for peer in peers {
            room.lose(now, peer, Loss::Lost);
            self.seats.lost(peer, now + self.rules.grace);
        }
    }

    /// Takes the next thing off a socket.
    pub(crate) fn receive(&mut self, now: Duration, id: WireId, passage: Passage) {
        let wire = self.wires.get_mut(&id).unwrap();
        let next = wire.up.pop_front().unwrap();
        if wire.dead {
            return;
        }
        match next {
            Up::Closed(code) => {
                wire.dead = true;
                if let Some(peer) = wire.peer.take() {
                    self.lose(now, peer, if code == 1001 { Loss::Unloaded } else { Loss::Lost });
                }
            }
            Up::Frame(text) => {
                let inbound = decode(&text).unwrap_or_else(|code| panic!("a call sent {text}: {code}"));
                if let Err(code) = self.handle(now, id, inbound, passage) {
                    self.errors.push(code);
                    let message = ServerMsg::Error { code, message: code.to_string() };
                    self.send(id, encode(&message));
                }
            }
        }
    }

    fn lose(&mut self, now: Duration, peer: PeerId, loss: Loss) {
        self.sockets.remove(&peer);
        let room = self.room.as_mut().expect("a seat is in a room");
        let grace = if loss == Loss::Lost { self.rules.grace } else { self.rules.unload_grace };
        let deliveries = room.lose(now, peer, loss);
        self.seats.lost(peer, now + grace);
        self.deliver(deliveries);
    }

    fn handle(
        &mut self,
        now: Duration,
        id: WireId,
        inbound: Inbound<'_>,
        passage: Passage,
    ) -> Result<(), ErrorCode> {
        match (inbound, self.wires[&id].peer) {
            (Inbound::Join { .. }, Some(_)) => Err(ErrorCode::AlreadyJoined),
            (Inbound::Join { name, resume, reloaded, .. }, None) => {
                let number = self.tokens.len() as u32 + 1;
                self.room.get_or_insert_with(|| {
                    self.seats.start_over();
                    Room::new(self.id.clone(), self.rules)
                });
                let token = SeatToken(format!("{} {number}", self.seats.life()));
                let request = JoinRequest { name, resume, reloaded, token, ice_servers: vec![] };
                self.join(now, id, number, request);
                Ok(())
            }
            (_, None) => Err(ErrorCode::NotJoined),
            (Inbound::Relay { to, relay }, Some(peer)) => {
                let room = self.room.as_mut().expect("a seat is in a room");
                for Delivery { to, frame } in room.relay(peer, to, &relay)? {
                    self.pass_on(to, frame, passage);
                }
                Ok(())
            }
            (Inbound::Leave, Some(peer)) => {
                self.wires.get_mut(&id).unwrap().peer = None;
                self.sockets.remove(&peer);
                let deliveries = self.room.as_mut().map(|room| room.leave(peer)).unwrap_or_default();
                self.seats.left(peer);
                self.deliver(deliveries);
                Ok(())
            }
        }
    }

    fn join(&mut self, now: Duration, id: WireId, number: u32, request: JoinRequest) {
        let owner = self.wires[&id].owner;
        let proved = request.resume.as_ref().and_then(|token| self.proved_by(token));
        let room = self.room.as_mut().expect("there is one to join");
        let admission = room.join(now, request);
        self.seats.expire(now, proved);
        let Ok(admission) = admission else {
            assert_eq!(proved, None, "{owner} came back in time and found the room full");
            assert_eq!(self.seats.len(), self.rules.capacity, "{owner} was told that the room is full");
            let full = ServerMsg::FullRoom { room: self.id.clone() };
            return self.send(id, encode(&full));
        };
        let resumed = matches!(admission.entry, Entry::Resumed { .. });
        self.seats.entered(owner, admission.peer, resumed, proved);
        self.tokens.insert(number, (self.seats.life(), admission.peer));
        if let Some(old) = self.sockets.insert(admission.peer, id) {
            let was_present = Entry::Resumed { was_present: true };
            assert_eq!(admission.entry, was_present, "two sockets in one seat");
            self.wires.get_mut(&old).unwrap().replaced();
        }
        self.wires.get_mut(&id).unwrap().peer = Some(admission.peer);
        self.deliver(admission.deliveries);
    }

    /// The seat that a token proves at this moment.
    fn proved_by(&self, token: &SeatToken) -> Option<PeerId> {
        let number = token.0.split(' ').nth(1)?.parse().ok()?;
        self.tokens.get(&number).copied().filter(|seat| self.seats.is_held(*seat)).map(|(_, peer)| peer)
    }

    fn deliver(&mut self, deliveries: Vec<Delivery>) {
        for Delivery { to, frame } in deliveries {
            let wire = *self.sockets.get(&to).expect("a delivery for somebody who is not there");
            self.send(wire, frame);
        }
        let taken = self.room.as_ref().map_or(0, Room::seats);
        assert_eq!(taken, self.seats.len(), "the room counts other seats than were given");
        assert!(taken <= self.rules.capacity, "more seats than the room has");
        if taken == 0 {
            self.room = None;
        }
    }

    fn pass_on(&mut self, to: PeerId, frame: String, passage: Passage) {
        if passage != Passage::Straight {
            self.late.push((to, frame.clone()));
        }
        if passage != Passage::Late {
            let wire = *self.sockets.get(&to).expect("a signal for somebody who is not there");
            self.send(wire, frame);
        }
    }

    pub(crate) fn has_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// A signal that was held back is passed on, if its receiver is there. Says who got it.
    pub(crate) fn pass_late(&mut self, below: impl FnOnce(usize) -> usize) -> Option<usize> {
        let (to, frame) = self.late.swap_remove(below(self.late.len()));
        let wire = *self.sockets.get(&to)?;
        self.send(wire, frame);
        Some(self.wires[&wire].owner)
    }

    fn send(&mut self, id: WireId, frame: String) {
        self.wires.get_mut(&id).unwrap().send(frame);
    }
}
