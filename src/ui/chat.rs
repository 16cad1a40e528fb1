//! The chat while its panel is closed: its key with the count of unread messages, and what is read out.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::web_sys::VisibilityState;

use super::CallHandle;
use super::i18n::words;
use super::icon::{self, icon};
use super::listening::listen;
use super::panels::{Panel, Panels};
use super::reactive::{Memo, content, effect, flag, press, select, text};
use crate::call::{ChatView, MessageView, Phase};
use crate::protocol::isolated;

/// What of the chat was read on this page, from context.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// The number of the newest message that was in sight.
    seen: RwSignal<u32>,
    unread: Memo<usize>,
    /// What is written and not sent, kept while the panel is closed.
    pub(crate) draft: RwSignal<String>,
}

impl Reading {
    /// The number of messages of others that were not read, reactive.
    pub(super) fn unread(self) -> usize {
        self.unread.get()
    }

    /// The same, once.
    pub(super) fn unread_now(self) -> usize {
        self.unread.get_untracked()
    }
}

/// Messages of others after the one that was seen last.
fn unread(chat: &ChatView, seen: u32) -> impl Iterator<Item = &MessageView> {
    let newer = chat.messages.iter().rev().take_while(move |message| message.number > seen);
    newer.filter(|message| message.from.is_some())
}

/// Provides what was read, and follows it while the page lives.
pub(super) fn follow(call: CallHandle, panels: Panels) -> Reading {
    let seen = RwSignal::new(0);
    let draft = RwSignal::new(String::new());
    let chat = select(call, |view| Arc::clone(&view.chat));
    let unread = Memo::new(move |()| {
        let offers = panels.offers.get();
        chat.with(|chat| unread(chat, seen.get()).count()) + offers
    });
    let is_hidden = RwSignal::new(false);
    effect(move || {
        listen(&document(), &["visibilitychange"], move |_| {
            is_hidden.set(document().visibility_state() == VisibilityState::Hidden);
        });
    });
    effect(move || {
        let last = chat.with(|chat| chat.messages.last().map_or(0, |message| message.number));
        if last == 0 {
            // The call has ended, or nobody has written.
            seen.set(0);
        } else if panels.is_open(Panel::Chat) && !is_hidden.get() {
            seen.set(last);
        }
    });
    let is_home = select(call, |view| view.phase == Phase::Home);
    effect(move || {
        if is_home.get() {
            draft.set(String::new());
        }
    });
    let reading = Reading { seen, unread, draft };
    provide_context(reading);
    reading
}

/// The key of the panel.
pub(super) fn chat_button() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let panels = expect_context::<Panels>();
    let reading = expect_context::<Reading>();
    let words = words();
    let is_written = select(call, |view| !view.chat.messages.is_empty());
    let count = move || match reading.unread() {
        0 => String::new(),
        unread => unread.to_string(),
    };
    let told = move || match reading.unread() {
        0 => String::new(),
        unread => words.chat_unread(unread),
    };
    view! {
        <button
            type="button"
            id="chat-button"
            class="key"
            data-empty=text(move || if is_written.get() || panels.has_files.get() { "no" } else { "yes" })
            aria-expanded=text(move || if panels.is_open(Panel::Chat) { "true" } else { "false" })
            on:click=press(move || panels.toggle(Panel::Chat))
        >
            <span class="key-face">
                {icon(text(|| icon::CHAT))}
                <span
                    class="count"
                    aria-hidden="true"
                    hidden=flag(move || reading.unread() == 0)
                    inner_html=content(count)
                ></span>
            </span>
            {words.key_chat()}
            <span class="heard-only" inner_html=content(told)></span>
        </button>
    }
}

/// Reads out what comes while the panel, which is a log, is closed.
pub(super) fn chat_told() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let panels = expect_context::<Panels>();
    let reading = expect_context::<Reading>();
    let words = words();
    let chat = select(call, |view| Arc::clone(&view.chat));
    let told = move || {
        if panels.is_open(Panel::Chat) {
            return String::new();
        }
        let seen = reading.seen.get();
        chat.with(|chat| {
            unread(chat, seen).next().map(|newest| told(newest, words.guest())).unwrap_or_default()
        })
    };
    view! { <p id="chat-told" class="heard-only" role="status" inner_html=content(told)></p> }
}

/// A message with its author, neither of which turns the other. Two alike in a row are two.
fn told(message: &MessageView, guest: &str) -> String {
    let name = message.name.as_ref().map_or_else(|| guest.to_owned(), |name| name.isolated());
    let another = if message.number.is_multiple_of(2) { "" } else { "\u{a0}" };
    format!("{name}: {}{another}", isolated(message.text.as_str()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::{ChatText, DisplayName, PeerId};

    fn message(number: u32, from: Option<u32>) -> MessageView {
        MessageView {
            number,
            from: from.map(PeerId),
            name: DisplayName::try_from("Ann".to_owned()).ok(),
            text: ChatText::try_from("שלום").unwrap(),
            at: Duration::ZERO,
            has_arrived: false,
            unsent: vec![],
        }
    }

    #[test]
    fn what_others_have_written_since_is_unread() {
        let messages = vec![message(4, Some(1)), message(5, None), message(6, Some(2)), message(7, Some(1))];
        let chat = ChatView { messages, has_dropped: true };
        for (seen, expected) in [(0, 3), (4, 2), (5, 2), (6, 1), (7, 0)] {
            assert_eq!(unread(&chat, seen).count(), expected, "{seen}");
        }
    }

    #[test]
    fn what_is_read_out_changes_with_each_message_and_turns_nothing() {
        assert_eq!(told(&message(2, Some(1)), "Guest"), "\u{2068}Ann\u{2069}: \u{2068}שלום\u{2069}");
        assert_ne!(told(&message(2, Some(1)), "Guest"), told(&message(3, Some(1)), "Guest"));
        let nameless = MessageView { name: None, ..message(2, Some(1)) };
        assert_eq!(told(&nameless, "Guest"), "Guest: \u{2068}שלום\u{2069}");
    }
}
