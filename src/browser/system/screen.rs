//! The screen: it stays on during a call where the browser can keep it on (W3C Screen Wake Lock).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::VisibilityState;

use crate::browser::error::invoke;

/// The wake lock. The browser releases it whenever the page is out of sight.
#[derive(Default)]
pub(super) struct Screen(Rc<State>);

#[derive(Default)]
struct State {
    lock: RefCell<JsValue>,
    wanted: Cell<bool>,
    is_asking: Cell<bool>,
    /// The browser has refused, as for a low battery, which stands for this call.
    refused: Cell<bool>,
}

impl Screen {
    /// Keeps the screen on, or lets it sleep.
    pub(super) fn keep_on(&self, on: bool) {
        let state = &self.0;
        state.wanted.set(on);
        let is_held = released(&state.lock.borrow()) == Some(false);
        if !on {
            state.refused.set(false);
            if is_held {
                release(&state.lock.take());
            }
        } else if !is_held && is_visible() && !state.is_asking.get() && !state.refused.get() {
            self.ask();
        }
    }

    fn ask(&self) {
        let Some(asked) = request() else { return };
        let state = Rc::clone(&self.0);
        state.is_asking.set(true);
        spawn_local(async move {
            let got = JsFuture::from(asked).await;
            state.is_asking.set(false);
            match got {
                Ok(lock) if state.wanted.get() => drop(state.lock.replace(lock)),
                // The call has ended meanwhile.
                Ok(lock) => release(&lock),
                // A page out of sight is refused, and may ask again once it is seen.
                Err(_) => state.refused.set(state.wanted.get() && is_visible()),
            }
        });
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.keep_on(false);
    }
}

fn is_visible() -> bool {
    window().document().is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
}

fn request() -> Option<Promise> {
    let lock = Reflect::get(&window().navigator(), &"wakeLock".into()).ok()?;
    invoke(&lock, "request", &"screen".into()).ok()?.dyn_into().ok()
}

fn released(lock: &JsValue) -> Option<bool> {
    Reflect::get(lock, &"released".into()).ok()?.as_bool()
}

fn release(lock: &JsValue) {
    // It is never rejected, and a lock that is released already stays so.
    let _ = invoke(lock, "release", &JsValue::UNDEFINED);
}
