//! The browser's view of a frame: one flat object in each direction.
//!
//! An enum with its tag inside would be read through serde's buffer of untyped content, which costs a page of
//! WebAssembly some 20 KB; a flat struct is read field by field.

use serde::{Deserialize, Serialize};

use super::{
    ClientMsg, Door, ErrorCode, HeldSeat, Hello, IceServer, PageLoad, PeerId, PeerInfo, RoomId, SealedBox,
    SeatToken, Seated, ServerMsg,
};

/// The reason why a frame is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("unknown message type")]
    UnknownType,
    #[error("a field is missing")]
    Missing,
}

/// All fields of all server messages.
#[derive(Deserialize)]
pub(super) struct ServerFrame {
    #[serde(rename = "type")]
    kind: String,
    from: Option<PeerId>,
    room: Option<RoomId>,
    peer: Option<PeerId>,
    page: Option<PageLoad>,
    hello: Option<Hello>,
    door: Option<Door>,
    #[serde(default)]
    away: bool,
    #[serde(default)]
    unloaded: bool,
    #[serde(default)]
    peers: Vec<PeerInfo>,
    resume: Option<SeatToken>,
    #[serde(default)]
    resumed: bool,
    ice_servers: Option<Vec<IceServer>>,
    capacity: Option<u8>,
    version: Option<u32>,
    code: Option<ErrorCode>,
    #[serde(default)]
    message: String,
    sealed: Option<SealedBox>,
}

fn need<T>(field: Option<T>) -> Result<T, FrameError> {
    field.ok_or(FrameError::Missing)
}

impl TryFrom<ServerFrame> for ServerMsg {
    type Error = FrameError;

    fn try_from(frame: ServerFrame) -> Result<Self, FrameError> {
        Ok(match frame.kind.as_str() {
            "room_created" => Self::RoomCreated(frame.seated()?),
            "room_joined" => Self::RoomJoined(frame.seated()?),
            "full_room" => Self::FullRoom { room: need(frame.room)? },
            "waiting" => Self::Waiting { room: need(frame.room)? },
            "seat_free" => Self::SeatFree { room: need(frame.room)? },
            "peer_joined" => Self::PeerJoined(frame.info()?),
            "peer_away" => Self::PeerAway { peer: need(frame.peer)?, unloaded: frame.unloaded },
            "peer_back" => Self::PeerBack(frame.info()?),
            "peer_left" => Self::PeerLeft { peer: need(frame.peer)? },
            "ice_servers" => Self::IceServers { ice_servers: need(frame.ice_servers)? },
            "version" => Self::Version { version: need(frame.version)? },
            "heartbeat" => Self::Heartbeat,
            "error" => Self::Error { code: need(frame.code)?, message: frame.message },
            "signal" => Self::Signal { from: need(frame.from)?, sealed: need(frame.sealed)? },
            _ => return Err(FrameError::UnknownType),
        })
    }
}

impl ServerFrame {
    fn info(self) -> Result<PeerInfo, FrameError> {
        let Self { hello, door, away, .. } = self;
        Ok(PeerInfo { peer: need(self.peer)?, page: need(self.page)?, hello, door, away })
    }

    fn seated(self) -> Result<Seated, FrameError> {
        Ok(Seated {
            room: need(self.room)?,
            peer: need(self.peer)?,
            page: need(self.page)?,
            peers: self.peers,
            resume: need(self.resume)?,
            resumed: self.resumed,
            ice_servers: self.ice_servers.unwrap_or_default(),
            capacity: self.capacity,
        })
    }
}

/// All fields of all client messages.
#[derive(Default, Serialize)]
pub(super) struct ClientFrame {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hello: Option<Hello>,
    #[serde(skip_serializing_if = "Option::is_none")]
    door: Option<Door>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<SeatToken>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reloaded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedBox>,
}

impl From<ClientMsg> for ClientFrame {
    fn from(message: ClientMsg) -> Self {
        match message {
            ClientMsg::Join { room, introduction, resume, reloaded } => Self {
                kind: "join",
                room: Some(room),
                hello: Some(introduction.hello),
                door: Some(introduction.door),
                resume,
                reloaded,
                ..Self::default()
            },
            ClientMsg::Confirm => Self { kind: "confirm", ..Self::default() },
            ClientMsg::Leave { held } => {
                let (room, resume) = held.map(|HeldSeat { room, resume }| (room, resume)).unzip();
                Self { kind: "leave", room, resume, ..Self::default() }
            }
            ClientMsg::Wait { room } => Self { kind: "wait", room: Some(room), ..Self::default() },
            ClientMsg::Signal { to, sealed } => {
                Self { kind: "signal", to: Some(to), sealed: Some(sealed), ..Self::default() }
            }
        }
    }
}
