//! Events: everything that the driver and the page tell a call.

use strum::IntoStaticStr;

use crate::call::media::constraints::DeviceId;
use crate::call::route::Route;
use crate::protocol::{
    DisplayName, Epoch, IceCandidate, IceServer, OfferId, PeerId, RoomId, SeatToken, ServerMsg, Source,
    SourceSet,
};

/// A socket's number; events of older sockets are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId(pub u32);

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
    /// [`LoadAnew`](super::command::Command::LoadAnew) was not done; the page stays.
    NotLoadedAnew,
    /// The socket changed.
    Socket(SocketId, SocketEvent),
    /// The media of this page changed.
    Media(MediaEvent),
    /// A peer connection reports; dropped unless the epoch is the present one.
    Peer(PeerId, Epoch, PeerEvent),
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

/// What a call knows of its page from the first moment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its host, with a port unless that is the usual one; see [`from_pasted`](RoomId::from_pasted).
    pub host: String,
    /// The person chose, in an earlier call, to keep the own address hidden.
    pub hides_address: bool,
    /// The version of the server for which this tab has loaded its page anew.
    pub loaded_for: Option<u32>,
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
}

/// The answer whether this tab may join a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Hold {
    /// Another tab is in it.
    Refused,
    /// No other tab is in it any more; with the seat of that tab, if it was taken over.
    Granted(Option<Remembered>),
}

/// An action of the person.
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
    /// The notice was read.
    DismissNotice,
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
    /// The set of devices changed (`devicechange`).
    Changed,
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
    /// The route that media takes now, if there is one.
    Route(Option<Route>),
    /// Media of this source of the peer began or stopped to arrive.
    Receives(Source, bool),
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

/// A test's number; findings of earlier tests are dropped. The default belongs to no test: it asks for the servers only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTestId(pub u32);

/// A transport out of this network, in the order in which connections prefer them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// STUN tells the own address as others see it, so that they can be reached directly.
    Direct,
    /// TURN over UDP.
    Udp,
    /// TURN over TCP.
    Tcp,
    /// TURN over TLS.
    Tls,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Udp, Self::Tcp, Self::Tls];

    /// The transport of a STUN or TURN URL (RFC 7064, RFC 7065).
    pub fn of(url: &str) -> Option<Self> {
        let is_tcp = url.split_once('?').is_some_and(|(_, query)| query.contains("transport=tcp"));
        match url.split(':').next()? {
            "stun" => Some(Self::Direct),
            "turn" => Some(if is_tcp { Self::Tcp } else { Self::Udp }),
            "turns" => Some(Self::Tls),
            _ => None,
        }
    }
}

/// The finding about one transport; of several relays the greatest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Finding {
    /// Nothing yet.
    #[default]
    Trying,
    /// The server does not offer it.
    NotOffered,
    /// It does not work, within the time it may take.
    Blocked,
    /// The browser could not try it.
    NotTried,
    /// The server is reached and refuses: too many at once, or unknown credentials.
    Refused,
    /// It works.
    Works,
}

/// An event of the connection test.
#[derive(Clone, Debug, PartialEq)]
pub enum ConnectionTestEvent {
    /// The server's ICE servers; nothing if it did not answer.
    IceServers {
        /// Its ICE servers.
        ice_servers: Option<Vec<IceServer>>,
        /// The page comes from a loopback address.
        same_computer: bool,
    },
    /// A transport was tried.
    Tried(Transport, Finding),
    /// Data was sent through the relay.
    Relayed(Finding),
}
