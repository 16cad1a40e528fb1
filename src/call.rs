//! One participant's whole call, as a pure machine: events in, commands out, a view to draw; no I/O, no
//! clock, no randomness of its own.
//!
//! [`Call::handle`] takes what happened and the time, and says what to do. [`Call::deadline`] says when it
//! wants to be woken with [`Event::Tick`]. `call/` holds the parts: [`line`] the way to the server,
//! [`devices`] microphone and camera, [`negotiation`] and [`recovery`] one peer connection.
//!
//! # Invariants
//! - A lost socket never touches a peer connection; only a peer that left, or a new page of it, does.
//! - A signal counts only if it comes from a peer of this room and carries the present epoch of the pair.
//! - Late events of sockets and connections that were replaced are dropped here and nowhere else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::{
    ClientMsg, CloseCode, DisplayName, Epoch, Page, PeerId, PeerInfo, RoomId, RoomIdError, SeatToken, Seated,
    ServerMsg, Signal,
};

mod backoff;
pub mod devices;
mod event;
mod line;
mod negotiation;
mod peer;
mod recovery;
mod view;

use devices::Capture;
use line::Line;
use negotiation::{Negotiation, Output};

pub use devices::{DeviceProblem, Devices, MediaError, Permission};
pub use event::{Command, Event, Loaded, MediaEvent, Remembered, SocketEvent, SocketId, UserAction};
pub use peer::{PeerCommand, PeerEvent, PeerState};
pub use view::{CallView, DeviceView, LineView, LinkView, Notice, PeerView, Phase};

/// How long a passing notice stays.
const NOTICE: Duration = Duration::from_secs(6);

/// One participant's call.
#[derive(Debug)]
pub struct Call {
    line: Line,
    capture: Capture,
    supported: bool,
    /// The room the person wants to be in.
    wish: Option<Wish>,
    seat: Option<Seat>,
    pairs: BTreeMap<PeerId, Pair>,
    notice: Option<(Notice, Option<Duration>)>,
    sound_blocked: bool,
}

/// Where the person wants to be.
#[derive(Debug)]
struct Wish {
    room: RoomId,
    name: Option<DisplayName>,
    /// Proof of a seat held before, in this call or before a reload.
    resume: Option<SeatToken>,
}

/// The seat the server gave.
#[derive(Debug)]
struct Seat {
    peer: PeerId,
    page: Page,
    ice_servers: Vec<crate::protocol::IceServer>,
}

/// Somebody else in the room, and the connection with them.
#[derive(Debug)]
struct Pair {
    info: PeerInfo,
    has_video: bool,
    negotiation: Negotiation,
}

impl Call {
    /// A call before anything happened. The seed only spreads retries over time.
    pub fn new(seed: u64) -> Self {
        Self {
            line: Line::new(seed),
            capture: Capture::default(),
            supported: true,
            wish: None,
            seat: None,
            pairs: BTreeMap::new(),
            notice: None,
            sound_blocked: false,
        }
    }

    /// Takes one event and says what to do, in order.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Command> {
        match event {
            Event::Loaded(loaded) => self.loaded(loaded),
            Event::User(action) => self.user(now, action),
            Event::Socket(socket, event) if self.line.is_current(socket) => self.socket(now, event),
            Event::Socket(..) => vec![],
            Event::Media(event) => self.media(event),
            Event::Peer(peer, epoch, event) => self.peer(now, peer, epoch, event),
            Event::Woken => self.woken(now),
            Event::Tick => self.tick(now),
        }
    }

    /// When the next [`Event::Tick`] is due.
    pub fn deadline(&self) -> Option<Duration> {
        let reachable = self.pairs.values().filter(|pair| self.line.is_seated() && !pair.info.away);
        let notice = self.notice.as_ref().and_then(|(_, until)| *until);
        reachable
            .filter_map(|pair| pair.negotiation.deadline())
            .chain([self.line.deadline(), self.capture.deadline(), notice].into_iter().flatten())
            .min()
    }

    /// What the page shows now.
    pub fn view(&self) -> CallView {
        let phase = match (&self.wish, &self.seat) {
            (Some(_), Some(_)) => Phase::InCall,
            (Some(_), None) => Phase::Joining,
            (None, _) => Phase::Home,
        };
        let line = match phase {
            Phase::InCall if !self.line.is_seated() => LineView::Reconnecting,
            _ if self.line.is_open() => LineView::Up,
            _ => LineView::Idle,
        };
        CallView {
            phase,
            room: self.wish.as_ref().map(|wish| wish.room.clone()),
            peers: self.pairs.values().map(Pair::view).collect(),
            microphone: self.capture.microphone_view(),
            camera: self.capture.camera_view(),
            device_problem: self.capture.problem(),
            line,
            sound_blocked: self.sound_blocked,
            notice: self.notice.as_ref().map(|(notice, _)| notice.clone()),
        }
    }

    fn loaded(&mut self, loaded: Loaded) -> Vec<Command> {
        self.supported = loaded.supported;
        if !loaded.supported {
            self.say(Notice::Unsupported);
            return vec![];
        }
        let mut commands = self.line.open();
        if let Some(Remembered { room, resume, name, microphone_muted, camera_off }) = loaded.remembered {
            self.capture.restore(Devices { microphone: microphone_muted, camera: camera_off });
            self.wish = Some(Wish { room, name, resume: Some(resume) });
            commands.extend(self.capture.start(Devices::BOTH));
        } else {
            let granted = |permission| permission == Permission::Granted;
            let known = Devices { microphone: granted(loaded.microphone), camera: granted(loaded.camera) };
            commands.extend(self.capture.start(known));
        }
        commands
    }

    fn user(&mut self, now: Duration, action: UserAction) -> Vec<Command> {
        match action {
            UserAction::StartPreview => self.capture.start(Devices::BOTH),
            UserAction::Connect { room, name } => self.connect(&room, &name),
            UserAction::Leave => self.leave(),
            UserAction::ToggleMicrophone => {
                let commands = self.capture.toggle_microphone();
                self.and_remember(commands)
            }
            UserAction::ToggleCamera => {
                let commands = self.capture.toggle_camera(now);
                self.and_remember(commands)
            }
            UserAction::RetryDevices => self.capture.retry(),
            UserAction::RetryPeer(peer) => match self.pairs.get_mut(&peer) {
                None => vec![],
                Some(pair) => {
                    pair.negotiation.start_over();
                    self.rebuild(now, peer)
                }
            },
            UserAction::PlaySound => vec![Command::PlaySound],
            UserAction::DismissNotice => {
                self.notice = None;
                vec![]
            }
        }
    }

    fn connect(&mut self, room: &str, name: &str) -> Vec<Command> {
        if self.wish.is_some() {
            return vec![];
        }
        if !self.supported {
            self.say(Notice::Unsupported);
            return vec![];
        }
        let room = match RoomId::from_typed(room) {
            Ok(room) => room,
            Err(error) => {
                self.say(if error == RoomIdError::Empty { Notice::EmptyRoom } else { Notice::BadRoom });
                return vec![];
            }
        };
        let name = match name.trim() {
            "" => None,
            name => match DisplayName::try_from(name.to_owned()) {
                Ok(name) => Some(name),
                Err(_) => {
                    self.say(Notice::BadName);
                    return vec![];
                }
            },
        };
        self.notice = None;
        self.wish = Some(Wish { room, name, resume: None });
        let mut commands = if self.line.is_open() { self.join() } else { self.line.open() };
        commands.extend(self.capture.start(Devices::BOTH));
        commands
    }

    fn leave(&mut self) -> Vec<Command> {
        if self.wish.is_none() {
            return vec![];
        }
        let mut commands = if self.line.is_open() { vec![Command::Send(ClientMsg::Leave)] } else { vec![] };
        let was_in_call = self.seat.is_some();
        commands.extend(self.go_home());
        if was_in_call {
            self.say(Notice::Left);
        } else {
            self.notice = None;
            // The answer to the join is still on its way, and must not be taken for the answer to the next one.
            commands.extend(self.line.close());
            commands.extend(self.line.open());
        }
        commands
    }

    /// Gives up the seat, the connections and the devices.
    fn go_home(&mut self) -> Vec<Command> {
        self.wish = None;
        self.seat = None;
        self.sound_blocked = false;
        self.line.stand_up();
        let mut commands: Vec<_> =
            std::mem::take(&mut self.pairs).into_iter().map(|(peer, pair)| pair.close(peer)).collect();
        commands.extend(self.capture.stop());
        commands.push(Command::Remember(None));
        commands
    }

    fn join(&self) -> Vec<Command> {
        let join = self.wish.as_ref().map(|Wish { room, name, resume }| ClientMsg::Join {
            room: room.clone(),
            name: name.clone(),
            resume: resume.clone(),
            reloaded: resume.is_some() && self.seat.is_none(),
        });
        join.map(Command::Send).into_iter().collect()
    }

    fn socket(&mut self, now: Duration, event: SocketEvent) -> Vec<Command> {
        match event {
            SocketEvent::Opened => {
                self.line.opened();
                self.join()
            }
            SocketEvent::Message(message) => self.message(now, message),
            SocketEvent::Closed { code } => self.closed(now, code),
        }
    }

    fn closed(&mut self, now: Duration, code: u16) -> Vec<Command> {
        self.line.lost(now, self.wish.is_some());
        if CloseCode::from_code(code) == Some(CloseCode::Replaced) && self.wish.is_some() {
            let mut commands = self.line.close();
            commands.extend(self.go_home());
            self.say(Notice::MovedElsewhere);
            return commands;
        }
        if self.wish.is_some() && self.seat.is_none() {
            self.say(Notice::Unreachable);
        }
        vec![]
    }

    fn message(&mut self, now: Duration, message: ServerMsg) -> Vec<Command> {
        match message {
            ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => self.seated(now, seated),
            ServerMsg::FullRoom { room } => self.full(&room),
            ServerMsg::PeerJoined(info) => self.peer_joined(now, info),
            ServerMsg::PeerAway { peer } => {
                if let Some(pair) = self.pairs.get_mut(&peer) {
                    pair.info.away = true;
                }
                vec![]
            }
            ServerMsg::PeerBack { peer, page } => self.peer_back(now, peer, page),
            ServerMsg::PeerLeft { peer } => self.peer_left(now, peer),
            ServerMsg::Signal { from, signal } => self.signal(now, from, signal),
            // For developers: the driver logs it.
            ServerMsg::Error { .. } => vec![],
        }
    }

    fn seated(&mut self, now: Duration, seated: Seated) -> Vec<Command> {
        let Some(wish) = self.wish.as_mut().filter(|wish| wish.room == seated.room) else {
            // The person left, or went elsewhere, while the answer was on its way.
            return vec![];
        };
        // A token that was given before says that this is the same seat in the same life of the room: only then
        // do the numbers of peers and pages mean what they meant.
        let resumed = wish.resume.as_ref() == Some(&seated.resume);
        let same_page = resumed && self.seat.as_ref().is_some_and(|seat| seat.page == seated.page);
        wish.resume = Some(seated.resume);
        let fresh = self.seat.is_none();
        self.seat = Some(Seat { peer: seated.peer, page: seated.page, ice_servers: seated.ice_servers });
        if fresh {
            self.notice = None;
        }
        let mut commands = Vec::new();
        let present: BTreeMap<_, _> = seated.peers.into_iter().map(|info| (info.peer, info)).collect();
        let gone = |peer: &PeerId, pair: &Pair| {
            !same_page || present.get(peer).is_none_or(|info| info.page != pair.info.page)
        };
        let (closed, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.pairs).into_iter().partition(|(peer, pair)| gone(peer, pair));
        commands.extend(closed.into_iter().map(|(peer, pair)| pair.close(peer)));
        self.pairs = kept;
        let unsent: BTreeMap<_, _> =
            self.pairs.keys().map(|peer| (*peer, self.line.holds_offer(*peer).is_some())).collect();
        let pairs = &self.pairs;
        let current = |peer, epoch| pairs.get(&peer).is_some_and(|pair| pair.negotiation.epoch() == epoch);
        commands.extend(self.line.sit_down(current));
        for (peer, info) in present {
            match self.pairs.get_mut(&peer) {
                None => commands.extend(self.open(now, info)),
                Some(pair) => {
                    pair.info.away = info.away;
                    let outputs = pair.negotiation.way_is_back(now, unsent.get(&peer) == Some(&true));
                    commands.extend(self.perform(now, peer, outputs));
                }
            }
        }
        commands.push(Command::ShowAddress(self.wish.as_ref().map(|wish| wish.room.clone())));
        self.and_remember(commands)
    }

    fn full(&mut self, room: &RoomId) -> Vec<Command> {
        if self.wish.as_ref().is_none_or(|wish| wish.room != *room) {
            return vec![];
        }
        let was_in_call = self.seat.is_some();
        self.wish = None;
        self.say(Notice::RoomFull);
        // From the first screen the preview stays for the next try.
        if was_in_call { self.go_home() } else { vec![Command::Remember(None)] }
    }

    fn peer_joined(&mut self, now: Duration, info: PeerInfo) -> Vec<Command> {
        if self.seat.is_none() || self.pairs.contains_key(&info.peer) {
            return vec![];
        }
        self.notice = Some((Notice::PeerJoined(info.name.clone()), Some(now + NOTICE)));
        self.open(now, info)
    }

    fn peer_back(&mut self, now: Duration, peer: PeerId, page: Page) -> Vec<Command> {
        let Some(pair) = self.pairs.get_mut(&peer) else { return vec![] };
        pair.info.away = false;
        if pair.info.page == page {
            let outputs = pair.negotiation.way_is_back(now, false);
            return self.perform(now, peer, outputs);
        }
        let info = PeerInfo { page, ..pair.info.clone() };
        let mut commands: Vec<_> =
            self.pairs.remove(&peer).map(|pair| pair.close(peer)).into_iter().collect();
        commands.extend(self.open(now, info));
        commands
    }

    fn peer_left(&mut self, now: Duration, peer: PeerId) -> Vec<Command> {
        let Some(pair) = self.pairs.remove(&peer) else { return vec![] };
        let alone = self.pairs.is_empty();
        self.notice = Some((Notice::PeerLeft(pair.info.name.clone()), (!alone).then_some(now + NOTICE)));
        vec![pair.close(peer)]
    }

    fn signal(&mut self, now: Duration, from: PeerId, signal: Signal) -> Vec<Command> {
        let Some(pair) = self.pairs.get_mut(&from) else { return vec![] };
        let (epoch, present) = (signal.epoch(), pair.negotiation.epoch());
        if epoch < present || !epoch.same_pages(present) {
            return vec![];
        }
        let mut commands = Vec::new();
        if epoch > present {
            commands = self.reopen(now, from, epoch, false);
        }
        if let Some(pair) = self.pairs.get_mut(&from) {
            let outputs = pair.negotiation.signal(signal);
            commands.extend(self.perform(now, from, outputs));
        }
        commands
    }

    fn peer(&mut self, now: Duration, peer: PeerId, epoch: Epoch, event: PeerEvent) -> Vec<Command> {
        let Some(pair) = self.pairs.get_mut(&peer).filter(|pair| pair.negotiation.epoch() == epoch) else {
            return vec![];
        };
        if let PeerEvent::Video(on) = event {
            pair.has_video = on;
        }
        let outputs = pair.negotiation.event(now, event);
        self.perform(now, peer, outputs)
    }

    fn media(&mut self, event: MediaEvent) -> Vec<Command> {
        let attach = matches!(event, MediaEvent::Granted(_) | MediaEvent::Ended(_));
        let mut commands = match event {
            MediaEvent::Granted(devices) => self.capture.granted(devices),
            MediaEvent::Failed { asked, error, microphone, camera } => {
                self.capture.failed(asked, error, microphone, camera)
            }
            MediaEvent::Ended(devices) => self.capture.ended(devices),
            MediaEvent::Changed => self.capture.changed(),
            MediaEvent::SoundBlocked(blocked) => {
                self.sound_blocked = blocked;
                vec![]
            }
        };
        if attach {
            let attach = |(peer, pair): (&PeerId, &Pair)| {
                Command::Peer(*peer, pair.negotiation.epoch(), PeerCommand::Attach)
            };
            commands.extend(self.pairs.iter().map(attach));
        }
        commands
    }

    fn woken(&mut self, now: Duration) -> Vec<Command> {
        for pair in self.pairs.values_mut() {
            pair.negotiation.network_changed(now);
        }
        let mut commands = if self.wish.is_some() { self.line.open() } else { vec![] };
        commands.extend(self.tick(now));
        commands
    }

    fn tick(&mut self, now: Duration) -> Vec<Command> {
        if self.notice.as_ref().is_some_and(|(_, until)| until.is_some_and(|until| now >= until)) {
            self.notice = None;
        }
        let mut commands = self.line.tick(now);
        commands.extend(self.capture.tick(now));
        if self.line.is_seated() {
            let reachable: Vec<_> =
                self.pairs.iter().filter(|(_, pair)| !pair.info.away).map(|(peer, _)| *peer).collect();
            for peer in reachable {
                let outputs =
                    self.pairs.get_mut(&peer).map(|pair| pair.negotiation.tick(now)).unwrap_or_default();
                commands.extend(self.perform(now, peer, outputs));
            }
        }
        commands
    }

    fn open(&mut self, now: Duration, info: PeerInfo) -> Vec<Command> {
        let Some(seat) = &self.seat else { return vec![] };
        let peer = info.peer;
        let epoch = Epoch::first(seat.page, info.page);
        let offerer = seat.peer > peer;
        let (negotiation, outputs) = Negotiation::open(now, epoch, offerer, seat.ice_servers.clone());
        self.pairs.insert(peer, Pair { info, has_video: false, negotiation });
        self.perform(now, peer, outputs)
    }

    fn rebuild(&mut self, now: Duration, peer: PeerId) -> Vec<Command> {
        match self.pairs.get(&peer).and_then(|pair| pair.negotiation.epoch().next()) {
            None => vec![],
            Some(next) => self.reopen(now, peer, next, true),
        }
    }

    /// Closes the connection and opens the one of `epoch`; tells the peer if it was this side's idea.
    fn reopen(&mut self, now: Duration, peer: PeerId, epoch: Epoch, tell: bool) -> Vec<Command> {
        let (Some(pair), Some(seat)) = (self.pairs.get_mut(&peer), &self.seat) else { return vec![] };
        let mut commands = vec![pair.close(peer)];
        let (next, outputs) = pair.negotiation.reopen(now, epoch, seat.ice_servers.clone(), tell);
        pair.negotiation = next;
        pair.has_video = false;
        commands.extend(self.perform(now, peer, outputs));
        commands
    }

    fn perform(&mut self, now: Duration, peer: PeerId, outputs: Vec<Output>) -> Vec<Command> {
        let Some(epoch) = self.pairs.get(&peer).map(|pair| pair.negotiation.epoch()) else { return vec![] };
        let mut commands = Vec::new();
        for output in outputs {
            match output {
                Output::Do(command) => commands.push(Command::Peer(peer, epoch, command)),
                Output::Send(signal) => commands.extend(self.line.signal(peer, signal)),
                Output::Rebuild => return self.rebuild(now, peer),
            }
        }
        commands
    }

    fn say(&mut self, notice: Notice) {
        self.notice = Some((notice, None));
    }

    /// Keeps in the tab's storage what a reload needs.
    fn and_remember(&self, mut commands: Vec<Command>) -> Vec<Command> {
        if let (Some(Wish { room, name, resume: Some(resume) }), Some(_)) = (&self.wish, &self.seat) {
            let off = self.capture.off();
            commands.push(Command::Remember(Some(Remembered {
                room: room.clone(),
                resume: resume.clone(),
                name: name.clone(),
                microphone_muted: off.microphone,
                camera_off: off.camera,
            })));
        }
        commands
    }
}

impl Pair {
    fn close(&self, peer: PeerId) -> Command {
        Command::Peer(peer, self.negotiation.epoch(), PeerCommand::Close)
    }

    fn view(&self) -> PeerView {
        let link = if self.negotiation.is_connected() {
            LinkView::Connected
        } else if self.info.away {
            LinkView::Away
        } else if self.negotiation.has_given_up() {
            LinkView::Failed
        } else if self.negotiation.was_connected() {
            LinkView::Interrupted
        } else {
            LinkView::Connecting
        };
        PeerView { peer: self.info.peer, name: self.info.name.clone(), link, has_video: self.has_video }
    }
}
