//! What a call looks like from outside: the only thing the page draws from.

use crate::call::connection_test::ConnectionTest;
use crate::call::media::capture::{DeviceProblem, Devices};
use crate::call::privacy::Relay;
use crate::call::route::Route;
use crate::protocol::{DisplayName, PeerId, RoomId};

/// Everything the page shows of a call. The default is what the server renders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallView {
    /// Which of the two screens.
    pub phase: Phase,
    /// The room joined or being joined.
    pub room: Option<RoomId>,
    /// Everybody else in the room, by id.
    pub peers: Vec<PeerView>,
    /// One's own microphone.
    pub microphone: DeviceView,
    /// One's own camera.
    pub camera: DeviceView,
    /// Why a device is missing, and so what to do next.
    pub device_problem: Option<DeviceProblem>,
    /// The way to the server.
    pub signalling: SignallingView,
    /// The browser holds the sound back until the person touches the page.
    pub sound_blocked: bool,
    /// The own address is kept from the others.
    pub hides_address: bool,
    /// It is not, and cannot be here.
    pub cannot_hide: bool,
    /// Whether there is a relay, without which nobody who hides is connected.
    pub relay: Relay,
    /// The connection test, if one was made.
    pub connection_test: Option<ConnectionTest>,
    /// The one thing to tell the person now.
    pub notice: Option<Notice>,
}

/// The two screens, and the moment between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// Somebody else in the room.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerView {
    /// Who.
    pub peer: PeerId,
    /// The name given.
    pub name: Option<DisplayName>,
    /// How the media is doing.
    pub link: LinkView,
    /// Which way the media takes, while it flows and as soon as that is known.
    pub route: Option<Route>,
    /// Whether pictures of this peer arrive.
    pub has_video: bool,
}

/// The media connection to one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkView {
    /// Being set up.
    #[default]
    Connecting,
    /// Media flows.
    Connected,
    /// It flowed before and is being brought back.
    Interrupted,
    /// The peer's page is gone or cut off; its seat is kept for a while.
    Away,
    /// Every attempt failed; the person can try again.
    Failed,
    /// The same while the own address is hidden, so that nothing but relays was tried.
    FailedHidden,
}

impl LinkView {
    /// Nothing is tried any more.
    pub fn has_failed(self) -> bool {
        matches!(self, Self::Failed | Self::FailedHidden)
    }
}

/// The WebSocket to the server.
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

/// Something a person should read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// CONNECT with an empty room number.
    EmptyRoom,
    /// CONNECT with something that is no room number.
    BadRoom,
    /// The same with a link to this other host.
    OtherServer(String),
    /// The name is too long or holds odd characters.
    BadName,
    /// Every seat of the room is taken.
    RoomFull,
    /// The server cannot be reached; the page keeps trying.
    Unreachable,
    /// This browser cannot make calls at all.
    Unsupported,
    /// The other one left and one is alone now.
    PeerLeft(Option<DisplayName>),
    /// Somebody sat down.
    PeerJoined(Option<DisplayName>),
    /// One left the call oneself.
    Left,
    /// The server ended the call for this page (too many messages, too slow); one can join again.
    Dropped,
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
    DeviceHeld(Devices),
    /// It mutes them no longer.
    DeviceBack(Devices),
    /// This seat is now used in another tab or window.
    MovedElsewhere,
}
