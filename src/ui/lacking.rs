//! Methods that a browser may lack, or that web-sys binds as if they never threw.

use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Function, Promise, Reflect};
use wasm_bindgen_futures::JsFuture;

/// A method, where the browser has it.
pub(super) fn method(object: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
}

/// Calls a method; its promise, unless it is missing or throws.
pub(super) fn promised(object: &JsValue, name: &str, argument: &JsValue) -> Option<Promise> {
    method(object, name)?.call1(object, argument).ok()?.dyn_into().ok()
}

/// Waits for a promise that may be refused; the browser tells of refusals that nobody takes.
pub(super) fn quietly(promise: Option<Promise>) {
    if let Some(promise) = promise {
        spawn_local(async move { drop(JsFuture::from(promise).await) });
    }
}
