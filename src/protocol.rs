//! The wire: every id, message, refusal, close code and limit that browser and server share; no I/O.
//!
//! One JSON object per WebSocket text frame on `GET /ws`, `type` names the message. A [`ClientMsg`] goes up,
//! a [`ServerMsg`] comes down. The server reads frames through [`inbound`], which does not decode what it
//! only passes on; both views of a frame are held together by tests there.
//!
//! # Words
//! A **seat** is a place in a room, proved by a [`SeatToken`]; whoever sits in it is the **peer**
//! ([`PeerId`]). The [`Page`] number says which page load holds the seat: it is new with every join and
//! every reload, and kept when only the socket was lost. The [`Epoch`] numbers the connections that one pair
//! of peers has had; a signal of an older epoch is dropped.

mod frame;
pub mod inbound;
mod signal;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use signal::{Epoch, IceCandidate, IceServer, OfferId, Signal};

/// Version of this protocol; sent by the server in the seat messages so that an old page can tell.
pub const VERSION: u32 = 1;
/// Path of the WebSocket endpoint.
pub const SOCKET_PATH: &str = "/ws";
/// Largest frame either side accepts, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// Longest room number, in characters.
pub const MAX_ROOM_CHARS: usize = 64;
/// Longest display name, in characters.
pub const MAX_NAME_CHARS: usize = 40;
/// Fewest and most seats a room can be given.
pub const CAPACITY_RANGE: std::ops::RangeInclusive<usize> = 2..=8;

/// Number of a peer in its room, given by the server and never given twice in one room's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(pub u32);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which page load holds a seat; grows inside a room with every join and every reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Page(pub u32);

/// A room number as people share it: 1 to [`MAX_ROOM_CHARS`] ASCII letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

/// Why a text is no room number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomIdError {
    /// Nothing was typed.
    #[error("a room number cannot be empty")]
    Empty,
    /// More than [`MAX_ROOM_CHARS`] characters.
    #[error("a room number has at most {MAX_ROOM_CHARS} characters")]
    TooLong,
    /// A character that is neither an ASCII letter or digit nor `-` or `_`.
    #[error("a room number holds letters, digits, - and _ only")]
    BadCharacter,
}

impl RoomId {
    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what a person typed: white space, also between groups of digits, does not count.
    ///
    /// # Errors
    /// What is wrong with the rest, see [`RoomIdError`].
    pub fn from_typed(text: &str) -> Result<Self, RoomIdError> {
        Self::try_from(text.split_whitespace().collect::<String>())
    }
}

impl TryFrom<String> for RoomId {
    type Error = RoomIdError;

    fn try_from(text: String) -> Result<Self, RoomIdError> {
        if text.is_empty() {
            return Err(RoomIdError::Empty);
        }
        if text.chars().count() > MAX_ROOM_CHARS {
            return Err(RoomIdError::TooLong);
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(RoomIdError::BadCharacter);
        }
        Ok(Self(text))
    }
}

impl From<RoomId> for String {
    fn from(room: RoomId) -> Self {
        room.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person calls themselves: 1 to [`MAX_NAME_CHARS`] characters, no control characters, trimmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

/// The text is empty, too long, or holds control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {MAX_NAME_CHARS} characters and no control characters")]
pub struct DisplayNameError;

impl DisplayName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DisplayName {
    type Error = DisplayNameError;

    fn try_from(text: String) -> Result<Self, DisplayNameError> {
        let name = text.trim();
        let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
        if !fits || name.chars().any(char::is_control) {
            return Err(DisplayNameError);
        }
        Ok(Self(name.to_owned()))
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

/// Proof of a seat: unguessable, made by the server, known to one browser tab. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeatToken(pub String);

impl fmt::Debug for SeatToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeatToken(..)")
    }
}

/// Somebody else in the room, as told to a newcomer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerInfo {
    /// Who.
    pub peer: PeerId,
    /// The page load that holds the seat.
    pub page: Page,
    /// The name given, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// The peer's socket is lost and its seat is kept for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
}

/// A seat, as told to the one who got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seated {
    /// The room.
    pub room: RoomId,
    /// The receiver's own id.
    pub peer: PeerId,
    /// The receiver's own page number.
    pub page: Page,
    /// Everybody else in the room; empty in `room_created`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<PeerInfo>,
    /// Takes this seat back after a lost socket or a reload.
    pub resume: SeatToken,
    /// Configuration for `RTCPeerConnection`.
    pub ice_servers: Vec<IceServer>,
    /// [`VERSION`] of the server.
    pub version: u32,
}

/// A message from browser to server.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "frame::ClientFrame")]
pub enum ClientMsg {
    /// Asks for a seat, or for one's own seat back.
    Join {
        /// The room number.
        room: RoomId,
        /// A display name.
        name: Option<DisplayName>,
        /// The token of a seat held before.
        resume: Option<SeatToken>,
        /// With `resume`: this page has no peer connections any more (it was reloaded), so the others must
        /// build theirs anew.
        reloaded: bool,
    },
    /// Gives the seat up; the socket stays open for another join.
    Leave,
    /// A signal, passed on to `to`, or to all others in the room without it.
    Signal {
        /// The receiver.
        to: Option<PeerId>,
        /// What is passed on.
        signal: Signal,
    },
}

/// A message from server to browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "frame::ServerFrame")]
pub enum ServerMsg {
    /// You have a seat, and nobody else is there.
    RoomCreated(Seated),
    /// You have a seat beside others.
    RoomJoined(Seated),
    /// Every seat is taken.
    FullRoom {
        /// The room asked for.
        room: RoomId,
    },
    /// Somebody new sat down.
    PeerJoined(PeerInfo),
    /// A peer's socket is lost; its seat is kept for a while, its media may well go on.
    PeerAway {
        /// Who.
        peer: PeerId,
        /// The browser said that the page is closed or reloaded: its media is gone too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unloaded: bool,
    },
    /// An away peer took its seat back; with a new `page` it was reloaded.
    PeerBack {
        /// Who.
        peer: PeerId,
        /// The page load that holds the seat now.
        page: Page,
    },
    /// A peer gave its seat up, or did not come back in time.
    PeerLeft {
        /// Who.
        peer: PeerId,
    },
    /// Something was wrong with a message of the receiver's; nothing was done.
    Error {
        /// Stable, for programs.
        code: ErrorCode,
        /// For developers, in English; what people read comes from the page's own words.
        message: String,
    },
    /// A signal from a peer of the same room.
    #[serde(untagged)]
    Signal {
        /// The sender, vouched for by the server.
        from: PeerId,
        /// What was passed on.
        #[serde(flatten)]
        signal: Signal,
    },
}

/// What was wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, not an object, no `type`, or a field of the wrong shape.
    #[error("the message is not well formed")]
    BadMessage,
    /// A `type` this server does not know.
    #[error("the message type is not known")]
    UnknownType,
    /// The room number breaks the rules of [`RoomId`].
    #[error("the room number has 1 to 64 letters, digits, - or _")]
    BadRoom,
    /// The name breaks the rules of [`DisplayName`].
    #[error("the name has 1 to 40 characters and no control characters")]
    BadName,
    /// The message needs a seat and the sender has none.
    #[error("join a room first")]
    NotJoined,
    /// A join from a socket that already has a seat.
    #[error("this socket has a seat already")]
    AlreadyJoined,
    /// `to` names nobody else in the room.
    #[error("there is no such other peer in the room")]
    UnknownPeer,
}

/// Why the server closes a WebSocket: RFC 6455 section 7.4 codes where one fits, else the private range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The server is stopping; come back in a moment (IANA: Service Restart).
    Restart = 1012,
    /// A frame that is not text.
    NotText = 1003,
    /// A frame over [`MAX_FRAME_BYTES`].
    TooBig = 1009,
    /// No seat was asked for in a long time.
    Idle = 4000,
    /// No sign of life within the heartbeat's limit.
    Silent = 4001,
    /// Too many malformed messages.
    BadMessages = 4002,
    /// Too many messages a second.
    TooManyMessages = 4003,
    /// The reader fell too far behind what was sent to it.
    TooSlow = 4004,
    /// The seat was taken back by a newer socket with the same token.
    Replaced = 4005,
}

impl CloseCode {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::Restart,
        Self::NotText,
        Self::TooBig,
        Self::Idle,
        Self::Silent,
        Self::BadMessages,
        Self::TooManyMessages,
        Self::TooSlow,
        Self::Replaced,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The reason text sent with it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::NotText => "not_text",
            Self::TooBig => "too_big",
            Self::Idle => "idle",
            Self::Silent => "silent",
            Self::BadMessages => "bad_messages",
            Self::TooManyMessages => "too_many_messages",
            Self::TooSlow => "too_slow",
            Self::Replaced => "replaced",
        }
    }

    /// The code with this number, if it is one of the server's.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(json: &str) -> ServerMsg {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn client_messages_look_as_documented() {
        let join = ClientMsg::Join {
            room: RoomId::from_typed("4711").unwrap(),
            name: Some(DisplayName::try_from("Ann".to_owned()).unwrap()),
            resume: Some(SeatToken("t".into())),
            reloaded: true,
        };
        let offer = Signal::WebrtcOffer { sdp: "v=0".into(), epoch: Epoch(17), offer: OfferId(1) };
        let candidate = Signal::WebrtcIceCandidate {
            candidate: IceCandidate {
                candidate: "c".into(),
                sdp_mid: Some("0".into()),
                ..Default::default()
            },
            epoch: Epoch(17),
        };
        let table = [
            (join, r#"{"type":"join","room":"4711","name":"Ann","resume":"t","reloaded":true}"#),
            (
                ClientMsg::Signal { to: Some(PeerId(2)), signal: offer },
                r#"{"type":"webrtc_offer","to":2,"sdp":"v=0","epoch":17,"offer":1}"#,
            ),
            (
                ClientMsg::Signal { to: None, signal: candidate },
                r#"{"type":"webrtc_ice_candidate","candidate":"c","sdpMid":"0","epoch":17}"#,
            ),
            (ClientMsg::Leave, r#"{"type":"leave"}"#),
        ];
        for (message, json) in table {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
        }
    }

    #[test]
    fn server_messages_look_as_documented() {
        let seated = Seated {
            room: RoomId::from_typed("4711").unwrap(),
            peer: PeerId(2),
            page: Page(2),
            peers: vec![PeerInfo { peer: PeerId(1), page: Page(1), name: None, away: false }],
            resume: SeatToken("t".into()),
            ice_servers: vec![],
            version: 1,
        };
        let table = [
            (
                ServerMsg::RoomJoined(seated),
                r#"{"type":"room_joined","room":"4711","peer":2,"page":2,"peers":[{"peer":1,"page":1}],"resume":"t","ice_servers":[],"version":1}"#,
            ),
            (
                ServerMsg::FullRoom { room: RoomId::from_typed("4711").unwrap() },
                r#"{"type":"full_room","room":"4711"}"#,
            ),
            (
                ServerMsg::PeerBack { peer: PeerId(1), page: Page(3) },
                r#"{"type":"peer_back","peer":1,"page":3}"#,
            ),
            (
                ServerMsg::Signal { from: PeerId(1), signal: Signal::StartCall { epoch: Epoch(32) } },
                r#"{"from":1,"type":"start_call","epoch":32}"#,
            ),
            (
                ServerMsg::Error { code: ErrorCode::NotJoined, message: "x".into() },
                r#"{"type":"error","code":"not_joined","message":"x"}"#,
            ),
        ];
        for (message, json) in table {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
            assert_eq!(server(json), message);
        }
    }

    #[test]
    fn messages_without_what_they_need_are_refused() {
        for json in [
            r#"{"type":"room_joined","room":"4711"}"#,
            r#"{"type":"peer_left"}"#,
            r#"{"type":"webrtc_offer","sdp":"v=0"}"#,
            r#"{"type":"webrtc_offer","from":1}"#,
            r#"{"type":"dance","from":1}"#,
            r#"{"peer":1}"#,
        ] {
            assert!(serde_json::from_str::<ServerMsg>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn unknown_fields_of_a_newer_server_are_ignored() {
        let read = server(r#"{"type":"peer_left","peer":4,"why":"tired"}"#);
        assert_eq!(read, ServerMsg::PeerLeft { peer: PeerId(4) });
    }

    #[test]
    fn room_numbers_are_checked() {
        let table = [
            ("4711", Ok("4711")),
            (" 482 913\u{a0}775 ", Ok("482913775")),
            ("a-b_C", Ok("a-b_C")),
            ("", Err(RoomIdError::Empty)),
            ("  ", Err(RoomIdError::Empty)),
            ("a/b", Err(RoomIdError::BadCharacter)),
            ("\u{0661}", Err(RoomIdError::BadCharacter)),
            ("방", Err(RoomIdError::BadCharacter)),
        ];
        for (typed, expected) in table {
            assert_eq!(RoomId::from_typed(typed).as_ref().map(RoomId::as_str), expected.as_ref().map(|s| *s));
        }
        assert!(RoomId::from_typed(&"7".repeat(MAX_ROOM_CHARS)).is_ok());
        assert_eq!(RoomId::from_typed(&"7".repeat(MAX_ROOM_CHARS + 1)), Err(RoomIdError::TooLong));
    }

    #[test]
    fn names_are_trimmed_and_checked() {
        let name = |text: &str| DisplayName::try_from(text.to_owned()).map(String::from);
        assert_eq!(name("  안나 "), Ok("안나".to_owned()));
        for bad in ["", "   ", "a\nb", &"x".repeat(MAX_NAME_CHARS + 1)] {
            assert_eq!(name(bad), Err(DisplayNameError), "{bad:?}");
        }
    }

    #[test]
    fn close_codes_are_distinct_and_fit_a_control_frame() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_code(code.code()), Some(code));
            assert!(code.reason().len() <= 123);
        }
    }

    #[test]
    fn seat_tokens_stay_out_of_debug_output() {
        assert!(!format!("{:?}", SeatToken("geheim".into())).contains("geheim"));
    }
}
