//! Language of a rendered page: by the query, else by the cookie, else by `Accept-Language`.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

use crate::ui::i18n::Lang;

/// Name of the query parameter and of the cookie that remembers it.
const NAME: &str = "lang";

/// The language of one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Language to render in.
    pub(crate) lang: Lang,
    /// Whether the query named it, so that a cookie has to remember it.
    pub(crate) asked_for: bool,
}

/// Chooses the language of one response.
pub(crate) fn choose(query: Option<&str>, headers: &HeaderMap) -> Choice {
    let asked = query.and_then(|query| find(query, '&'));
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let remembered = || text(COOKIE).and_then(|cookies| find(cookies, ';'));
    let preferred = || text(ACCEPT_LANGUAGE).map(Lang::preferred);
    let lang = asked.or_else(remembered).or_else(preferred).unwrap_or_default();
    Choice { lang, asked_for: asked.is_some() }
}

/// Cookie that remembers a language for a year; over HTTPS it is set as `Secure`.
pub(crate) fn cookie(lang: Lang, secure: bool) -> String {
    let only = if secure { "; Secure" } else { "" };
    format!("{NAME}={}; Path=/; Max-Age=31536000; SameSite=Lax{only}", lang.tag())
}

/// Finds the language in `name=value` pairs; tags are plain ASCII, so nothing needs unescaping.
fn find(pairs: &str, separator: char) -> Option<Lang> {
    let mut pairs = pairs.split(separator).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).and_then(|(_, tag)| Lang::from_tag(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_wins_over_the_cookie_and_that_over_the_browser() {
        let table = [
            ("lang=ko", "lang=en", "en", (Lang::Ko, true)),
            ("room=1&lang=en", "lang=ko", "ko", (Lang::En, true)),
            ("room=1", "a=b; lang=ko", "en", (Lang::Ko, false)),
            ("", "a=b", "ko-KR,en;q=0.5", (Lang::Ko, false)),
            ("lang=zh-Hans", "lang=de", "en", (Lang::ZhHans, true)),
            ("", "lang=de", "ko-KR", (Lang::De, false)),
            ("lang=xx", "lang=xx", "it, ko;q=0.1", (Lang::Ko, false)),
            ("lang", "", "", (Lang::En, false)),
        ];
        for (query, cookies, browser, (lang, asked_for)) in table {
            let headers = [(COOKIE, cookies), (ACCEPT_LANGUAGE, browser)];
            let headers = headers.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect();
            assert_eq!(
                choose(Some(query), &headers),
                Choice { lang, asked_for },
                "{query} {cookies} {browser}"
            );
        }
    }
}
