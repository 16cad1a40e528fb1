//! base64url without padding (RFC 4648, section 5).

use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// The text of bytes.
pub(super) fn text_of(bytes: &[u8]) -> Result<String, JsValue> {
    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    Ok(window().btoa(&latin)?.replace('+', "-").replace('/', "_").replace('=', ""))
}

/// The bytes of a text.
pub(super) fn bytes_of(text: &str) -> Result<Vec<u8>, JsValue> {
    let latin = window().atob(&text.replace('-', "+").replace('_', "/"))?;
    // Every character of it is one byte.
    Ok(latin.chars().map(|letter| letter as u8).collect())
}
