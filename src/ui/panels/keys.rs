//! The sheet of shortcuts: what each key does, another key for it, or none.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, KeyboardEvent};

use super::built::{Built, IntoBuilt};
use super::dialog::dialog;
use crate::ui::i18n::{Words, words};
use crate::ui::keys::Shortcuts;
use crate::ui::listening::listen;
use crate::ui::reactive::{content, effect, flag, press, text};
use crate::ui::shortcuts::{Keys, Shortcut, pressed};

/// The sheet, as a dialog.
pub(crate) fn keys() -> Built {
    dialog("keys", words().keys(), sheet())
}

/// The sheet.
pub(super) fn sheet() -> Built {
    let shortcuts = expect_context::<Shortcuts>();
    let words = words();
    // The sheet may be closed while it waits for a key.
    on_cleanup(move || shortcuts.asks.set(None));
    effect(move || {
        listen(&window(), &["keydown"], move |event| {
            let (Some(key), Some(shortcut)) =
                (event.dyn_ref::<KeyboardEvent>(), shortcuts.asks.get_untracked())
            else {
                return;
            };
            if key.key() == "Tab" {
                return shortcuts.asks.set(None);
            }
            let Some(found) = pressed(&key.key(), &key.code()) else { return };
            event.prevent_default();
            shortcuts.change(|keys| keys.set(shortcut, Some(found)));
            shortcuts.asks.set(None);
            focus(shortcut);
        });
    });
    let switch = move || shortcuts.change(|keys| keys.is_on = !keys.is_on);
    view! {
        <div class="keys">
            <button
                type="button"
                id="keys-switch"
                class="btn btn-line"
                role="switch"
                aria-checked=text(move || if shortcuts.keys().is_on { "true" } else { "false" })
                on:click=press(switch)
            >
                {words.keys_on()}
            </button>
            <ul class="keys-list">
                {Shortcut::ALL.map(|shortcut| row(shortcuts, shortcut, words)).into_iter().collect_view()}
                <li>
                    <span>{words.keys()}</span>
                    <kbd>"?"</kbd>
                </li>
            </ul>
            <p role="status" class="note" inner_html=content(move || {
                if shortcuts.asks.get().is_some() { words.press_key() } else { "" }
            })></p>
            <button
                type="button"
                class="btn btn-text"
                on:click=press(move || shortcuts.change(|keys| *keys = Keys::default()))
            >
                {words.keys_reset()}
            </button>
        </div>
    }
    .into_built()
}

fn row(shortcuts: Shortcuts, shortcut: Shortcut, words: &'static Words) -> impl IntoView {
    let name = match shortcut {
        Shortcut::Microphone => words.microphone(),
        Shortcut::Camera => words.camera(),
        Shortcut::Hand => words.hand(),
        Shortcut::Chat => words.key_chat(),
        Shortcut::People => words.people(),
        Shortcut::Layout => words.speaker_large(),
        Shortcut::Talk => words.key_talk(),
        Shortcut::Screen => words.share(),
    };
    let key = move || match shortcuts.keys().of(shortcut) {
        None => words.key_none().to_owned(),
        Some(b' ') => words.key_space().to_owned(),
        Some(key) => char::from(key.to_ascii_uppercase()).to_string(),
    };
    let id = format!("key-{}", <&str>::from(shortcut));
    view! {
        <li data-asks=text(move || if shortcuts.asks.get() == Some(shortcut) { "yes" } else { "no" })>
            <span>{name}</span>
            <button
                type="button"
                id=id
                class="btn btn-line key-cap"
                title=words.key_change()
                on:click=press(move || shortcuts.asks.set(Some(shortcut)))
            >
                <span class="heard-only">{name} " "</span>
                <kbd inner_html=content(key)></kbd>
            </button>
            <button
                type="button"
                class="btn btn-text"
                hidden=flag(move || shortcuts.keys().of(shortcut).is_none())
                on:click=press(move || {
                    shortcuts.change(|keys| keys.set(shortcut, None));
                    focus(shortcut);
                })
            >
                {words.key_off()}
                <span class="heard-only">" " {name}</span>
            </button>
        </li>
    }
}

/// Keeps the focus where the key is shown: what was pressed may be hidden now.
fn focus(shortcut: Shortcut) {
    let id = format!("key-{}", <&str>::from(shortcut));
    let found = document().get_element_by_id(&id);
    if let Some(button) = found.as_ref().and_then(|found| found.dyn_ref::<HtmlElement>()) {
        drop(button.focus());
    }
}
