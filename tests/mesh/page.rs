//! One participant: a real [`Call`] in the model of a page, which carries out what the call wants.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use parlor::call::{
    Call, Command, Event, Hold, Loaded, Page as Known, PeerCommand, PeerConfig, PeerEvent, PreparedId,
    Remembered, ScreenId, SealCommand, SocketEvent, SocketId, UserAction,
};
use parlor::protocol::{Epoch, Hello, PeerId, ServerMsg, SourceSet, read};

use super::connection::{ConnectionId, Tracks};
use super::seats::Number;
use super::secrecy::check_frame;
use super::vault::Vault;
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
    /// The certificates in the descriptions that it has taken.
    pub(crate) prints: BTreeMap<PeerId, u32>,
    /// Who is away, as it was told.
    pub(crate) away: BTreeSet<PeerId>,
    /// The link that everybody of this number has come by.
    pub(crate) link: usize,
    /// It was opened by it, so whoever has not the same one is asked about.
    pub(crate) is_linked: bool,
    /// What the person has chosen last: locked, or not.
    pub(crate) chose: Option<bool>,
    /// The keys of those who were let in.
    pub(crate) let_in: Vec<Hello>,
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
    pub(super) had_reason: bool,
}

impl Page {
    pub(crate) fn new(
        (vault, link, is_linked): (Vault, usize, bool),
        call: Call,
        has_camera: bool,
        release: Release,
    ) -> Self {
        Self {
            call: call.in_page(Known { can_capture_screen: true, ..Known::default() }),
            events: VecDeque::from([loaded(None, false)]),
            load: 1,
            socket: None,
            connections: BTreeMap::new(),
            prepared: None,
            refuses_to_prepare: false,
            named: PreparedId::default(),
            vault,
            prints: BTreeMap::new(),
            away: BTreeSet::new(),
            link,
            is_linked,
            chose: None,
            let_in: vec![],
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
}

/// The program starts: in a new page, after a reload, or after a crash, when it does not go back by itself.
pub(crate) fn loaded(remembered: Option<Remembered>, returning: bool) -> Event {
    Event::Loaded(Loaded { supported: true, remembered, returning, ..Loaded::default() })
}

/// Why the call does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Leave,
    LetIn,
    Signal,
    Woken,
    Other,
}

impl World {
    /// A socket's next frame comes out of the network. A page that was reloaded hears nothing of it any more.
    pub(super) fn arrive(&mut self, id: WireId) {
        let wire = self.server.wires.get_mut(&id).unwrap();
        let (who, load, socket) = (wire.owner, wire.load, wire.socket);
        let events = match wire.down.pop_front().unwrap() {
            Down::Opened => vec![SocketEvent::Opened],
            Down::Frame(text) => {
                check_frame(&text);
                let frames = self.corrupt(id, text).into_iter();
                frames.filter_map(|text| self.hear(&text)).collect()
            }
            Down::Closed(code) => vec![SocketEvent::Closed { code }],
        };
        if self.pages[who].load == load {
            let events = events.into_iter().map(|event| Event::Socket(socket, event));
            self.pages[who].events.extend(events);
        }
    }

    /// A frame is read. A browser drops what it cannot read, which an honest server does not send.
    fn hear(&mut self, text: &str) -> Option<SocketEvent> {
        match read::<ServerMsg>(text) {
            Ok(message) => Some(SocketEvent::Message(message)),
            Err(_) if self.malice.is_some() => None,
            Err(error) => panic!("{text}: {error}"),
        }
    }

    pub(super) fn report(&mut self, id: ConnectionId) {
        let ends = &self.connections.all[&id].ends;
        let (owner, peer, epoch) = (ends.owner, ends.peer, ends.epoch);
        if let Some(event) = self.connections.take_event(id) {
            self.pages[owner].events.push_back(Event::Peer(peer, epoch, event));
        }
    }

    pub(super) fn handle(&mut self, who: usize, event: Event) {
        self.note(|| format!("{who} <- {event:?}"));
        self.learn(who, &event);
        self.note_written(who, &event);
        self.note_let_in(who, &event);
        let cause = match &event {
            Event::User(UserAction::Leave) => Cause::Leave,
            Event::User(UserAction::Answer(..) | UserAction::LockRoom(false)) => Cause::LetIn,
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
        self.check_trust(who);
        self.check_lock(who);
        self.check_chat(who);
    }

    fn is_overdue(&self, who: usize) -> bool {
        self.pages[who].call.deadline().is_some_and(|due| due <= self.now)
    }

    /// What the call is told is kept beside it.
    fn learn(&mut self, who: usize, event: &Event) {
        let page = &mut self.pages[who];
        page.note_away(event);
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
                if !seated.resumed {
                    page.vault.heard.clear();
                }
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
                if let SealCommand::Agree(agreement) = &command {
                    page.vault.hears(id, agreement);
                }
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
                let Some(&(current, id)) = page.connections.get(&peer) else {
                    // Who waits to be let in has none.
                    assert_eq!(command, PeerCommand::Close, "a command for a connection that is closed");
                    return;
                };
                assert_eq!(current, epoch, "a command for a connection that was replaced");
                if command == PeerCommand::Close {
                    self.pages[who].had_reason = self.was_hit(id);
                    self.pages[who].connections.remove(&peer);
                    self.pages[who].prints.remove(&peer);
                    assert_ne!(cause, Cause::Woken, "{who} closes a connection for being woken");
                    let may = cause == Cause::Leave || self.malice.is_some() || self.may_close(id);
                    assert!(may, "{who} closes a connection that works: {id}");
                    self.connections.close(id);
                } else {
                    let restarts = matches!(command, PeerCommand::Offer { restart: true, .. });
                    let may = !restarts || self.malice.is_some() || self.was_hit(id);
                    assert!(may, "{who} restarts {id} without a reason");
                    if let PeerCommand::AcceptOffer { sdp, .. } | PeerCommand::AcceptAnswer { sdp } = &command
                    {
                        self.check_print(who, peer, sdp);
                    }
                    self.connections.command(id, command, self.pages[who].tracks.clone());
                }
            }
        }
    }

    pub(super) fn up(&mut self, wire: Option<WireId>, up: Up) {
        if let Up::Frame(text) = &up {
            check_frame(text);
        }
        if let Some(wire) = wire.and_then(|wire| self.server.wires.get_mut(&wire)) {
            wire.send_up(up);
        }
    }

    /// The person, or the machine, does something to the page.
    pub(super) fn user(&mut self, who: usize, event: Event) {
        self.pages[who].events.push_back(event);
    }
}
