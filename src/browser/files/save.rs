//! What becomes of a file that has come: the person saves it, or sees the picture that it is.

use std::time::Duration;

use js_sys::Array;
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, Url};

use super::bindings::{Bytes, Handle, Writable, blob, pick_place};
use crate::browser::env::log;
use crate::browser::error::{BrowserError, settled};
use crate::browser::object::object;
use crate::call::files::pixels;
use crate::protocol::FileName;

/// Kinds of pictures that hold no scripts, by their extensions.
const PICTURES: [(&str, &str); 5] = [
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".jpeg", "image/jpeg"),
    (".gif", "image/gif"),
    (".webp", "image/webp"),
];
/// Largest picture that is shown, in bytes.
const MOST_SHOWN: u64 = 32 * 1024 * 1024;
/// Most pixels of a picture that is shown: decoded, each takes four bytes.
const MOST_PIXELS: u64 = 25_000_000;
/// Bytes that a picture is to tell its size in; a photo has a preview and colours before it.
pub(super) const BEGINNING: u64 = 256 * 1024;
/// How long a browser may take to begin with what it is to save.
pub(super) const BEGINS: Duration = Duration::from_secs(60);

/// An address, given back when it is dropped.
pub(super) struct Address(String);

impl Address {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // It fails for no text.
        let _ = Url::revoke_object_url(&self.0);
    }
}

fn address(of: &Bytes) -> Result<Address, JsValue> {
    Url::create_object_url_with_blob(of).map(Address)
}

/// The address of a picture, if the file is one by its name, and small by its first bytes.
pub(super) fn picture(file: &Bytes, name: &FileName, beginning: &[u8]) -> Option<Address> {
    let name = name.as_str().to_ascii_lowercase();
    let (_, kind) = PICTURES.into_iter().find(|(extension, _)| name.ends_with(extension))?;
    let is_small = file.size() as u64 <= MOST_SHOWN;
    pixels(beginning).filter(|pixels| is_small && *pixels <= MOST_PIXELS)?;
    address(&blob(&Array::of1(file), kind).ok()?).ok()
}

/// Saves a file where the person says, or where the browser saves what is loaded; says whether it did.
pub(super) async fn save(file: &Bytes, name: &FileName) -> bool {
    let suggested = object(&[("suggestedName", name.as_str().into())]);
    let done = match settled(pick_place(&suggested)).await {
        Ok(place) => write(file, &place.unchecked_into()).await.map(|()| true),
        Err(error) if BrowserError::from(error.clone()).name == "AbortError" => Ok(false),
        // There is no such choice, or not for this name.
        Err(_) => load(file, name).map(|()| true),
    };
    done.unwrap_or_else(|error| {
        log(&["not saved: ", &BrowserError::from(error).to_string()].concat());
        false
    })
}

async fn write(file: &Bytes, place: &Handle) -> Result<(), JsValue> {
    let to: Writable = settled(place.writable(&JsValue::UNDEFINED)).await?.unchecked_into();
    settled(file.stream()?.pipe(&to)).await.map(drop)
}

fn load(file: &Bytes, name: &FileName) -> Result<(), JsValue> {
    let address = address(file)?;
    let link: HtmlElement = document().create_element("a")?.unchecked_into();
    link.set_attribute("href", address.text())?;
    link.set_attribute("download", name.as_str())?;
    link.click();
    set_timeout(move || drop(address), BEGINS);
    Ok(())
}
