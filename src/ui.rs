//! The views and the one handle they hold: a [`CallView`] to read, actions to dispatch, streams to show.
//!
//! Views never decide; they draw [`CallView`] and dispatch [`UserAction`]s. The browser's driver is the only
//! writer of the signals here and comes in through context as a [`Driver`], so nothing in `ui` names it; on
//! the server there is none, and every signal keeps its default.

pub(crate) mod attention;
mod chat;
mod copy_link;
pub(crate) mod device_menu;
mod device_problem;
mod dock;
mod elapsed;
mod floating;
mod gestures;
pub mod home;
pub mod i18n;
mod icon;
mod idle;
pub(crate) mod invite;
mod invite_card;
pub(crate) mod keys;
mod lacking;
pub(crate) mod languages;
mod layout;
mod listening;
pub mod notice;
mod own_picture;
mod own_window;
pub mod panels;
mod picture;
pub(crate) mod reactive;
pub mod room;
mod screen;
mod shortcuts;
mod stage;
mod tile;
mod trust;
mod waiting;
mod word_field;

use std::rc::Rc;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use leptos::web_sys::js_sys::Array;
use leptos::web_sys::{HtmlVideoElement, RtcDataChannel, RtcPeerConnection};
use send_wrapper::SendWrapper;

use crate::call::{CallView, Event, MicrophoneLevel, UserAction};
use crate::protocol::{PeerId, Source};

pub(crate) use icon::{mark, wordmark};

/// Puts a stream into a `<video>` element; made by the driver around a `MediaStream`.
///
/// Wrapped because rendering on the server moves signals between threads; none exists there.
pub type StreamSink = SendWrapper<Rc<dyn Fn(&HtmlVideoElement)>>;

/// Streams of the peers, by peer and by what they show; the camera's has the voice with it.
pub type RemoteStreams = Vec<(PeerId, Source, StreamSink)>;

/// What a part that is loaded later needs of one connection.
pub struct LateLine {
    /// The peer.
    pub peer: PeerId,
    /// The channel of the part.
    pub channel: RtcDataChannel,
    /// The connection, for its statistics.
    pub connection: RtcPeerConnection,
    /// Messages that came while nobody listened. Whoever does takes `onmessage` off the channel.
    pub early: Array,
}

/// The lines to all peers.
pub type LateLines = Vec<SendWrapper<Rc<LateLine>>>;

/// The driver's end of a part that is loaded later.
#[derive(Clone, Copy)]
pub struct LatePort {
    /// The channels.
    pub lines: WriteSignal<LateLines>,
    /// Whether something for it has come, or was kept over a reload.
    pub wanted: WriteSignal<bool>,
}

/// The views' end of such a part.
#[derive(Clone, Copy)]
pub(crate) struct Late {
    /// The channels.
    pub(crate) lines: ReadSignal<LateLines>,
    wanted: RwSignal<bool>,
}

impl Late {
    fn new() -> (Self, LatePort) {
        let (lines, set_lines) = signal(vec![]);
        let wanted = RwSignal::new(false);
        (Self { lines, wanted }, LatePort { lines: set_lines, wanted: wanted.write_only() })
    }

    /// Whether something for it has come, or was kept over a reload; reactive.
    pub(crate) fn is_wanted(self) -> bool {
        self.wanted.get()
    }

    /// Has it loaded.
    pub(crate) fn want(self) {
        self.wanted.set(true);
    }
}

/// Loads the call screen and starts the browser's side of a call; provided by `hydrate()`, absent on the server.
#[derive(Clone, Copy)]
pub struct Driver(pub fn(CallPort, room::RoomPlace));

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
    /// The stream of what is shared from here.
    pub shared: WriteSignal<Option<StreamSink>>,
    /// Streams of the peers.
    pub remote: WriteSignal<RemoteStreams>,
    /// The level of the own microphone, while it is measured.
    pub level: WriteSignal<MicrophoneLevel>,
    /// The transfers of files.
    pub files: LatePort,
    /// The notes.
    pub notes: LatePort,
    /// Whether the driver runs.
    pub started: WriteSignal<bool>,
}

/// The views' end of a call: state to read, streams to show, actions to dispatch.
#[derive(Clone, Copy)]
pub struct CallHandle {
    view: ReadSignal<CallView>,
    local: ReadSignal<Option<StreamSink>>,
    shared: ReadSignal<Option<StreamSink>>,
    remote: ReadSignal<RemoteStreams>,
    level: ReadSignal<MicrophoneLevel>,
    files: Late,
    notes: Late,
    started: ReadSignal<bool>,
    sender: StoredValue<UnboundedSender<Event>>,
}

impl CallHandle {
    /// Makes a handle and the driver's end of it.
    pub fn new() -> (Self, CallPort) {
        let (view, set_view) = signal(CallView::default());
        let (local, set_local) = signal(None);
        let (shared, set_shared) = signal(None);
        let (remote, set_remote) = signal(vec![]);
        let (level, set_level) = signal(MicrophoneLevel::default());
        let (files, files_port) = Late::new();
        let (notes, notes_port) = Late::new();
        let (started, set_started) = signal(false);
        let (sender, events) = unbounded();
        let kept = StoredValue::new(sender.clone());
        let handle = Self { view, local, shared, remote, level, files, notes, started, sender: kept };
        let port = CallPort {
            events,
            sender,
            view: set_view,
            local: set_local,
            shared: set_shared,
            remote: set_remote,
            level: set_level,
            files: files_port,
            notes: notes_port,
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

    /// The stream of what is shared from here, reactive.
    pub(crate) fn shared(&self) -> Option<StreamSink> {
        self.shared.get()
    }

    /// A peer's stream that shows this source, reactive.
    pub fn remote(&self, peer: PeerId, source: Source) -> Option<StreamSink> {
        self.remote.with(|streams| {
            let found = streams.iter().find(|(of, what, _)| (*of, *what) == (peer, source));
            found.map(|(.., sink)| sink.clone())
        })
    }

    /// The level of the own microphone, reactive. It is measured in a call, and otherwise while somebody looks
    /// ([`UserAction::WatchLevel`]); it does not sink when the person mutes.
    pub fn level(&self) -> MicrophoneLevel {
        self.level.get()
    }

    /// The transfers of files.
    pub(crate) fn files(&self) -> Late {
        self.files
    }

    /// The notes.
    pub(crate) fn notes(&self) -> Late {
        self.notes
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
