//! Keeps the pictures of a young connection small; see [`MaxResolution`] for why.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{RtcPeerConnection, RtcPeerConnectionState};

use super::error::{BrowserError, settled};
use super::path::estimate;
use super::peer::bindings::Sender;
use super::peer::tracks::video_senders;
use crate::call::MaxResolution;

/// How long after connecting the estimate is looked at first, in milliseconds, and how long it waits at most between
/// two looks; each waits twice as long as the one before.
const FIRST_LOOK_MS: u32 = 1_000;
const LONGEST_WAIT_MS: u32 = 16_000;

/// The bound of what one connection sends, until it is lifted.
pub(super) struct Opening {
    young: Rc<Young>,
    _connected: EventListener,
}

struct Young {
    connection: RtcPeerConnection,
    bound: Cell<Option<MaxResolution>>,
    /// The look that is due.
    due: RefCell<Option<Timeout>>,
}

impl Opening {
    pub(super) fn new(connection: &RtcPeerConnection) -> Self {
        let (bound, due) = (Cell::new(Some(MaxResolution::FIRST)), RefCell::new(None));
        let young = Rc::new(Young { connection: Clone::clone(connection), bound, due });
        let watched = Rc::downgrade(&young);
        let connected = EventListener::new(connection, "connectionstatechange", move |_| {
            if let Some(young) = watched.upgrade().filter(|young| young.is_connected()) {
                young.look_in(FIRST_LOOK_MS);
            }
        });
        Self { young, _connected: connected }
    }

    /// Applies the bound to the transceivers there are; before they are negotiated, so that it holds for the first
    /// picture.
    pub(super) fn apply(&self) {
        if self.young.bound.get().is_some() {
            let applied = self.young.apply();
            spawn_local(async move {
                applied.await;
            });
        }
    }
}

impl Young {
    fn is_connected(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Connected
    }

    /// Looks until the bound is lifted.
    fn look_in(self: &Rc<Self>, wait: u32) {
        if self.bound.get().is_none() {
            return;
        }
        let this = Rc::downgrade(self);
        let due = Timeout::new(wait, move || {
            let Some(this) = this.upgrade() else { return };
            spawn_local(async move {
                this.look(wait == LONGEST_WAIT_MS).await;
                this.look_in((2 * wait).min(LONGEST_WAIT_MS));
            });
        });
        self.due.replace(Some(due));
    }

    /// Nothing is known of the path while no picture is on it. If it is `late` the bound grows in any case.
    async fn look(&self, late: bool) {
        let Some(before) = self.bound.get() else { return };
        let is_sending = |sender: Sender| sender.track().is_some();
        if !self.is_connected() || !video_senders(&self.connection).any(is_sending) {
            return;
        }
        let grown = before.grown(estimate(&self.connection).await);
        let bound = if late && grown == Some(before) { before.next() } else { grown };
        // It may be closed by now.
        if bound != Some(before) && self.is_connected() {
            self.bound.set(bound);
            if !self.apply().await {
                // Another step of the connection came between; the next look tries again.
                self.bound.set(Some(before));
            }
        }
    }

    /// Begins at once; whether all went well is known later.
    fn apply(&self) -> impl Future<Output = bool> + 'static {
        let bound = self.bound.get();
        let set: Result<Array, JsValue> =
            video_senders(&self.connection).map(|sender| bind(&sender, bound)).collect();
        async move {
            let done = settled(set.map(|set| Promise::all(&set))).await;
            let failed = done.map_err(BrowserError::from).err();
            failed.inspect(|error| super::log(&format!("pictures not bounded: {error}"))).is_none()
        }
    }
}

/// Sets `scaleResolutionDownTo` (W3C WebRTC Extensions, section 5.2), which browsers that do not know it ignore.
fn bind(sender: &Sender, bound: Option<MaxResolution>) -> Result<Promise, JsValue> {
    let parameters = sender.parameters()?;
    // Older browsers tell of none; then there is nothing to bound.
    let encodings: Array = Reflect::get(&parameters, &"encodings".into())?.dyn_into().unwrap_or_default();
    if encodings.length() == 0 {
        return Ok(Promise::resolve(&JsValue::UNDEFINED));
    }
    for encoding in encodings.iter().filter_map(|each| each.dyn_into::<Object>().ok()) {
        let key = "scaleResolutionDownTo".into();
        if let Some(MaxResolution { width, height }) = bound {
            let size = Object::new();
            Reflect::set(&size, &"maxWidth".into(), &width.into())?;
            Reflect::set(&size, &"maxHeight".into(), &height.into())?;
            Reflect::set(&encoding, &key, &size)?;
        } else {
            Reflect::delete_property(&encoding, &key)?;
        }
    }
    sender.set_parameters(&parameters)
}
