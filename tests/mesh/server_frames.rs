//! What the server of the simulation does with a frame: the real session judges it, the real registry carries it out,
//! and what is told of it is held against a book of its own.

use std::time::Duration;

use parlor::protocol::{CloseCode, ErrorCode, HeldSeat, PeerId, RoomId, Seated, ServerMsg, read};
use parlor::server::signalling::room::encode;
use parlor::server::signalling::session::{Action, Join};

use super::node::Said;
use super::server::Server;
use super::wire::{Wire, WireId};

/// How the page reaches the server.
const HOST: &str = "localhost";

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
    pub(super) fn read(&mut self, now: Duration, id: WireId, text: &str, passage: Passage) {
        let socket = self.sockets.get_mut(&id).expect("an open wire has a socket");
        socket.session.heard(now);
        let action = socket.session.receive(now, text);
        let action = match action {
            Ok(action) => action,
            Err(code) if self.is_deceitful => return self.turn_out(now, id, code),
            Err(code) => panic!("a call sent {text}: {code:?}"),
        };
        let refusal = match (action, &socket.seat) {
            (Action::Forward(envelope), Some(seat)) => {
                let forwarded = seat.forward(&envelope);
                self.pass_on(envelope.to, passage);
                forwarded
            }
            (Action::Confirm, Some(seat)) => {
                seat.confirm();
                self.seats.confirmed(self.wires[&id].peer.expect("a seat has a number"));
                Ok(())
            }
            (Action::Leave, Some(_)) => {
                self.leave(now, id);
                Ok(())
            }
            (Action::Leave, None) => {
                socket.waiter.take().expect("only who waits or sits may leave");
                socket.session.waits(now, false);
                self.send(id, encode(&ServerMsg::Heartbeat));
                Ok(())
            }
            (Action::Wait { room, asked }, None) => {
                self.wait(now, id, &room, asked);
                Ok(())
            }
            (Action::Join(join), None) => {
                self.join(now, id, join);
                Ok(())
            }
            (Action::GiveUp(held), _) => {
                self.give_up(&held);
                self.send(id, encode(&ServerMsg::Heartbeat));
                Ok(())
            }
            (Action::Refuse(code), _) => Err(code),
            (action, seat) => panic!("the session let {action:?} pass with {seat:?}"),
        };
        if let Err(code) = refusal {
            self.refuse(id, code);
        }
    }

    fn refuse(&mut self, id: WireId, code: ErrorCode) {
        self.errors.push(code);
        self.send(id, encode(&ServerMsg::Error { code, message: code.to_string() }));
    }

    fn join(&mut self, now: Duration, id: WireId, join: Join) {
        let Wire { owner, load, .. } = self.wires[&id];
        let socket = self.sockets.get_mut(&id).unwrap();
        socket.waiter = None;
        socket.session.waits(now, false);
        if self.rooms().count() == 0 {
            self.seats.start_over();
        }
        // A late join of a former page or socket, whose tokens may have been replaced since; nobody waits for the answer.
        let is_replaced = self.wires.iter().any(|(newer, wire)| *newer > id && wire.owner == owner);
        let is_late = is_replaced || self.loads[&owner] > load;
        let shown = join.resume.as_ref().filter(|_| !is_late);
        let proved = shown.and_then(|token| self.proved_by(token));
        let joined = self.rooms().join(join, HOST, &id);
        let Ok(seat) = joined else {
            self.seats.expire(now, proved);
            assert_eq!(proved, None, "{owner} came back in time and found the room full");
            assert_eq!(self.seats.len(), self.rules.capacity, "{owner} was told that the room is full");
            return self.send(id, encode(&ServerMsg::FullRoom { room: self.id.clone() }));
        };
        let Said { frames, cuts } = self.node.take_said();
        let (first, answer) = frames.first().expect("a join is answered");
        assert_eq!(*first, id, "somebody else is told before {owner}");
        let seated = match read(answer) {
            Ok(ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated)) => seated,
            other => panic!("{owner} joined and was told {other:?}"),
        };
        let Seated { peer, resumed, resume, peers, .. } = seated;
        let proved = if is_late && resumed { Some(peer) } else { proved };
        self.seats.expire(now, proved);
        self.seats.entered(owner, peer, resumed, proved);
        assert!(self.seats.len() <= self.rules.capacity, "more seats than the room has");
        let others: Vec<_> = peers.iter().map(|info| (info.peer, info.away)).collect();
        assert_eq!(others, self.seats.others(peer), "{owner} was told of others than sit there");
        self.told(resume, peer);
        let replaced = self.present.get(&peer).map(|old| (*old, CloseCode::Replaced));
        assert!(cuts.iter().eq(replaced.as_ref()), "two sockets in one seat: {cuts:?}");
        for (old, code) in cuts {
            self.cut(old, code);
        }
        self.present.insert(peer, id);
        self.wires.get_mut(&id).unwrap().peer = Some(peer);
        let socket = self.sockets.get_mut(&id).unwrap();
        socket.session.seated(now, true);
        socket.seat = Some(seat);
        for (wire, frame) in frames {
            self.send(wire, frame);
        }
    }

    /// A wait for a seat: it is answered with it, or with a seat that is free.
    fn wait(&mut self, now: Duration, id: WireId, room: &RoomId, asked: RoomId) {
        let waiter = self.rooms().wait((room, asked.clone()), None, &id).expect("few participants");
        let free = self.rules.capacity - self.seats.len().min(self.rules.capacity);
        let socket = self.sockets.get_mut(&id).unwrap();
        socket.session.waits(now, waiter.is_some());
        socket.waiter = waiter;
        let Said { frames, .. } = self.node.take_said();
        assert_eq!(frames.len(), usize::from(free == 0), "a wait is answered, and heard by nobody else");
        if free > 0 {
            self.send(id, encode(&ServerMsg::SeatFree { room: asked }));
        }
        for (wire, frame) in frames {
            self.send(wire, frame);
        }
    }

    fn leave(&mut self, now: Duration, id: WireId) {
        let socket = self.sockets.get_mut(&id).unwrap();
        socket.seat.take().expect("who leaves has a seat").leave();
        socket.session.seated(now, false);
        let peer = self.wires.get_mut(&id).unwrap().peer.take().expect("a seat has a number");
        self.present.remove(&peer);
        self.seats.left(peer);
        self.pass_said();
        self.send(id, encode(&ServerMsg::Heartbeat));
    }

    fn give_up(&mut self, held: &HeldSeat) {
        let proved = self.proved_by(&held.resume);
        assert_eq!(
            self.rooms().give_up(held),
            proved.is_some(),
            "a token proves another seat than it was told for"
        );
        proved.into_iter().for_each(|peer| self.seats.left(peer));
        self.pass_said();
        let is_cut = proved.is_none_or(|peer| !self.present.contains_key(&peer));
        assert!(is_cut, "a seat was given up and its socket was not told");
    }

    /// A signal that was forwarded passes, now or later.
    fn pass_on(&mut self, to: PeerId, passage: Passage) {
        let Said { frames, cuts } = self.node.take_said();
        assert!(cuts.is_empty() && frames.len() <= 1, "a signal goes to one");
        for (wire, frame) in frames {
            assert_eq!(self.present.get(&to), Some(&wire), "a signal for somebody who is not there");
            if passage != Passage::Straight {
                self.late.push((to, frame.clone()));
            }
            if passage != Passage::Late {
                self.send(wire, frame);
            }
        }
    }

    pub(crate) fn has_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// A signal that was held back is passed on, if its receiver is there. Says who got it.
    pub(crate) fn pass_late(&mut self, below: impl FnOnce(usize) -> usize) -> Option<usize> {
        let (to, frame) = self.late.swap_remove(below(self.late.len()));
        let wire = *self.present.get(&to)?;
        self.send(wire, frame);
        Some(self.wires[&wire].owner)
    }
}
