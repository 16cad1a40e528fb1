//! The signalling socket; dropping it detaches its callbacks and closes it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Sink, Stream};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use js_sys::{Array, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;

use super::early;
use super::env::log;
use super::error::BrowserError;
use super::liveness::Held;
use crate::call::{SocketEvent, SocketId};
use crate::protocol::{self, ClientMsg, SOCKET_PATH};

/// Close code of a socket that could not be opened: "no status" (RFC 6455, section 7.4.1).
pub(super) const ABNORMAL: u16 = 1006;

/// An open or opening socket.
pub(super) struct Signalling {
    id: SocketId,
    socket: WebSocket,
    /// Its opening was reported.
    is_open: bool,
    early: Option<Early>,
    /// Messages that came before the next one of the socket.
    heard: VecDeque<String>,
    /// It was opened early, for another join.
    is_unusable: bool,
    _held: Held,
}

/// A socket that the page's first script opened when CONNECT was pressed before this program was there.
struct Early {
    socket: web_sys::WebSocket,
    /// The join it sends, or has sent.
    join: String,
    /// Messages that have come since.
    heard: VecDeque<String>,
}

impl Early {
    /// Takes the socket over, once, unless it is closed again.
    fn take() -> Option<Self> {
        let begun = early::take(early::SOCKET);
        let part = |name: &str| Reflect::get(&begun, &name.into()).ok();
        let socket: web_sys::WebSocket = part("socket")?.dyn_into().ok()?;
        let (join, heard) = (part("join")?.as_string()?, part("heard")?.dyn_into::<Array>().ok()?);
        if socket.ready_state() > web_sys::WebSocket::OPEN {
            return None;
        }
        // From here on this program listens.
        socket.set_onmessage(None);
        let text = |event: JsValue| event.dyn_into::<MessageEvent>().ok()?.data().as_string();
        Some(Self { socket, join, heard: heard.iter().filter_map(text).collect() })
    }
}

impl Signalling {
    /// Opens a socket to the page's own server, or takes over the one that is open already.
    ///
    /// # Errors
    /// An exception of the constructor, such as a policy that forbids it.
    pub(super) fn open(id: SocketId) -> Result<Self, BrowserError> {
        let early = Early::take();
        let socket = match &early {
            Some(early) => early.socket.clone(),
            None => web_sys::WebSocket::new(&own_server()?)?,
        };
        let _held = Held::new(&socket);
        let socket = WebSocket::try_from(socket).map_err(|error| JsValue::from_str(&error.to_string()))?;
        let heard = VecDeque::new();
        Ok(Self { id, socket, is_open: false, early, heard, is_unusable: false, _held })
    }

    pub(super) fn id(&self) -> SocketId {
        self.id
    }

    /// Polls for the next event; after a close there are none.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        if std::mem::take(&mut self.is_unusable) {
            return Poll::Ready(SocketEvent::Closed { code: ABNORMAL });
        }
        if !self.is_open {
            // Ready for a socket that has failed, too; its close follows.
            let _ = ready!(Pin::new(&mut self.socket).poll_ready(cx));
            self.is_open = true;
            if matches!(self.socket.state(), State::Open) {
                return Poll::Ready(SocketEvent::Opened);
            }
        }
        loop {
            if let Some(text) = self.heard.pop_front() {
                if let Some(event) = read(&text) {
                    return Poll::Ready(event);
                }
                continue;
            }
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Text(text))) => match &mut self.early {
                    Some(early) => early.heard.push_back(text),
                    None => self.heard.push_back(text),
                },
                Some(Ok(Message::Bytes(_))) => log("message is not text"),
                Some(Err(WebSocketError::ConnectionClose(close))) => {
                    return Poll::Ready(SocketEvent::Closed { code: close.code });
                }
                Some(Err(_)) => {}
                None => return Poll::Pending,
            }
        }
    }

    /// Sends one message; on a socket that is no longer open it is lost, which its close event tells.
    pub(super) fn send(&mut self, message: &ClientMsg) {
        let text = match serde_json::to_string(message) {
            Ok(text) => text,
            Err(error) => return log(&format!("message not sent: {error}")),
        };
        if let Some(early) = self.early.take() {
            // Its join is sent: the call speaks only once the socket is open, and the script heard that first.
            if early.join == text {
                self.heard = early.heard;
            } else {
                self.is_unusable = true;
            }
        } else if let Err(error) = Pin::new(&mut self.socket).start_send(Message::Text(text)) {
            log(&format!("message not sent: {error}"));
        }
    }
}

fn read(text: &str) -> Option<SocketEvent> {
    match protocol::read(text) {
        Ok(message) => Some(SocketEvent::Message(message)),
        // A newer server may say more than this page understands.
        Err(error) => {
            log(&format!("message not understood: {error}"));
            None
        }
    }
}

/// `ws:` or `wss:` with the host the page came from.
fn own_server() -> Result<String, BrowserError> {
    let location = window().location();
    let scheme = if location.protocol()? == "https:" { "wss:" } else { "ws:" };
    Ok(format!("{scheme}//{}{SOCKET_PATH}", location.host()?))
}
