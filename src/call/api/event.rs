//! Events: everything that the driver and the page tell a call.

use super::chat::ChatAction;
use super::connection_test::{ConnectionTestEvent, ConnectionTestId};
use super::device::{CameraTraits, Choice, Device, DeviceId, DeviceKind};
use super::hearing::{HearingEvent, HearingId};
use super::pointer::PointAction;
use super::screen::{ScreenEvent, ScreenId, ShareAction};
use super::seal::{Identity, Lock, SealEvent, SealId};
use super::settings::{Setting, Settings};
use crate::call::route::Route;
use crate::protocol::{
    Credential, DisplayName, Epoch, IceCandidate, OfferId, PeerId, Reaction, RoomId, SeatToken, ServerMsg,
    Source, SourceSet,
};

/// A socket's number; events of older sockets are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId(pub u32);

/// The number of a connection that is prepared before there is a peer; reports on older ones are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreparedId(pub u32);

/// An event of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The page is ready.
    Loaded(Loaded),
    /// A person did something.
    User(UserAction),
    /// Answers [`super::command::Command::HoldRoom`].
    Hold(RoomId, Hold),
    /// Another tab of this browser takes the call over.
    Wanted,
    /// The browser's Back was pressed in a call with others, and held up.
    BackPressed,
    /// [`LoadAnew`](super::command::Command::LoadAnew) was not done; the page stays.
    NotLoadedAnew,
    /// The socket changed.
    Socket(SocketId, SocketEvent),
    /// The media of this page changed.
    Media(MediaEvent),
    /// A peer connection reports; dropped unless the epoch is the present one.
    Peer(PeerId, Epoch, PeerEvent),
    /// A seal reports.
    Seal(SealId, SealEvent),
    /// The browser refused to [`Prepare`](super::command::Command::Prepare) a connection.
    NotPrepared(PreparedId),
    /// The levels of the sound that arrives; answers [`ReadLevels`](super::command::Command::ReadLevels).
    Levels(Vec<Level>),
    /// The person chose in another tab whether the own address is hidden.
    HiddenElsewhere(bool),
    /// The connection test reports; dropped unless it is the present one.
    ConnectionTest(ConnectionTestId, ConnectionTestEvent),
    /// The page is visible again, or the machine woke up: try now.
    Woken,
    /// The network is back, or another one; sockets and connections of the old one are dead.
    NetworkChanged,
    /// The deadline that the call gave has come.
    Tick,
}

/// The level of the sound of one peer (`RTCRtpSynchronizationSource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The peer.
    pub peer: PeerId,
    /// `rtpTimestamp` of the packet that was played last.
    pub packet: u32,
    /// `audioLevel` of that packet, in 32768ths of the loudest.
    pub level: u16,
}

/// What a call knows of its page from the first moment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its host, with a port unless that is the usual one; see [`from_pasted`](RoomId::from_pasted).
    pub host: String,
    /// The person chose, in an earlier call, to keep the own address hidden.
    pub hides_address: bool,
    /// The version of the server for which this tab has loaded its page anew.
    pub loaded_for: Option<u32>,
    /// The devices chosen in earlier calls, in the order of [`DeviceKind::ALL`].
    pub choices: [Option<Choice>; 3],
    /// The switches as this browser keeps them.
    pub settings: Settings,
    /// The browser lets a page choose the speaker (`setSinkId`).
    pub can_choose_speaker: bool,
    /// The browser can capture screens (`getDisplayMedia`).
    pub can_capture_screen: bool,
}

/// The state of the page at its start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The browser has all that calls need.
    pub supported: bool,
    /// The seat this tab held before.
    pub remembered: Option<Remembered>,
    /// The page was left a moment ago, as by a reload, so it goes back to that seat by itself. Otherwise, as
    /// after a crash or in a tab that is opened again, only when the person goes to that room.
    pub returning: bool,
    /// The devices that the browser gives without a question, where it tells.
    pub granted: SourceSet,
    /// The page's address has something behind `#` that is no secret: a link that was cut.
    pub has_cut_link: bool,
}

/// A seat kept over a reload or a crash, in the tab's own storage.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Remembered {
    /// The room.
    pub room: RoomId,
    /// Its proof.
    pub resume: SeatToken,
    /// The display name.
    pub name: Option<DisplayName>,
    /// The devices that were switched off.
    pub off: SourceSet,
    /// The own address was hidden in that call, whatever was chosen for later ones.
    #[serde(default)]
    pub hides_address: bool,
    /// The secret of its links, or its word.
    #[serde(default, rename = "secret")]
    pub credential: Option<Credential>,
    /// The lock of the room.
    #[serde(default)]
    pub lock: Lock,
}

/// The answer whether this tab may join a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Hold {
    /// Another tab is in it.
    Refused,
    /// The page has no keys: browsers have no cryptography for pages that are not secure contexts.
    Insecure,
    /// No other tab is in it any more. The page's keys for this room, and the seat of that tab if it was taken over.
    Granted(Identity, Option<Remembered>),
}

/// An action of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserAction {
    /// Show the preview: asks for camera and microphone.
    StartPreview,
    /// Join, with the texts as typed.
    Connect {
        /// The room number.
        room: String,
        /// The display name, may be empty.
        name: String,
        /// The word in NFKC and lower case, if the field for one is open.
        word: Option<String>,
    },
    /// Let people come with a word again, after others came with wrong ones.
    TryWordAgain,
    /// Go back into the call that was left a moment ago.
    GoBack,
    /// Take the seat that has become free.
    TakeSeat,
    /// Go on here with the call of another tab.
    MoveHere,
    /// Leave the call.
    Leave,
    /// Mute or unmute.
    ToggleMicrophone,
    /// Camera off or on.
    ToggleCamera,
    /// Push to talk: a muted person is heard as long as a key is held.
    Talk(bool),
    /// Use this device, now and in later calls; one without an id leaves the choice to the system.
    ChooseDevice(DeviceKind, DeviceId),
    /// Use the device that was just plugged in, as the notice offers.
    UseFound,
    /// Change to the camera of the other side.
    FlipCamera,
    /// Set a switch, for every call from now on.
    Set(Setting, bool),
    /// Play a sound on the speaker, to try it.
    PlayTestSound,
    /// Play the sound there that calls the person back to the page.
    CallBack,
    /// Begin "hear yourself".
    HearMyself,
    /// End it, and forget its result.
    StopHearing,
    /// Somebody looks at the level of the microphone, or not any more.
    WatchLevel(bool),
    /// Ask for the missing devices again.
    RetryDevices,
    /// Try a failed connection again.
    RetryPeer(PeerId),
    /// Raise the own hand, or take it down.
    RaiseHand(bool),
    /// Show a reaction.
    React(Reaction),
    /// Hear a peer at this volume, in per cent, on this page only; none at 0.
    SetVolume(PeerId, u16),
    /// Both see the same pictures, as the person says, or not. For another seal than the present one it does nothing.
    ComparePictures(PeerId, SealId, bool),
    /// Lock the room, so that nobody comes in who has not the same link and was not let in; or unlock it.
    LockRoom(bool),
    /// The invite link is handed out: whoever is invited has it, so the others are asked about.
    ShareLink,
    /// Let in who knocks, or not. For another seal than the present one it does nothing.
    Answer(PeerId, SealId, bool),
    /// Do something in the chat.
    Chat(ChatAction),
    /// Point at a shared screen, or let others do so.
    Point(PointAction),
    /// Share something beside the own camera, or not any more.
    Share(ShareAction),
    /// Hide the own address from the others, or not any more; for every call from now on.
    HideAddress(bool),
    /// Ask whether this server has a relay, if that is not known yet.
    LookForRelay,
    /// Start the connection test.
    TestConnection,
    /// Play the sound that the browser held back.
    PlaySound,
    /// Load the page anew, since it is older than the server.
    LoadAnew,
    /// The pointer or the focus is on the notice, or not any more.
    HoldNotice(bool),
    /// The notice was read.
    DismissNotice,
    /// The field with the mistake is being corrected.
    CorrectMistake,
}

/// An event of a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketEvent {
    /// Open.
    Opened,
    /// A message arrived.
    Message(ServerMsg),
    /// Closed by either side; `code` as in RFC 6455 section 7.4 (1006: no close frame).
    Closed {
        /// The close code.
        code: u16,
    },
}

/// The reason why `getUserMedia` failed, by the names of W3C Media Capture and Streams, section 10.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`, `SecurityError`
    Denied,
    /// `NotFoundError`, `OverconstrainedError`
    NotFound,
    /// `NotReadableError`, `AbortError`: another program holds the device, or it broke.
    Busy,
    /// `navigator.mediaDevices` is missing because the page is not a secure context.
    Insecure,
    /// The browser has no capture at all, or failed in a way of its own.
    Unsupported,
}

/// An event of capture or playback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// The track that follows comes from this device.
    Opened(Source, DeviceId),
    /// `getUserMedia` answered with these tracks.
    Granted(SourceSet),
    /// `getUserMedia` failed.
    Failed {
        /// The devices asked for.
        asked: SourceSet,
        /// Why.
        error: MediaError,
        /// The devices that the person has refused, where the browser tells.
        denied: SourceSet,
    },
    /// These tracks ended by themselves: unplugged, or permission withdrawn.
    Ended(SourceSet),
    /// The system mutes these tracks (`MediaStreamTrack.muted`), since now or from the start.
    Muted(SourceSet),
    /// The system mutes these tracks no longer.
    Unmuted(SourceSet),
    /// What the camera that was just opened tells of itself.
    CameraIs(CameraTraits),
    /// A capture of what is to be shared reports.
    Screen(ScreenId, ScreenEvent),
    /// The devices that there are (`enumerateDevices`), after each change of them and each answer of `getUserMedia`, as
    /// names are told only then.
    Devices(Vec<Device>),
    /// The set of devices changed (`devicechange`), and the browser does not list them.
    Unlisted,
    /// The speaker was refused (`setSinkId`).
    SpeakerRefused,
    /// "Hear yourself" goes on.
    Hearing(HearingId, HearingEvent),
    /// Somebody talks into the microphone, whether it is switched off or not.
    Talking,
    /// A `play()` was refused for want of a gesture, or accepted again.
    SoundBlocked(bool),
    /// The system paused a picture of the page.
    Paused {
        /// The picture carries another person's voice; otherwise it is the own one.
        audible: bool,
    },
}

/// An event of a peer connection.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// The connection is open, or could not be made; what was reported before is of another one.
    Opened,
    /// The own offer is set, or was made ahead and is being set.
    Offered {
        /// Its number.
        offer: OfferId,
        /// The description.
        sdp: String,
    },
    /// The remote offer is set, and the answer is made and being set.
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
    /// The route that media takes now, if there is one.
    Route(Option<Route>),
    /// Media of this source of the peer began or stopped to arrive.
    Receives(Source, bool),
    /// The descriptions say whether the peer takes a screen; a page of an earlier release does not.
    TakesScreen(bool),
    /// The data channel opened or closed.
    Channel(ChannelState),
    /// A message arrived on the data channel. One beyond
    /// [`MAX_DATA_BYTES`](crate::protocol::MAX_DATA_BYTES) is cut off behind the first byte too many.
    Received(Vec<u8>),
    /// The data channel did not take a message: it is full, or closed.
    Unsent,
}

/// The state of a data channel, as far as it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelState {
    /// Messages pass.
    Open,
    /// None do any more.
    Closed,
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
