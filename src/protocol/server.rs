//! The messages between browser and server.

use serde::{Deserialize, Serialize};

use super::{
    Door, ErrorCode, Hello, IceServer, Introduction, PageLoad, PeerId, RoomId, SealedBox, SeatToken, frame,
};

/// A peer in the room, as told to the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerInfo {
    /// The id.
    pub peer: PeerId,
    /// The page load that holds the seat.
    pub page: PageLoad,
    /// The public key of that page load. A seat that the server has restored has none until its holder is back, and a
    /// page of an earlier release never has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<Hello>,
    /// Of its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<Door>,
    /// The peer's socket is lost and its seat is kept for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
}

impl PeerInfo {
    /// What the page has said of itself, if it has.
    pub fn introduction(&self) -> Option<Introduction> {
        Some(Introduction { hello: self.hello.clone()?, door: self.door.clone()? })
    }
}

/// A seat, as told to its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seated {
    /// The room.
    pub room: RoomId,
    /// The receiver's own id.
    pub peer: PeerId,
    /// The receiver's own page number.
    pub page: PageLoad,
    /// The others in the room; empty in `room_created`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<PeerInfo>,
    /// The token that takes this seat back after a lost socket or a reload. It is new every time; the one before
    /// stays good until [`ClientMsg::Confirm`].
    pub resume: SeatToken,
    /// This is the seat that the join's token proved, in the same life of the room: the numbers of peers and
    /// pages mean what they meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// Configuration for `RTCPeerConnection`.
    pub ice_servers: Vec<IceServer>,
    /// Number of seats of the room, taken or free; a server of an earlier release does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u8>,
}

/// A message from browser to server.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "frame::ClientFrame")]
pub enum ClientMsg {
    /// Asks for a seat, or for one's own seat back.
    Join {
        /// The room number.
        room: RoomId,
        /// What the others need to seal what they say to this page.
        introduction: Introduction,
        /// The token of a seat held before.
        resume: Option<SeatToken>,
        /// With `resume`: this page has no peer connections any more (it was reloaded), so the others must
        /// build theirs anew.
        reloaded: bool,
    },
    /// Confirms that the seat's token has arrived. A seat never confirmed is freed when its socket is lost: nobody
    /// knows its token.
    Confirm,
    /// Gives the seat up; the socket stays open for another join.
    Leave {
        /// A seat left while there was no socket, instead of this socket's seat.
        held: Option<HeldSeat>,
    },
    /// Asks to be told when a seat is free, after [`ServerMsg::FullRoom`]. A join or a leave ends the wait.
    Wait {
        /// The room number.
        room: RoomId,
    },
    /// Signals to a peer.
    Signal {
        /// The receiver.
        to: PeerId,
        /// The signal, which only the receiver can read.
        sealed: SealedBox,
    },
}

/// A seat that a token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSeat {
    /// Its room.
    pub room: RoomId,
    /// Its proof.
    pub resume: SeatToken,
}

/// A message from server to browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "frame::ServerFrame")]
pub enum ServerMsg {
    /// The receiver has a seat and is alone.
    RoomCreated(Seated),
    /// The receiver has a seat beside others.
    RoomJoined(Seated),
    /// Every seat is taken.
    FullRoom {
        /// The room asked for.
        room: RoomId,
    },
    /// The receiver waits for a seat in a full room, and is told when there is one.
    Waiting {
        /// The room that it waits for.
        room: RoomId,
    },
    /// A seat is free, told once to each who waits. It is kept for nobody: who wants it joins.
    SeatFree {
        /// The room waited for.
        room: RoomId,
    },
    /// A peer has joined.
    PeerJoined(PeerInfo),
    /// A peer's socket is lost; its seat is kept for a while, its media may well go on.
    PeerAway {
        /// The peer.
        peer: PeerId,
        /// The browser said that the page is closed or reloaded: its media is gone too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unloaded: bool,
    },
    /// An away peer took its seat back; with a new `page` it was reloaded.
    PeerBack(PeerInfo),
    /// A peer gave its seat up, or did not come back in time.
    PeerLeft {
        /// The peer.
        peer: PeerId,
    },
    /// New credentials for all connections of a long call, before the ones told with the seat end.
    IceServers {
        /// Configuration for `RTCPeerConnection`.
        ice_servers: Vec<IceServer>,
    },
    /// The server is of another version than the page said: the first message on the socket.
    Version {
        /// [`VERSION`](super::VERSION) of the server.
        version: u32,
    },
    /// A sign of life, with every ping to a socket that has a seat or waits for one, since pages do not see pings; and the
    /// answer to a leave.
    Heartbeat,
    /// A message of the receiver was refused.
    Error {
        /// The reason; stable, for programs.
        code: ErrorCode,
        /// A text for developers, in English.
        message: String,
    },
    /// A signal from a peer of the same room.
    Signal {
        /// The sender, vouched for by the server.
        from: PeerId,
        /// The signal, which only the receiver can read.
        sealed: SealedBox,
    },
}
