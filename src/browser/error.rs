//! What the browser throws, as values: nothing above this module looks into a [`JsValue`], and no exception crosses
//! WebAssembly, which would end the task it comes out of without a word.

use std::fmt;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::DomException;

use crate::call::MediaError;

/// Something a browser function threw or a promise was rejected with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BrowserError {
    /// `DOMException.name`, or `Error.name`; the stable part.
    pub(super) name: String,
    message: String,
}

impl From<JsValue> for BrowserError {
    fn from(value: JsValue) -> Self {
        if let Some(exception) = value.dyn_ref::<DomException>() {
            return Self { name: exception.name(), message: exception.message() };
        }
        if let Some(error) = value.dyn_ref::<js_sys::Error>() {
            return Self { name: error.name().into(), message: error.message().into() };
        }
        Self { name: "Error".to_owned(), message: format!("{value:?}") }
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl BrowserError {
    /// What a failed `getUserMedia` means, by the names of W3C Media Capture and Streams, section 10.2.
    pub(super) fn as_media_error(&self) -> MediaError {
        match self.name.as_str() {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => MediaError::Denied,
            "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => MediaError::NotFound,
            "NotReadableError" | "AbortError" | "TrackStartError" => MediaError::Busy,
            _ => MediaError::Unsupported,
        }
    }
}

/// Calls a method that web-sys does not bind, or binds as if it never threw.
pub(super) fn invoke(object: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    method.call1(object, argument)
}

/// Awaits what an operation has begun, if it did not throw.
pub(super) async fn settled(begun: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(begun?).await
}
