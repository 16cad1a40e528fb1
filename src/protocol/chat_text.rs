//! The text of a chat message, cleaned for display.

use std::fmt;
use std::sync::Arc;

use super::MAX_CHAT_CHARS;
use super::ids::{is_invisible, turns_text};

/// The text of a chat message: 1 to [`MAX_CHAT_CHARS`] characters on several lines, one of them visible at least.
///
/// Reading a text drops control characters, all that changes the direction of words, white space at its ends, and empty
/// lines after the first. Joiners and selectors inside stay: Persian, Indic scripts and emoji need them.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatText(Arc<str>);

/// The reason why a text is no chat message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatTextError {
    /// It shows nothing.
    #[error("empty")]
    Empty,
    /// It has more than [`MAX_CHAT_CHARS`] characters.
    #[error("too long")]
    TooLong,
}

impl ChatText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as a part of JSON.
    pub(super) fn into_string(self) -> String {
        (*self.0).to_owned()
    }
}

impl TryFrom<&str> for ChatText {
    type Error = ChatTextError;

    fn try_from(text: &str) -> Result<Self, ChatTextError> {
        let mut clean = String::new();
        let mut left = MAX_CHAT_CHARS;
        for c in text.trim().chars() {
            let c = if matches!(c, '\u{2028}' | '\u{2029}') { '\n' } else { c };
            let is_dropped = match c {
                '\n' => clean.ends_with("\n\n"),
                '\t' => false,
                _ => c.is_control() || turns_text(c),
            };
            if is_dropped {
                continue;
            }
            left = left.checked_sub(1).ok_or(ChatTextError::TooLong)?;
            clean.push(c);
        }
        // What was dropped may have stood before white space.
        let clean = clean.trim();
        if clean.chars().all(is_invisible) {
            return Err(ChatTextError::Empty);
        }
        Ok(Self(clean.into()))
    }
}

/// Without the words: they are nobody else's business.
impl fmt::Debug for ChatText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChatText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(text: &str) -> Option<String> {
        ChatText::try_from(text).ok().map(ChatText::into_string)
    }

    #[test]
    fn texts_are_cleaned_and_nothing_else_of_them_changes() {
        for (typed, expected) in [
            ("Hello", Some("Hello")),
            ("  a\r\n\tb \n", Some("a\n\tb")),
            ("a\n\n\n\n\nb", Some("a\n\nb")),
            ("a\u{2028}b\u{2029}c", Some("a\nb\nc")),
            ("<script>alert(1)</script> & \"x\"", Some("<script>alert(1)</script> & \"x\"")),
            // Overrides, isolates and marks of direction.
            ("pay \u{202e}live.exe\u{202c} \u{2067}x\u{2069}\u{200f}", Some("pay live.exe x")),
            ("שלום לכולם", Some("שלום לכולם")),
            // A family by joiners, a heart by a selector, Persian by a non-joiner.
            (
                "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} می\u{200c}خواهم",
                Some("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} می\u{200c}خواهم"),
            ),
            ("bell\u{7} escape\u{1b}[31m delete\u{7f} nul\0", Some("bell escape[31m delete nul")),
            ("", None),
            (" \n\t ", None),
            ("\u{200b}\u{2060}\u{feff}\u{2800}\u{3164}", None),
            ("\u{202e}\u{202e}", None),
        ] {
            assert_eq!(clean(typed).as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_text_is_refused_for_its_length_whatever_it_is_made_of() {
        for letter in ["a", "한", "😀", "\""] {
            assert_eq!(clean(&letter.repeat(MAX_CHAT_CHARS)), Some(letter.repeat(MAX_CHAT_CHARS)));
            let long = letter.repeat(MAX_CHAT_CHARS + 1);
            assert_eq!(ChatText::try_from(long.as_str()), Err(ChatTextError::TooLong));
        }
        let megabyte = "x".repeat(1 << 20);
        assert_eq!(ChatText::try_from(megabyte.as_str()), Err(ChatTextError::TooLong));
        assert_eq!(ChatText::try_from(" ".repeat(1 << 20).as_str()), Err(ChatTextError::Empty));
    }

    #[test]
    fn what_people_write_stays_out_of_debug_output() {
        assert_eq!(format!("{:?}", ChatText::try_from("secret")), "Ok(ChatText(6 bytes))");
    }

    proptest! {
        #[test]
        fn a_cleaned_text_stays_as_it_is(text: String) {
            if let Some(cleaned) = clean(&text) {
                prop_assert!(!cleaned.chars().any(|c| turns_text(c) || c.is_control() && c != '\n' && c != '\t'));
                prop_assert_eq!(clean(&cleaned), Some(cleaned));
            }
        }

        #[test]
        fn so_does_one_of_odd_characters(
            text in "[a \n\t\r\u{200b}\u{202e}\u{2028}\u{2066}\u{2069}\u{7}\u{feff}]{0,40}"
        ) {
            if let Some(cleaned) = clean(&text) {
                prop_assert_eq!(clean(&cleaned), Some(cleaned));
            }
        }
    }
}
