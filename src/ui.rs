//! The views and the one handle they hold: a [`CallView`] to read, actions to dispatch, streams to show.
//!
//! Views never decide; they draw [`CallView`] and dispatch [`UserAction`]s. The browser's driver is the only
//! writer of the signals here and comes in through context as a [`Driver`], so nothing in `ui` names it; on
//! the server there is none, and every signal keeps its default.

mod connection;
mod controls;
mod device_problem;
pub mod home;
pub mod i18n;
mod icon;
pub(crate) mod invite;
pub(crate) mod languages;
pub mod notice;
pub(crate) mod reactive;
pub mod room;
mod tile;

use std::rc::Rc;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use leptos::web_sys::HtmlVideoElement;
use send_wrapper::SendWrapper;

use crate::call::{CallView, Event, UserAction};
use crate::protocol::{PeerId, Source};

pub(crate) use icon::mark;

/// Puts a stream into a `<video>` element; made by the driver around a `MediaStream`.
///
/// Wrapped because rendering on the server moves signals between threads; none exists there.
pub type StreamSink = SendWrapper<Rc<dyn Fn(&HtmlVideoElement)>>;

/// Streams of the peers, by peer and by what they show; the camera's has the voice with it.
pub type RemoteStreams = Vec<(PeerId, Source, StreamSink)>;

/// Starts the browser's side of a call; provided by `hydrate()`, absent on the server.
#[derive(Clone, Copy)]
pub struct Driver(pub fn(CallPort));

/// The driver's end of a [`CallHandle`].
pub struct CallPort {
    /// Events from the views and from the driver's own callbacks.
    pub events: UnboundedReceiver<Event>,
    /// Sender for those callbacks.
    pub sender: UnboundedSender<Event>,
    /// State of the call that the views draw.
    pub view: WriteSignal<CallView>,
    /// The own stream.
    pub local: WriteSignal<Option<StreamSink>>,
    /// Streams of the peers.
    pub remote: WriteSignal<RemoteStreams>,
    /// Whether the driver runs.
    pub started: WriteSignal<bool>,
}

/// The views' end of a call: state to read, streams to show, actions to dispatch.
#[derive(Clone, Copy)]
pub struct CallHandle {
    view: ReadSignal<CallView>,
    local: ReadSignal<Option<StreamSink>>,
    remote: ReadSignal<RemoteStreams>,
    started: ReadSignal<bool>,
    sender: StoredValue<UnboundedSender<Event>>,
}

impl CallHandle {
    /// Makes a handle and the driver's end of it.
    pub fn new() -> (Self, CallPort) {
        let (view, set_view) = signal(CallView::default());
        let (local, set_local) = signal(None);
        let (remote, set_remote) = signal(vec![]);
        let (started, set_started) = signal(false);
        let (sender, events) = unbounded();
        let handle = Self { view, local, remote, started, sender: StoredValue::new(sender.clone()) };
        let port = CallPort {
            events,
            sender,
            view: set_view,
            local: set_local,
            remote: set_remote,
            started: set_started,
        };
        (handle, port)
    }

    /// State of the call, as a signal to select from with memos.
    pub fn view(&self) -> ReadSignal<CallView> {
        self.view
    }

    /// The own stream, reactive.
    pub fn local(&self) -> Option<StreamSink> {
        self.local.get()
    }

    /// A peer's stream that shows this source, reactive.
    pub fn remote(&self, peer: PeerId, source: Source) -> Option<StreamSink> {
        self.remote.with(|streams| {
            let found = streams.iter().find(|(of, what, _)| (*of, *what) == (peer, source));
            found.map(|(.., sink)| sink.clone())
        })
    }

    /// Whether the driver runs, reactive.
    pub fn is_started(&self) -> bool {
        self.started.get()
    }

    /// Sends a user's action to the driver; it waits in the queue until there is one.
    pub fn dispatch(&self, action: UserAction) {
        // Without a driver (on the server, or after the page is gone) there is no receiver, and nothing is lost.
        self.sender.with_value(|sender| drop(sender.unbounded_send(Event::User(action))));
    }
}
