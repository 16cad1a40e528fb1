//! The encoder of what is shared.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::bindings::Sender;
use crate::browser::env::log;
use crate::browser::error::{BrowserError, settled};
use crate::call::ScreenHint;

/// Most pictures a second that are sent.
const MOST_PICTURES: u32 = 30;

/// Lets an encoder keep what the picture is for where the network is slow (W3C MediaStreamTrack Content Hints,
/// `degradationPreference`); browsers that do not know of it ignore it.
pub(super) fn follow(sender: &Sender, hint: ScreenHint) {
    let set = begin(sender, hint);
    spawn_local(async move {
        if let Err(error) = settled(set).await {
            log(&format!("encoder left as it is: {}", BrowserError::from(error)));
        }
    });
}

fn begin(sender: &Sender, hint: ScreenHint) -> Result<Promise, JsValue> {
    let keeps = match hint {
        ScreenHint::Text => "maintain-resolution",
        ScreenHint::Motion => "maintain-framerate",
    };
    let parameters = sender.parameters()?;
    Reflect::set(&parameters, &"degradationPreference".into(), &keeps.into())?;
    // Older browsers tell of no encodings.
    let encodings = parameters.get_encodings().unwrap_or_default();
    for encoding in encodings.iter().filter_map(|each| each.dyn_into::<Object>().ok()) {
        Reflect::set(&encoding, &"maxFramerate".into(), &MOST_PICTURES.into())?;
    }
    if encodings.length() == 0 {
        return Ok(Promise::resolve(&JsValue::UNDEFINED));
    }
    sender.set_parameters(&parameters)
}
