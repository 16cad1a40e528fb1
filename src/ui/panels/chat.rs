//! The panel of the chat: what was written in this call, and a field to write to everybody.

use std::sync::Arc;

use gloo_timers::future::TimeoutFuture;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::js_sys::Date;
use leptos::web_sys::{HtmlElement, InputEvent, KeyboardEvent};

use super::built::{Built, IntoBuilt};
use super::files;
use super::side::side;
use super::text_file;
use crate::call::{ChatAction, ChatView, MessageView, UnsentView, UserAction};
use crate::protocol::{ChatText, ChatTextError, MAX_CHAT_CHARS};
use crate::ui::CallHandle;
use crate::ui::chat::Reading;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::invite;
use crate::ui::listening::listen;
use crate::ui::reactive::{Memo, content, effect, flag, press, select, text};

mod links;
mod transcript;

use links::{Part, parts};

/// So near to its end, in pixels, a list follows what comes.
const NEAR: i32 = 48;
/// Most bytes that are put into the field at once. Over more a browser stands still for seconds, to find its direction.
const MOST_INSERTED: usize = 100_000;

/// What the panel and its messages share.
#[derive(Clone, Copy)]
struct Chat {
    call: CallHandle,
    shown: Memo<Arc<ChatView>>,
    /// What is told below the field.
    note: RwSignal<String>,
}

/// The panel.
pub(super) fn chat() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    let shown = select(call, |view| Arc::clone(&view.chat));
    let chat = Chat { call, shown, note: RwSignal::new(String::new()) };
    let log = NodeRef::<html::Ol>::new();
    follow_the_end(log, shown);
    let is_empty = move || shown.with(|shown| shown.messages.is_empty());
    let save = move || {
        text_file::save(call, "chat", &shown.with_untracked(|shown| transcript::transcript(shown, words)));
    };
    let panel = view! {
        <p class="chat-hint" hidden=flag(move || !is_empty())>{words.chat_hint()}</p>
        <div class="chat-tools" hidden=flag(is_empty)>
            <small hidden=flag(move || shown.with(|shown| !shown.has_dropped))>{words.chat_older_gone()}</small>
            <button type="button" id="chat-save" class="btn btn-text" on:click=press(save)>{words.chat_save()}</button>
        </div>
        <ol class="chat-log" role="log" aria-relevant="additions" tabindex="0" aria-label=words.key_chat() node_ref=log>
            <For
                each=move || shown.with(|shown| shown.messages.clone())
                key=|message| message.number
                children=move |message| shown_message(chat, message)
            />
        </ol>
        {files::transfers()}
        {compose(chat)}
    };
    side("chat", words.key_chat(), panel.into_built())
}

/// Keeps the newest message in sight, unless the person reads further up.
fn follow_the_end(log: NodeRef<html::Ol>, shown: Memo<Arc<ChatView>>) {
    let follows = StoredValue::new(true);
    effect(move || {
        let Some(log) = log.get() else { return };
        let list = log.clone();
        listen(&log, &["scroll"], move |_| {
            follows.set_value(list.scroll_top() + list.client_height() + NEAR >= list.scroll_height());
        });
    });
    let newest = Memo::new(move |()| {
        shown.with(|shown| shown.messages.last().map(|last| (last.number, last.from.is_none())))
    });
    effect(move || {
        let is_own = newest.get().is_some_and(|(_, is_own)| is_own);
        let Some(log) = log.get().filter(|_| is_own || follows.get_value()) else { return };
        // Once it is in the list.
        spawn_local(async move {
            TimeoutFuture::new(0).await;
            log.set_scroll_top(log.scroll_height());
        });
    });
}

fn shown_message(chat: Chat, message: MessageView) -> impl IntoView {
    let words = words();
    let is_own = message.from.is_none();
    let name = match (&message.name, is_own) {
        (_, true) => words.you().to_owned(),
        (name, _) => name.as_ref().map_or(words.guest(), |name| name.as_str()).to_owned(),
    };
    let copied = message.text.clone();
    let copy = move || {
        chat.note.set(String::new());
        invite::copy(copied.as_str(), move |done| {
            if done {
                chat.note.set(words.chat_copied().to_owned());
            }
        });
    };
    view! {
        <li class="chat-message" data-own=if is_own { "yes" } else { "no" } data-number=message.number.to_string()>
            <div class="chat-head">
                <b class="cut" dir="auto" translate="no">{name}</b>
                <span>{time_of(&message)}</span>
                <button
                    type="button"
                    class="btn btn-icon chat-copy"
                    aria-label=words.chat_copy()
                    title=words.chat_copy()
                    on:click=press(copy)
                >
                    {icon(text(|| icon::COPY))}
                </button>
            </div>
            <p class="bubble" dir="auto">{parts(message.text.as_str()).into_iter().map(part).collect_view()}</p>
            {is_own.then(|| state(chat, message.number))}
        </li>
    }
}

/// A text node, or an element with one: nothing of what people write is read as markup.
fn part(part: Part<'_>) -> Built {
    match part {
        Part::Text(words) => words.to_owned().into_built(),
        Part::Link(address) => {
            let shown = address.to_owned();
            view! {
                <a href=address.to_owned() target="_blank" rel="noopener noreferrer" dir="ltr" translate="no">
                    {shown}
                </a>
            }
            .into_built()
        }
    }
}

/// Who has an own message, and who lacks it.
fn state(chat: Chat, number: u32) -> Built {
    let words = words();
    let now = Memo::new(move |()| {
        chat.shown.with(|shown| {
            let found = shown.messages.iter().find(|message| message.number == number);
            found.map(|message| (message.has_arrived, message.unsent.clone())).unwrap_or_default()
        })
    });
    let sum = move || {
        now.with(|(has_arrived, unsent)| {
            let is_waiting = unsent.iter().any(|unsent| unsent.is_waiting);
            match (unsent.is_empty(), has_arrived) {
                (true, true) => words.chat_sent(),
                (true, false) => words.chat_to_nobody(),
                (false, _) if is_waiting => words.chat_sending(),
                (false, _) => "",
            }
        })
    };
    let missing = move || {
        let unsent = now.with(|(_, unsent)| unsent.clone());
        let rows = unsent.into_iter().filter(|unsent| !unsent.is_waiting);
        rows.map(|unsent| missing(chat, unsent)).collect_view()
    };
    view! {
        <div class="chat-state">
            <span inner_html=content(sum)></span>
            {move || missing().into_built()}
        </div>
    }
    .into_built()
}

fn missing(chat: Chat, unsent: UnsentView) -> impl IntoView {
    let words = words();
    let name = unsent.name.as_ref().map_or_else(|| words.guest().to_owned(), |name| name.isolated());
    let again = unsent.peer.map(|peer| {
        let again = press(move || chat.call.dispatch(UserAction::Chat(ChatAction::SendAgain(peer))));
        view! {
            <button type="button" class="btn btn-text" on:click=again>
                {words.try_again()}
                <span class="heard-only">" " {name.clone()}</span>
            </button>
        }
    });
    view! { <span class="chat-unsent">{words.chat_unsent(&name)} {again}</span> }
}

/// The field, and what sends.
fn compose(chat: Chat) -> Built {
    let words = words();
    let reading = expect_context::<Reading>();
    let field = NodeRef::<html::Textarea>::new();
    effect(move || {
        if let Some(field) = field.get() {
            field.set_value(&reading.draft.get_untracked());
        }
    });
    let send = move || {
        let Some(field) = field.get_untracked() else { return };
        let is_alone = chat.call.view().with_untracked(|view| view.peers.is_empty());
        let told = match ChatText::try_from(field.value().as_str()) {
            Ok(_) if is_alone => words.chat_alone().to_owned(),
            Ok(text) => {
                chat.call.dispatch(UserAction::Chat(ChatAction::Write(text)));
                field.set_value("");
                reading.draft.set(String::new());
                String::new()
            }
            Err(ChatTextError::Empty) => chat.note.get_untracked(),
            Err(ChatTextError::TooLong) => words.chat_too_long(&MAX_CHAT_CHARS.to_string()),
        };
        chat.note.set(told);
        drop(HtmlElement::from(field).focus());
    };
    effect(move || {
        let Some(field) = field.get() else { return };
        let typed = field.clone();
        listen(&field, &["input"], move |_| {
            reading.draft.set(typed.value());
            chat.note.set(String::new());
        });
        listen(&field, &["beforeinput"], move |event| {
            let inserted = event.dyn_ref::<InputEvent>().and_then(InputEvent::data);
            if inserted.is_some_and(|text| text.len() > MOST_INSERTED) {
                event.prevent_default();
                chat.note.set(words.chat_too_long(&MAX_CHAT_CHARS.to_string()));
            }
        });
        listen(&field, &["keydown"], move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
            // While a syllable is composed, Enter ends it; some browsers tell that by the code alone.
            if key.key() == "Enter" && !key.shift_key() && !key.is_composing() && key.key_code() != 229 {
                key.prevent_default();
                send();
            }
        });
    });
    view! {
        {files::receiver()}
        <div class="compose">
            {files::choose()}
            <textarea
                id="chat-input"
                rows="1"
                dir="auto"
                data-first=""
                enterkeyhint="send"
                autocomplete="off"
                aria-label=words.chat_input()
                aria-describedby="chat-note"
                placeholder=words.chat_input()
                node_ref=field
            ></textarea>
            <button
                type="button"
                id="chat-send"
                class="btn btn-icon"
                aria-label=words.chat_send()
                title=words.chat_send()
                on:click=press(send)
            >
                {icon(text(|| icon::SEND))}
            </button>
        </div>
        <p id="chat-note" class="chat-note" role="status" inner_html=content(move || chat.note.get())></p>
    }
    .into_built()
}

/// The time of the day at which a message was written or came.
fn time_of(message: &MessageView) -> String {
    let now = window().performance().map_or(0.0, |clock| clock.now());
    let at = message.at.as_secs_f64() * 1_000.0;
    let date = Date::new(&(Date::now() - now + at).into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}
