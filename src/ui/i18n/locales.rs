//! The locale files, as the server reads them.
//!
//! The WebAssembly holds none of this: `hydrate()` does not reach it, so the linker leaves it out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{BETWEEN_FORMS, KEYS, Lang, Words};

static LOCALES: LazyLock<[Words; Lang::ALL.len()]> = LazyLock::new(|| Lang::ALL.map(read));

/// The texts of a language; only for the server.
pub fn words_of(lang: Lang) -> &'static Words {
    &LOCALES[lang as usize]
}

fn file(lang: Lang) -> &'static str {
    match lang {
        Lang::De => include_str!("../../../locales/de.json"),
        Lang::En => include_str!("../../../locales/en.json"),
        Lang::Es => include_str!("../../../locales/es.json"),
        Lang::Fr => include_str!("../../../locales/fr.json"),
        Lang::Ja => include_str!("../../../locales/ja.json"),
        Lang::Ko => include_str!("../../../locales/ko.json"),
        Lang::ZhHans => include_str!("../../../locales/zh-Hans.json"),
    }
}

/// One text of a locale file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    /// As many plural forms as the language has (Unicode CLDR).
    Forms {
        one: Option<String>,
        other: String,
    },
}

fn read(lang: Lang) -> Words {
    // Tests read every file.
    let mut file: BTreeMap<String, Entry> = serde_json::from_str(file(lang)).unwrap_or_default();
    let mut text = |key: &str| match file.remove(key) {
        None => String::new(),
        Some(Entry::Text(text)) => text,
        Some(Entry::Forms { one: Some(one), other }) => format!("{one}{BETWEEN_FORMS}{other}"),
        Some(Entry::Forms { one: None, other }) => other,
    };
    Words { lang, texts: KEYS.iter().map(|(key, _)| text(key)).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::COUNT;
    use super::*;

    /// Texts that are right in a language although they read as in English.
    const SAME_AS_ENGLISH: &[(Lang, &str)] = &[
        (Lang::De, "hand"),
        (Lang::De, "key_chat"),
        (Lang::De, "optional"),
        (Lang::Es, "key_chat"),
        (Lang::Fr, "notes"),
        (Lang::Fr, "notifications"),
        (Lang::Fr, "volume"),
    ];

    fn entries(lang: Lang) -> BTreeMap<String, Entry> {
        serde_json::from_str(file(lang)).unwrap_or_else(|error| panic!("{lang:?}: {error}"))
    }

    fn forms(entry: &Entry) -> Vec<&str> {
        match entry {
            Entry::Text(text) => vec![text],
            Entry::Forms { one, other } => one.iter().chain([other]).map(String::as_str).collect(),
        }
    }

    /// Names in braces.
    fn parameters(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name)).collect()
    }

    #[test]
    fn languages_stand_at_their_places() {
        for lang in Lang::ALL {
            assert_eq!(words_of(lang).lang(), lang);
        }
    }

    #[test]
    fn every_language_has_exactly_the_keys() {
        let keys: BTreeSet<_> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
        assert_eq!(keys.len(), KEYS.len(), "a key is declared twice");
        for lang in Lang::ALL {
            let found: BTreeSet<_> = entries(lang).into_keys().collect();
            let unused: Vec<_> = found.difference(&keys).collect();
            let missing: Vec<_> = keys.difference(&found).collect();
            assert!(unused.is_empty() && missing.is_empty(), "{lang:?} lacks {missing:?}, wastes {unused:?}");
            let times = file(lang).lines().filter(|line| line.starts_with("  \"")).count();
            assert_eq!(times, KEYS.len(), "{lang:?} has a key twice");
        }
    }

    #[test]
    fn every_text_has_exactly_its_parameters() {
        for lang in Lang::ALL {
            let entries = entries(lang);
            for (key, declared) in KEYS {
                for text in forms(&entries[*key]) {
                    let declared: BTreeSet<_> = declared.iter().copied().collect();
                    assert_eq!(parameters(text), declared, "{key} in {lang:?}: {text}");
                    let braces = |brace: char| text.matches(brace).count();
                    assert_eq!(
                        (braces('{'), braces('}')),
                        (declared.len(), declared.len()),
                        "{key} in {lang:?}: {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn counted_texts_have_the_forms_of_their_language() {
        for lang in Lang::ALL {
            let entries = entries(lang);
            let has_singular = (0..3).any(|count| lang.is_singular(count));
            for (key, parameters) in KEYS {
                let counted = parameters.contains(&COUNT);
                let forms = forms(&entries[*key]).len();
                assert_eq!(forms, if counted && has_singular { 2 } else { 1 }, "{key} in {lang:?}");
            }
        }
    }

    #[test]
    fn no_text_is_empty_or_untranslated() {
        let english = entries(Lang::En);
        for lang in Lang::ALL {
            for (key, entry) in &entries(lang) {
                for text in forms(entry) {
                    assert!(!text.is_empty() && text == text.trim(), "{key} in {lang:?}: {text:?}");
                    assert!(!text.chars().any(char::is_control), "{key} in {lang:?}: {text:?}");
                    assert!(lang == Lang::En || has_its_letters(lang, text), "{key} in {lang:?}: {text}");
                }
                let same = forms(entry) == forms(&english[key]);
                let allowed = lang == Lang::En || SAME_AS_ENGLISH.contains(&(lang, key.as_str()));
                assert_eq!(same, allowed, "{key} in {lang:?}: {:?}", forms(entry));
            }
        }
    }

    /// Whether a text has letters of its language's script, and none of its neighbours' alone.
    fn has_its_letters(lang: Lang, text: &str) -> bool {
        let some = |range: std::ops::RangeInclusive<char>| text.chars().any(|letter| range.contains(&letter));
        let (kana, hangul, han) = (some('ぁ'..='ヺ'), some('가'..='힣'), some('一'..='鿿'));
        match lang {
            Lang::Ja => (kana || han) && !hangul,
            Lang::Ko => hangul && !kana && !han,
            Lang::ZhHans => han && !kana && !hangul,
            _ => !kana && !hangul && !han,
        }
    }

    #[test]
    fn every_text_differs_from_those_it_may_be_mistaken_for() {
        for lang in Lang::ALL {
            let words = words_of(lang);
            for (on, off) in [
                (words.own_camera_off(), words.own_camera_missing()),
                (words.microphone(), words.microphone_missing()),
                (words.finding_works(), words.finding_blocked()),
                (words.path_direct(), words.path_relayed()),
                (words.address_hidden(), words.address_shown()),
            ] {
                assert_ne!(on, off, "{lang:?}");
            }
        }
    }
}
