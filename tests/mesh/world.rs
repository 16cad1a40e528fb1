//! Some participants, each a real [`Call`] in a model of a browser, and one server; a schedule drawn from a
//! seed decides what happens next.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use parlor::call::{
    Call, Command, Devices, Event, LinkView, Loaded, MediaError, MediaEvent, PeerCommand, Permission, Phase,
    Remembered, SocketEvent, UserAction,
};
use parlor::protocol::{Epoch, ErrorCode, PeerId, RoomId, ServerMsg};
use parlor::server::room::Rules;

use super::connection::{ConnectionId, Connections};
use super::random::Random;
use super::server::{Down, Server, Up, WireId};

const ROOM: &str = "4711";

/// How long people may be apart once nothing goes wrong any more: seats of the gone are kept for 15 s, and a
/// connection that was hit in the middle of its set-up is helped after 9 s.
const APART: Duration = Duration::from_secs(30);

/// What may go wrong in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) participants: usize,
    pub(crate) capacity: usize,
    /// Sockets are cut, pages reloaded, paths broken, steps refused.
    pub(crate) storms: bool,
    /// How many things happen before the weather clears.
    pub(crate) steps: usize,
}

struct Participant {
    call: Call,
    events: VecDeque<Event>,
    wire: Option<WireId>,
    connections: BTreeMap<PeerId, (Epoch, ConnectionId)>,
    remembered: Option<Remembered>,
    asked: VecDeque<Devices>,
    live: Devices,
    has_camera: bool,
    wants_in: bool,
}

/// One thing that can happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Event(usize),
    Receive(WireId),
    Arrive(WireId),
    Run(ConnectionId),
    Report(ConnectionId),
    Ice(ConnectionId),
    Capture(usize),
    Time,
}

pub(crate) struct World {
    random: Random,
    now: Duration,
    weather: Weather,
    people: Vec<Participant>,
    server: Server,
    connections: Connections,
    calm: bool,
    /// The last things that happened, for the report of a failure.
    pub(crate) trace: VecDeque<String>,
}

impl World {
    pub(crate) fn new(seed: u64, weather: Weather) -> Self {
        let rules = Rules {
            capacity: weather.capacity,
            grace: Duration::from_secs(15),
            unload_grace: Duration::from_secs(5),
        };
        let mut world = Self {
            random: Random(seed),
            now: Duration::ZERO,
            weather,
            people: vec![],
            server: Server::new(RoomId::from_typed(ROOM).unwrap(), rules),
            connections: Connections::default(),
            calm: false,
            trace: VecDeque::new(),
        };
        for _ in 0..weather.participants {
            let seed = world.random.below(usize::MAX) as u64;
            let has_camera = !world.random.once_in(4);
            world.people.push(Participant {
                call: Call::new(seed),
                events: VecDeque::from([Event::Loaded(loaded(None))]),
                wire: None,
                connections: BTreeMap::new(),
                remembered: None,
                asked: VecDeque::new(),
                live: Devices::NONE,
                has_camera,
                wants_in: false,
            });
        }
        world
    }

    /// Runs the whole schedule: weather first, then calm until everything has settled.
    pub(crate) fn run(&mut self) {
        for _ in 0..self.weather.steps {
            if self.random.once_in(12) {
                self.person_acts();
            } else if self.weather.storms && self.random.once_in(25) {
                self.storm();
            } else {
                let patient = !self.random.once_in(40);
                self.step(patient);
            }
            self.check_always();
        }
        self.calm = true;
        let calm_from = self.now;
        let (mut steps, mut apart_until) = (0, self.now);
        // Whoever found the room full because of a seat kept for somebody comes again when it is free.
        while self.step(true) || self.come_again() {
            self.check_always();
            steps += 1;
            if self.somebody_is_apart() {
                apart_until = self.now;
            }
            let waited = self.now - calm_from;
            assert!(
                steps < 20_000 && waited < Duration::from_secs(600),
                "still busy after {steps} steps, {waited:?}"
            );
        }
        self.check_settled();
        let apart = apart_until - calm_from;
        assert!(apart <= APART, "it took {apart:?} until all were together");
    }

    /// Somebody who wants to be in is not, or waits for a picture.
    fn somebody_is_apart(&self) -> bool {
        self.people.iter().any(|person| {
            let view = person.call.view();
            let waits = view.peers.iter().any(|peer| peer.link != LinkView::Connected);
            person.wants_in && (view.phase == Phase::Joining || waits)
        })
    }

    fn come_again(&mut self) -> bool {
        let free = self.server.seats().len() < self.weather.capacity;
        let outside = |person: &Participant| person.wants_in && person.call.view().phase == Phase::Home;
        let who = self.people.iter().position(outside).filter(|_| free);
        who.map(|who| self.connect(who)).is_some()
    }

    /// One thing happens; false if nothing can any more. With `patient`, time passes only when nothing else can happen.
    fn step(&mut self, patient: bool) -> bool {
        let mut possible = Vec::new();
        for (who, person) in self.people.iter().enumerate() {
            if !person.events.is_empty() {
                possible.push(Step::Event(who));
            }
            if !person.asked.is_empty() {
                possible.push(Step::Capture(who));
            }
        }
        for (id, wire) in &self.server.wires {
            if !wire.up.is_empty() {
                possible.push(Step::Receive(*id));
            }
            if !wire.down.is_empty() {
                possible.push(Step::Arrive(*id));
            }
        }
        possible.extend(self.connections.busy().map(Step::Run));
        possible.extend(self.connections.with_events().map(Step::Report));
        let open = self.people.iter().flat_map(|person| person.connections.values());
        possible.extend(
            open.filter(|(_, id)| self.connections.next_state(*id).is_some()).map(|(_, id)| Step::Ice(*id)),
        );
        if possible.is_empty() || !patient {
            if self.next_deadline().is_none() && possible.is_empty() {
                return false;
            }
            possible = if self.next_deadline().is_some() { vec![Step::Time] } else { possible };
        }
        let step = possible[self.random.below(possible.len())];
        self.note(|| format!("{step:?}"));
        self.take(step);
        true
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Event(who) => {
                if let Some(event) = self.people[who].events.pop_front() {
                    self.handle(who, event);
                }
            }
            Step::Receive(wire) => self.server.receive(self.now, wire),
            Step::Arrive(wire) => self.arrive(wire),
            Step::Run(id) => {
                let failing = self.weather.storms && self.random.once_in(60) && !self.calm;
                self.connections.run(id, failing);
            }
            Step::Report(id) => {
                let connection = &self.connections.all[&id];
                let (who, peer) = (connection.owner, connection.peer);
                let epoch = self.people[who]
                    .connections
                    .get(&peer)
                    .filter(|(_, open)| *open == id)
                    .map(|(epoch, _)| *epoch);
                let event = self.connections.take_event(id);
                if let (Some(epoch), Some(event)) = (epoch, event) {
                    self.people[who].events.push_back(Event::Peer(peer, epoch, event));
                }
            }
            Step::Ice(id) => {
                if let Some(state) = self.connections.next_state(id) {
                    self.connections.set_state(id, state);
                }
            }
            Step::Capture(who) => self.answer_capture(who),
            Step::Time => {
                self.now = self.next_deadline().map_or(self.now, |due| due.max(self.now));
                if self.server.deadline().is_some_and(|due| due <= self.now) {
                    self.server.expire(self.now);
                }
                for person in &mut self.people {
                    if person.call.deadline().is_some_and(|due| due <= self.now) {
                        person.events.push_back(Event::Tick);
                    }
                }
            }
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.people.iter().filter_map(|person| person.call.deadline()).chain(self.server.deadline()).min()
    }

    fn arrive(&mut self, id: WireId) {
        let wire = self.server.wires.get_mut(&id).unwrap();
        let (who, socket) = (wire.owner, wire.socket);
        let event = match wire.down.pop_front().unwrap() {
            Down::Opened => SocketEvent::Opened,
            Down::Frame(text) => {
                let read = serde_json::from_str::<ServerMsg>(&text)
                    .unwrap_or_else(|error| panic!("{text}: {error}"));
                SocketEvent::Message(read)
            }
            Down::Closed(code) => SocketEvent::Closed { code },
        };
        // A page that closed its socket, or was reloaded, hears nothing of it any more.
        if self.people[who].wire == Some(id) {
            self.people[who].events.push_back(Event::Socket(socket, event));
        }
    }

    fn answer_capture(&mut self, who: usize) {
        let prompt = Permission::Prompt;
        let person = &mut self.people[who];
        let asked = person.asked.pop_front().unwrap();
        let event = if asked.camera && !person.has_camera {
            MediaEvent::Failed { asked, error: MediaError::NotFound, microphone: prompt, camera: prompt }
        } else {
            person.live = person.live.or(asked);
            MediaEvent::Granted(asked)
        };
        person.events.push_back(Event::Media(event));
    }

    fn handle(&mut self, who: usize, event: Event) {
        self.note(|| format!("{who} <- {event:?}"));
        let commands = self.people[who].call.handle(self.now, event);
        for command in commands {
            self.note(|| format!("{who} -> {command:?}"));
            self.perform(who, command);
        }
    }

    fn perform(&mut self, who: usize, command: Command) {
        let person = &mut self.people[who];
        match command {
            Command::OpenSocket(socket) => {
                assert!(!self.is_open(who), "a second socket beside a live one");
                let wire = self.server.connect(who, socket);
                self.people[who].wire = Some(wire);
            }
            Command::CloseSocket => {
                if let Some(wire) = person.wire.take() {
                    self.up(wire, Up::Closed(1000));
                }
            }
            Command::Send(message) => {
                let wire = person.wire.expect("sent without a socket");
                self.up(wire, Up::Frame(serde_json::to_string(&message).unwrap()));
            }
            Command::Capture(devices) => person.asked.push_back(devices),
            Command::Release(devices) => person.live = person.live.without(devices),
            Command::Enable { .. } | Command::PlaySound | Command::ShowAddress(_) => {}
            Command::Remember(seat) => person.remembered = seat,
            Command::Peer(peer, epoch, PeerCommand::Open { .. }) => {
                let id = self.connections.open(who, peer);
                let before = self.people[who].connections.insert(peer, (epoch, id));
                assert_eq!(before, None, "a second connection with the same peer");
            }
            Command::Peer(peer, epoch, command) => {
                let (current, id) = person.connections[&peer];
                assert_eq!(current, epoch, "a command for a connection that was replaced");
                if command == PeerCommand::Close {
                    person.connections.remove(&peer);
                    self.connections.close(id);
                } else {
                    self.connections.command(id, command);
                }
            }
        }
    }

    fn is_open(&self, who: usize) -> bool {
        let closed =
            |wire: &WireId| self.server.wires[wire].down.iter().any(|down| matches!(down, Down::Closed(_)));
        self.people[who].wire.as_ref().is_some_and(|wire| !closed(wire) && !self.cut(*wire))
    }

    fn cut(&self, wire: WireId) -> bool {
        self.server.wires[&wire].up.iter().any(|up| matches!(up, Up::Closed(_))) || self.server.is_dead(wire)
    }

    fn up(&mut self, wire: WireId, up: Up) {
        self.server.wires.get_mut(&wire).unwrap().up.push_back(up);
    }

    fn connect(&mut self, who: usize) {
        self.people[who].wants_in = true;
        let connect = UserAction::Connect { room: ROOM.into(), name: String::new() };
        self.people[who].events.push_back(Event::User(connect));
    }

    fn person_acts(&mut self) {
        let who = self.random.below(self.people.len());
        let phase = self.people[who].call.view().phase;
        let choice = self.random.below(10);
        self.note(|| format!("person {who} in {phase:?} does {choice}"));
        match (phase, choice) {
            (Phase::Home, 0..=6) => self.connect(who),
            (Phase::Home, _) => self.user(who, UserAction::StartPreview),
            (_, 0..=1) => {
                self.people[who].wants_in = false;
                self.user(who, UserAction::Leave);
            }
            (_, 2) => self.user(who, UserAction::ToggleMicrophone),
            (_, 3..=4) => self.user(who, UserAction::ToggleCamera),
            (_, 5) => {
                let event = if self.random.once_in(2) { Event::Woken } else { Event::NetworkChanged };
                self.people[who].events.push_back(event);
            }
            (_, 6) => {
                let ended = self.people[who].live.and(Devices::CAMERA);
                self.people[who].events.push_back(Event::Media(MediaEvent::Ended(ended)));
                self.people[who].live = self.people[who].live.without(ended);
            }
            _ => {}
        }
    }

    fn user(&mut self, who: usize, action: UserAction) {
        self.people[who].events.push_back(Event::User(action));
    }

    fn storm(&mut self) {
        let who = self.random.below(self.people.len());
        let choice = self.random.below(5);
        self.note(|| format!("storm {choice} over {who}"));
        match choice {
            0 | 1 => self.cut_socket(who),
            2 => self.reload(who),
            _ => {
                let ids: Vec<_> = self.people[who].connections.values().map(|(_, id)| *id).collect();
                if !ids.is_empty() {
                    self.connections.break_path(ids[self.random.below(ids.len())]);
                }
            }
        }
    }

    /// The socket breaks; what was on its way is lost from a random point on, in both directions.
    fn cut_socket(&mut self, who: usize) {
        let Some(id) = self.people[who].wire.filter(|_| self.is_open(who)) else { return };
        let wire = self.server.wires.get_mut(&id).unwrap();
        let (up, down) = (self.random.below(wire.up.len() + 1), self.random.below(wire.down.len() + 1));
        wire.up.truncate(up);
        wire.down.truncate(down);
        wire.up.push_back(Up::Closed(1006));
        wire.down.push_back(Down::Closed(1006));
    }

    /// The page is gone with all it held, and comes back with what it remembered.
    fn reload(&mut self, who: usize) {
        if let Some(wire) = self.people[who].wire.take() {
            self.up(wire, Up::Closed(1001));
        }
        let seed = self.random.below(usize::MAX) as u64;
        let person = &mut self.people[who];
        for (_, id) in std::mem::take(&mut person.connections).into_values() {
            self.connections.close(id);
        }
        person.call = Call::new(seed);
        person.events = VecDeque::from([Event::Loaded(loaded(person.remembered.clone()))]);
        person.asked.clear();
        person.live = Devices::NONE;
        person.wants_in &= person.remembered.is_some();
    }

    /// What must hold at every moment.
    fn check_always(&self) {
        assert!(self.server.seats().len() <= self.weather.capacity);
        for (who, person) in self.people.iter().enumerate() {
            let view = person.call.view();
            if view.phase != Phase::InCall {
                assert!(person.connections.is_empty(), "{who} is not in a call and has connections");
            }
            assert_eq!(view.peers.len(), person.connections.len(), "{who} shows other peers than it has");
        }
    }

    /// What must hold once everything has settled.
    fn check_settled(&self) {
        let seated: BTreeMap<usize, PeerId> =
            self.server.seats().iter().map(|(peer, wire)| (self.server.wires[wire].owner, *peer)).collect();
        assert_eq!(seated.len(), self.server.seats().len(), "one participant has two seats");
        for (who, person) in self.people.iter().enumerate() {
            let view = person.call.view();
            let Some(own) = seated.get(&who) else {
                assert_eq!(view.phase, Phase::Home, "{who} has no seat and does not know: {view:?}");
                if person.wants_in {
                    assert_eq!(seated.len(), self.weather.capacity, "{who} wants in, and there is room");
                } else {
                    assert_eq!(person.live.without(Devices::BOTH), Devices::NONE);
                }
                continue;
            };
            assert_eq!(view.phase, Phase::InCall, "{who} has a seat and does not know");
            let others: Vec<PeerId> = seated.values().filter(|peer| *peer != own).copied().collect();
            let mut shown: Vec<PeerId> = view.peers.iter().map(|peer| peer.peer).collect();
            shown.sort();
            assert_eq!(
                shown,
                {
                    let mut sorted = others;
                    sorted.sort();
                    sorted
                },
                "{who} shows others than are there"
            );
            for peer in &view.peers {
                assert_eq!(peer.link, LinkView::Connected, "{who} and {} did not find each other", peer.peer);
                let (_, id) = person.connections[&peer.peer];
                assert!(self.connections.flows(id), "{who} believes to see {}", peer.peer);
            }
        }
        // The others may leave while a signal to them is on its way, and a room may be full while one leaves it.
        let raced = |code: &ErrorCode| matches!(code, ErrorCode::UnknownPeer | ErrorCode::NotJoined);
        assert!(self.server.errors.iter().all(raced), "a call broke the protocol: {:?}", self.server.errors);
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if self.trace.len() == 400 {
            self.trace.pop_front();
        }
        self.trace.push_back(text());
    }
}

fn loaded(remembered: Option<Remembered>) -> Loaded {
    Loaded {
        supported: true,
        remembered,
        returning: true,
        microphone: Permission::Prompt,
        camera: Permission::Prompt,
    }
}
