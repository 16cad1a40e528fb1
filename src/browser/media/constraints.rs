//! `MediaStreamConstraints`: how what the call asks for is described to the browser.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::MediaStreamConstraints;

use crate::call::{Constraints, Facing, Setting, Wanted};
use crate::protocol::Source;

/// Makes the constraints of one capture. The first script of the page asks for the same (`capture` in `app/early.js`).
pub(super) fn constraints(asked: &[Constraints]) -> MediaStreamConstraints {
    let constraints = MediaStreamConstraints::new();
    for one in asked {
        match one.source {
            Source::Microphone | Source::ScreenAudio => constraints.set_audio(&of_track(one)),
            Source::Camera | Source::Screen => constraints.set_video(&of_track(one)),
        }
    }
    constraints
}

fn of_track(of: &Constraints) -> JsValue {
    let track = Object::new();
    match &of.device {
        Wanted::Any => {}
        Wanted::Rather(device) => set(&track, "deviceId", &one("ideal", device.0.as_str())),
        Wanted::Only(device) => set(&track, "deviceId", &one("exact", device.0.as_str())),
        // Some cameras do not tell, and one of them is better than none.
        Wanted::Facing(Facing::User) => set(&track, "facingMode", &one("ideal", "user")),
        Wanted::Facing(Facing::Environment) => set(&track, "facingMode", &one("ideal", "environment")),
    }
    if let Some((width, height)) = of.resolution {
        set(&track, "width", &one("ideal", width));
        set(&track, "height", &one("ideal", height));
    } else {
        for processing in Setting::PROCESSING.into_iter().filter(|processing| !of.settings.is_on(*processing))
        {
            set(&track, processing.name(), &JsValue::FALSE);
        }
    }
    if Object::keys(&track).length() == 0 { JsValue::TRUE } else { track.into() }
}

pub(super) fn one(name: &str, value: impl Into<JsValue>) -> JsValue {
    let object = Object::new();
    set(&object, name, &value.into());
    object.into()
}

pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Setting a property of a fresh plain object, or one that takes any text, cannot fail.
    let _ = Reflect::set(object, &name.into(), value);
}
