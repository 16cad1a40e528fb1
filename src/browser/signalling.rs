//! The signalling socket; dropping it detaches its callbacks and closes it.

use std::cell::RefCell;

use gloo_events::EventListener;
use js_sys::{Array, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, Event as DomEvent, MessageEvent, WebSocket};

use super::early;
use super::env::{Events, log};
use super::error::BrowserError;
use super::liveness::Held;
use crate::call::{Event, SocketEvent, SocketId};
use crate::protocol::{self, ClientMsg, socket_address};

/// Close code for "no status" (RFC 6455, section 7.4.1): what a socket that could not be opened reports.
pub(super) const ABNORMAL: u16 = 1006;

/// An open or opening socket.
pub(super) struct Socket {
    socket: WebSocket,
    id: SocketId,
    events: Events,
    early: RefCell<Option<Early>>,
    _held: Held,
    listeners: RefCell<Vec<EventListener>>,
}

/// What the page's first script began when Join was pressed before this program was there.
struct Early {
    socket: WebSocket,
    /// The join it sends, or has sent.
    join: String,
    /// The messages that have come since.
    heard: Array,
}

impl Early {
    /// What was begun, once, if there is anything left of it.
    fn take() -> Option<Self> {
        let begun = early::take(early::SOCKET);
        let part = |name: &str| Reflect::get(&begun, &name.into()).ok();
        let socket: WebSocket = part("socket")?.dyn_into().ok()?;
        let early = Self { join: part("join")?.as_string()?, heard: part("heard")?.dyn_into().ok()?, socket };
        (early.socket.ready_state() <= WebSocket::OPEN).then_some(early)
    }
}

impl Socket {
    /// Opens a socket to the page's own server, or takes over the one that is open already.
    ///
    /// # Errors
    /// What the constructor throws, such as a policy that forbids it.
    pub(super) fn open(id: SocketId, events: &Events) -> Result<Self, BrowserError> {
        let early = Early::take();
        let socket = match &early {
            Some(early) => early.socket.clone(),
            None => WebSocket::new(&own_server()?)?,
        };
        let (is_early, is_open) = (early.is_some(), socket.ready_state() == WebSocket::OPEN);
        let (early, listeners) = (RefCell::new(early), RefCell::default());
        let _held = Held::new(&socket);
        let this = Self { socket, id, events: events.clone(), early, _held, listeners };
        if is_open {
            this.events.push(Event::Socket(id, SocketEvent::Opened));
        } else {
            this.listen("open", |_| Some(SocketEvent::Opened));
        }
        this.listen("close", |event| {
            let code = event.dyn_ref::<CloseEvent>().map_or(ABNORMAL, CloseEvent::code);
            Some(SocketEvent::Closed { code })
        });
        if !is_early {
            this.listen("message", read);
        }
        Ok(this)
    }

    fn listen(&self, name: &'static str, report: fn(&DomEvent) -> Option<SocketEvent>) {
        let (events, id) = (self.events.clone(), self.id);
        let listener = EventListener::new(&self.socket, name, move |event| {
            if let Some(event) = report(event) {
                events.push(Event::Socket(id, event));
            }
        });
        self.listeners.borrow_mut().push(listener);
    }

    /// The socket itself, for what is to be sent on no other one.
    pub(super) fn bare(&self) -> WebSocket {
        self.socket.clone()
    }

    /// Sends one message; on a socket that is no longer open it is lost, which its close event tells.
    pub(super) fn send(&self, message: &ClientMsg) {
        let text = match serde_json::to_string(message) {
            Ok(text) => text,
            Err(error) => return log(&format!("message not sent: {error}")),
        };
        if let Some(early) = self.early.take() {
            return self.go_on_with(early, &text);
        }
        if let Err(error) = self.socket.send_with_str(&text) {
            log(&format!("message not sent: {}", BrowserError::from(error)));
        }
    }

    /// The first message on a socket that was opened early: it is the join that was said already, or the socket
    /// is of no use.
    fn go_on_with(&self, early: Early, text: &str) {
        if early.join != text {
            // Nothing but the code is wrong with it.
            let _ = self.socket.close();
            return self.events.push(Event::Socket(self.id, SocketEvent::Closed { code: ABNORMAL }));
        }
        // Its join is sent: the call speaks only once the socket is open, and the script heard that first.
        self.socket.set_onmessage(None);
        self.listen("message", read);
        for event in early.heard.iter().filter_map(|event| event.dyn_into::<DomEvent>().ok()) {
            if let Some(event) = read(&event) {
                self.events.push(Event::Socket(self.id, event));
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Throws only for codes and reasons, of which there are none here.
        let _ = self.socket.close();
    }
}

fn read(event: &DomEvent) -> Option<SocketEvent> {
    let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
    match text.as_deref().map(protocol::read) {
        Some(Ok(message)) => return Some(SocketEvent::Message(message)),
        // A newer server may say more than this page understands.
        Some(Err(error)) => log(&format!("message not understood: {error}")),
        None => log("message is not text"),
    }
    None
}

/// `ws:` or `wss:` with the host the page came from, and the page's version.
fn own_server() -> Result<String, BrowserError> {
    let location = window().location();
    let scheme = if location.protocol()? == "https:" { "wss:" } else { "ws:" };
    Ok(format!("{scheme}//{}{}", location.host()?, socket_address()))
}
