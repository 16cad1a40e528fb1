//! Room numbers: one normal form for everything that people type, paste and click.

mod characters;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MAX_ROOM_CHARS;
use characters::{fold, is_around};

/// The path before the room number in a link.
const ROOM_PATH: &str = "/room/";

/// A room number in normal form: 1 to [`MAX_ROOM_CHARS`] small ASCII letters, digits, `-` and `_`; one of digits
/// only has no `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

/// The reason why a text is no room number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomIdError {
    /// Nothing was typed, or nothing that can be seen.
    #[error("a room number cannot be empty")]
    Empty,
    /// More than [`MAX_ROOM_CHARS`] characters.
    #[error("a room number has at most {MAX_ROOM_CHARS} characters")]
    TooLong,
    /// A character that is neither a digit nor an ASCII letter nor `-` or `_`.
    #[error("a room number holds letters, digits, - and _ only")]
    BadCharacter,
    /// A link to this other host.
    #[error("a link to {0}")]
    Elsewhere(String),
}

impl RoomId {
    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a typed or pasted text, or the last part of an address: see [`RoomId::from_pasted`], but every
    /// link with a host leads elsewhere.
    ///
    /// # Errors
    /// [`RoomIdError`] tells the reason.
    pub fn from_typed(text: &str) -> Result<Self, RoomIdError> {
        Self::from_pasted(text, "")
    }

    /// Reads a text typed or pasted into the page of `own_host`, which is a name with a port unless that is
    /// the usual one.
    ///
    /// Digits of every script and full-width characters become ASCII, letters small. White space and what cannot
    /// be seen does not count, nor does punctuation around the number, nor dashes between groups of digits. Percent
    /// signs escape as in addresses (RFC 3986, section 2.1). Of a link only the number counts.
    ///
    /// # Errors
    /// [`RoomIdError`] tells the reason.
    pub fn from_pasted(text: &str, own_host: &str) -> Result<Self, RoomIdError> {
        let text: String = unescape(text).chars().filter_map(fold).collect();
        let (begins_as_link, rest) = match text.split_once("://") {
            Some((_, rest)) => (true, rest),
            None => (false, text.as_str()),
        };
        let ends = |c| matches!(c, '/' | '?' | '#' | ' ');
        let first = |text: &str| text.split(ends).next().unwrap_or_default().to_owned();
        let (before, number) = match rest.trim().split_once(ROOM_PATH) {
            Some((before, number)) => (before, first(number)),
            None if begins_as_link => (rest, "/".to_owned()),
            None => return Self::normal(rest),
        };
        // Without a scheme, words may stand before the link.
        let host = first(before.rsplit(' ').next().filter(|_| !begins_as_link).unwrap_or(before));
        if host.is_empty() || bare(&host) == bare(own_host) {
            return Self::normal(&number);
        }
        Err(RoomIdError::Elsewhere(host.chars().take(MAX_ROOM_CHARS).collect()))
    }

    /// The number as a page of an earlier release wrote it, for the answer to that page: it knows its room by it.
    pub fn as_asked(self, text: &str) -> Self {
        let is_same = text.eq_ignore_ascii_case(&self.0) || text.replace('-', "") == self.0;
        if is_same && text.len() <= MAX_ROOM_CHARS { Self(text.to_owned()) } else { self }
    }

    fn normal(folded: &str) -> Result<Self, RoomIdError> {
        let mut number: String = folded.split(' ').collect();
        if number.is_empty() {
            return Err(RoomIdError::Empty);
        }
        // A path is no number with punctuation before it.
        let opens = |c: char| is_around(c) && !matches!(c, '.' | '/');
        number = number.trim_end_matches(is_around).trim_start_matches(opens).to_owned();
        // Groups of digits, as people write long numbers.
        if !number.contains(|c: char| c.is_ascii_alphabetic() || c == '_') {
            number.retain(|c| c != '-');
        }
        if number.is_empty() || number.chars().any(|c| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
            return Err(RoomIdError::BadCharacter);
        }
        if number.len() > MAX_ROOM_CHARS {
            return Err(RoomIdError::TooLong);
        }
        Ok(Self(number))
    }
}

/// Resolves percent-encoding; a text that is not UTF-8 then stays as it is.
fn unescape(text: &str) -> String {
    let (mut bytes, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(&byte) = text.as_bytes().get(at) {
        let escaped = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        let escaped = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A host without the port that its scheme has anyway.
fn bare(host: &str) -> &str {
    host.strip_suffix(":443").or(host.strip_suffix(":80")).unwrap_or(host)
}

impl TryFrom<String> for RoomId {
    type Error = RoomIdError;

    fn try_from(text: String) -> Result<Self, RoomIdError> {
        Self::from_typed(&text)
    }
}

impl From<RoomId> for String {
    fn from(room: RoomId) -> Self {
        room.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What people type and paste at `parlor.example`, and the room it leads to; `early.js` is held to the same
    /// table by `end2end/tests/early.spec.ts`.
    const TYPED: &str = include_str!("../../end2end/fixtures/room-numbers.json");

    #[test]
    fn the_shared_table_holds() {
        let table: Vec<(String, Option<String>)> = serde_json::from_str(TYPED).unwrap();
        assert!(table.len() > 50);
        for (typed, room) in table {
            let read = RoomId::from_pasted(&typed, "parlor.example").ok().map(String::from);
            assert_eq!(read, room, "{typed:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let elsewhere = |host: &str| RoomIdError::Elsewhere(host.to_owned());
        for (typed, wrong) in [
            ("", RoomIdError::Empty),
            (" \u{200b}\u{3000}", RoomIdError::Empty),
            ("...", RoomIdError::BadCharacter),
            ("방", RoomIdError::BadCharacter),
            ("https://parlor.example/", RoomIdError::BadCharacter),
            ("https://parlor.example/room/", RoomIdError::Empty),
            ("https://Other.Example/room/4711", elsewhere("other.example")),
            ("Ann: other.example/room/4711 at five", elsewhere("other.example")),
            ("https://parlor.example:8443/room/4711", elsewhere("parlor.example:8443")),
            ("https://other.example/j/4711", elsewhere("other.example")),
            ("https://other.example", elsewhere("other.example")),
            (&"7".repeat(MAX_ROOM_CHARS + 1), RoomIdError::TooLong),
        ] {
            assert_eq!(RoomId::from_pasted(typed, "parlor.example"), Err(wrong), "{typed:?}");
        }
        assert!(RoomId::from_typed(&"7".repeat(MAX_ROOM_CHARS)).is_ok());
        assert_eq!(RoomId::from_pasted("http://[::1]:3000/room/1", "[::1]:3000").unwrap().as_str(), "1");
    }

    #[test]
    fn a_page_of_an_earlier_release_is_answered_by_its_own_spelling() {
        let answered = |asked: &str| RoomId::from_typed(asked).unwrap().as_asked(asked).0;
        for asked in ["4711", "Team-A", "ABC", "4711-0815"] {
            assert_eq!(answered(asked), asked);
        }
        assert_eq!(answered("４７１１"), "4711");
    }

    proptest! {
        #[test]
        fn the_normal_form_is_reached_in_one_step(text in any::<String>(), number in "[ 0-9a-zA-Z%/._—-]{0,80}") {
            for text in [text, number] {
                if let Ok(room) = RoomId::from_pasted(&text, "parlor.example") {
                    prop_assert_eq!(RoomId::from_typed(room.as_str()), Ok(room.clone()));
                    prop_assert!(room.0.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')));
                }
            }
        }
    }
}
