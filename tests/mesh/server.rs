//! The server of the simulation: the real registry and a real session for each socket, with a life that can end at any
//! moment. `server_frames` is what it does with a frame, as `socket.rs` does in a server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parlor::call::SocketId;
use parlor::protocol::{CloseCode, ErrorCode, PeerId, RoomId, SeatToken, ServerMsg};
use parlor::server::event_log::EventLog;
use parlor::server::ice::{IceServers, Secret};
use parlor::server::metrics::Metrics;
use parlor::server::signalling::heartbeat::Rhythm;
use parlor::server::signalling::registry::{Registry, Seat, Waiter};
use parlor::server::signalling::room::{Loss, Rules, encode};
use parlor::server::signalling::session::{Due, Session, SessionRules};

use super::node::{Disk, Memory, Node, Said};
use super::seats::{Number, Seats};
use super::server_frames::Passage;
use super::wire::{Up, Wire, WireId};

/// Rules of every session. A page that is at home is not sent away: that is another test's matter.
const SESSION: SessionRules = SessionRules {
    bad_messages: 0,
    rhythm: Rhythm {
        ping: Duration::from_secs(5),
        silent: Duration::from_secs(15),
        idle: Duration::from_secs(60),
    },
    renew_ice: None,
};
/// Rooms of a server.
const MOST_ROOMS: usize = 9;

/// The server's end of a wire.
pub(super) struct Socket {
    pub(super) session: Session,
    pub(super) seat: Option<Seat<Node>>,
    pub(super) waiter: Option<Waiter<Node>>,
}

/// A token that was told.
struct Told {
    /// The seat that it was given for.
    seat: Number,
    /// By a server that has lost it.
    forgotten: bool,
}

pub(crate) struct Server {
    pub(crate) wires: BTreeMap<WireId, Wire>,
    pub(crate) seats: Seats,
    pub(crate) errors: Vec<ErrorCode>,
    /// Nothing while it is down.
    pub(super) rooms: Option<Registry<Node>>,
    pub(super) sockets: BTreeMap<WireId, Socket>,
    pub(super) id: RoomId,
    pub(super) rules: Rules,
    /// The sockets of those present, as the others were told.
    pub(super) present: BTreeMap<PeerId, WireId>,
    /// Signals that are held back.
    pub(super) late: Vec<(PeerId, String)>,
    /// The newest page load of each participant.
    pub(super) loads: BTreeMap<usize, u32>,
    pub(super) node: Node,
    disk: Disk,
    ice: Arc<IceServers>,
    tokens: BTreeMap<String, Told>,
    /// Tokens told since the last record was written.
    unwritten: Vec<String>,
    last_wire: WireId,
    /// When the registry has something to do next.
    expiry: Option<Duration>,
    /// Killed, and started again then.
    down_until: Option<Duration>,
    /// It brings pages to do what an honest one would not let them.
    pub(crate) is_deceitful: bool,
}

impl Server {
    pub(crate) fn new(id: RoomId, rules: Rules) -> Self {
        let (lifetime, key) = (Duration::from_secs(60), Secret::new("key"));
        let mut server = Self {
            wires: BTreeMap::new(),
            seats: Seats::default(),
            errors: vec![],
            rooms: None,
            sockets: BTreeMap::new(),
            id,
            rules,
            present: BTreeMap::new(),
            late: vec![],
            loads: BTreeMap::new(),
            node: Node::default(),
            disk: Disk::default(),
            ice: Arc::new(IceServers { own: None, others: vec![], lifetime, key }),
            tokens: BTreeMap::new(),
            unwritten: vec![],
            last_wire: 0,
            expiry: None,
            down_until: None,
            is_deceitful: false,
        };
        server.start(Duration::ZERO);
        server
    }

    pub(crate) fn connect(&mut self, now: Duration, owner: usize, load: u32, socket: SocketId) -> WireId {
        self.last_wire += 1;
        self.loads.insert(owner, load);
        self.wires.insert(self.last_wire, Wire::new(owner, load, socket, !self.is_down()));
        if !self.is_down() {
            let session = Session::new(now, SESSION, SESSION.rhythm.ping, false);
            self.sockets.insert(self.last_wire, Socket { session, seat: None, waiter: None });
        }
        self.last_wire
    }

    /// The sockets of those present, by seat.
    pub(crate) fn sockets(&self) -> &BTreeMap<PeerId, WireId> {
        &self.present
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down_until.is_some()
    }

    /// When [`Self::wake`] has something to do next.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let sessions = self.sockets.values().map(|socket| socket.session.deadline());
        self.down_until.or_else(|| sessions.chain(self.expiry).min())
    }

    pub(crate) fn wake(&mut self, now: Duration) {
        if self.down_until.take_if(|until| *until <= now).is_some() {
            self.start(now);
        }
        if self.is_down() {
            return;
        }
        self.node.set_time(now);
        for id in self.sockets.keys().copied().collect::<Vec<_>>() {
            self.beat(now, id);
        }
        self.expire(now);
    }

    /// The due work of one session. A browser answers a ping by itself, even for a page that stands still.
    fn beat(&mut self, now: Duration, id: WireId) {
        let Some(socket) = self.sockets.get_mut(&id).filter(|socket| socket.session.deadline() <= now) else {
            return;
        };
        let due = socket.session.due(now);
        let is_seated = socket.seat.is_some();
        match due {
            Due::Rest => {}
            Due::Ping { .. } => {
                if is_seated {
                    self.send(id, encode(&ServerMsg::Heartbeat));
                }
                if self.wires[&id].is_open() {
                    self.sockets.get_mut(&id).unwrap().session.heard(now);
                }
            }
            Due::Close(code) => self.turn_out(now, id, code),
        }
    }

    /// A session closes its socket.
    pub(super) fn turn_out(&mut self, now: Duration, id: WireId, code: CloseCode) {
        self.lose(now, id, Loss::Lost);
        self.wires.get_mut(&id).unwrap().end(None, code.code());
    }

    pub(super) fn expire(&mut self, now: Duration) {
        self.expiry = self.rooms().expire();
        self.seats.expire(now, None);
        self.pass_said();
        self.check_count();
    }

    pub(super) fn rooms(&self) -> &Registry<Node> {
        self.rooms.as_ref().expect("a server that is up")
    }

    /// Takes the next thing off a socket.
    pub(crate) fn receive(&mut self, now: Duration, id: WireId, passage: Passage) {
        // The disk is behind by one frame at most.
        self.settle();
        let wire = self.wires.get_mut(&id).unwrap();
        let next = wire.up.pop_front().unwrap();
        if wire.dead {
            return;
        }
        self.node.set_time(now);
        match next {
            Up::Closed(code) => {
                wire.dead = true;
                self.lose(now, id, if code == 1001 { Loss::Unloaded } else { Loss::Lost });
            }
            Up::Frame(text) => self.read(now, id, &text, passage),
        }
        self.expire(now);
    }

    /// A socket ends, and its seat is kept for a while.
    fn lose(&mut self, now: Duration, id: WireId, loss: Loss) {
        let Some(Socket { seat: Some(seat), .. }) = self.sockets.remove(&id) else { return };
        let peer = self.wires.get_mut(&id).unwrap().peer.take().expect("a seat has a number");
        let grace = if loss == Loss::Lost { self.rules.grace } else { self.rules.unload_grace };
        self.present.remove(&peer);
        seat.lose(loss);
        self.seats.lost(peer, now + grace);
        self.pass_said();
    }

    pub(super) fn send(&mut self, id: WireId, frame: String) {
        self.wires.get_mut(&id).unwrap().send(frame);
    }

    /// Frames go on their way, and sockets that were replaced end.
    pub(super) fn pass_said(&mut self) {
        let Said { frames, cuts } = self.node.take_said();
        for (id, code) in cuts {
            self.cut(id, code);
        }
        for (wire, frame) in frames {
            self.send(wire, frame);
        }
    }

    /// The registry cuts a socket, whose task ends and drops a seat that another has by now.
    pub(super) fn cut(&mut self, id: WireId, code: CloseCode) {
        let peer = self.wires.get_mut(&id).unwrap().end(None, code.code());
        let peer = peer.expect("a socket without a seat was cut");
        self.present.remove(&peer);
        self.sockets.remove(&id);
    }

    pub(super) fn check_count(&self) {
        let rooms = usize::from(self.seats.len() > 0);
        assert_eq!(self.rooms().count(), rooms, "a room without seats is kept, or one with seats is not");
    }

    /// A token was told for this seat.
    pub(super) fn told(&mut self, token: SeatToken, peer: PeerId) {
        self.unwritten.push(token.0.clone());
        let told = Told { seat: (self.seats.life(), peer), forgotten: false };
        assert!(self.tokens.insert(token.0, told).is_none(), "a token was told twice");
    }

    /// The seat that a token was given for, if it is still held.
    pub(super) fn proved_by(&self, token: &SeatToken) -> Option<PeerId> {
        let told = self.tokens.get(&token.0).filter(|told| !told.forgotten)?;
        self.seats.is_held(told.seat).then_some(told.seat.1)
    }

    /// The life of the room in which a token was told.
    pub(crate) fn life_of(&self, token: &SeatToken) -> u32 {
        self.tokens[&token.0].seat.0
    }

    fn settle(&mut self) {
        self.disk.settle();
        self.unwritten.clear();
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
        self.disk.shut(memory);
        // Nobody hears any more what the end of the sockets leads to.
        self.sockets.clear();
        self.rooms = None;
        drop(self.node.take_said());
        self.present.clear();
        self.late.clear();
        self.expiry = None;
        let recorded = self.disk.kept().into_iter().flat_map(|record| record.seats);
        self.seats.shut(recorded.map(|seat| seat.peer).collect());
        for token in std::mem::take(&mut self.unwritten) {
            let told = self.tokens.get_mut(&token).expect("it was told");
            if memory == Memory::Written {
                told.forgotten = true;
                self.seats.orphan(told.seat);
            }
        }
        self.down_until = Some(until.max(self.down_until.unwrap_or_default()));
    }

    fn start(&mut self, now: Duration) {
        self.node.set_time(now);
        self.seats.reopen(now + self.rules.grace);
        let recorded = self.disk.open();
        let (ice, log) = (self.ice.clone(), EventLog::default());
        let store = Some(Arc::new(self.disk.clone()) as _);
        let (node, metrics) = (self.node.clone(), Metrics::default());
        let rooms = Registry::new(node, self.rules, MOST_ROOMS, ice, log, metrics, (store, recorded));
        self.rooms = Some(rooms);
    }
}
