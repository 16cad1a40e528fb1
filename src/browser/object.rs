//! Plain objects, as the browser takes options and constraints.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// An object with these members.
pub(super) fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    members.iter().for_each(|(name, value)| set(&object, name, value));
    object.into()
}

/// Sets a member of a fresh plain object, or of one that takes any text, neither of which can fail.
pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}
