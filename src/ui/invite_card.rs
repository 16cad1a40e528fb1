//! The invitation of who waits: the link to copy, to share and as a QR code, and how long the wait has been.

use leptos::prelude::*;
use leptos::web_sys::js_sys::{Object, Reflect};

use super::attention::{allow_notifications, may_ask_for_notifications};
use super::copy_link::copy_link;
use super::elapsed::seconds;
use super::i18n::words;
use super::icon::{self, icon};
use super::lacking::{method, promised, quietly};
use super::panels::{Panel, Panels};
use super::reactive::{Flag, Memo, Press, content, effect, flag, press, text};
use super::{CallHandle, invite};
use crate::call::UserAction;

/// How often the page looks how long the wait has been, in milliseconds.
const LOOK_EVERY: u32 = 5_000;

/// What brings the others in, shown while `waits`.
pub(super) fn invitation(waits: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let panels = expect_context::<Panels>();
    let words = words();
    // What the browser has is known behind the first drawing, which is the server's.
    let shares = RwSignal::new(false);
    let asks = RwSignal::new(false);
    effect(move || {
        shares.set(method(&window().navigator(), "share").is_some());
        asks.set(waits.get() && may_ask_for_notifications());
    });
    let share = move || {
        if let Some(room) = call.view().with_untracked(|view| view.room.clone()) {
            call.dispatch(UserAction::ShareLink);
            share(&invite::link(&room));
        }
    };
    let code = move || {
        call.dispatch(UserAction::ShareLink);
        panels.toggle(Panel::Qr);
    };
    let notify = move || {
        allow_notifications(|| {});
        asks.set(false);
    };
    view! {
        <div class="invite">
            {copy_link("copy-link-button", "btn btn-go")}
            <div class="invite-ways">
                {way("share-link-button", icon::SHARE, words.share_link(), flag(move || !shares.get()), press(share))}
                {way("qr-button", icon::QR, words.qr_code(), flag(|| false), press(code))}
                <button
                    type="button"
                    id="notify-button"
                    class="btn btn-text"
                    hidden=flag(move || !asks.get())
                    on:click=press(notify)
                >
                    {words.notify_me()}
                </button>
            </div>
            {waited(waits)}
        </div>
    }
}

/// A button of a way to invite.
fn way(
    id: &'static str,
    sign: &'static str,
    word: &'static str,
    is_hidden: Flag,
    pressed: Press,
) -> impl IntoView {
    view! {
        <button type="button" id=id class="btn btn-line" aria-haspopup="dialog" hidden=is_hidden on:click=pressed>
            {icon(text(move || sign))}
            {word}
        </button>
    }
}

/// How long the person has waited, in whole minutes and without a word to screen readers.
fn waited(waits: Memo<bool>) -> impl IntoView {
    let words = words();
    let passed = seconds(waits, LOOK_EVERY);
    let minutes = move || (passed.get() / 60) as usize;
    view! {
        <p
            id="waited"
            class="soft invite-waited"
            hidden=flag(move || minutes() == 0)
            inner_html=content(move || words.waiting_minutes(minutes()))
        ></p>
    }
}

/// Opens the system's own sheet; the person may close it, which is no fault.
fn share(link: &str) {
    let shared = Object::new();
    if Reflect::set(&shared, &"url".into(), &link.into()).is_ok() {
        quietly(promised(&window().navigator(), "share", &shared));
    }
}
