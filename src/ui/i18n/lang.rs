//! Languages of the page: their tags, their names, and which one a browser prefers.

use leptos::prelude::document;

/// A language of the page.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Lang {
    /// German.
    De,
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
    /// Chinese in simplified characters.
    ZhHans,
}

impl Lang {
    /// Every language, in the order in which the page offers them.
    pub const ALL: [Self; 7] = [Self::De, Self::En, Self::Es, Self::Fr, Self::Ja, Self::Ko, Self::ZhHans];

    /// Reads a BCP 47 tag; regions do not count, except where they imply traditional Chinese characters.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = Tag::read(tag);
        Self::ALL.into_iter().find(|lang| lang.primary() == tag.primary && !tag.is_traditional())
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::Ja => "ja",
            Self::Ko => "ko",
            Self::ZhHans => "zh-Hans",
        }
    }

    fn primary(self) -> &'static str {
        match self {
            Self::ZhHans => CHINESE,
            _ => self.tag(),
        }
    }

    /// The language's own name for itself.
    pub fn autonym(self) -> &'static str {
        match self {
            Self::De => "Deutsch",
            Self::En => "English",
            Self::Es => "Español",
            Self::Fr => "Français",
            Self::Ja => "日本語",
            Self::Ko => "한국어",
            Self::ZhHans => "简体中文",
        }
    }

    /// Chooses by an `Accept-Language` header (RFC 9110, section 12.5.4); the first of equals wins.
    ///
    /// Readers of traditional Chinese get simplified characters where they accept `zh` of any kind, which Chromium
    /// adds by itself, or nothing else that the page speaks; otherwise the next language they accept.
    pub fn preferred(accept_language: &str) -> Self {
        let mut best = (None, 0.0);
        let mut traditional = false;
        for range in accept_language.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let lang = if tag == "*" { Some(Self::default()) } else { Self::from_tag(tag) };
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            if lang.is_some() && quality > best.1 {
                best = (lang, quality);
            }
            traditional |= quality > 0.0 && Tag::read(tag).is_traditional();
        }
        best.0.unwrap_or(if traditional { Self::ZhHans } else { Self::default() })
    }

    /// The language in which the server wrote the page; only for the browser.
    pub(super) fn of_document() -> Self {
        let tag = document().document_element().and_then(|html| html.get_attribute("lang"));
        tag.and_then(|tag| Self::from_tag(&tag)).unwrap_or_default()
    }

    /// Whether a count takes the form `one` of the Unicode CLDR instead of `other`.
    pub(super) fn is_singular(self, count: usize) -> bool {
        match self {
            Self::De | Self::En | Self::Es => count == 1,
            Self::Fr => count < 2,
            Self::Ja | Self::Ko | Self::ZhHans => false,
        }
    }
}

const CHINESE: &str = "zh";
/// Script and regions of Chinese in traditional characters; the script wins.
const SIMPLIFIED: &str = "hans";
const TRADITIONAL: [&str; 4] = ["hant", "hk", "mo", "tw"];

/// A language tag in lower case.
struct Tag {
    primary: String,
    rest: Vec<String>,
}

impl Tag {
    fn read(tag: &str) -> Self {
        let tag = tag.trim().to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']).map(str::to_owned);
        Self { primary: parts.next().unwrap_or_default(), rest: parts.collect() }
    }

    fn is_traditional(&self) -> bool {
        let has = |part: &str| self.rest.iter().any(|other| other == part);
        self.primary == CHINESE && !has(SIMPLIFIED) && TRADITIONAL.iter().any(|part| has(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_by_language_and_script() {
        for (tag, lang) in [
            ("en", Some(Lang::En)),
            ("EN-us", Some(Lang::En)),
            ("ko-KR", Some(Lang::Ko)),
            (" ko ", Some(Lang::Ko)),
            ("de-CH", Some(Lang::De)),
            ("es-419", Some(Lang::Es)),
            ("fr-CA", Some(Lang::Fr)),
            ("ja-JP", Some(Lang::Ja)),
            ("zh", Some(Lang::ZhHans)),
            ("zh-CN", Some(Lang::ZhHans)),
            ("zh_SG", Some(Lang::ZhHans)),
            ("zh-Hans-TW", Some(Lang::ZhHans)),
            ("zh-TW", None),
            ("zh-Hant", None),
            ("zh-Hant-CN", None),
            ("zh-HK", None),
            ("kok", None),
            ("pt-BR", None),
            ("", None),
        ] {
            assert_eq!(Lang::from_tag(tag), lang, "{tag:?}");
        }
        for lang in Lang::ALL {
            assert_eq!(Lang::from_tag(lang.tag()), Some(lang));
        }
    }

    #[test]
    fn the_accept_language_header_is_weighed() {
        for (header, lang) in [
            ("", Lang::En),
            ("ko", Lang::Ko),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Ko),
            ("en-US,en;q=0.9,ko;q=0.8", Lang::En),
            ("en;q=0.3, ko;q=0.7", Lang::Ko),
            ("de-AT, ko;q=0.5, en;q=0.4", Lang::De),
            ("pt-BR, pt;q=0.9, es;q=0.5, en;q=0.4", Lang::Es),
            ("it, fr-CH;q=0.5", Lang::Fr),
            ("ja,en-US;q=0.9,en;q=0.8", Lang::Ja),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::ZhHans),
            ("pt, it;q=0.5", Lang::En),
            ("ko;q=0, en;q=0.1", Lang::En),
            ("ko;q=0", Lang::En),
            ("*, ko;q=0.5", Lang::En),
            ("ko;q=nonsense", Lang::En),
            ("ko;q=NaN, fr;q=0.1", Lang::Fr),
            // Chromium adds `zh` for readers in Taiwan, Safari does not.
            ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", Lang::ZhHans),
            ("zh-TW,zh-Hant;q=0.9,en;q=0.8", Lang::En),
            ("zh-Hant-HK, ja;q=0.5", Lang::Ja),
            ("zh-TW", Lang::ZhHans),
            ("zh-TW;q=0", Lang::En),
        ] {
            assert_eq!(Lang::preferred(header), lang, "{header:?}");
        }
    }

    #[test]
    fn singulars_are_those_of_the_cldr() {
        for (lang, singular) in [
            (Lang::En, vec![1]),
            (Lang::De, vec![1]),
            (Lang::Es, vec![1]),
            (Lang::Fr, vec![0, 1]),
            (Lang::Ko, vec![]),
            (Lang::ZhHans, vec![]),
        ] {
            let found: Vec<_> = (0..30).filter(|&count| lang.is_singular(count)).collect();
            assert_eq!(found, singular, "{lang:?}");
        }
    }
}
