//! What the server of the simulation does with a frame: seats of one real [`Room`], and signals passed on.

use std::time::Duration;

use parlor::protocol::inbound::Inbound;
use parlor::protocol::{CloseCode, ErrorCode, PeerId, SeatToken, ServerMsg};
use parlor::server::signalling::room::{Delivery, Entry, JoinRequest, Room, encode};

use super::server::Server;
use super::wire::{Wire, WireId};

/// How a signal passes the server under faults. The sockets themselves keep the order, as TCP does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Straight,
    /// It is held back; later ones overtake it.
    Late,
    /// It comes twice, the second time late.
    Twice,
}

impl Server {
    pub(super) fn handle(
        &mut self,
        now: Duration,
        id: WireId,
        inbound: Inbound<'_>,
        passage: Passage,
    ) -> Result<(), ErrorCode> {
        match (inbound, self.wires[&id].peer) {
            (Inbound::Join { .. }, Some(_)) => return Err(ErrorCode::AlreadyJoined),
            (Inbound::Join { asked, name, resume, reloaded, .. }, None) => {
                self.last_token += 1;
                self.room.get_or_insert_with(|| {
                    self.seats.start_over();
                    Room::new(self.id.clone(), self.rules)
                });
                let token = SeatToken(format!("{} {}", self.seats.life(), self.last_token));
                let request = JoinRequest { asked, name, resume, reloaded, token, ice_servers: vec![] };
                self.join(now, id, request);
            }
            (Inbound::Signal(envelope), Some(peer)) => {
                let room = self.room.as_mut().expect("a seat is in a room");
                if let Some(Delivery { to, frame }) = room.forward(peer, &envelope)? {
                    self.pass_on(to, frame, passage);
                }
            }
            (Inbound::Confirm, Some(peer)) => {
                self.room.as_mut().expect("a seat is in a room").confirm(peer);
                self.seats.confirmed(peer);
                self.record();
            }
            (Inbound::Leave { held: Some(held) }, _) => {
                let proved = self.proved_by(&held.resume);
                assert_eq!(proved, self.room.as_ref().and_then(|room| room.holder_of(&held.resume)));
                proved.into_iter().for_each(|peer| self.leave(peer));
                self.send(id, encode(&ServerMsg::Heartbeat));
            }
            (Inbound::Leave { held: None }, Some(peer)) => {
                self.wires.get_mut(&id).unwrap().peer = None;
                self.sockets.remove(&peer);
                self.leave(peer);
                self.send(id, encode(&ServerMsg::Heartbeat));
            }
            (_, None) => return Err(ErrorCode::NotJoined),
        }
        Ok(())
    }

    fn join(&mut self, now: Duration, id: WireId, request: JoinRequest) {
        let Wire { owner, load, .. } = self.wires[&id];
        let room = self.room.as_mut().expect("there is one to join");
        let proved = match &request.resume {
            // A late join of a former page, whose tokens may have been replaced since; nobody waits for the answer.
            Some(token) if self.loads[&owner] > load => room.holder_of(token),
            Some(token) => self.proved_by(token),
            None => None,
        };
        let admission = self.room.as_mut().expect("there is one to join").join(now, request);
        self.seats.expire(now, proved);
        let Ok(admission) = admission else {
            assert_eq!(proved, None, "{owner} came back in time and found the room full");
            assert_eq!(self.seats.len(), self.rules.capacity, "{owner} was told that the room is full");
            return self.send(id, encode(&ServerMsg::FullRoom { room: self.id.clone() }));
        };
        let resumed = matches!(admission.entry, Entry::Resumed { .. });
        self.seats.entered(owner, admission.peer, resumed, proved);
        self.tokens.insert(self.last_token, (self.seats.life(), admission.peer));
        if let Some(old) = self.sockets.insert(admission.peer, id) {
            let was_present = Entry::Resumed { was_present: true };
            assert_eq!(admission.entry, was_present, "two sockets in one seat");
            self.wires.get_mut(&old).unwrap().end(None, CloseCode::Replaced.code());
        }
        self.wires.get_mut(&id).unwrap().peer = Some(admission.peer);
        self.keep_beating(now);
        self.deliver(admission.deliveries);
    }

    fn leave(&mut self, peer: PeerId) {
        if let Some(socket) = self.sockets.remove(&peer) {
            self.wires.get_mut(&socket).unwrap().end(None, CloseCode::Replaced.code());
        }
        let deliveries = self.room.as_mut().expect("a seat is in a room").leave(peer);
        self.seats.left(peer);
        self.deliver(deliveries);
    }

    /// The seat that a token was given for, if it is still held.
    fn proved_by(&self, token: &SeatToken) -> Option<PeerId> {
        let number = token.0.split(' ').nth(1)?.parse().ok()?;
        self.tokens.get(&number).copied().filter(|seat| self.seats.is_held(*seat)).map(|(_, peer)| peer)
    }

    pub(super) fn deliver(&mut self, deliveries: Vec<Delivery>) {
        for Delivery { to, frame } in deliveries {
            let wire = *self.sockets.get(&to).expect("a delivery for somebody who is not there");
            self.send(wire, frame);
        }
        self.record();
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
}
