//! Ties to the page's first script (`app/early.js`), which lives on when this program dies: a panic, an exception that
//! crosses WebAssembly and a trap all end it without a word of its own. The script then says so, closes what is held
//! here, and stops the devices.
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

/// Panics are written to the console and told to the script.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let _ = died();
    }));
}

/// Tells the script that the driver's loop takes a turn; says whether it may, which it may not once the program was
/// found to have died.
pub(super) fn takes_turn() -> bool {
    turn().unwrap_or(true)
}

/// Answers the script's question whether the loop is alive by a turn of it.
pub(super) fn listen(events: &Events) -> EventListener {
    let events = events.clone();
    EventListener::new(&window(), "parlor-ask", move |_| {
        events.push(Event::Tick);
        // Where another task has thrown, what waits behind it runs with the next one that is queued.
        wasm_bindgen_futures::spawn_local(std::future::ready(()));
    })
}

/// Something that is closed, or whose tracks are stopped, if the program dies while it holds this.
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
