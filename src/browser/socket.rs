//! One WebSocket: callbacks become events, dropping it detaches them and closes it.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::Events;
use super::error::BrowserError;
use crate::call::{Event, SocketEvent, SocketId};
use crate::protocol::{ClientMsg, SOCKET_PATH};

/// Close code for "no status" (RFC 6455, section 7.4.1): what a socket that could not be opened reports.
pub(super) const ABNORMAL: u16 = 1006;

/// An open or opening socket.
pub(super) struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Opens a socket to the page's own server.
    ///
    /// # Errors
    /// What the constructor throws, such as a policy that forbids it.
    pub(super) fn open(id: SocketId, events: &Events) -> Result<Self, BrowserError> {
        let socket = WebSocket::new(&own_server()?)?;
        let report = move |events: &Events, event| events.push(Event::Socket(id, event));
        let opened = events.clone();
        let message = events.clone();
        let closed = events.clone();
        let listeners = [
            EventListener::new(&socket, "open", move |_| report(&opened, SocketEvent::Opened)),
            EventListener::new(&socket, "message", move |event| {
                let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
                match text.as_deref().map(serde_json::from_str) {
                    Some(Ok(read)) => report(&message, SocketEvent::Message(read)),
                    // A newer server may say more than this page understands.
                    Some(Err(error)) => super::log(&format!("message not understood: {error}")),
                    None => super::log("message is not text"),
                }
            }),
            EventListener::new(&socket, "close", move |event| {
                let code = event.dyn_ref::<CloseEvent>().map_or(ABNORMAL, CloseEvent::code);
                report(&closed, SocketEvent::Closed { code });
            }),
        ];
        Ok(Self { socket, _listeners: listeners })
    }

    /// Sends one message; on a socket that is no longer open it is lost, which its close event tells.
    pub(super) fn send(&self, message: &ClientMsg) {
        let sent = serde_json::to_string(message).map_err(|error| JsValue::from_str(&error.to_string()));
        if let Err(error) = sent.and_then(|text| self.socket.send_with_str(&text)) {
            super::log(&format!("message not sent: {}", BrowserError::from(error)));
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Throws only for codes and reasons, of which there are none here.
        let _ = self.socket.close();
    }
}

/// `ws:` or `wss:` with the host the page came from.
fn own_server() -> Result<String, BrowserError> {
    let location = super::window().location();
    let scheme = if location.protocol()? == "https:" { "wss:" } else { "ws:" };
    Ok(format!("{scheme}//{}{SOCKET_PATH}", location.host()?))
}
