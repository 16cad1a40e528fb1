//! What a camera's track tells of itself (`getSettings`, `getCapabilities`), and the blur of its background.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStreamTrack;

use crate::browser::env::log;
use crate::browser::error::{BrowserError, invoke, settled};
use crate::call::{CameraTraits, Facing, Setting};

/// Reads the traits of a camera; browsers without `getCapabilities` have none of what it would tell.
pub(super) fn traits(camera: &MediaStreamTrack) -> CameraTraits {
    let read = |method: &str, name: &str| {
        let all = invoke(camera, method, &JsValue::UNDEFINED)?;
        Reflect::get(&all, &name.into())
    };
    let facing =
        read("getSettings", "facingMode").ok().and_then(|facing| match facing.as_string()?.as_str() {
            "user" => Some(Facing::User),
            "environment" => Some(Facing::Environment),
            _ => None,
        });
    let blurs = read("getCapabilities", Setting::BackgroundBlur.name()).unwrap_or_default();
    let can_blur = blurs
        .dyn_ref::<Array>()
        .is_some_and(|states| states.includes(&JsValue::TRUE, 0) && states.includes(&JsValue::FALSE, 0));
    CameraTraits { facing, can_blur }
}

/// Blurs the background, or stops it.
pub(super) fn blur(camera: &MediaStreamTrack, on: bool) {
    let constraints = Object::new();
    let applied = Reflect::set(&constraints, &Setting::BackgroundBlur.name().into(), &on.into())
        .and_then(|_| invoke(camera, "applyConstraints", &constraints));
    spawn_local(async move {
        if let Err(error) = settled(applied.map(JsCast::unchecked_into)).await {
            log(&format!("background not blurred: {}", BrowserError::from(error)));
        }
    });
}
