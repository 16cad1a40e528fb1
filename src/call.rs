//! One participant's whole call, as a pure machine: events in, commands out, a view to draw; no I/O, no
//! clock, no randomness of its own.
//!
//! [`Call::handle`] takes what happened and the time, and says what to do. [`Call::deadline`] says when it
//! wants to be woken with [`Event::Tick`]. `call/` holds the parts: `session` the wished room and the seat,
//! `signalling` the socket, `media` microphone, camera and pictures, `peer` the connections, `privacy` what is not
//! told of them; `connection_test` tries the ways out of a network without a call. `api` is the border.
//!
//! # Invariants
//! - A lost socket never touches a peer connection; only a peer that left, or a new page of it, does.
//! - A signal counts only if it comes from a peer of this room and carries the present epoch of the pair.
//! - With the own address hidden no signal leaves that names one, whatever the browser put into it.
//! - Late events of sockets and connections that were replaced are dropped here and nowhere else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::{
    ClientMsg, DisplayName, Epoch, HeldSeat, IceServer, PageLoad, PeerId, RoomId, SeatToken,
};

mod api;
mod backoff;
mod connection_test;
mod media;
mod peer;
mod privacy;
mod route;
mod session;
mod signalling;
#[cfg(test)]
mod tests;

use media::Playback;
use media::capture::Capture;
use peer::RemotePeer;
use session::joining;
use signalling::Signalling;

pub use api::command::{Command, PeerCommand};
pub use api::event::{
    Event, Hold, Loaded, MediaEvent, PeerEvent, PeerState, Remembered, SocketEvent, SocketId, UserAction,
};
pub use api::view::{CallView, DeviceView, LinkView, Notice, PeerView, Phase, SignallingView};
pub use connection_test::{
    ConnectionTest, ConnectionTestEvent, ConnectionTestId, Finding, Transport, Verdict,
};
pub use media::capture::{DeviceProblem, Devices, MediaError, Permission};
pub use media::ramp::MaxResolution;
pub use peer::config::PeerConfig;
pub use privacy::Relay;
pub use privacy::redact::is_public_host;
pub use route::{RelayProtocol, Route};

/// How long a passing notice stays.
const NOTICE: Duration = Duration::from_secs(6);

/// A seat taken over twice within this is held by another page.
const REPLACED_AGAIN: Duration = Duration::from_secs(30);
/// A change of network comes as a burst of events, and before the browser itself has looked at it.
const NETWORK_SETTLES: Duration = Duration::from_millis(500);

/// One participant's call.
#[derive(Debug)]
pub struct Call {
    /// The host of the page, with a port unless that is the usual one.
    host: String,
    signalling: Signalling,
    capture: Capture,
    supported: bool,
    /// A seat of a former page, for when the person goes to its room.
    held: Option<HeldSeat>,
    /// The room the person wants to be in.
    wish: Option<Wish>,
    /// No other tab of this browser is in that room, so the page may join.
    holds: bool,
    /// Where the person wanted to be while another tab was there.
    refused: Option<joining::Refused>,
    seat: Option<Seat>,
    peers: BTreeMap<PeerId, RemotePeer>,
    /// The newest connection with somebody who left.
    left: Epoch,
    /// When the seat was taken over by another socket last.
    replaced: Option<Duration>,
    /// When to act on a change of network.
    network_due: Option<Duration>,
    notice: Option<(Notice, Option<Duration>)>,
    playback: Playback,
    /// The person wants no address of theirs told.
    hides_address: bool,
    /// The same of the calls to come: in another tab the person may have chosen otherwise meanwhile.
    hides_next: bool,
    /// Whether the server has a relay, from before there was a seat.
    relay_known: Relay,
    /// The connection test, as far as it has come.
    connection_test: Option<ConnectionTest>,
    /// The number of the last one.
    last_id: ConnectionTestId,
    /// What it tries.
    offered: Vec<IceServer>,
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
    page: PageLoad,
    ice_servers: Vec<IceServer>,
}

impl Call {
    /// A call before anything happened. The seed only spreads retries over time.
    pub fn new(seed: u64) -> Self {
        Self {
            host: String::new(),
            signalling: Signalling::new(seed),
            capture: Capture::default(),
            supported: true,
            held: None,
            wish: None,
            holds: false,
            refused: None,
            seat: None,
            peers: BTreeMap::new(),
            left: Epoch::default(),
            replaced: None,
            network_due: None,
            notice: None,
            playback: Playback::default(),
            hides_address: false,
            hides_next: false,
            relay_known: Relay::Unknown,
            connection_test: None,
            last_id: ConnectionTestId::default(),
            offered: vec![],
        }
    }

    /// Takes one event and says what to do, in order.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Command> {
        match event {
            Event::Loaded(loaded) => self.loaded(now, loaded),
            Event::User(action) => self.user(now, action),
            Event::Socket(socket, event) if self.signalling.is_current(socket) => self.socket(now, event),
            Event::Socket(..) => vec![],
            Event::Media(event) => self.media(now, event),
            Event::Peer(peer, epoch, event) => self.peer(now, peer, epoch, event),
            Event::ConnectionTest(id, event) => self.connection_test_event(id, event),
            Event::Hold(room, hold) => self.hold(now, room, hold),
            Event::Wanted => self.hand_over(now),
            Event::HiddenElsewhere(hide) => self.hidden_elsewhere(now, hide),
            Event::Woken => {
                let mut commands = self.woken(now);
                // What the system paused meanwhile; what plays is left alone.
                commands.push(Command::PlaySound);
                commands
            }
            Event::NetworkChanged => {
                self.network_due = self.network_due.or(Some(now + NETWORK_SETTLES));
                vec![]
            }
            Event::Tick => self.tick(now),
        }
    }

    /// When the next [`Event::Tick`] is due.
    pub fn deadline(&self) -> Option<Duration> {
        let reachable = self.peers.values().filter(|pair| self.signalling.is_seated() && !pair.info.away);
        let notice = self.notice.as_ref().and_then(|(_, until)| *until);
        reachable
            .filter_map(|pair| pair.negotiation.deadline())
            .chain(
                [
                    self.signalling.deadline(),
                    self.capture.deadline(),
                    self.playback.deadline(),
                    notice,
                    self.network_due,
                ]
                .into_iter()
                .flatten(),
            )
            .min()
    }

    /// What the page shows now.
    pub fn view(&self) -> CallView {
        let phase = match (&self.wish, &self.seat) {
            (Some(_), Some(_)) => Phase::InCall,
            (Some(_), None) => Phase::Joining,
            (None, _) => Phase::Home,
        };
        let signalling = match phase {
            Phase::InCall if self.signalling.is_noticeably_down() => SignallingView::Reconnecting,
            _ if self.signalling.is_open() => SignallingView::Up,
            _ => SignallingView::Idle,
        };
        CallView {
            phase,
            room: self.wish.as_ref().map(|wish| wish.room.clone()),
            peers: self.peers.values().map(|pair| pair.view(self.hides_address)).collect(),
            microphone: self.capture.microphone_view(),
            camera: self.capture.camera_view(),
            device_problem: self.capture.problem(),
            signalling,
            sound_blocked: self.playback.blocked,
            hides_address: self.hides_address,
            cannot_hide: self.cannot_hide(),
            relay: self.relay(),
            connection_test: self.connection_test,
            notice: self.notice.as_ref().map(|(notice, _)| notice.clone()),
        }
    }

    fn loaded(&mut self, now: Duration, loaded: Loaded) -> Vec<Command> {
        self.supported = loaded.supported;
        if !loaded.supported {
            self.say(Notice::Unsupported);
            return vec![];
        }
        let mut commands = self.signalling.open(now);
        let remembered = loaded.remembered.filter(|remembered| match &self.wish {
            None if !loaded.returning => {
                let Remembered { room, resume, .. } = remembered.clone();
                self.held = Some(HeldSeat { room, resume });
                false
            }
            None => true,
            // Whoever has pressed CONNECT already wants that room and no other.
            Some(wish) => self.seat.is_none() && wish.resume.is_none() && wish.room == remembered.room,
        });
        if let Some(remembered) = remembered {
            let Remembered { room, resume, name, microphone_muted, camera_off, hides_address } = remembered;
            self.hides_address |= hides_address;
            self.capture.restore(Devices { microphone: microphone_muted, camera: camera_off });
            let wish = Wish { room, name, resume: Some(resume) };
            if self.wish.is_none() {
                commands.extend(self.enter(now, wish, false));
            } else {
                self.wish = Some(wish);
                commands.extend(self.capture.start(Devices::BOTH));
            }
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
            UserAction::Connect { room, name } => self.connect(now, &room, &name),
            UserAction::MoveHere => self.move_here(now),
            UserAction::Leave => self.leave(now),
            UserAction::ToggleMicrophone => {
                let commands = self.capture.toggle_microphone();
                self.and_remember(commands)
            }
            UserAction::ToggleCamera => {
                let commands = self.capture.toggle_camera(now);
                self.and_remember(commands)
            }
            UserAction::RetryDevices => self.capture.retry(),
            UserAction::RetryPeer(peer) => match self.peers.get_mut(&peer) {
                None => vec![],
                Some(pair) => {
                    pair.negotiation.start_over();
                    self.rebuild(now, peer)
                }
            },
            UserAction::HideAddress(hide) => self.hide_address(now, hide),
            UserAction::LookForRelay => self.look_for_relay(),
            UserAction::TestConnection => self.test_connection(),
            UserAction::PlaySound => self.playback.play(),
            UserAction::DismissNotice => {
                self.notice = None;
                vec![]
            }
        }
    }

    fn leave(&mut self, now: Duration) -> Vec<Command> {
        let Some(wish) = self.wish.take() else { return vec![] };
        let (was_in_call, answered) = (self.seat.is_some(), self.signalling.is_seated());
        let mut commands = vec![];
        if let Some(resume) = wish.resume {
            self.signalling.owe(HeldSeat { room: wish.room, resume });
        }
        commands.extend(self.go_home());
        if answered {
            commands.push(Command::Send(ClientMsg::Leave { held: None }));
            self.signalling.asked(now);
        }
        self.notice = was_in_call.then_some((Notice::Left, None));
        if !answered {
            // The answer to the join is still on its way, and must not be taken for the answer to the next one.
            commands.extend(self.signalling.close(now));
            commands.extend(self.signalling.open(now));
        }
        commands
    }

    /// Gives up the seat, the connections and the devices.
    fn go_home(&mut self) -> Vec<Command> {
        self.wish = None;
        self.seat = None;
        self.playback = Playback::default();
        self.hides_address = self.hides_next;
        self.signalling.stand_up();
        let mut commands: Vec<_> =
            std::mem::take(&mut self.peers).into_iter().map(|(peer, pair)| pair.close(peer)).collect();
        commands.extend(self.capture.stop());
        commands.extend([Command::Remember(None), Command::LetGo(None)]);
        commands
    }

    fn woken(&mut self, now: Duration) -> Vec<Command> {
        for pair in self.peers.values_mut() {
            pair.negotiation.woken(now);
        }
        let mut commands = if self.wish.is_some() { self.signalling.open(now) } else { vec![] };
        commands.extend(self.tick(now));
        commands
    }

    /// A socket through the old network may hang for minutes without a word: a new one is opened at once.
    fn network_changed(&mut self, now: Duration) -> Vec<Command> {
        let mut commands = self.signalling.replace(now);
        for pair in self.peers.values_mut() {
            pair.negotiation.network_changed(now);
        }
        commands.extend(self.woken(now));
        commands.extend(self.forget_connection_test());
        commands
    }

    fn tick(&mut self, now: Duration) -> Vec<Command> {
        if self.notice.as_ref().is_some_and(|(_, until)| until.is_some_and(|until| now >= until)) {
            self.notice = None;
        }
        if self.network_due.take_if(|due| now >= *due).is_some() {
            return self.network_changed(now);
        }
        let mut commands = self.signalling.tick(now);
        // As long as there are pictures, the line is told of by itself.
        if !commands.is_empty()
            && self.signalling.is_unreachable()
            && self.wish.is_some()
            && self.seat.is_none()
        {
            self.say(Notice::Unreachable);
        }
        if self.signalling.asks_again(now) {
            commands.extend(self.join(now));
        }
        commands.extend(self.tick_media(now));
        if self.signalling.is_seated() {
            let reachable: Vec<_> =
                self.peers.iter().filter(|(_, pair)| !pair.info.away).map(|(peer, _)| *peer).collect();
            for peer in reachable {
                let outputs =
                    self.peers.get_mut(&peer).map(|pair| pair.negotiation.tick(now)).unwrap_or_default();
                commands.extend(self.perform(now, peer, outputs));
            }
        }
        commands
    }

    fn say(&mut self, notice: Notice) {
        self.notice = Some((notice, None));
    }
}
