//! The speaker that plays the others' voices (W3C Audio Output Devices API).

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AudioContext, EventTarget, HtmlMediaElement, Window};

use super::env::{Events, log};
use super::error::{BrowserError, invoke, settled};
use crate::call::{DeviceId, Event, MediaEvent};

/// The speaker chosen, for the elements that there are and those to come; empty for the system's own.
#[derive(Clone, Default)]
pub(super) struct Speaker(Rc<RefCell<DeviceId>>);

impl Speaker {
    /// Chooses another one.
    pub(super) fn set(&self, device: Option<DeviceId>, events: &Events) {
        self.0.replace(device.unwrap_or_default());
        pictures().for_each(|picture| self.give(&picture, events));
    }

    /// Lets an element play there; the call is told where the browser refuses.
    pub(super) fn give(&self, element: &HtmlMediaElement, events: &Events) {
        let Some(set) = self.begin(element) else { return };
        let events = events.clone();
        spawn_local(async move {
            match settled(set).await.map_err(BrowserError::from) {
                Ok(_) => {}
                // Another choice came before it was carried out.
                Err(error) if error.name == "AbortError" => {}
                Err(error) => {
                    log(&format!("speaker: {error}"));
                    events.push(Event::Media(MediaEvent::SpeakerRefused));
                }
            }
        });
    }

    /// Lets Web Audio play there, where the browser can.
    pub(super) fn give_context(&self, context: &AudioContext) {
        if let Some(set) = self.begin(context) {
            spawn_local(async move { drop(settled(set).await) });
        }
    }

    fn begin(&self, player: &JsValue) -> Option<Result<Promise, JsValue>> {
        let id = self.0.borrow().0.clone();
        let has = Reflect::get(player, &"sinkId".into()).ok().and_then(|id| id.as_string());
        (has.unwrap_or_default() != id)
            .then(|| invoke(player, "setSinkId", &id.as_str().into()).map(JsCast::unchecked_into))
    }
}

/// Whether the browser lets a page choose.
pub(super) fn can_be_chosen() -> bool {
    let prototype = Reflect::get(&window(), &"HTMLMediaElement".into())
        .and_then(|class| Reflect::get(&class, &"prototype".into()));
    prototype.is_ok_and(|prototype| Reflect::has(&prototype, &"setSinkId".into()).unwrap_or_default())
}

/// The pictures of the page and of its floating window, with their voices.
pub(super) fn pictures() -> impl Iterator<Item = HtmlMediaElement> {
    let documents = [Some(window()), floating_window()].into_iter().flatten().filter_map(|it| it.document());
    let videos = documents.flat_map(|it| Array::from(&it.get_elements_by_tag_name("video")).to_vec());
    videos.filter_map(|video| video.dyn_into().ok())
}

/// What opens floating windows, where the browser has it (WICG Document Picture-in-Picture).
pub(super) fn floating() -> Option<EventTarget> {
    Reflect::get(&window(), &"documentPictureInPicture".into()).ok()?.dyn_into().ok()
}

/// The floating window of the page. Classes of another window are not this one's, so nothing is asked of its class.
fn floating_window() -> Option<Window> {
    let found = Reflect::get(&JsValue::from(floating()?), &"window".into()).ok()?;
    found.is_object().then(|| found.unchecked_into())
}
