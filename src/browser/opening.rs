//! Keeps the pictures of a young connection small; see [`Bound`] for why.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RtcPeerConnection, RtcPeerConnectionState, RtcRtpTransceiver};

use super::error::BrowserError;
use super::path::estimate;
use super::peer::Sender;
use crate::call::Bound;

/// How often the estimate is looked at until it allows pictures of any size, in milliseconds.
const LOOK_MS: u32 = 1_000;

/// The bound of what one connection sends, until it is lifted.
pub(super) struct Opening {
    young: Rc<Young>,
    _connected: EventListener,
}

struct Young {
    connection: RtcPeerConnection,
    bound: Cell<Option<Bound>>,
    looking: RefCell<Option<Interval>>,
}

impl Opening {
    pub(super) fn new(connection: &RtcPeerConnection) -> Self {
        let (bound, looking) = (Cell::new(Some(Bound::FIRST)), RefCell::new(None));
        let young = Rc::new(Young { connection: Clone::clone(connection), bound, looking });
        let watched = Rc::downgrade(&young);
        let connected = EventListener::new(connection, "connectionstatechange", move |_| {
            let Some(young) = watched.upgrade() else { return };
            let connected = young.connection.connection_state() == RtcPeerConnectionState::Connected;
            if connected && young.bound.get().is_some() {
                let watched = watched.clone();
                let look = Interval::new(LOOK_MS, move || watched.upgrade().iter().for_each(Young::look));
                young.looking.replace(Some(look));
            }
        });
        Self { young, _connected: connected }
    }

    /// Applies the bound to the transceivers there are; before they are negotiated, so that it holds for the first
    /// picture.
    pub(super) fn apply(&self) {
        if self.young.bound.get().is_some() {
            self.young.apply();
        }
    }
}

impl Young {
    fn look(self: &Rc<Self>) {
        let this = Rc::clone(self);
        spawn_local(async move {
            let bound = Bound::at(estimate(&this.connection).await);
            if this.bound.replace(bound) != bound {
                this.apply();
            }
            if bound.is_none() {
                this.looking.take();
            }
        });
    }

    fn apply(&self) {
        let transceivers = self.connection.get_transceivers();
        for transceiver in transceivers.iter().filter_map(|each| each.dyn_into::<RtcRtpTransceiver>().ok()) {
            if transceiver.receiver().track().kind() != "video" {
                continue;
            }
            let set = bind(transceiver.sender().unchecked_ref(), self.bound.get());
            spawn_local(async move {
                let done = match set {
                    Ok(set) => JsFuture::from(set).await,
                    Err(error) => Err(error),
                };
                // Pictures are sent all the same, of a size that the browser chooses.
                if let Err(error) = done {
                    super::log(&format!("pictures not bounded: {}", BrowserError::from(error)));
                }
            });
        }
    }
}

/// Sets `scaleResolutionDownTo` (W3C WebRTC Extensions, section 5.2), which browsers that do not know it ignore.
fn bind(sender: &Sender, bound: Option<Bound>) -> Result<Promise, JsValue> {
    let parameters = sender.parameters()?;
    let encodings: Array = Reflect::get(&parameters, &"encodings".into())?.dyn_into()?;
    for encoding in encodings.iter().filter_map(|each| each.dyn_into::<Object>().ok()) {
        let key = "scaleResolutionDownTo".into();
        if let Some(Bound { width, height }) = bound {
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
