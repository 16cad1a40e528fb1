//! The resolution of the camera's picture that a connection sends at most.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::bindings::{Connection, Sender};
use super::tracks::sender;
use crate::browser::env::log;
use crate::browser::error::{BrowserError, settled};
use crate::call::MaxResolution;
use crate::protocol::Source;

/// Limits the camera's pictures of a connection, beginning at once; resolves to whether the browser took it.
pub(super) fn limit(
    connection: &Connection,
    max: Option<MaxResolution>,
) -> impl Future<Output = bool> + 'static {
    let set: Result<Array, JsValue> =
        sender(connection, Source::Camera).iter().map(|sender| limit_sender(sender, max)).collect();
    async move {
        let done = settled(set.map(|set| Promise::all(&set))).await;
        let failed = done.map_err(BrowserError::from).err();
        failed.inspect(|error| log(&format!("pictures not limited: {error}"))).is_none()
    }
}

/// Sets `scaleResolutionDownTo` (W3C WebRTC Extensions, section 5.2), which browsers that do not know it ignore.
fn limit_sender(sender: &Sender, max: Option<MaxResolution>) -> Result<Promise, JsValue> {
    let parameters = sender.parameters()?;
    // Older browsers tell of no encodings; then there is nothing to limit.
    let encodings = parameters.get_encodings().unwrap_or_default();
    if encodings.length() == 0 {
        return Ok(Promise::resolve(&JsValue::UNDEFINED));
    }
    for encoding in encodings.iter().filter_map(|each| each.dyn_into::<Object>().ok()) {
        let key = "scaleResolutionDownTo".into();
        if let Some(MaxResolution { width, height }) = max {
            let size = Object::new();
            Reflect::set(&size, &"maxWidth".into(), &width.into())?;
            Reflect::set(&size, &"maxHeight".into(), &height.into())?;
            Reflect::set(&encoding, &key, &size)?;
        } else {
            Reflect::delete_property(&encoding, &key)?;
        }
    }
    sender.set_parameters(&parameters)
}
