//! What happens to a call.

use crate::call::connection_test::{ConnectionTestEvent, ConnectionTestId};
use crate::call::media::capture::{Devices, MediaError, Permission};
use crate::call::route::Route;
use crate::protocol::{DisplayName, Epoch, IceCandidate, OfferId, PeerId, RoomId, SeatToken, ServerMsg};

/// Number of a socket that was asked for; events of an older one are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId(pub u32);

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The page is ready.
    Loaded(Loaded),
    /// A person did something.
    User(UserAction),
    /// Answers [`super::command::Command::HoldRoom`].
    Hold(RoomId, Hold),
    /// Another tab of this browser takes this one's call over.
    Wanted,
    /// The socket changed.
    Socket(SocketId, SocketEvent),
    /// The browser's devices changed.
    Media(MediaEvent),
    /// A peer connection reports; dropped unless the epoch is the present one.
    Peer(PeerId, Epoch, PeerEvent),
    /// In another tab the person chose whether the own address is hidden.
    HiddenElsewhere(bool),
    /// The connection test found something out; dropped unless it is the present one.
    ConnectionTest(ConnectionTestId, ConnectionTestEvent),
    /// The page is visible again, or the machine woke up: try now.
    Woken,
    /// The network is back, or another one: what went through the old one is no good any more.
    NetworkChanged,
    /// The time given by [`crate::call::Call::deadline`] has come.
    Tick,
}

/// What the page knows at its start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The browser has what calls need.
    pub supported: bool,
    /// The seat this tab held before.
    pub remembered: Option<Remembered>,
    /// The page was left a moment ago, as by a reload, so it goes back to that seat by itself. Otherwise, as
    /// after a crash or in a tab that is opened again, only when the person goes to that room.
    pub returning: bool,
    /// Leave of the person for microphone and camera, where the browser tells.
    pub microphone: Permission,
    /// See `microphone`.
    pub camera: Permission,
}

/// A seat kept over a reload or a crash, in the tab's own storage.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Remembered {
    /// The room.
    pub room: RoomId,
    /// Its proof.
    pub resume: SeatToken,
    /// The name used.
    pub name: Option<DisplayName>,
    /// What was switched off.
    pub microphone_muted: bool,
    /// See `microphone_muted`.
    pub camera_off: bool,
    /// The own address was hidden in that call, whatever was chosen for later ones.
    #[serde(default)]
    pub hides_address: bool,
}

/// Whether a page may join a room, of all tabs of its browser.
#[derive(Clone, Debug, PartialEq)]
pub enum Hold {
    /// Another tab is in it.
    Refused,
    /// No other tab is in it, or not any more; with the seat that one had, if it was taken over.
    Granted(Option<Remembered>),
}

/// What a person can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserAction {
    /// Show the preview: asks for camera and microphone.
    StartPreview,
    /// CONNECT, with the texts as typed.
    Connect {
        /// The room number.
        room: String,
        /// The display name, may be empty.
        name: String,
    },
    /// Go on here with the call of another tab.
    MoveHere,
    /// Leave the call.
    Leave,
    /// Mute or unmute.
    ToggleMicrophone,
    /// Camera off or on.
    ToggleCamera,
    /// Ask for the missing devices again.
    RetryDevices,
    /// Try a failed connection again.
    RetryPeer(PeerId),
    /// Keep the own address from the others, or not any more; for every call from now on.
    HideAddress(bool),
    /// Ask whether this server has a relay, if that is not known yet.
    LookForRelay,
    /// Test which ways out of this network are open.
    TestConnection,
    /// Play what the browser held back.
    PlaySound,
    /// The notice was read.
    DismissNotice,
}

/// What a socket reports.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketEvent {
    /// Open.
    Opened,
    /// A message arrived.
    Message(ServerMsg),
    /// Closed, by whomever; `code` as in RFC 6455 section 7.4 (1006: without a word).
    Closed {
        /// The close code.
        code: u16,
    },
}

/// What capture reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// `getUserMedia` answered with these tracks.
    Granted(Devices),
    /// `getUserMedia` failed.
    Failed {
        /// What was asked for.
        asked: Devices,
        /// Why.
        error: MediaError,
        /// What the person allows, where the browser tells.
        microphone: Permission,
        /// See `microphone`.
        camera: Permission,
    },
    /// These tracks ended by themselves: unplugged, or leave withdrawn.
    Ended(Devices),
    /// The system mutes these tracks (`MediaStreamTrack.muted`), or did so before they were taken over.
    Muted(Devices),
    /// It mutes them no longer.
    Unmuted(Devices),
    /// The set of devices changed (`devicechange`).
    Changed,
    /// A `play()` was refused for want of a gesture, or one went through again.
    SoundBlocked(bool),
    /// The system paused a picture of the page.
    Paused {
        /// Somebody's voice comes out of it; otherwise it is one's own picture.
        audible: bool,
    },
}

/// Something a peer connection reports.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// The own offer is set and can be sent.
    Offered {
        /// Its number.
        offer: OfferId,
        /// The description.
        sdp: String,
    },
    /// The remote offer is set, and so is the answer.
    Answered {
        /// The offer answered.
        offer: OfferId,
        /// The answer's description.
        sdp: String,
    },
    /// The remote answer is set.
    Applied,
    /// The step under way failed; the text is for the log.
    StepFailed(String),
    /// A candidate of this side, or the end of them.
    Candidate(IceCandidate),
    /// `connectionState` changed.
    State(PeerState),
    /// The way that media takes now; nothing while there is none.
    Route(Option<Route>),
    /// Pictures of the peer began or stopped to arrive.
    Video(bool),
}

/// `RTCPeerConnectionState`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeerState {
    /// Nothing happened yet.
    #[default]
    New,
    /// ICE or DTLS is at work.
    Connecting,
    /// Media can flow.
    Connected,
    /// Checks fail at the moment.
    Disconnected,
    /// ICE gave up, or DTLS failed.
    Failed,
    /// Closed.
    Closed,
}
