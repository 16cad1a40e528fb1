//! What a person is told of the way to another one: nobody in between, or not checked.

use leptos::prelude::*;

use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::reactive::{Memo, content, flag, text};
use crate::call::Trust;

/// The label beside a name, which tells more when it is pressed.
pub(super) fn trust_label(trust: Memo<Trust>) -> impl IntoView {
    let words = words();
    let label = move || match trust.get() {
        Trust::Unknown => "",
        Trust::Unchecked => words.trust_unchecked(),
        Trust::Private => words.trust_private(),
    };
    let sign = move || if trust.get() == Trust::Private { icon::LOCK } else { icon::LOCK_OPEN };
    view! {
        <details class="trust" hidden=flag(move || trust.get() == Trust::Unknown)>
            <summary class="chip">
                {icon(text(sign))}
                <span class="trust-label" inner_html=content(label)></span>
            </summary>
            <p class="trust-card" inner_html=content(move || trust_hint(trust.get(), words))></p>
        </details>
    }
}

/// What a trust means, in a sentence or two.
pub(super) fn trust_hint(trust: Trust, words: &'static Words) -> &'static str {
    match trust {
        Trust::Unknown => "",
        Trust::Unchecked => words.trust_unchecked_hint(),
        Trust::Private => words.trust_private_hint(),
    }
}
