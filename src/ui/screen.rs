//! How the call uses this screen: one person large or all alike, and the whole screen for it.

use leptos::prelude::*;

use super::i18n::words;
use super::icon::{self, icon};
use super::listening::listen;
use super::reactive::{effect, flag, press, text};
use super::stage::Stage;

/// The button that shows whoever speaks large, or all alike.
pub(super) fn layout_button() -> impl IntoView {
    let stage = expect_context::<Stage>();
    let words = words();
    let follows = move || stage.read(|now| now.follows_voice);
    let switch = move || {
        stage.change(|now| {
            now.follows_voice = !now.follows_voice;
            now.pinned.clear();
            now.is_resized = false;
        });
    };
    view! {
        <button
            type="button"
            id="layout-button"
            class="bar-button"
            aria-pressed=text(move || if follows() { "true" } else { "false" })
            title=words.speaker_large_hint()
            hidden=flag(move || stage.places.with(|places| places.is_single))
            on:click=press(switch)
        >
            {icon(text(|| icon::SPEAKER))}
            <span>{words.speaker_large()}</span>
        </button>
    }
}

/// The button that gives the call the whole screen, where the browser can.
pub(super) fn fullscreen_button() -> impl IntoView {
    let words = words();
    // Whether the page can fill the screen, and whether it does.
    let state = RwSignal::new((false, false));
    effect(move || {
        let document = document();
        let read = move || {
            let document = leptos::prelude::document();
            state.set((document.fullscreen_enabled(), document.fullscreen_element().is_some()));
        };
        read();
        listen(&document, &["fullscreenchange"], move |_| read());
    });
    let switch = move || {
        let document = document();
        match document.document_element() {
            _ if document.fullscreen_element().is_some() => document.exit_fullscreen(),
            // A browser that refuses leaves everything as it is.
            Some(page) => drop(page.request_fullscreen()),
            None => {}
        }
    };
    view! {
        <button
            type="button"
            id="fullscreen-button"
            class="bar-button bar-icon"
            aria-label=words.fullscreen()
            title=words.fullscreen()
            aria-pressed=text(move || if state.get().1 { "true" } else { "false" })
            hidden=flag(move || !state.get().0)
            on:click=press(switch)
        >
            {icon(text(|| icon::FULLSCREEN))}
        </button>
    }
}
