//! What a person has chosen for every call in this browser.

use gloo_events::EventListener;
use js_sys::Reflect;
use web_sys::Storage;

use super::Events;
use crate::call::Event;

/// Key in `localStorage`: there while the own address is to be hidden. Before this program is there, `app/early.js`
/// writes it.
const HIDDEN: &str = "parlor.hide-address";
/// What that script leaves in the window, as storage may be refused.
const EARLY: &str = "parlorHide";

/// Whether the own address is to be hidden; a browser that refuses storage has to be told on every page.
pub(super) fn hides_address() -> bool {
    let early = Reflect::get(&super::window(), &EARLY.into()).ok().and_then(|choice| choice.as_bool());
    let kept = || storage().and_then(|storage| storage.get_item(HIDDEN).ok()?).is_some();
    early.unwrap_or_else(kept)
}

/// Reports what is chosen in another tab from now on.
pub(super) fn listen(events: &Events) -> EventListener {
    let events = events.clone();
    EventListener::new(&super::window(), "storage", move |event| {
        let read = |name: &str| Reflect::get(event, &name.into()).ok().and_then(|value| value.as_string());
        // Without a key, everything was forgotten.
        if read("key").is_none_or(|key| key == HIDDEN) {
            events.push(Event::HiddenElsewhere(read("newValue").is_some()));
        }
    })
}

/// Keeps that choice.
pub(super) fn keep_hidden(hidden: bool) {
    let Some(storage) = storage() else { return };
    let kept = if hidden { storage.set_item(HIDDEN, "") } else { storage.remove_item(HIDDEN) };
    if kept.is_err() {
        super::log("choice not kept");
    }
}

fn storage() -> Option<Storage> {
    super::window().local_storage().ok()?
}
