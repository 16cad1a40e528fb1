//! Room numbers: as links, as proposals, and in the form that people read.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::HtmlElement;
use wasm_bindgen_futures::JsFuture;

use super::lacking::promised;
use crate::protocol::RoomId;

/// Digits of a proposed number: too many to guess at the rate of joins that the server allows.
const PROPOSED_DIGITS: usize = 12;
/// Least length of numbers that are shown in groups.
const GROUPED_FROM: usize = 7;
const GROUP: usize = 4;

/// Makes a room number of random bits.
fn number(random: u64) -> String {
    format!("{:0PROPOSED_DIGITS$}", random % 10_u64.pow(PROPOSED_DIGITS as u32))
}

/// Proposes an unguessable room number; `None` where the browser has no source of randomness.
pub(super) fn propose() -> Option<String> {
    let mut bytes = [0; 8];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(number(u64::from_le_bytes(bytes)))
}

/// Formats a number to be read aloud, long ones in groups. White space does not count when it is typed back.
pub(super) fn readable(room: &RoomId) -> String {
    let text = room.as_str();
    if text.len() < GROUPED_FROM || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (i, digit) in text.chars().enumerate() {
        if i > 0 && i % GROUP == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Makes the invite link of a room, with what stands behind # in the page's own address; only for the browser.
pub(super) fn link(room: &RoomId) -> String {
    let location = window().location();
    let (origin, hash) = (location.origin().unwrap_or_default(), location.hash().unwrap_or_default());
    format!("{origin}/room/{room}{hash}")
}

/// Copies a text to the clipboard, and tells `done` whether that worked.
pub(super) fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    // Insecure pages and old browsers have no clipboard.
    match promised(&window().navigator().clipboard(), "writeText", &text.into()) {
        Some(written) => spawn_local(async move { done(JsFuture::from(written).await.is_ok()) }),
        None => done(false),
    }
}

/// Moves the focus in the next task, when an element just unhidden can take it.
pub(crate) fn focus(element: Option<impl Into<HtmlElement>>) {
    if let Some(element) = element.map(Into::<HtmlElement>::into) {
        // Focusing fails only for elements that are gone again.
        spawn_local(async move {
            TimeoutFuture::new(0).await;
            drop(element.focus());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposed_numbers_always_have_twelve_digits() {
        for random in [0, 7, 999_999_999_999, 1_000_000_000_000, u64::MAX] {
            let text = number(random);
            assert_eq!(text.len(), 12, "{text}");
            assert!(RoomId::from_typed(&text).is_ok());
        }
    }

    #[test]
    fn long_numbers_are_read_in_groups_and_typed_back_unchanged() {
        for (typed, shown) in [
            ("4711", "4711"),
            ("123456", "123456"),
            ("482913550271", "4829 1355 0271"),
            ("1234567", "1234 567"),
            ("team-standup", "team-standup"),
        ] {
            let room = RoomId::from_typed(typed).unwrap();
            assert_eq!(readable(&room), shown);
            assert_eq!(RoomId::from_typed(shown).unwrap(), room);
        }
    }
}
