//! Locks that let at most one tab of this browser into a room; `app/early.js` holds them, as it joins before this
//! program is there.

use gloo_events::EventListener;
use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::env::Events;
use super::error::settled;
use super::peer::stat;
use crate::call::{Event, Hold, Identity, Remembered};
use crate::protocol::{self, Credential, Introduction, RoomId};

/// Event of the window when another tab takes this one's call over.
const WANTED: &str = "parlorwanted";

#[wasm_bindgen]
extern "C" {
    /// Settles with nothing if another tab is in the room, else with the seat that it handed over, or with an empty
    /// text.
    #[wasm_bindgen(catch, js_name = parlorHold)]
    fn hold_lock(room: &str, take: bool) -> Result<Promise, JsValue>;

    /// Settles with what the page says of itself to a room, and with what its links have behind `#`.
    #[wasm_bindgen(catch, js_name = parlorIntroduce)]
    fn introduce(room: &str, in_links: Option<&str>) -> Result<Promise, JsValue>;

    /// What the links to a room of this page have behind `#`.
    #[wasm_bindgen(catch, js_name = parlorSecret)]
    fn secret_of(room: &str) -> Result<Option<String>, JsValue>;

    /// Lets go, and hands a seat to the tab that wants it.
    #[wasm_bindgen(catch, js_name = parlorFree)]
    fn free_lock(seat: Option<&str>) -> Result<(), JsValue>;
}

/// Requests the lock of a room, and what the page says of itself there.
pub(super) fn hold(events: &Events, room: RoomId, credential: Option<Credential>, take: bool) {
    let events = events.clone();
    spawn_local(async move {
        // Without that script nothing is known of other tabs.
        let seat = match hold_lock(room.as_str(), take) {
            Ok(answer) => JsFuture::from(answer).await.map_or(Some(String::new()), |seat| seat.as_string()),
            Err(_) => Some(String::new()),
        };
        let hold = match seat {
            None => Hold::Refused,
            Some(seat) => granted(&room, credential, protocol::read(&seat).ok()).await,
        };
        events.push(Event::Hold(room, hold));
    });
}

async fn granted(room: &RoomId, credential: Option<Credential>, seat: Option<Remembered>) -> Hold {
    // The links of the tab that hands its seat over go on leading here.
    let credential = seat.as_ref().and_then(|seat| seat.credential.clone()).or(credential);
    let said = settled(introduce(room.as_str(), credential.as_ref().map(Credential::in_links))).await;
    match said.ok().and_then(|said| identity(&said, credential)) {
        Some(identity) => Hold::Granted(identity, seat),
        None => Hold::Insecure,
    }
}

fn identity(said: &JsValue, given: Option<Credential>) -> Option<Identity> {
    let text = |name| stat(said, name).as_string();
    let introduction =
        Introduction { hello: text("hello")?.try_into().ok()?, door: text("door")?.try_into().ok()? };
    let is_linked = stat(said, "linked").is_truthy();
    let credential = match given {
        Some(word @ Credential::Word(_)) => word,
        _ => Credential::Link(text("secret")?.try_into().ok()?),
    };
    Some(Identity { introduction, credential, is_linked })
}

/// What the links to a room have behind `#`.
pub(super) fn secret(room: &RoomId) -> Option<String> {
    // Fails only without that script.
    secret_of(room.as_str()).ok().flatten()
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
