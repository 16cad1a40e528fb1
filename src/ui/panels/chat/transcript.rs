//! The chat as a text file, which the person saves.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Array, Date};
use leptos::web_sys::{Blob, HtmlElement, Url};

use super::time_of;
use crate::call::{ChatView, MessageView};
use crate::ui::i18n::Words;

/// Offers the messages to the browser as a file; on a page that cannot, nothing happens.
pub(super) fn save(chat: &ChatView, room: &str, words: &'static Words) -> Option<()> {
    let lines = chat.messages.iter().map(|message| line(message, &time_of(message), words));
    let text: String = lines.collect();
    let blob = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(&text))).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlElement = document().create_element("a").ok()?.dyn_into().ok()?;
    let today = String::from(Date::new_0().to_iso_string());
    link.set_attribute("href", &address).ok()?;
    link.set_attribute("download", &file_name(room, today.get(..10).unwrap_or_default())).ok()?;
    link.click();
    // The browser has taken it by then.
    set_timeout(move || drop(Url::revoke_object_url(&address)), std::time::Duration::from_secs(60));
    Some(())
}

/// A message as a line, or several.
fn line(message: &MessageView, time: &str, words: &'static Words) -> String {
    let name = match (&message.from, &message.name) {
        (None, _) => words.you(),
        (Some(_), None) => words.guest(),
        (Some(_), Some(name)) => name.as_str(),
    };
    format!("[{time}] {name}: {}\n", message.text.as_str().replace('\n', "\n  "))
}

/// A name that is one on every system, whatever the room is called.
fn file_name(room: &str, day: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let room: String = room.chars().map(clean).take(64).collect();
    format!("chat-{room}-{day}.txt")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::{ChatText, DisplayName, PeerId};
    use crate::ui::i18n::{Lang, words_of};

    #[test]
    fn a_file_has_a_name_that_every_system_takes() {
        for (room, name) in [
            ("4711", "chat-4711-2026-11-30.txt"),
            ("team-standup", "chat-team-standup-2026-11-30.txt"),
            ("../../etc/x", "chat-______etc_x-2026-11-30.txt"),
            ("con", "chat-con-2026-11-30.txt"),
            ("방\u{202e}", "chat-__-2026-11-30.txt"),
        ] {
            assert_eq!(file_name(room, "2026-11-30"), name);
        }
        assert!(file_name(&"x".repeat(500), "").len() < 100);
    }

    #[test]
    fn each_message_has_its_time_and_name() {
        let message = |from: Option<u32>, name: &str, text: &str| MessageView {
            number: 1,
            from: from.map(PeerId),
            name: DisplayName::try_from(name.to_owned()).ok(),
            text: ChatText::try_from(text).unwrap(),
            at: Duration::ZERO,
            has_arrived: true,
            unsent: vec![],
        };
        let words = words_of(Lang::En);
        for (message, expected) in [
            (message(Some(2), "Ben", "Hi\n[12:00] Ann: no"), "[12:04] Ben: Hi\n  [12:00] Ann: no\n"),
            (message(Some(2), "", "Hi"), "[12:04] Guest: Hi\n"),
            (message(None, "", "<b>"), "[12:04] You: <b>\n"),
        ] {
            assert_eq!(line(&message, "12:04", words), expected);
        }
    }
}
