//! The head of a panel: its name, and what closes it.

use leptos::prelude::*;

use super::Panels;
use super::built::{Built, IntoBuilt};
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{press, text};

/// The head; the heading names the panel.
pub(super) fn head(class: &'static str, heading: String, title: &'static str) -> Built {
    let panels = expect_context::<Panels>();
    let words = words();
    view! {
        <header class=class>
            <h2 id=heading>{title}</h2>
            <button
                type="button"
                class="btn btn-icon"
                aria-label=words.close()
                title=words.close()
                on:click=press(move || panels.close())
            >
                {icon(text(|| icon::CLOSE))}
            </button>
        </header>
    }
    .into_built()
}
