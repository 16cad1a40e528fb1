//! The wait for the first of the others: one's own picture large, and beside it what brings them in.

use leptos::prelude::*;

use super::elapsed::as_clock;
use super::i18n::words;
use super::invite_card::invitation;
use super::reactive::{Memo, content, flag};

/// The card with the invitation, shown while `waits`; it tells for how many seconds there was somebody to talk to.
pub(super) fn waiting(
    waits: Memo<bool>,
    number: impl Fn() -> String + Send + Sync + 'static,
    talked: RwSignal<u32>,
) -> impl IntoView {
    let words = words();
    let title = move || if talked.get() == 0 { words.waiting_title() } else { words.alone_again() };
    let told = move || match talked.get() {
        0 => words.waiting_text().to_owned(),
        seconds => words.call_lasted(&as_clock(seconds)),
    };
    view! {
        <div class="waiting" hidden=flag(move || !waits.get())>
            <span class="lamp-door" aria-hidden="true"></span>
            <h2 inner_html=content(title)></h2>
            <p class="soft" inner_html=content(told)></p>
            <p class="plate" translate="no" inner_html=content(number)></p>
            {invitation(waits)}
        </div>
    }
}
