//! Locks that let at most one tab of this browser into a room; `app/early.js` holds them, as it joins before this
//! program is there.

use gloo_events::EventListener;
use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::env::Events;
use crate::call::{Event, Hold, Remembered};
use crate::protocol::{self, RoomId};

/// Event of the window when another tab takes this one's call over.
const WANTED: &str = "parlorwanted";

#[wasm_bindgen]
extern "C" {
    /// Settles with nothing if another tab is in the room, else with the seat that it handed over, or with an empty
    /// text.
    #[wasm_bindgen(catch, js_name = parlorHold)]
    fn hold_lock(room: &str, take: bool) -> Result<Promise, JsValue>;

    /// Lets go, and hands a seat to the tab that wants it.
    #[wasm_bindgen(catch, js_name = parlorFree)]
    fn free_lock(seat: Option<&str>) -> Result<(), JsValue>;
}

/// Requests the lock of a room.
pub(super) fn hold(events: &Events, room: RoomId, take: bool) {
    let events = events.clone();
    spawn_local(async move {
        let hold = match hold_lock(room.as_str(), take) {
            Ok(answer) => match JsFuture::from(answer).await.map(|seat| seat.as_string()) {
                Ok(None) => Hold::Refused,
                Ok(Some(seat)) => Hold::Granted(protocol::read(&seat).ok()),
                Err(_) => Hold::Granted(None),
            },
            // Without that script nothing is known of other tabs.
            Err(_) => Hold::Granted(None),
        };
        events.push(Event::Hold(room, hold));
    });
}

/// Releases the lock.
pub(super) fn let_go(seat: Option<&Remembered>) {
    let seat = seat.and_then(|seat| serde_json::to_string(seat).ok());
    // Fails only without that script, and then nothing is held.
    let _ = free_lock(seat.as_deref());
}

/// Reports that another tab wants this one's call.
pub(super) fn listen(events: &Events) -> EventListener {
    let events = events.clone();
    EventListener::new(&window(), WANTED, move |_| events.push(Event::Wanted))
}
