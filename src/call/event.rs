//! What happens to a call and what it wants done: the border between the pure machine and its driver.

use super::devices::{Devices, MediaError, Permission};
use super::peer::{PeerCommand, PeerEvent};
use super::rehearsal::{RehearsalEvent, RehearsalId, Way};
use crate::protocol::{ClientMsg, DisplayName, Epoch, IceServer, PeerId, RoomId, SeatToken, ServerMsg};

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
    /// Answers [`Command::HoldRoom`].
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
    Rehearsal(RehearsalId, RehearsalEvent),
    /// The page is visible again, or the machine woke up: try now.
    Woken,
    /// The network is back, or another one: what went through the old one is no good any more.
    NetworkChanged,
    /// The time given by [`super::Call::deadline`] has come.
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
    Rehearse,
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

/// Something to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Be the one tab of this browser that is in this room; answered by [`Event::Hold`].
    HoldRoom {
        /// The room.
        room: RoomId,
        /// Another tab that is in it has to go, and hands its seat over.
        take: bool,
    },
    /// Be in no room any more; hands the seat to the tab that wants it.
    LetGo(Option<Remembered>),
    /// Open a socket.
    OpenSocket(SocketId),
    /// Close the socket, if it is open.
    CloseSocket,
    /// Send on the open socket.
    Send(ClientMsg),
    /// Call `getUserMedia`.
    Capture(Devices),
    /// Stop these tracks, so that the light goes out.
    Release(Devices),
    /// Set `MediaStreamTrack.enabled`.
    Enable {
        /// Which tracks.
        devices: Devices,
        /// Heard or seen, or silent and black.
        enabled: bool,
    },
    /// Call `play()` on every picture that is paused.
    PlaySound,
    /// Something for one peer connection.
    Peer(PeerId, Epoch, PeerCommand),
    /// Ask the server what it offers ([`crate::protocol::ICE_PATH`]); answered by [`RehearsalEvent::Offered`].
    AskForIce(RehearsalId),
    /// Find out whether this way is open; answered by [`RehearsalEvent::Tried`].
    TryWay(RehearsalId, Way, Vec<IceServer>),
    /// Send data through the relay to this very page; answered by [`RehearsalEvent::Relayed`].
    TryRelay(RehearsalId, Vec<IceServer>),
    /// Keep or forget the seat in the tab's own storage.
    Remember(Option<Remembered>),
    /// Keep in this browser whether the own address is hidden.
    KeepHidden(bool),
    /// Put the room's own address into the address bar; `None` is the start page.
    ShowAddress(Option<RoomId>),
}
