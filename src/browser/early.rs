//! Properties of the window in which the page's first script (`app/early.js`) leaves its work to the driver.

use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// The socket opened by an early Join, with its join and the messages heard so far.
pub(super) const SOCKET: &str = "parlorEarly";
/// The promise of the camera and microphone that an early Join asked for.
pub(super) const CAPTURE: &str = "parlorCapture";
/// The promise of the page's key pair.
pub(super) const KEYS: &str = "parlorKeys";
/// The promise that is settled once a duplicated tab has forgotten the first one's seat.
pub(super) const TAB: &str = "parlorTab";

/// Reads a property; undefined where that script is missing, as in tests.
pub(super) fn read(name: &str) -> JsValue {
    Reflect::get(&window(), &name.into()).unwrap_or_default()
}

/// Reads a property and clears it, so that it is taken over once.
pub(super) fn take(name: &str) -> JsValue {
    let value = read(name);
    // The window takes any property.
    let _ = Reflect::set(&window(), &name.into(), &JsValue::UNDEFINED);
    value
}
