//! Refusals of the server: error codes for a message, close codes for a socket.

use serde::{Deserialize, Serialize};

/// The reason why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, not an object, no `type`, or a field of the wrong shape.
    #[error("the message is not well formed")]
    BadMessage,
    /// A `type` this server does not know, as a newer page may send it; the message is ignored.
    #[error("the message type is not known")]
    UnknownType,
    /// The room number breaks the rules of [`RoomId`](super::RoomId).
    #[error("the room number has 1 to 64 letters, digits, - or _")]
    BadRoom,
    /// The message needs a seat and the sender has none.
    #[error("join a room first")]
    NotJoined,
    /// A join from a socket that already has a seat.
    #[error("this socket has a seat already")]
    AlreadyJoined,
    /// `to` is no other peer of the room.
    #[error("there is no such other peer in the room")]
    UnknownPeer,
}

/// The reason why the server closes a WebSocket: RFC 6455 section 7.4 codes where one fits, else the private range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The server is stopping; come back in a moment (IANA: Service Restart).
    Restart = 1012,
    /// A frame that is not text.
    NotText = 1003,
    /// A frame over [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES).
    TooBig = 1009,
    /// No seat was asked for in a long time.
    Idle = 4000,
    /// No sign of life within the heartbeat's limit.
    Silent = 4001,
    /// Too many malformed messages, those of an unknown type not counted; or a page of a version that is not understood
    /// any more.
    BadMessages = 4002,
    /// Too many messages, frames or bytes a second.
    TooManyMessages = 4003,
    /// The reader fell too far behind what was sent to it.
    TooSlow = 4004,
    /// The seat was taken back by a newer socket with the same token.
    Replaced = 4005,
    /// Too many sockets, or too many joins from this address; come back in a moment.
    Busy = 4006,
    /// Whoever runs the server has ended the call of everybody in the room.
    Ended = 4007,
}

impl CloseCode {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::Restart,
        Self::NotText,
        Self::TooBig,
        Self::Idle,
        Self::Silent,
        Self::BadMessages,
        Self::TooManyMessages,
        Self::TooSlow,
        Self::Replaced,
        Self::Busy,
        Self::Ended,
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
            Self::Busy => "busy",
            Self::Ended => "ended",
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

    #[test]
    fn close_codes_are_distinct_and_fit_a_control_frame() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_code(code.code()), Some(code));
            assert!(code.reason().len() <= 123);
        }
    }
}
