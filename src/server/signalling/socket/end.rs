//! The end of a socket: who closes it, and how.

use std::io;

use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::protocol::CloseCode;
use crate::server::signalling::frame_meter::TooMuch;
use crate::server::signalling::room::Loss;

/// The reason why a socket ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// This side closes the socket.
    Close(CloseCode),
    /// This side closes, and cannot decode the rest of the stream.
    CloseUnread(CloseCode),
    /// The other side has closed or is lost.
    Gone(Loss),
}

/// The browser's own code for a page that goes away (RFC 6455, section 7.4.1).
const GOING_AWAY: u16 = 1001;

/// How the socket was lost that the other side closed.
pub(super) fn loss_of(close: Option<&CloseFrame>) -> Loss {
    match close {
        Some(frame) if u16::from(frame.code) == GOING_AWAY => Loss::Unloaded,
        _ => Loss::Lost,
    }
}

/// The end that an error of the stream leads to.
pub(super) fn end_of(error: &tungstenite::Error) -> End {
    use tungstenite::Error;
    let is_too_much = |error: &io::Error| error.get_ref().is_some_and(|cause| cause.is::<TooMuch>());
    match error {
        Error::Capacity(_) => End::CloseUnread(CloseCode::TooBig),
        Error::Utf8(_) => End::CloseUnread(CloseCode::NotText),
        Error::Io(error) if is_too_much(error) => End::CloseUnread(CloseCode::TooManyMessages),
        _ => End::Gone(Loss::Lost),
    }
}
