//! Who and where: numbers of peers and pages, room numbers, names, seat tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MAX_NAME_CHARS, MAX_ROOM_CHARS};

/// Number of a peer in its room, given by the server and never given twice in one room's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(pub u32);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which page load holds a seat; grows inside a room with every join and every reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Page(pub u32);

/// A room number as people share it: 1 to [`MAX_ROOM_CHARS`] ASCII letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

/// Why a text is no room number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomIdError {
    /// Nothing was typed.
    #[error("a room number cannot be empty")]
    Empty,
    /// More than [`MAX_ROOM_CHARS`] characters.
    #[error("a room number has at most {MAX_ROOM_CHARS} characters")]
    TooLong,
    /// A character that is neither an ASCII letter or digit nor `-` or `_`.
    #[error("a room number holds letters, digits, - and _ only")]
    BadCharacter,
}

impl RoomId {
    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what a person typed: white space, also between groups of digits, does not count.
    ///
    /// # Errors
    /// What is wrong with the rest, see [`RoomIdError`].
    pub fn from_typed(text: &str) -> Result<Self, RoomIdError> {
        Self::try_from(text.split_whitespace().collect::<String>())
    }
}

impl TryFrom<String> for RoomId {
    type Error = RoomIdError;

    fn try_from(text: String) -> Result<Self, RoomIdError> {
        if text.is_empty() {
            return Err(RoomIdError::Empty);
        }
        if text.chars().count() > MAX_ROOM_CHARS {
            return Err(RoomIdError::TooLong);
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(RoomIdError::BadCharacter);
        }
        Ok(Self(text))
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

/// What a person calls themselves: 1 to [`MAX_NAME_CHARS`] characters, no control characters, trimmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

/// The text is empty, too long, or holds control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {MAX_NAME_CHARS} characters and no control characters")]
pub struct DisplayNameError;

impl DisplayName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DisplayName {
    type Error = DisplayNameError;

    fn try_from(text: String) -> Result<Self, DisplayNameError> {
        let name = text.trim();
        let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
        if !fits || name.chars().any(char::is_control) {
            return Err(DisplayNameError);
        }
        Ok(Self(name.to_owned()))
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

/// Proof of a seat: unguessable, made by the server, known to one browser tab. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeatToken(pub String);

impl fmt::Debug for SeatToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeatToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_numbers_are_checked() {
        let table = [
            ("4711", Ok("4711")),
            (" 482 913\u{a0}775 ", Ok("482913775")),
            ("a-b_C", Ok("a-b_C")),
            ("", Err(RoomIdError::Empty)),
            ("  ", Err(RoomIdError::Empty)),
            ("a/b", Err(RoomIdError::BadCharacter)),
            ("\u{0661}", Err(RoomIdError::BadCharacter)),
            ("방", Err(RoomIdError::BadCharacter)),
        ];
        for (typed, expected) in table {
            assert_eq!(RoomId::from_typed(typed).as_ref().map(RoomId::as_str), expected.as_ref().map(|s| *s));
        }
        assert!(RoomId::from_typed(&"7".repeat(MAX_ROOM_CHARS)).is_ok());
        assert_eq!(RoomId::from_typed(&"7".repeat(MAX_ROOM_CHARS + 1)), Err(RoomIdError::TooLong));
    }

    #[test]
    fn names_are_trimmed_and_checked() {
        let name = |text: &str| DisplayName::try_from(text.to_owned()).map(String::from);
        assert_eq!(name("  안나 "), Ok("안나".to_owned()));
        for bad in ["", "   ", "a\nb", &"x".repeat(MAX_NAME_CHARS + 1)] {
            assert_eq!(name(bad), Err(DisplayNameError), "{bad:?}");
        }
    }

    #[test]
    fn seat_tokens_stay_out_of_debug_output() {
        assert!(!format!("{:?}", SeatToken("geheim".into())).contains("geheim"));
    }
}
