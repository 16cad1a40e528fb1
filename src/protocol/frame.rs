//! The browser's view of a frame: one flat object in each direction.
//!
//! The enums of this protocol would be read through serde's buffer of untyped content, which costs a page of
//! WebAssembly some 20 KB; a flat struct is read field by field.

use serde::{Deserialize, Serialize};

use super::ids::name_of_peer;
use super::{
    ClientMsg, DisplayName, Epoch, ErrorCode, HeldSeat, IceCandidate, IceServer, OfferId, PageLoad, PeerId,
    PeerInfo, RoomId, SeatToken, Seated, ServerMsg, Signal,
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
    #[serde(default, deserialize_with = "name_of_peer")]
    name: Option<DisplayName>,
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
    #[serde(default)]
    version: u32,
    code: Option<ErrorCode>,
    #[serde(default)]
    message: String,
    sdp: Option<String>,
    candidate: Option<String>,
    #[serde(rename = "sdpMid")]
    sdp_mid: Option<String>,
    #[serde(rename = "sdpMLineIndex")]
    sdp_m_line_index: Option<u16>,
    #[serde(rename = "usernameFragment")]
    username_fragment: Option<String>,
    #[serde(default)]
    epoch: Epoch,
    #[serde(default)]
    offer: OfferId,
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
            "peer_joined" => Self::PeerJoined(frame.info()?),
            "peer_away" => Self::PeerAway { peer: need(frame.peer)?, unloaded: frame.unloaded },
            "peer_back" => Self::PeerBack(frame.info()?),
            "peer_left" => Self::PeerLeft { peer: need(frame.peer)? },
            "ice_servers" => Self::IceServers { ice_servers: need(frame.ice_servers)? },
            "heartbeat" => Self::Heartbeat,
            "error" => Self::Error { code: need(frame.code)?, message: frame.message },
            _ => Self::Signal { from: need(frame.from)?, signal: frame.signal()? },
        })
    }
}

impl ServerFrame {
    fn info(self) -> Result<PeerInfo, FrameError> {
        let Self { name, away, .. } = self;
        Ok(PeerInfo { peer: need(self.peer)?, page: need(self.page)?, name, away })
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
            version: self.version,
        })
    }

    fn signal(self) -> Result<Signal, FrameError> {
        let Self { epoch, offer, .. } = self;
        Ok(match self.kind.as_str() {
            "start_call" => Signal::StartCall { epoch },
            "webrtc_offer" => Signal::WebrtcOffer { sdp: need(self.sdp)?, epoch, offer },
            "webrtc_answer" => Signal::WebrtcAnswer { sdp: need(self.sdp)?, epoch, offer },
            "webrtc_ice_candidate" => Signal::WebrtcIceCandidate {
                candidate: IceCandidate {
                    candidate: need(self.candidate)?,
                    sdp_mid: self.sdp_mid,
                    sdp_m_line_index: self.sdp_m_line_index,
                    username_fragment: self.username_fragment,
                },
                epoch,
            },
            _ => return Err(FrameError::UnknownType),
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
    name: Option<DisplayName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<SeatToken>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reloaded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<String>,
    #[serde(rename = "sdpMid", skip_serializing_if = "Option::is_none")]
    sdp_mid: Option<String>,
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    sdp_m_line_index: Option<u16>,
    #[serde(rename = "usernameFragment", skip_serializing_if = "Option::is_none")]
    username_fragment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<Epoch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferId>,
}

impl From<ClientMsg> for ClientFrame {
    fn from(message: ClientMsg) -> Self {
        let (to, signal) = match message {
            ClientMsg::Join { room, name, resume, reloaded } => {
                return Self { kind: "join", room: Some(room), name, resume, reloaded, ..Self::default() };
            }
            ClientMsg::Confirm => return Self { kind: "confirm", ..Self::default() },
            ClientMsg::Leave { held } => {
                let (room, resume) = held.map(|HeldSeat { room, resume }| (room, resume)).unzip();
                return Self { kind: "leave", room, resume, ..Self::default() };
            }
            ClientMsg::Signal { to, signal } => (to, signal),
        };
        let frame = Self { to, epoch: Some(signal.epoch()), ..Self::default() };
        match signal {
            Signal::StartCall { .. } => Self { kind: "start_call", ..frame },
            Signal::WebrtcOffer { sdp, offer, .. } => {
                Self { kind: "webrtc_offer", sdp: Some(sdp), offer: Some(offer), ..frame }
            }
            Signal::WebrtcAnswer { sdp, offer, .. } => {
                Self { kind: "webrtc_answer", sdp: Some(sdp), offer: Some(offer), ..frame }
            }
            Signal::WebrtcIceCandidate { candidate, .. } => Self {
                kind: "webrtc_ice_candidate",
                candidate: Some(candidate.candidate),
                sdp_mid: candidate.sdp_mid,
                sdp_m_line_index: candidate.sdp_m_line_index,
                username_fragment: candidate.username_fragment,
                ..frame
            },
        }
    }
}
