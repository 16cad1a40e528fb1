//! Exceptions of the browser, as values. One that crossed WebAssembly would silently end the task it comes out of.

use std::fmt;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DomException;

use crate::call::{MediaError, ScreenError};

/// An exception of a browser function, or the reason of a rejected promise.
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
    /// The cause of a failed `getUserMedia`, by the names of W3C Media Capture and Streams, section 10.2.
    pub(super) fn as_media_error(&self) -> MediaError {
        match self.name.as_str() {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => MediaError::Denied,
            "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => MediaError::NotFound,
            "NotReadableError" | "AbortError" | "TrackStartError" => MediaError::Busy,
            _ => MediaError::Unsupported,
        }
    }
}

impl BrowserError {
    /// The cause of a failed `getDisplayMedia` (W3C Screen Capture, section 5.1). A system that lets a browser capture
    /// nothing is told of as a refusal too, in other words than a person who picks nothing.
    pub(super) fn as_screen_error(&self) -> ScreenError {
        match self.name.as_str() {
            "NotAllowedError" if !self.message.contains("system") => ScreenError::Cancelled,
            "NotAllowedError" | "NotFoundError" | "NotReadableError" => ScreenError::Denied,
            _ => ScreenError::Failed,
        }
    }
}

/// Calls a method that web-sys binds as if it never threw.
pub(super) fn invoke(object: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    method.call1(object, argument)
}

/// An exception with this message.
pub(super) fn failure(message: &str) -> JsValue {
    js_sys::Error::new(message).into()
}

/// Awaits the promise of an operation that did not throw.
pub(super) async fn settled(begun: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(begun?).await
}

/// Lets an operation end by itself, where it does not matter whether it fails.
pub(super) fn unwatched(begun: Result<Promise, JsValue>) {
    spawn_local(async move { drop(settled(begun).await) });
}
