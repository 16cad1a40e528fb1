//! The seat as the tab remembers it, over a reload or a crash.

use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage;

use super::error::BrowserError;
use crate::call::Remembered;
use crate::protocol;

/// Key in the tab's `sessionStorage`.
const SEAT: &str = "parlor.seat";
/// Beside it, when the page was last left, in milliseconds since 1970.
const DEPARTED: &str = "parlor.departed";
/// How long a reload may take, in milliseconds.
const RELOAD_MS: u64 = 60_000;

/// Keeps the seat in the tab's own storage, or forgets it. A browser that refuses storage only loses the
/// return after a reload.
pub(super) fn remember(seat: Option<&Remembered>) {
    let Some(storage) = storage() else { return };
    let done = match seat.map(serde_json::to_string) {
        Some(Ok(text)) => storage.set_item(SEAT, &text),
        Some(Err(error)) => Err(JsValue::from_str(&error.to_string())),
        None => storage.remove_item(SEAT),
    };
    if let Err(error) = done {
        super::log(&format!("seat not kept: {}", BrowserError::from(error)));
    }
}

/// The seat of this tab's last page. A duplicated tab has a copy of it and forgets it: see `app/early.js`.
pub(super) async fn remembered() -> Option<Remembered> {
    let kept = || storage()?.get_item(SEAT).ok()?;
    kept()?;
    let settled = Reflect::get(&super::window(), &"parlorTab".into()).ok()?.dyn_into::<Promise>().ok()?;
    // It is never rejected.
    let _ = JsFuture::from(settled).await;
    protocol::read(&kept()?).ok()
}

/// The last page was left a moment ago. A tab that is opened again after hours must not go on the air by itself.
pub(super) fn left_a_moment_ago() -> bool {
    let departed = || storage()?.get_item(DEPARTED).ok()??.parse::<u64>().ok();
    departed().is_some_and(|departed| today().saturating_sub(departed) <= RELOAD_MS)
}

/// Whole milliseconds since 1970; the code that reads and writes fractions would weigh 14 KB.
fn today() -> u64 {
    js_sys::Date::now() as u64
}

/// Notes that the page is being left.
pub(super) fn note_departure() {
    if let Some(storage) = storage() {
        // Without it the page only does not come back by itself.
        let _ = storage.set_item(DEPARTED, &today().to_string());
    }
}

fn storage() -> Option<Storage> {
    super::window().session_storage().ok()?
}
