//! The keys of headsets and of the system for the microphone, the camera and the end of a call (W3C Media Session).

use js_sys::{Function, Reflect};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;

use crate::browser::env::Events;
use crate::call::{DeviceView, Event, UserAction};

#[wasm_bindgen]
extern "C" {
    /// `MediaSession`, of which browsers have parts.
    type Session;

    #[wasm_bindgen(method, catch, js_name = setActionHandler)]
    fn set_handler(this: &Session, action: &str, handler: Option<&Function>) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = setMicrophoneActive)]
    fn set_microphone(this: &Session, active: bool) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setCameraActive)]
    fn set_camera(this: &Session, active: bool) -> Result<JsValue, JsValue>;
}

/// An action of the system, and what is done for it.
type Handler = (&'static str, Closure<dyn FnMut()>);

/// The media session of one call; dropping it takes the keys back.
pub(super) struct MediaSession {
    session: Option<Session>,
    handlers: Vec<Handler>,
    shown: Option<[bool; 2]>,
}

impl MediaSession {
    pub(super) fn begin(events: &Events) -> Self {
        let session = Reflect::get(&window().navigator(), &"mediaSession".into()).ok();
        let session: Option<Session> = session.filter(JsValue::is_object).map(JsCast::unchecked_into);
        let actions = [
            ("togglemicrophone", UserAction::ToggleMicrophone),
            ("togglecamera", UserAction::ToggleCamera),
            ("hangup", UserAction::Leave),
        ];
        let mut handlers = vec![];
        for (name, action) in actions {
            let events = events.clone();
            let handler = Closure::<dyn FnMut()>::new(move || events.push(Event::User(action.clone())));
            if let Some(session) = &session {
                // Browsers refuse the actions that they do not know.
                drop(session.set_handler(name, Some(handler.as_ref().unchecked_ref())));
            }
            handlers.push((name, handler));
        }
        Self { session, handlers, shown: None }
    }

    /// Shows on the system's keys what is on.
    pub(super) fn show(&mut self, microphone: DeviceView, camera: DeviceView) {
        let on = [microphone, camera].map(|device| device == DeviceView::On);
        let Some(session) = self.session.as_ref().filter(|_| self.shown.replace(on) != Some(on)) else {
            return;
        };
        drop(session.set_microphone(on[0]));
        drop(session.set_camera(on[1]));
    }
}

impl Drop for MediaSession {
    fn drop(&mut self) {
        let Some(session) = &self.session else { return };
        for (name, _) in &self.handlers {
            drop(session.set_handler(name, None));
        }
    }
}
