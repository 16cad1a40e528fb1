//! A text as a file, which the person saves.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Array, Date};
use leptos::web_sys::{Blob, HtmlElement, Url};

use crate::ui::CallHandle;

/// Offers a text of this call to the browser as a file; on a page that cannot, nothing happens.
pub(super) fn save(call: CallHandle, kind: &str, text: &str) -> Option<()> {
    let room = call.view().with_untracked(|view| view.room.clone());
    let room = room.as_ref().map(|room| room.as_str()).unwrap_or_default();
    let blob = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(text))).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlElement = document().create_element("a").ok()?.dyn_into().ok()?;
    let today = String::from(Date::new_0().to_iso_string());
    link.set_attribute("href", &address).ok()?;
    link.set_attribute("download", &file_name(kind, room, today.get(..10).unwrap_or_default())).ok()?;
    link.click();
    // The browser has taken it by then.
    set_timeout(move || drop(Url::revoke_object_url(&address)), std::time::Duration::from_secs(60));
    Some(())
}

/// A name that is one on every system, whatever the room is called.
fn file_name(kind: &str, room: &str, day: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let room: String = room.chars().map(clean).take(64).collect();
    format!("{kind}-{room}-{day}.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name_that_every_system_takes() {
        for (room, name) in [
            ("4711", "chat-4711-2026-11-30.txt"),
            ("team-standup", "chat-team-standup-2026-11-30.txt"),
            ("../../etc/x", "chat-______etc_x-2026-11-30.txt"),
            ("con", "chat-con-2026-11-30.txt"),
            ("방\u{202e}", "chat-__-2026-11-30.txt"),
        ] {
            assert_eq!(file_name("chat", room, "2026-11-30"), name);
        }
        assert!(file_name("notes", &"x".repeat(500), "").len() < 100);
    }
}
