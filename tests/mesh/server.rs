//! The server of the simulation: sockets that deliver when the schedule says so, a clock, and a life that can end
//! at any moment. `server_frames` is what it does with a frame.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor::call::SocketId;
use parlor::protocol::inbound::decode;
use parlor::protocol::{CloseCode, ErrorCode, PeerId, RoomId, ServerMsg};
use parlor::server::signalling::room::{Loss, Room, RoomRecord, Rules, encode};

use super::seats::{Number, Seats};
use super::server_frames::Passage;
use super::wire::{Up, Wire, WireId};

/// How often the server gives a sign of life.
const BEAT: Duration = Duration::from_secs(5);
/// How long it waits for one.
const PATIENCE: Duration = Duration::from_secs(15);

/// What of the rooms outlives a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// All that changed.
    Whole,
    /// All but what changed last, which was not written yet. Whoever was told a token by it has lost their seat.
    Written,
    /// Nothing.
    None,
}

pub(crate) struct Server {
    pub(crate) wires: BTreeMap<WireId, Wire>,
    pub(crate) seats: Seats,
    pub(crate) errors: Vec<ErrorCode>,
    pub(super) room: Option<Room>,
    pub(super) id: RoomId,
    pub(super) rules: Rules,
    /// What each token proves, by its number.
    pub(super) tokens: BTreeMap<u32, Number>,
    /// The sockets of those present.
    pub(super) sockets: BTreeMap<PeerId, WireId>,
    /// Signals that are held back.
    pub(super) late: Vec<(PeerId, String)>,
    last_wire: WireId,
    /// The newest page load of each participant.
    pub(super) loads: BTreeMap<usize, u32>,
    next_beat: Option<Duration>,
    /// The last record that is on disk, and one that is not yet.
    written: Option<RoomRecord>,
    unwritten: Option<RoomRecord>,
    /// The token told last, and the one before the last record was written.
    pub(super) last_token: u32,
    last_written_token: u32,
    /// Killed, and started again then.
    down_until: Option<Duration>,
}

impl Server {
    pub(crate) fn new(id: RoomId, rules: Rules) -> Self {
        Self {
            wires: BTreeMap::new(),
            seats: Seats::default(),
            errors: vec![],
            room: None,
            id,
            rules,
            tokens: BTreeMap::new(),
            sockets: BTreeMap::new(),
            late: vec![],
            last_wire: 0,
            loads: BTreeMap::new(),
            next_beat: None,
            written: None,
            unwritten: None,
            last_token: 0,
            last_written_token: 0,
            down_until: None,
        }
    }

    pub(crate) fn connect(&mut self, owner: usize, load: u32, socket: SocketId) -> WireId {
        self.last_wire += 1;
        self.loads.insert(owner, load);
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

    /// When [`Self::wake`] has something to do next.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let hung = self.wires.values().filter_map(|wire| Some(wire.hung? + PATIENCE));
        let room = self.room.as_ref().and_then(Room::deadline);
        self.down_until.or_else(|| room.into_iter().chain(self.next_beat).chain(hung).min())
    }

    pub(crate) fn wake(&mut self, now: Duration) {
        if self.down_until.take_if(|until| *until <= now).is_some() {
            self.start(now);
        }
        if self.is_down() {
            return;
        }
        if self.next_beat.take_if(|due| *due <= now).is_some() {
            for wire in self.sockets.values() {
                self.wires.get_mut(wire).unwrap().send(encode(&ServerMsg::Heartbeat));
            }
            self.keep_beating(now);
        }
        let is_over = |wire: &Wire| wire.hung.is_some_and(|since| since + PATIENCE <= now);
        for id in self.wires.keys().copied().collect::<Vec<_>>() {
            if is_over(&self.wires[&id]) {
                let peer = self.wires.get_mut(&id).unwrap().end(None, CloseCode::Silent.code());
                self.lose(now, peer, Loss::Lost);
            }
        }
        if let Some(room) = &mut self.room {
            let deliveries = room.expire(now);
            self.seats.expire(now, None);
            self.deliver(deliveries);
        }
    }

    pub(super) fn keep_beating(&mut self, now: Duration) {
        if self.next_beat.is_none() && !self.sockets.is_empty() {
            self.next_beat = Some(now + BEAT);
        }
    }

    /// Takes the next thing off a socket.
    pub(crate) fn receive(&mut self, now: Duration, id: WireId, passage: Passage) {
        // The disk is behind by one frame at most.
        self.write();
        let wire = self.wires.get_mut(&id).unwrap();
        let next = wire.up.pop_front().unwrap();
        if wire.dead {
            return;
        }
        match next {
            Up::Closed(code) => {
                wire.dead = true;
                let peer = wire.peer.take();
                self.lose(now, peer, if code == 1001 { Loss::Unloaded } else { Loss::Lost });
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

    fn lose(&mut self, now: Duration, peer: Option<PeerId>, loss: Loss) {
        let Some(peer) = peer else { return };
        self.sockets.remove(&peer);
        let room = self.room.as_mut().expect("a seat is in a room");
        let grace = if loss == Loss::Lost { self.rules.grace } else { self.rules.unload_grace };
        let deliveries = room.lose(now, peer, loss);
        self.seats.lost(peer, now + grace);
        self.deliver(deliveries);
    }

    pub(super) fn send(&mut self, id: WireId, frame: String) {
        self.wires.get_mut(&id).unwrap().send(frame);
    }

    /// The room goes on the way to the disk, if something of it is new.
    pub(super) fn record(&mut self) {
        let record = self.room.as_mut().and_then(Room::take_record);
        self.unwritten = record.or(self.unwritten.take());
    }

    fn write(&mut self) {
        self.written = self.unwritten.take().or(self.written.take());
        self.last_written_token = self.last_token;
    }

    /// Ends every socket, and the server until the given time. With `killed` only some of what it had sent
    /// arrives.
    pub(crate) fn stop(
        &mut self,
        until: Duration,
        memory: Memory,
        mut killed: Option<impl FnMut(usize) -> usize>,
    ) {
        for wire in self.wires.values_mut() {
            let arrives = killed.as_mut().map(|below| below(wire.down.len() + 1));
            wire.end(arrives, if arrives.is_some() { 1006 } else { CloseCode::Restart.code() });
        }
        self.sockets.clear();
        self.late.clear();
        self.next_beat = None;
        let mut forgotten = BTreeMap::new();
        match memory {
            Memory::Whole => self.write(),
            Memory::Written => {
                self.unwritten = None;
                forgotten = self.tokens.split_off(&(self.last_written_token + 1));
            }
            Memory::None => (self.written, self.unwritten) = (None, None),
        }
        self.room = None;
        let recorded = self.written.iter().flat_map(|record| &record.seats);
        self.seats.shut(recorded.map(|seat| seat.peer).collect());
        forgotten.into_values().for_each(|seat| self.seats.orphan(seat));
        self.down_until = Some(until.max(self.down_until.unwrap_or_default()));
    }

    fn start(&mut self, now: Duration) {
        self.seats.reopen(now + self.rules.grace);
        let record = self.written.clone().filter(|record| !record.seats.is_empty());
        self.room = record.map(|record| Room::restore(now, record, self.rules));
        self.record();
    }
}
