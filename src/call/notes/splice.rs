//! The difference of two texts, as one piece that is replaced.

/// A piece of a text that is replaced; places are counted in UTF-16 code units, and none is within a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// Where it begins.
    pub at: u32,
    /// The length of what is replaced.
    pub removed: u32,
    /// What comes in its place.
    pub inserted: String,
}

impl Splice {
    /// What makes `new` of `old`; `None` if they are the same.
    pub fn between(old: &str, new: &str) -> Option<Self> {
        let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new);
        let before: usize = same.map(|(c, _)| c.len_utf8()).sum();
        let (start, old) = old.split_at_checked(before)?;
        let new = new.get(before..)?;
        let same = old.chars().rev().zip(new.chars().rev()).take_while(|(old, new)| old == new);
        let after: usize = same.map(|(c, _)| c.len_utf8()).sum();
        let old = old.get(..old.len().checked_sub(after)?)?;
        let inserted = new.get(..new.len().checked_sub(after)?)?.to_owned();
        (!old.is_empty() || !inserted.is_empty()).then(|| Self {
            at: units(start),
            removed: units(old),
            inserted,
        })
    }
}

/// The length of a text in UTF-16 code units.
pub(super) fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(text: &str, splice: &Splice) -> String {
        let text: Vec<_> = text.encode_utf16().collect();
        let (at, end) = (splice.at as usize, (splice.at + splice.removed) as usize);
        let inserted: Vec<_> = splice.inserted.encode_utf16().collect();
        String::from_utf16(&[&text[..at], &inserted, &text[end..]].concat()).unwrap()
    }

    #[test]
    fn what_is_alike_on_both_sides_stays() {
        for (old, new, expected) in [
            ("", "a", Some((0, 0, "a"))),
            ("ab", "ab", None),
            ("ac", "abc", Some((1, 0, "b"))),
            ("aa", "aaa", Some((2, 0, "a"))),
            ("abc", "", Some((0, 3, ""))),
            ("x😀y", "x😁y", Some((1, 2, "😁"))),
            ("😀b", "😀", Some((2, 1, ""))),
        ] {
            let splice = Splice::between(old, new);
            let splice = splice.as_ref().map(|splice| (splice.at, splice.removed, splice.inserted.as_str()));
            assert_eq!(splice, expected, "{old} {new}");
        }
    }

    proptest! {
        #[test]
        fn it_makes_the_new_text_of_the_old(old in "[ab😀日]{0,12}", new in "[ab😀日]{0,12}") {
            match Splice::between(&old, &new) {
                Some(splice) => prop_assert_eq!(apply(&old, &splice), new),
                None => prop_assert_eq!(old, new),
            }
        }
    }
}
