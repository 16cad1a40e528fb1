//! The view of a call: everything that the page draws from.

use strum::IntoStaticStr;

use super::event::{Finding, MediaError};
use crate::call::route::Route;
use crate::protocol::{DisplayName, IceServer, PeerId, RoomId, Source, SourceSet};

/// The view of a call; the server renders the default one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallView {
    /// The screen.
    pub phase: Phase,
    /// The room joined or being joined.
    pub room: Option<RoomId>,
    /// Everybody else in the room, by id.
    pub peers: Vec<PeerView>,
    /// One's own microphone.
    pub microphone: DeviceView,
    /// One's own camera.
    pub camera: DeviceView,
    /// The reason why a device is missing, if one is.
    pub device_problem: Option<DeviceProblem>,
    /// The socket to the server.
    pub signalling: SignallingView,
    /// The browser holds the sound back until the person touches the page.
    pub sound_blocked: bool,
    /// The own address is kept from the others.
    pub hides_address: bool,
    /// The own address is not hidden, and cannot be without a relay.
    pub cannot_hide: bool,
    /// Whether there is a relay; hidden addresses need one.
    pub relay: Relay,
    /// The connection test, if one was made.
    pub connection_test: Option<ConnectionTestView>,
    /// The notice to show.
    pub notice: Option<Notice>,
}

/// The two screens, and the moment between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Phase {
    /// Choosing a room.
    #[default]
    Home,
    /// CONNECT was pressed and the server has not answered yet; the call view already, so that nothing is left to
    /// draw when the first picture comes.
    Joining,
    /// Seated.
    InCall,
}

/// One's own microphone or camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum DeviceView {
    /// Not asked for yet.
    #[default]
    Off,
    /// The browser asks the person, or opens the device.
    Asking,
    /// Heard or seen by the others.
    On,
    /// Muted, or camera switched off, by the person.
    Muted,
    /// Muted by the system: a mute key, a cover, a telephone call, the browser's own switch.
    Held,
    /// Cannot be had; [`CallView::device_problem`] says why.
    Missing,
}

/// The reason why devices are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceProblem {
    /// The error of `getUserMedia`.
    pub error: MediaError,
    /// The devices that are missing because of it.
    pub missing: SourceSet,
}

/// Whether the server offers a relay, for connections that cannot or should not be direct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relay {
    /// The server was not asked yet.
    #[default]
    Unknown,
    /// There is one.
    Offered,
    /// This server has none.
    Missing,
}

impl Relay {
    /// Whether a relay is among these servers.
    pub(in crate::call) fn among(servers: &[IceServer]) -> Self {
        let is_turn = |url: &String| url.starts_with("turn:") || url.starts_with("turns:");
        let offered = servers.iter().any(|server| server.urls.iter().any(is_turn));
        if offered { Self::Offered } else { Self::Missing }
    }
}

/// The connection test, running or ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTestView {
    /// The finding of each transport, in the order of [`Transport::ALL`](super::event::Transport::ALL).
    pub transports: [Finding; 4],
    /// Data has gone through the relay and back.
    pub relayed: Finding,
    /// The result of a test that has ended.
    pub verdict: Option<Verdict>,
}

/// The result of a connection test, for calls from this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// Calls work with everybody.
    Everywhere,
    /// Calls work with everybody, by a relay that is reached over TCP or TLS, as nothing passes by UDP.
    ByTcp,
    /// Calls probably work with most networks; there is no relay for the others.
    WithoutRelay,
    /// Calls probably work with most networks; the relay for the others cannot be used from here.
    RelayBlocked,
    /// Calls to other networks do not work.
    Blocked,
    /// Something could not be tested.
    Unclear,
    /// The server offers nothing that could be tried.
    NothingOffered,
    /// The server does not answer.
    NoServer,
    /// The page comes from this very computer, where browsers gather nothing.
    SameComputer,
}

/// Another participant in the room.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerView {
    /// The id.
    pub peer: PeerId,
    /// The name given.
    pub name: Option<DisplayName>,
    /// The state of the connection.
    pub link: LinkView,
    /// The route of the media, while it flows and once it is known.
    pub route: Option<Route>,
    /// The sources of this peer whose media arrives.
    pub receives: SourceSet,
    /// The sources that this peer says to send; `None` if it has not told.
    pub sends: Option<SourceSet>,
}

impl PeerView {
    /// Whether there is a picture to show. A peer that has told is believed at once; otherwise only what arrives counts.
    pub fn has_picture(&self) -> bool {
        self.receives.contains(Source::Camera) && !self.has_off(Source::Camera)
    }

    /// Whether the peer has told that it does not send this source.
    pub fn has_off(&self, source: Source) -> bool {
        self.sends.is_some_and(|sends| !sends.contains(source))
    }
}

/// The state of the connection with one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum LinkView {
    /// Being set up.
    #[default]
    Connecting,
    /// Media flows.
    Connected,
    /// Media flowed before and is being brought back.
    Interrupted,
    /// The peer's page is gone or cut off; its seat is kept for a while.
    Away,
    /// Every attempt failed; the person can try again.
    Failed,
    /// Every attempt failed while the own address was hidden, so only relays were tried.
    #[strum(serialize = "failed")]
    FailedHidden,
}

impl LinkView {
    /// Whether nothing is tried any more.
    pub fn has_failed(self) -> bool {
        matches!(self, Self::Failed | Self::FailedHidden)
    }
}

/// The state of the WebSocket to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignallingView {
    /// Not needed now, or being opened for the first time.
    #[default]
    Idle,
    /// Open.
    Up,
    /// Lost during a call and being brought back; media goes on.
    Reconnecting,
}

/// A notice for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// CONNECT with an empty room number.
    EmptyRoom,
    /// CONNECT with something that is no room number.
    BadRoom,
    /// CONNECT with a link to this other host.
    OtherServer(String),
    /// The name is too long or holds odd characters.
    BadName,
    /// Every seat of the room is taken.
    RoomFull,
    /// The server cannot be reached; the page keeps trying.
    Unreachable,
    /// This browser cannot make calls at all.
    Unsupported,
    /// A peer left; the notice stays if one is alone now.
    PeerLeft(Option<DisplayName>),
    /// A peer joined.
    PeerJoined(Option<DisplayName>),
    /// The person left the call.
    Left,
    /// The server ended the call for this page (too many messages, too slow); one can join again.
    Dropped,
    /// The page is older than the server; it can be loaded again.
    OldPage,
    /// The own address cannot be hidden: this server has no relay.
    NoRelay,
    /// The own address is to be hidden and this server has no relay, so no connection can be made.
    HiddenWithoutRelay,
    /// The own address is hidden from now on.
    AddressHidden,
    /// The own address is not hidden any more.
    AddressShown,
    /// Another tab of this browser is in the room; the call can be moved here.
    InOtherTab,
    /// The system mutes these devices.
    DeviceHeld(SourceSet),
    /// The system mutes these devices no longer.
    DeviceBack(SourceSet),
    /// This seat is now used in another tab or window.
    MovedElsewhere,
}
