//! `MediaStreamConstraints`: how what the call asks for is described to the browser.

use js_sys::Object;
use wasm_bindgen::JsValue;
use web_sys::MediaStreamConstraints;

use crate::browser::object::{object, set};
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
        Wanted::Rather(device) => set(&track, "deviceId", &ideal(device.0.as_str())),
        Wanted::Only(device) => set(&track, "deviceId", &object(&[("exact", device.0.as_str().into())])),
        // Some cameras do not tell, and one of them is better than none.
        Wanted::Facing(Facing::User) => set(&track, "facingMode", &ideal("user")),
        Wanted::Facing(Facing::Environment) => set(&track, "facingMode", &ideal("environment")),
    }
    if let Some((width, height)) = of.resolution {
        set(&track, "width", &ideal(width));
        set(&track, "height", &ideal(height));
    } else {
        for processing in Setting::PROCESSING.into_iter().filter(|processing| !of.settings.is_on(*processing))
        {
            set(&track, processing.name(), &JsValue::FALSE);
        }
    }
    if Object::keys(&track).length() == 0 { JsValue::TRUE } else { track.into() }
}

fn ideal(value: impl Into<JsValue>) -> JsValue {
    object(&[("ideal", value.into())])
}
