//! Some participants and one server; a schedule drawn from a seed decides what happens next.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor::call::{Call, ChannelState, Event, LinkView, Phase, UserAction};
use parlor::protocol::{RoomId, Source};
use parlor::server::signalling::room::Rules;

use super::chat::Book;
use super::connection::{ConnectionId, Connections, TrackId};
use super::faults::{Fault, FaultPlan};
use super::guard::Guard;
use super::malice::{BRIDGE, Malice};
use super::page::{Page, Release};
use super::properties::Waiting;
use super::random::Random;
use super::secrecy::Holder;
use super::server::Server;
use super::server_frames::Passage;
use super::vault::{Vault, WORD};
use super::wire::WireId;

pub(crate) const ROOM: &str = "4711";

/// Once nothing was missing for so long, nothing will be: longer than any timer but that of a seat kept for
/// somebody, and such a seat is missing.
const QUIET: Duration = Duration::from_secs(12);
/// Without faults every trouble ends within this.
const BUSY: Duration = Duration::from_secs(200);

/// One thing that can happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Event(usize),
    Receive(WireId),
    Arrive(WireId),
    PassLate,
    Run(ConnectionId),
    Report(ConnectionId),
    Ice(ConnectionId),
    Receives(ConnectionId, Source, bool),
    Channel(ConnectionId, ChannelState),
    Deliver(ConnectionId),
    Capture(usize),
    Pick(usize),
    Seal(usize),
    Time,
}

pub(crate) struct World {
    pub(super) random: Random,
    pub(super) now: Duration,
    pub(super) plan: FaultPlan,
    pub(super) pages: Vec<Page>,
    pub(super) server: Server,
    pub(super) connections: Connections,
    pub(super) last_track: TrackId,
    pub(super) calm: bool,
    pub(super) waiting: Waiting,
    pub(super) book: Book,
    /// When something was missing last.
    pub(super) restless: Duration,
    /// The server is a dishonest one.
    pub(super) malice: Option<Malice>,
    /// The guard that is taken out.
    pub(super) without: Option<Guard>,
    /// Which page loads have derived a key.
    pub(super) holders: BTreeMap<String, Vec<Holder>>,
    possible: Vec<Step>,
    /// What happened, for the report of a failure.
    pub(crate) trace: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(seed: u64, plan: FaultPlan, malice: Option<Malice>, without: Option<Guard>) -> Self {
        let rules = Rules {
            capacity: plan.capacity,
            grace: Duration::from_secs(30),
            unload_grace: Duration::from_secs(5),
        };
        let mut random = Random(seed);
        let page = |who| {
            let link = if random.once_in(2) {
                0
            } else if plan.has_word {
                WORD
            } else {
                1
            };
            let is_linked = plan.has_locks && random.once_in(2);
            let (call, has_camera) = (Call::new(random.next()), !random.once_in(4));
            let has_channel = !random.once_in(8);
            Page::new(
                (Vault::new(who, 1, link, is_linked, without), link, is_linked),
                call,
                has_camera,
                Release { has_channel, has_screen: has_channel && !random.once_in(8) },
            )
        };
        let pages = (0..plan.participants).map(page).collect();
        let mut server = Server::new(RoomId::from_typed(ROOM).unwrap(), rules);
        server.is_deceitful = malice.is_some();
        let mut connections = Connections::default();
        connections.is_deceived = malice.is_some();
        connections.bridge = malice.is_some().then_some(BRIDGE);
        Self {
            random,
            now: Duration::ZERO,
            plan,
            pages,
            server,
            connections,
            last_track: 0,
            calm: false,
            waiting: Waiting::default(),
            book: Book::default(),
            restless: Duration::ZERO,
            malice,
            without,
            holders: BTreeMap::new(),
            possible: vec![],
            trace: None,
        }
    }

    /// Runs the whole schedule: faults first, then calm until everything has settled.
    pub(crate) fn run(&mut self) {
        for _ in 0..self.plan.steps {
            if self.random.once_in(12) {
                self.person_acts();
            } else if !self.plan.faults.is_empty() && self.random.once_in(25) {
                self.storm();
            } else if self.malice.is_some() && self.random.once_in(12) {
                self.mischief();
            } else {
                self.step();
            }
        }
        self.calm = true;
        self.end_attack();
        let calm_from = self.now;
        self.restless = self.now;
        let mut steps = 0;
        while self.now < self.restless + QUIET {
            self.step();
            steps += 1;
            let over = steps > 50_000 || self.now - calm_from > BUSY;
            assert!(!over, "still busy after {:?}", self.now - calm_from);
        }
        self.check_settled();
    }

    /// Whoever found the room full because of a seat kept for somebody comes again when it is free, and whoever
    /// is offered another go at a connection takes it.
    fn somebody_tries_again(&mut self) -> bool {
        let free = self.server.seats.len() < self.plan.capacity;
        for who in 0..self.pages.len() {
            if self.pages[who].frozen.is_some() {
                continue;
            }
            let view = self.pages[who].call.view();
            if free && view.phase == Phase::Home && self.pages[who].wants_in {
                self.connect(who);
                return true;
            }
            let is_cut_off = view.peers.iter().any(|peer| peer.link == LinkView::OtherVersion);
            let is_refused = view.peers.iter().any(|peer| peer.link == LinkView::OtherWord);
            if view.word_closed {
                self.user(who, Event::User(UserAction::TryWordAgain));
                return true;
            }
            if is_refused || is_cut_off && self.pages[who].vault.is_used_up() {
                self.reload(who);
                return true;
            }
            if self.answer(who, true) {
                return true;
            }
            if let Some(peer) = view.peers.iter().find(|peer| peer.link.has_failed()) {
                self.user(who, Event::User(UserAction::RetryPeer(peer.peer)));
                return true;
            }
        }
        false
    }

    /// One thing happens. Time passes when nothing else can.
    fn step(&mut self) {
        self.gather();
        let impatient = self.strikes(Fault::Slowness, 40);
        if impatient && !self.possible.is_empty() {
            self.hit_all();
        }
        if impatient || self.possible.is_empty() {
            self.possible = vec![Step::Time];
        }
        let step = self.random.pick(&self.possible);
        self.note(|| format!("{step:?}"));
        self.take(step);
    }

    /// Everything that can happen at this moment.
    fn gather(&mut self) {
        self.possible.clear();
        for (who, page) in self.pages.iter().enumerate().filter(|(_, page)| page.frozen.is_none()) {
            self.possible.extend((!page.events.is_empty()).then_some(Step::Event(who)));
            self.possible.extend((!page.asked.is_empty()).then_some(Step::Capture(who)));
            self.possible.extend((!page.vault.jobs.is_empty()).then_some(Step::Seal(who)));
            self.possible.extend((!page.pickers.is_empty()).then_some(Step::Pick(who)));
        }
        for (id, wire) in &self.server.wires {
            self.possible.extend((!wire.up.is_empty()).then_some(Step::Receive(*id)));
            self.possible.extend((!wire.down.is_empty()).then_some(Step::Arrive(*id)));
        }
        self.possible.extend(self.server.has_late().then_some(Step::PassLate));
        self.possible.extend(self.connections.busy().map(Step::Run));
        self.possible.extend(self.connections.with_events().map(Step::Report));
        for id in self.connections.still_open() {
            self.possible.extend(self.connections.next_state(id).map(|_| Step::Ice(id)));
            self.possible.extend(self.connections.next_channel(id).map(|state| Step::Channel(id, state)));
            self.possible.extend(self.connections.has_message(id).then_some(Step::Deliver(id)));
            let receives = self.connections.next_receives(id);
            self.possible.extend(receives.map(|(source, on)| Step::Receives(id, source, on)));
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Event(who) => {
                if let Some(event) = self.pages[who].events.pop_front() {
                    self.handle(who, event);
                }
            }
            Step::Receive(wire) => self.receive(wire),
            Step::Arrive(wire) => {
                self.arrive(wire);
                self.forget(wire);
            }
            Step::PassLate => {
                let got = self.server.pass_late(|bound| self.random.below(bound));
                got.into_iter().for_each(|who| self.hit(who));
            }
            Step::Run(id) => {
                let failing = self.strikes(Fault::Refusal, 40);
                if self.connections.run(id, failing) {
                    self.hit(self.connections.all[&id].ends.owner);
                }
            }
            Step::Report(id) => self.report(id),
            Step::Ice(id) => {
                if let Some(state) = self.connections.next_state(id) {
                    self.connections.set_state(id, state);
                }
            }
            Step::Receives(id, source, on) => self.connections.tell_receives(id, source, on),
            Step::Channel(id, state) => self.connections.set_channel(id, state),
            Step::Deliver(id) => self.connections.deliver(id),
            Step::Capture(who) => self.answer_capture(who),
            Step::Seal(who) => self.seal(who),
            Step::Pick(who) => self.answer_picker(who),
            Step::Time => self.pass_time(),
        }
    }

    fn receive(&mut self, wire: WireId) {
        let owner = self.server.wires[&wire].owner;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("server <- {owner}: {:?}", self.server.wires[&wire].up.front()));
        }
        let seated = self.server.wires[&wire].peer;
        let passage = self.passage();
        self.server.receive(self.now, wire, passage);
        let now_seated = self.server.wires[&wire].peer;
        if passage != Passage::Straight || seated != now_seated {
            self.hit(owner);
        }
        self.forget(wire);
    }

    fn forget(&mut self, wire: WireId) {
        if self.server.wires[&wire].is_forgotten() {
            self.server.wires.remove(&wire);
        }
    }

    fn pass_time(&mut self) {
        if self.calm && self.somebody_tries_again() {
            self.restless = self.now;
            return;
        }
        let missing = self.calm && self.is_something_missing();
        // With nobody in a call there is nothing to wait for.
        self.now = self.next_deadline().map_or(self.now + QUIET, |due| due.max(self.now));
        if missing {
            self.restless = self.now;
        }
        let present = self.present();
        for (who, page) in self.pages.iter_mut().enumerate() {
            page.hits += u32::from(page.frozen.is_some() || !present.contains_key(&who));
        }
        if self.server.deadline().is_some_and(|due| due <= self.now) {
            self.server.wake(self.now);
        }
        for page in &mut self.pages {
            page.frozen.take_if(|until| *until <= self.now);
            if page.frozen.is_none() && page.call.deadline().is_some_and(|due| due <= self.now) {
                page.events.push_back(Event::Tick);
            }
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let page = |page: &Page| page.frozen.or_else(|| page.call.deadline());
        self.pages.iter().filter_map(page).chain(self.server.deadline()).min()
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(text());
        }
    }
}
