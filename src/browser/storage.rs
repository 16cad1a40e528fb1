//! Storage of the browser: the person's choices in every tab, and the seat in one tab over a reload or a crash.

use std::time::Duration;

use gloo_events::EventListener;
use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Storage, StorageEvent};

use super::early;
use super::env::{Events, log};
use super::error::BrowserError;
use crate::call::storage::{DEPARTED, DEVICES, HIDE_ADDRESS, LOADED_FOR, NOTES, SEAT, SETTINGS, is_reload};
use crate::call::{Choice, DeviceKind, Event, Remembered, Settings};
use crate::protocol;

/// Whether the own address is to be hidden; a browser that refuses storage has to be told on every page.
pub(super) fn hides_address() -> bool {
    of_browser().and_then(|storage| storage.get_item(HIDE_ADDRESS).ok()?).is_some()
}

/// Reports a choice that is made in another tab from now on.
pub(super) fn listen(events: &Events) -> EventListener {
    let events = events.clone();
    EventListener::new(&window(), "storage", move |event| {
        let Some(event) = event.dyn_ref::<StorageEvent>() else { return };
        // Without a key, everything was forgotten.
        if event.key().is_none_or(|key| key == HIDE_ADDRESS) {
            events.push(Event::HiddenElsewhere(event.new_value().is_some()));
        }
    })
}

/// Keeps the choice whether the own address is hidden.
pub(super) fn keep_hidden(hidden: bool) {
    keep(HIDE_ADDRESS, hidden.then_some(""));
}

/// The devices chosen in earlier calls.
pub(super) fn choices() -> [Option<Choice>; 3] {
    DEVICES.map(|key| Choice::from_text(&of_browser()?.get_item(key).ok()??))
}

/// Keeps which device of a kind is chosen.
pub(super) fn keep_device(kind: DeviceKind, choice: Option<&Choice>) {
    keep(DEVICES[kind as usize], choice.map(Choice::to_text).as_deref());
}

/// The switches that were set in earlier calls.
pub(super) fn settings() -> Settings {
    let kept = of_browser().and_then(|storage| storage.get_item(SETTINGS).ok()?);
    Settings::from_text(&kept.unwrap_or_default())
}

/// Keeps the switches.
pub(super) fn keep_settings(settings: Settings) {
    let text = settings.to_text();
    keep(SETTINGS, Some(text.as_str()).filter(|text| !text.is_empty()));
}

/// Keeps a choice in every tab, or forgets it.
fn keep(key: &str, text: Option<&str>) {
    let Some(storage) = of_browser() else { return };
    let kept = match text {
        Some(text) => storage.set_item(key, text),
        None => storage.remove_item(key),
    };
    if kept.is_err() {
        log("choice not kept");
    }
}

/// Keeps the seat in the tab's own storage, or forgets it, and the notes of the call with it: what keeps them may not have
/// been loaded since. A browser that refuses storage only loses the return after a reload.
pub(super) fn remember(seat: Option<&Remembered>) {
    let Some(storage) = of_tab() else { return };
    let done = match seat.map(serde_json::to_string) {
        Some(Ok(text)) => storage.set_item(SEAT, &text),
        Some(Err(error)) => Err(JsValue::from_str(&error.to_string())),
        None => storage.remove_item(SEAT).and_then(|()| storage.remove_item(NOTES)),
    };
    if let Err(error) = done {
        log(&format!("seat not kept: {}", BrowserError::from(error)));
    }
}

/// The seat of this tab's last page. A duplicated tab has a copy of it and forgets it: see `app/early.js`.
pub(super) async fn remembered() -> Option<Remembered> {
    let kept = || of_tab()?.get_item(SEAT).ok()?;
    kept()?;
    let settled = early::read(early::TAB).dyn_into::<Promise>().ok()?;
    // It is never rejected.
    let _ = JsFuture::from(settled).await;
    protocol::read(&kept()?).ok()
}

/// Whether the page is a reload of the tab's last one.
pub(super) fn is_reloaded() -> bool {
    let departed = || of_tab()?.get_item(DEPARTED).ok()??.parse::<u64>().ok();
    departed().is_some_and(|departed| is_reload(Duration::from_millis(today().saturating_sub(departed))))
}

/// Notes that the page is being left.
pub(super) fn note_departure() {
    if let Some(storage) = of_tab() {
        // Without it the page only does not come back by itself.
        let _ = storage.set_item(DEPARTED, &today().to_string());
    }
}

/// The server's version for which this tab has loaded its page anew.
pub(super) fn loaded_for() -> Option<u32> {
    of_tab()?.get_item(LOADED_FOR).ok()??.parse().ok()
}

/// Keeps that the page is loaded anew for this version of the server; returns whether the browser keeps it.
pub(super) fn note_loaded_for(version: u32) -> bool {
    of_tab().is_some_and(|storage| storage.set_item(LOADED_FOR, &version.to_string()).is_ok())
}

/// Whether something was kept under this key over a reload.
pub(super) fn has_in_tab(key: &str) -> bool {
    of_tab().is_some_and(|storage| storage.get_item(key).is_ok_and(|kept| kept.is_some()))
}

/// Whole milliseconds since 1970; the code that reads and writes fractions would weigh 14 KB.
fn today() -> u64 {
    js_sys::Date::now() as u64
}

/// Storage of all tabs of this browser.
fn of_browser() -> Option<Storage> {
    window().local_storage().ok()?
}

/// Storage of this tab alone.
pub(super) fn of_tab() -> Option<Storage> {
    window().session_storage().ok()?
}
