//! One participant: a real [`Call`] in the model of a page, which carries out what the call wants.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use parlor::call::{
    Call, Command, Event, Hold, Loaded, MediaError, MediaEvent, Page as Known, PeerCommand, PeerConfig,
    PeerEvent, PreparedId, Remembered, ScreenError, ScreenEvent, ScreenId, SocketEvent, SocketId, Surface,
    UserAction,
};
use parlor::protocol::{Epoch, PeerId, ServerMsg, Source, SourceSet, read};

use super::connection::{ConnectionId, Ends, Tracks};
use super::faults::Fault;
use super::seats::Number;
use super::vault::{Done, Vault};
use super::wire::{Down, Up, WireId};
use super::world::World;

/// How long after a change of network the call may still act on it.
const NETWORK_SETTLES: Duration = Duration::from_secs(1);

/// What a page, which may be of an earlier release, has in its connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Release {
    pub(crate) has_channel: bool,
    /// A part of the call for what is shared.
    pub(crate) has_screen: bool,
}

pub(crate) struct Page {
    pub(crate) call: Call,
    pub(crate) events: VecDeque<Event>,
    /// How often it was loaded.
    pub(crate) load: u32,
    pub(crate) socket: Option<(SocketId, WireId)>,
    pub(crate) connections: BTreeMap<PeerId, (Epoch, ConnectionId)>,
    /// The connection for the next newcomer, with its configuration.
    pub(crate) prepared: Option<(PreparedId, PeerConfig, ConnectionId)>,
    /// The browser has refused to prepare one.
    pub(crate) refuses_to_prepare: bool,
    /// The newest that was to be given to a peer.
    pub(crate) named: PreparedId,
    pub(crate) vault: Vault,
    /// The link that everybody of this number has come by.
    pub(crate) link: usize,
    pub(crate) remembered: Option<Remembered>,
    /// Where the call believes to sit.
    pub(crate) seat: Option<Number>,
    pub(crate) asked: VecDeque<SourceSet>,
    pub(crate) tracks: Tracks,
    /// Pickers of what to share, and captures that are neither taken nor released.
    pub(crate) pickers: VecDeque<ScreenId>,
    pub(crate) captured: BTreeMap<ScreenId, Tracks>,
    /// The capture that is sent.
    pub(crate) screen: Option<ScreenId>,
    pub(crate) has_camera: bool,
    pub(crate) release: Release,
    pub(crate) wants_in: bool,
    /// No program runs in it until then.
    pub(crate) frozen: Option<Duration>,
    /// How often something happened that may need a connection to be helped.
    pub(crate) hits: u32,
    /// When its network changed, which the call acts on some ticks later.
    pub(crate) network_changed: Option<Duration>,
    /// That it happened to the connection closed last.
    had_reason: bool,
}

impl Page {
    pub(crate) fn new(who: usize, link: usize, call: Call, has_camera: bool, release: Release) -> Self {
        Self {
            call: call.in_page(Known { can_capture_screen: true, ..Known::default() }),
            events: VecDeque::from([loaded(None, false)]),
            load: 1,
            socket: None,
            connections: BTreeMap::new(),
            prepared: None,
            refuses_to_prepare: false,
            named: PreparedId::default(),
            vault: Vault::new(who, 1, link),
            link,
            remembered: None,
            seat: None,
            asked: VecDeque::new(),
            tracks: Tracks::default(),
            pickers: VecDeque::new(),
            captured: BTreeMap::new(),
            screen: None,
            has_camera,
            release,
            wants_in: false,
            frozen: None,
            hits: 0,
            network_changed: None,
            had_reason: false,
        }
    }

    pub(crate) fn wire(&self) -> Option<WireId> {
        self.socket.map(|(_, wire)| wire)
    }

    fn end_tracks(&mut self, ended: SourceSet) {
        self.tracks.retain(|source, _| !ended.contains(*source));
    }
}

/// The program starts: in a new page, after a reload, or after a crash, when it does not go back by itself.
pub(crate) fn loaded(remembered: Option<Remembered>, returning: bool) -> Event {
    Event::Loaded(Loaded { supported: true, remembered, returning, ..Loaded::default() })
}

/// Why the call does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Leave,
    Signal,
    Woken,
    Other,
}

impl World {
    /// A socket's next frame comes out of the network. A page that was reloaded hears nothing of it any more.
    pub(super) fn arrive(&mut self, id: WireId) {
        let wire = self.server.wires.get_mut(&id).unwrap();
        let (who, load, socket) = (wire.owner, wire.load, wire.socket);
        let event = match wire.down.pop_front().unwrap() {
            Down::Opened => SocketEvent::Opened,
            Down::Frame(text) => {
                let read = read::<ServerMsg>(&text);
                SocketEvent::Message(read.unwrap_or_else(|error| panic!("{text}: {error}")))
            }
            Down::Closed(code) => SocketEvent::Closed { code },
        };
        if self.pages[who].load == load {
            self.pages[who].events.push_back(Event::Socket(socket, event));
        }
    }

    pub(super) fn report(&mut self, id: ConnectionId) {
        let ends = &self.connections.all[&id].ends;
        let (owner, peer, epoch) = (ends.owner, ends.peer, ends.epoch);
        if let Some(event) = self.connections.take_event(id) {
            self.pages[owner].events.push_back(Event::Peer(peer, epoch, event));
        }
    }

    pub(super) fn answer_capture(&mut self, who: usize) {
        let page = &mut self.pages[who];
        let asked = page.asked.pop_front().unwrap();
        let event = if asked.contains(Source::Camera) && !page.has_camera {
            MediaEvent::Failed { asked, error: MediaError::NotFound, denied: SourceSet::NONE }
        } else {
            for source in asked.iter() {
                self.last_track += 1;
                page.tracks.insert(source, self.last_track);
            }
            MediaEvent::Granted(asked)
        };
        page.events.push_back(Event::Media(event));
        self.count_live();
    }

    /// The cryptography of a page has done something.
    pub(super) fn seal(&mut self, who: usize) {
        match self.pages[who].vault.work() {
            Done::Event(id, event) => self.pages[who].events.push_back(Event::Seal(id, event)),
            Done::Send(wire, message) => self.up(wire, Up::Frame(serde_json::to_string(&message).unwrap())),
            Done::Nothing => {}
        }
    }

    /// The person picks something to share, or nothing.
    pub(super) fn answer_picker(&mut self, who: usize) {
        let (is_cancelled, has_sound) = (self.random.once_in(4), self.random.once_in(2));
        let page = &mut self.pages[who];
        let id = page.pickers.pop_front().unwrap();
        let event = if is_cancelled {
            ScreenEvent::Failed(ScreenError::Cancelled)
        } else {
            let mut tracks = Tracks::default();
            for source in SourceSet::from(Source::Screen).with(Source::ScreenAudio, has_sound).iter() {
                self.last_track += 1;
                tracks.insert(source, self.last_track);
            }
            page.captured.insert(id, tracks);
            ScreenEvent::Opened { surface: Surface::Window, has_sound }
        };
        page.events.push_back(Event::Media(MediaEvent::Screen(id, event)));
    }

    /// What is shared ends by the browser's own button.
    pub(super) fn end_screen(&mut self, who: usize) {
        if let Some(id) = self.pages[who].screen {
            self.pages[who].end_tracks(SourceSet::SCREEN);
            self.user(who, Event::Media(MediaEvent::Screen(id, ScreenEvent::Ended(Source::Screen))));
            self.count_live();
        }
    }

    /// Tracks end by themselves, as when a camera is unplugged.
    pub(super) fn unplug(&mut self, who: usize, devices: SourceSet) {
        self.pages[who].end_tracks(devices);
        self.user(who, Event::Media(MediaEvent::Ended(devices)));
        self.count_live();
    }

    pub(super) fn count_live(&mut self) {
        self.connections.live = self.pages.iter().flat_map(|page| page.tracks.values().copied()).collect();
    }

    pub(super) fn handle(&mut self, who: usize, event: Event) {
        self.note(|| format!("{who} <- {event:?}"));
        self.learn(who, &event);
        self.note_written(who, &event);
        let cause = match &event {
            Event::User(UserAction::Leave) => Cause::Leave,
            Event::Seal(..) => Cause::Signal,
            // What was due to happen anyway is no consequence of it.
            Event::Woken | Event::NetworkChanged if !self.is_overdue(who) => Cause::Woken,
            _ => Cause::Other,
        };
        for command in self.pages[who].call.handle(self.now, event) {
            self.note(|| format!("{who} -> {command:?}"));
            self.perform(who, command, cause);
        }
        self.check_page(who);
        self.check_chat(who);
    }

    fn is_overdue(&self, who: usize) -> bool {
        self.pages[who].call.deadline().is_some_and(|due| due <= self.now)
    }

    /// What the call is told is kept beside it.
    fn learn(&mut self, who: usize, event: &Event) {
        let page = &mut self.pages[who];
        match event {
            Event::Tick if page.network_changed.is_some() => {
                page.network_changed.take_if(|since| *since + NETWORK_SETTLES <= self.now);
                self.hit(who);
            }
            Event::Woken
            | Event::NetworkChanged
            | Event::Socket(
                _,
                SocketEvent::Message(ServerMsg::PeerAway { .. } | ServerMsg::PeerBack { .. }),
            ) => self.hit(who),
            Event::Socket(
                socket,
                SocketEvent::Message(ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated)),
            ) if page.socket.is_some_and(|(current, _)| current == *socket) => {
                let life = self.server.life_of(&seated.resume);
                page.seat = Some((life, seated.peer));
                self.hit(who);
            }
            Event::Peer(peer, epoch, PeerEvent::State(state)) => {
                if let Some((_, id)) = page.connections.get(peer).filter(|(current, _)| current == epoch) {
                    self.connections.all.get_mut(id).unwrap().told = *state;
                }
            }
            _ => {}
        }
    }

    fn perform(&mut self, who: usize, command: Command, cause: Cause) {
        let page = &mut self.pages[who];
        match command {
            Command::OpenSocket(socket) => {
                let is_open = |wire| self.server.wires.get(&wire).is_some_and(|wire| wire.is_open());
                assert!(!page.wire().is_some_and(is_open), "{who} opens a second socket beside a live one");
                let wire = self.server.connect(self.now, who, page.load, socket);
                page.socket = Some((socket, wire));
            }
            Command::CloseSocket => {
                let wire = page.socket.take().map(|(_, wire)| wire);
                self.up(wire, Up::Closed(1000));
            }
            Command::Send(message) => {
                let wire = page.wire();
                assert!(wire.is_some(), "{who} sends without a socket");
                self.up(wire, Up::Frame(serde_json::to_string(&message).unwrap()));
            }
            Command::Capture(asked) => {
                page.asked.push_back(asked.iter().map(|constraints| constraints.source).collect());
            }
            Command::Release(devices) => {
                page.end_tracks(devices);
                self.count_live();
            }
            Command::CaptureScreen(id, _) => page.pickers.push_back(id),
            Command::TakeScreen(id) => {
                page.end_tracks(SourceSet::SCREEN);
                let captured = page.captured.remove(&id);
                page.tracks.extend(captured.expect("a capture that came"));
                page.screen = Some(id);
                self.count_live();
            }
            Command::ReleaseScreen(id) => {
                page.captured.remove(&id);
                if page.screen.take_if(|taken| *taken == id).is_some() {
                    page.end_tracks(SourceSet::SCREEN);
                    self.count_live();
                }
            }
            // Everybody has a browser of their own.
            Command::HoldRoom { room, .. } => {
                page.events.push_back(Event::Hold(room, Hold::Granted(page.vault.identity(), None)));
            }
            Command::Seal(id, command) => {
                let wire = page.wire();
                page.vault.jobs.push_back((id, command, wire));
            }
            // Nobody tests a connection here.
            Command::AskForIce(_) | Command::TryTransport(..) | Command::TryRelay(..) => {}
            Command::Enable { .. }
            | Command::HintScreen(_)
            | Command::PlaySound
            | Command::StopReplaced
            | Command::SetSpeaker(_)
            | Command::Chime(_)
            | Command::Hear(_)
            | Command::Blur(_)
            | Command::Measure(_)
            | Command::KeepDevice(..)
            | Command::KeepSettings(_)
            | Command::KeepHidden(_)
            | Command::LoadAnew { .. }
            | Command::Log(_)
            | Command::ReadLevels
            | Command::ShowAddress(_)
            | Command::LetGo(_) => {}
            Command::Remember(seat) => page.remembered = seat,
            Command::Prepare(id, config) => self.prepare(who, id, config),
            Command::DropPrepared(id) => {
                let dropped = page.prepared.take();
                assert!(dropped.is_none_or(|(known, ..)| known == id), "{who} drops another connection");
            }
            Command::Peer(peer, epoch, PeerCommand::Open { config, offerer, prepared }) => {
                let prepared = prepared.and_then(|id| self.take_prepared(who, id, &config));
                self.open_connection(who, peer, epoch, offerer, prepared, cause);
            }
            Command::Peer(peer, epoch, command) => {
                let (current, id) = page.connections[&peer];
                assert_eq!(current, epoch, "a command for a connection that was replaced");
                if command == PeerCommand::Close {
                    self.pages[who].had_reason = self.was_hit(id);
                    self.pages[who].connections.remove(&peer);
                    assert_ne!(cause, Cause::Woken, "{who} closes a connection for being woken");
                    let may = cause == Cause::Leave || self.may_close(id);
                    assert!(may, "{who} closes a connection that works: {id}");
                    self.connections.close(id);
                } else {
                    let restarts = matches!(command, PeerCommand::Offer { restart: true, .. });
                    assert!(!restarts || self.was_hit(id), "{who} restarts {id} without a reason");
                    self.connections.command(id, command, self.pages[who].tracks.clone());
                }
            }
        }
    }

    fn prepare(&mut self, who: usize, id: PreparedId, config: PeerConfig) {
        let (refuses, is_in_time) = (self.strikes(Fault::Refusal, 4), !self.random.once_in(4));
        let page = &mut self.pages[who];
        assert!(page.prepared.is_none(), "{who} prepares a second connection");
        page.refuses_to_prepare = refuses;
        if refuses {
            page.events.push_back(Event::NotPrepared(id));
        } else {
            page.prepared = Some((id, config, self.connections.prepare(is_in_time)));
        }
    }

    /// The prepared connection, if the browser has it.
    fn take_prepared(&mut self, who: usize, id: PreparedId, wanted: &PeerConfig) -> Option<ConnectionId> {
        let page = &mut self.pages[who];
        assert!(id.0 > page.named.0, "{who} gives one connection to two peers");
        page.named = id;
        let (known, config, connection) = page.prepared.take()?;
        assert_eq!((known, &config), (id, wanted), "{who} takes another connection than it needs");
        Some(connection)
    }

    fn open_connection(
        &mut self,
        who: usize,
        peer: PeerId,
        epoch: Epoch,
        offerer: bool,
        prepared: Option<ConnectionId>,
        cause: Cause,
    ) {
        if !epoch.0.is_multiple_of(Epoch::TRIES) && cause != Cause::Signal {
            assert!(
                self.pages[who].had_reason,
                "{who} builds the connection with {peer} anew without a reason"
            );
            // The other one may have had the same idea at the same time.
            self.hit(who);
        }
        let own = self.pages[who].seat.expect("a connection without a seat");
        let other = self.server.seats.owner((own.0, peer)).expect("a connection with nobody");
        let hits = self.pages[who].hits + self.pages[other].hits;
        let ends = Ends { owner: who, own, other, peer, epoch, hits };
        let page = &self.pages[who];
        let id = self.connections.open(ends, offerer, prepared, page.tracks.clone(), page.release);
        self.pages[who].events.push_back(Event::Peer(peer, epoch, PeerEvent::Opened));
        let before = self.pages[who].connections.insert(peer, (epoch, id));
        assert_eq!(before, None, "a second connection with the same peer");
    }

    /// Something happened to either end since the first of this connection and its partner was opened, or there is
    /// no partner.
    fn was_hit(&self, id: ConnectionId) -> bool {
        let Some(other) = self.opposite(id) else { return true };
        let (own, their) = (&self.connections.all[&id].ends, &self.connections.all[&other].ends);
        self.pages[own.owner].hits + self.pages[own.other].hits > own.hits.min(their.hits)
    }

    /// The connection of the same epoch at the other participant.
    fn opposite(&self, id: ConnectionId) -> Option<ConnectionId> {
        let ends = &self.connections.all[&id].ends;
        let (epoch, other) = self.pages[ends.other].connections.get(&ends.own.1)?;
        (*epoch == ends.epoch).then_some(*other)
    }

    /// A connection over which both see each other is closed only when one of the seats is given up.
    fn may_close(&self, id: ConnectionId) -> bool {
        let ends = &self.connections.all[&id].ends;
        let held = |seat| self.server.seats.is_provable(seat);
        !self.connections.is_healthy(id) || !held(ends.own) || !held((ends.own.0, ends.peer))
    }

    pub(super) fn up(&mut self, wire: Option<WireId>, up: Up) {
        if let Some(wire) = wire.and_then(|wire| self.server.wires.get_mut(&wire)) {
            wire.send_up(up);
        }
    }

    /// The person, or the machine, does something to the page.
    pub(super) fn user(&mut self, who: usize, event: Event) {
        self.pages[who].events.push_back(event);
    }
}
