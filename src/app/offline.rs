//! The page that a browser keeps for the time without a network; it needs nothing but itself.

use crate::ui::i18n::{PRODUCT, Words};

/// The page in one language, with its style; its link loads whatever was asked for.
pub fn offline_page(words: &Words, style: &str) -> String {
    let (tag, title, text) = (words.lang().tag(), words.offline_title(), words.offline_text());
    let again = words.try_again();
    format!(
        "<!DOCTYPE html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\
         <title>{PRODUCT} · {title}</title><style>{style}</style></head>\
         <body><main id=\"offline\"><p translate=\"no\">{PRODUCT}</p><h1>{title}</h1><p>{text}</p>\
         <a href=\"\">{again}</a></main></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::{Lang, words_of};

    #[test]
    fn the_page_is_in_each_language_and_its_words_are_no_markup() {
        for lang in Lang::ALL {
            let words = words_of(lang);
            let page = offline_page(words, "");
            for text in [words.offline_title(), words.offline_text(), words.try_again()] {
                assert!(!text.is_empty() && !text.contains(['<', '&', '"']), "{text}");
                assert!(page.contains(text));
            }
            assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())));
        }
    }
}
