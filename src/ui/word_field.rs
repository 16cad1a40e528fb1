//! The field for a secret word, which opens when somebody wants one, or when the link says that the room has one.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::js_sys::JsString;

use super::i18n::words;
use super::icon::{self, icon};
use super::invite;
use super::reactive::{content, effect, flag, press, text};
use crate::protocol::credential::{MAX_WORD_CHARS, WORD_MARK};

/// The field, and whether it is open.
#[derive(Clone, Copy)]
pub(super) struct WordField {
    field: NodeRef<html::Input>,
    is_open: RwSignal<bool>,
    /// The address is an invite link, which needs no word.
    has_link: RwSignal<bool>,
    offer: NodeRef<html::Button>,
}

impl WordField {
    pub(super) fn new() -> Self {
        let this = Self {
            field: NodeRef::new(),
            is_open: RwSignal::new(false),
            has_link: RwSignal::new(false),
            offer: NodeRef::new(),
        };
        // A link may be put into the address bar of a page that is there already.
        effect(move || {
            this.look();
            let listener = window_event_listener(leptos::ev::hashchange, move |_| this.look());
            on_cleanup(move || listener.remove());
        });
        this
    }

    /// Follows what the address has behind `#`.
    fn look(self) {
        let behind = window().location().hash().unwrap_or_default();
        let behind = behind.strip_prefix('#').unwrap_or_default();
        let has_link = behind.len() > WORD_MARK.len();
        self.has_link.set(has_link);
        if has_link || behind == WORD_MARK {
            self.is_open.set(!has_link);
        }
    }

    /// Opens the field, and moves the focus there.
    pub(super) fn focus(self) {
        self.is_open.set(true);
        invite::focus(self.field.get_untracked());
    }

    /// The word as typed, in NFKC and lower case; none while the field is closed.
    pub(super) fn value(self) -> Option<String> {
        let field = self.field.get_untracked().filter(|_| self.is_open.get_untracked())?;
        Some(JsString::from(field.value()).normalize("NFKC").to_lower_case().into())
    }

    /// Draws the button that opens it.
    pub(super) fn offer(self) -> impl IntoView {
        let words = words();
        view! {
            <button
                type="button"
                id="word-button"
                class="btn btn-text"
                aria-label=words.word_add()
                aria-expanded="false"
                aria-controls="word-field"
                hidden=flag(move || self.is_open.get() || self.has_link.get())
                node_ref=self.offer
                on:click=press(move || self.focus())
            >
                {icon(text(|| icon::PLUS))}
                {words.word_label()}
            </button>
        }
    }

    /// Draws it, with what is wrong in it, if anything is.
    pub(super) fn view(
        self,
        told: impl Fn() -> String + Copy + Send + Sync + 'static,
        corrected: impl Fn() + Copy + 'static,
    ) -> impl IntoView {
        let words = words();
        let Self { field, is_open, offer, .. } = self;
        let is_wrong = move || !told().is_empty();
        let without = move || {
            is_open.set(false);
            corrected();
            invite::focus(offer.get_untracked());
        };
        view! {
            <div id="word-field" class="field" hidden=flag(move || !is_open.get())>
                <label for="word-input">{words.word_label()}</label>
                <div class="word-row">
                    <input
                        id="word-input"
                        class="input"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        maxlength=(2 * MAX_WORD_CHARS).to_string()
                        enterkeyhint="go"
                        aria-describedby="word-hint word-problem"
                        aria-invalid=text(move || if is_wrong() { "true" } else { "false" })
                        node_ref=field
                        on:input=move |_| corrected()
                    />
                    <button type="button" id="word-without" class="btn btn-text" on:click=press(without)>
                        {words.word_without()}
                    </button>
                </div>
                <p
                    id="word-problem"
                    class="problem"
                    role="alert"
                    hidden=flag(move || !is_wrong())
                    inner_html=content(told)
                ></p>
                <p id="word-hint" class="note">{words.word_hint()}</p>
            </div>
        }
    }
}
