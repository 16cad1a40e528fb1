//! Ids: peers, page loads, display names, seat tokens.

use std::fmt;

use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};
use serde::{Deserialize, Deserializer, Serialize};

use super::MAX_NAME_CHARS;

/// A peer's number in its room, never given twice in one room's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(pub u32);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of the page load that holds a seat; it grows inside a room with every join and every reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageLoad(pub u32);

/// A display name: 1 to [`MAX_NAME_CHARS`] characters, the first of them visible, on one line.
///
/// Reading a text drops white space at its ends, invisible characters at its beginning, and all that would change the
/// direction of the words around it. Joiners and selectors inside stay: Persian, Indic names and emoji need them.
/// The page's first script has the same rule (src/app/early.js); tests/names.json holds both to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

/// A text that is no display name: invisible, too long, or with control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {MAX_NAME_CHARS} characters, at least one of them visible, and no control characters"
)]
pub struct DisplayNameError;

impl DisplayName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for a sentence; see [`isolated`].
    pub fn isolated(&self) -> String {
        isolated(&self.0)
    }
}

/// A text for a sentence, between isolates: a name from right to left does not turn the words around it (Unicode
/// Standard Annex 9, section 2.4).
pub fn isolated(text: &str) -> String {
    ["\u{2068}", text, "\u{2069}"].concat()
}

impl TryFrom<String> for DisplayName {
    type Error = DisplayNameError;

    fn try_from(text: String) -> Result<Self, DisplayNameError> {
        let name = text.trim_start_matches(is_invisible);
        let name = name.trim_end_matches(|c: char| c.is_whitespace() || turns_text(c));
        let mut name = name.to_owned();
        name.retain(|c| !turns_text(c));
        let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
        if !fits || name.chars().any(ends_line) {
            return Err(DisplayNameError);
        }
        Ok(Self(name))
    }
}

/// Reads the name of a peer. One that breaks this page's rule, since the server has another, counts as none.
pub(super) fn name_of_peer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DisplayName>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.and_then(|text| text.try_into().ok()))
}

/// Whether a character shows nothing. Unicode counts the empty Braille pattern (U+2800) as a symbol.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}' || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character changes the direction of text; all of these are invisible as well.
pub(super) fn turns_text(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<BidiControl>().contains(c)
}

/// Control characters, and the separators of lines and paragraphs, at which an isolate ends.
fn ends_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
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

    /// What each text becomes, `null` where it is refused; the page's first script is held to the same table.
    const NAMES: &str = include_str!("../../tests/names.json");

    #[test]
    fn names_are_cleaned_and_checked() {
        let table: Vec<(String, String, Option<String>)> = serde_json::from_str(NAMES).unwrap();
        assert!(table.len() > 20);
        for (why, typed, expected) in table {
            let name = DisplayName::try_from(typed.clone()).ok().map(String::from);
            assert_eq!(name, expected, "{why}: {typed:?}");
        }
        let longest = "x".repeat(MAX_NAME_CHARS);
        assert!(DisplayName::try_from(longest.clone() + "\u{200f} ").is_ok());
        assert_eq!(DisplayName::try_from(longest + "x"), Err(DisplayNameError));
    }

    #[test]
    fn a_cleaned_name_stays_as_it_is_and_begins_with_something_visible() {
        let odd = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        for c in odd.filter(|&c| is_invisible(c) || turns_text(c) || ends_line(c)) {
            assert!(!turns_text(c) || is_invisible(c), "{c:?}");
            for text in
                [format!("{c}"), format!("{c}{c}A"), format!("A{c}"), format!("A{c} {c}"), format!("A{c}B")]
            {
                let Ok(name) = DisplayName::try_from(text) else { continue };
                assert!(name.0.starts_with('A') && !name.0.ends_with(char::is_whitespace), "{name:?}");
                assert!(!name.0.contains(turns_text), "{name:?}");
                assert_eq!(DisplayName::try_from(name.0.clone()), Ok(name));
            }
        }
    }

    #[test]
    fn seat_tokens_stay_out_of_debug_output() {
        assert!(!format!("{:?}", SeatToken("geheim".into())).contains("geheim"));
    }
}
