//! The menu of languages.

use leptos::prelude::*;

use super::i18n::{Lang, Words, words};
use super::icon::{self, icon};
use super::reactive::text;

/// Links to this page in every language, in a list that opens without scripts, too.
pub(crate) fn languages() -> impl IntoView {
    let words = words();
    let here = words.lang();
    view! {
        <nav class="languages" translate="no" aria-label=words.language()>
            // early.js closes the list, and opens it when the program fails to load.
            <details id="languages">
                <summary aria-label=format!("{}: {}", words.language(), here.autonym())>
                    {icon(text(|| icon::GLOBE))} <span>{here.autonym()}</span>
                </summary>
                <ul>{links(words)}</ul>
            </details>
        </nav>
    }
}

/// Links to this page in every language, each as an item of a list.
pub(super) fn links(words: &'static Words) -> impl IntoView {
    let here = words.lang();
    let links = Lang::ALL.map(|lang| {
        view! {
            <li>
                <a
                    href=format!("?lang={}", lang.tag())
                    hreflang=lang.tag()
                    lang=lang.tag()
                    rel="external"
                    aria-current=(lang == here).then_some("true")
                >
                    {lang.autonym()}
                </a>
            </li>
        }
    });
    links.into_iter().collect_view()
}
