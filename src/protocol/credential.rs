//! What people who mean to meet have in common, and no server knows: the secret of a link, or a word.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::is_invisible;
use super::sealed::{Proof, SealedTextError};
use super::{Door, Secret};

/// Fewest characters of a word.
pub const MIN_WORD_CHARS: usize = 3;
/// Most characters of a word.
pub const MAX_WORD_CHARS: usize = 64;
/// The door of all pages with a word: CPace alone tells whether they have the same one.
pub const WORD_DOOR: &str = "word";
/// What stands behind `#` in a link to a room that has a word.
pub const WORD_MARK: &str = "w";
/// What a kept word begins with, and no secret does.
const KEPT: &str = "word=";

/// A secret word, or a few: [`MIN_WORD_CHARS`] to [`MAX_WORD_CHARS`] characters. `Debug` does not show it.
///
/// People tell it by voice, so what sounds alike is alike: the view brings it into the form NFKC and into lower case,
/// and white space counts as one blank wherever it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Word(String);

impl Word {
    /// The word of a text in NFKC and lower case.
    ///
    /// # Errors
    /// A text that is too short or too long.
    pub fn typed(text: &str) -> Result<Self, SealedTextError> {
        let parts = text.split_whitespace().map(|part| part.replace(is_invisible, ""));
        let word = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let fits = (MIN_WORD_CHARS..=MAX_WORD_CHARS).contains(&word.chars().count());
        if fits { Ok(Self(word)) } else { Err(SealedTextError) }
    }

    /// The text that both pages put into CPace.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(..)")
    }
}

/// What a page has in common with those it means to meet. As a text it is the secret, or the word behind `word=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Credential {
    /// The secret of its links.
    Link(Secret),
    /// A word.
    Word(Word),
}

impl Credential {
    /// What links to the room have behind `#`.
    pub fn in_links(&self) -> &str {
        match self {
            Self::Link(secret) => secret.as_str(),
            Self::Word(_) => WORD_MARK,
        }
    }
}

impl TryFrom<String> for Credential {
    type Error = SealedTextError;

    fn try_from(text: String) -> Result<Self, SealedTextError> {
        match text.strip_prefix(KEPT) {
            Some(word) => Word::typed(word).map(Self::Word),
            None => text.try_into().map(Self::Link),
        }
    }
}

impl From<Credential> for String {
    fn from(credential: Credential) -> Self {
        match credential {
            Credential::Link(secret) => secret.into(),
            Credential::Word(Word(word)) => [KEPT, &word].concat(),
        }
    }
}

/// Whether a pasted link leads to a room that has a word.
pub fn asks_for_word(link: &str) -> bool {
    let behind = link.rsplit_once('#').map(|(_, behind)| behind);
    // Chat programs add punctuation behind links.
    behind.is_some_and(|behind| {
        behind
            .strip_prefix(WORD_MARK)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-'))
    })
}

impl Proof {
    /// The proof of two pages with these doors.
    pub fn of(one: &Door, other: &Door) -> Self {
        match one == other {
            true if one.as_str() == WORD_DOOR => Self::Word,
            true => Self::Link,
            false => Self::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_people_hear() {
        let word = |text: &str| Word::typed(text).ok().map(|word| word.as_str().to_owned());
        for (typed, kept) in [
            ("maple", Some("maple")),
            ("  maple \u{3000} syrup\n", Some("maple syrup")),
            ("ma\u{200b}ple\u{feff}", Some("maple")),
            ("단풍나무", Some("단풍나무")),
            ("abc", Some("abc")),
            ("ab", None),
            ("a \u{200b} b", Some("a b")),
            ("\u{200b}\u{200b}\u{200b}", None),
            ("", None),
        ] {
            assert_eq!(word(typed).as_deref(), kept, "{typed:?}");
        }
        assert!(word(&"é".repeat(MAX_WORD_CHARS)).is_some());
        assert!(word(&"é".repeat(MAX_WORD_CHARS + 1)).is_none());
        assert!(!format!("{:?}", Word::typed("maple")).contains("maple"));
    }

    #[test]
    fn a_credential_is_kept_as_it_was() {
        let secret = Secret::try_from("AAECAwQFBgcICQoLDA0ODw".to_owned()).unwrap();
        for credential in
            [Credential::Link(secret), Credential::Word(Word::typed("word=maple syrup").unwrap())]
        {
            let kept = serde_json::to_string(&credential).unwrap();
            assert_eq!(serde_json::from_str::<Credential>(&kept).unwrap(), credential);
        }
        assert!(Credential::try_from("maple".to_owned()).is_err());
        assert!(Credential::try_from("word=ab".to_owned()).is_err());
    }

    #[test]
    fn a_link_tells_that_its_room_has_a_word() {
        for (link, asks) in [
            ("https://parlor.example/room/4711#w", true),
            ("https://parlor.example/room/4711#w.", true),
            ("https://parlor.example/room/4711#we", false),
            ("https://parlor.example/room/4711#w_", false),
            ("https://parlor.example/room/4711#wAECAwQFBgcICQoLDA0ODw", false),
            ("https://parlor.example/room/4711#", false),
            ("4711", false),
        ] {
            assert_eq!(asks_for_word(link), asks, "{link}");
        }
    }

    #[test]
    fn doors_tell_what_a_pair_can_prove() {
        let door = |text: &str| Door::try_from(text.to_owned()).unwrap();
        assert_eq!(Proof::of(&door("word"), &door("word")), Proof::Word);
        assert_eq!(Proof::of(&door("3NEtrsyq"), &door("3NEtrsyq")), Proof::Link);
        assert_eq!(Proof::of(&door("word"), &door("3NEtrsyq")), Proof::Open);
    }
}
