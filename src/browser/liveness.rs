//! The page's first script (`app/early.js`) watches this program and outlives it: a panic, an exception that crosses
//! WebAssembly and a trap all end it silently. The script then tells the person, closes the [`Held`] objects and stops
//! the devices.
//!
//! Every function is missing where that script is, as in tests.

use gloo_events::EventListener;
use leptos::prelude::window;
use wasm_bindgen::prelude::*;

use super::env::Events;
use crate::call::Event;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = window, js_name = parlorTurn)]
    fn turn() -> Result<bool, JsValue>;

    #[wasm_bindgen(catch, js_namespace = window, js_name = parlorDied)]
    fn died() -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = window, js_name = parlorKeep)]
    fn hold(what: &JsValue, held: bool) -> Result<(), JsValue>;
}

/// Panics are written to the console and told to the script; in a release build they are traps, which it sees by itself.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let _ = died();
    }));
}

/// Notes a turn of the driver's loop; false once the script has declared this program dead.
pub(super) fn takes_turn() -> bool {
    turn().unwrap_or(true)
}

/// Answers the script's liveness check with a turn of the loop.
pub(super) fn listen(events: &Events) -> EventListener {
    let events = events.clone();
    EventListener::new(&window(), "parlor-ask", move |_| {
        events.push(Event::Tick);
        // Where another task has thrown, what waits behind it runs with the next one that is queued.
        wasm_bindgen_futures::spawn_local(std::future::ready(()));
    })
}

/// An object that the script closes, or whose tracks it stops, if the program dies while this exists.
pub(super) struct Held(JsValue);

impl Held {
    pub(super) fn new(what: &JsValue) -> Self {
        let _ = hold(what, true);
        Self(what.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = hold(&self.0, false);
    }
}
