//! The invite link: a button that copies it, and the link itself where the browser refuses.

use gloo_timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::i18n::words;
use super::icon::{self, icon};
use super::reactive::{flag, press, select, text};
use super::{CallHandle, invite};
use crate::call::UserAction;

/// How long the page says that the link was copied, in milliseconds.
const COPIED_FOR: u32 = 6_000;

#[derive(Clone, Copy, PartialEq)]
enum Copy {
    Idle,
    Done,
    ByHand,
}

/// Button that copies the invite link, or shows it where the browser refuses.
pub(super) fn copy_link(id: &'static str, class: &'static str) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let copy = RwSignal::new(Copy::Idle);
    let locked = select(call, |view| view.locked && !view.has_word);
    let has_word = select(call, |view| view.has_word);
    let field = NodeRef::<html::Input>::new();
    // None on the server, whose rendering moves it between threads.
    let fading = StoredValue::new(None::<SendWrapper<Timeout>>);

    let pressed = move || {
        let Some(room) = call.view().with_untracked(|view| view.room.clone()) else { return };
        let link = invite::link(&room);
        call.dispatch(UserAction::ShareLink);
        // The live region speaks again only when something changes in it.
        copy.set(Copy::Idle);
        if let Some(field) = field.get_untracked() {
            field.set_value(&link);
        }
        invite::copy(&link, move |done| {
            copy.set(if done { Copy::Done } else { Copy::ByHand });
            if !done {
                invite::focus(field.get_untracked());
            } else {
                let fade = move || {
                    if copy.get_untracked() == Copy::Done {
                        copy.set(Copy::Idle);
                    }
                };
                fading.set_value(Some(SendWrapper::new(Timeout::new(COPIED_FOR, fade))));
            }
        });
    };

    view! {
        <button type="button" id=id class=class on:click=press(pressed)>
            {icon(text(|| icon::COPY))} {words.copy_link()}
        </button>
        <div class="copy-status" role="status">
            <p class="toast" hidden=flag(move || copy.get() != Copy::Done)>
                {words.copied()} " "
                <span hidden=flag(move || !locked.get())>{words.locked_hint()}</span>
                <span hidden=flag(move || !has_word.get())>{words.word_tell()}</span>
            </p>
            <div class="toast" hidden=flag(move || copy.get() != Copy::ByHand)>
                <p>{words.copy_by_hand()}</p>
                <div class="toast-row">
                    <input
                        class="input"
                        readonly
                        aria-label=words.link_label()
                        node_ref=field
                        on:focus=move |_| select_all(field)
                    />
                    <button type="button" class="btn btn-line" on:click=press(move || copy.set(Copy::Idle))>
                        {words.dismiss()}
                    </button>
                </div>
            </div>
        </div>
    }
}

fn select_all(field: NodeRef<html::Input>) {
    if let Some(field) = field.get_untracked() {
        field.select();
    }
}
