//! What calls the person back to the page when somebody comes or a seat is free: sound, title, notification.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::{Notification, NotificationPermission, VisibilityState};
use wasm_bindgen_futures::JsFuture;

use super::CallHandle;
use super::chat;
use super::i18n::{PRODUCT, Words, words};
use super::listening::listen;
use super::notice::{knock_words, say};
use super::panels::Panels;
use super::reactive::{effect, select};
use crate::call::{CallView, KnockView, LinkView, Notice, PeerView, Phase, Setting, Trust, UserAction};

/// Whether the browser has notifications and the person has not decided about them yet.
pub(crate) fn may_ask_for_notifications() -> bool {
    allows_notifications().is_none()
}

/// Asks the browser for notifications, only upon a press, and runs `done` when it knows what it allows.
pub(crate) fn allow_notifications(done: impl FnOnce() + 'static) {
    let asked = may_ask_for_notifications().then(Notification::request_permission);
    spawn_local(async move {
        if let Some(Ok(asked)) = asked {
            // The answer stands in `permission`.
            drop(JsFuture::from(asked).await);
        }
        done();
    });
}

/// Whether the browser lets the page notify; `None` until the person has decided.
pub(crate) fn allows_notifications() -> Option<bool> {
    if !has_notifications() {
        return Some(false);
    }
    match Notification::permission() {
        NotificationPermission::Granted => Some(true),
        NotificationPermission::Denied => Some(false),
        _ => None,
    }
}

fn has_notifications() -> bool {
    window().get("Notification").is_some()
}

/// What has happened that is worth a call.
#[derive(Clone, PartialEq)]
enum News {
    None,
    /// Alone in the room, as far as is known.
    Alone,
    /// Somebody is there who is known, and what is said of it.
    Company(Option<Notice>),
    /// Somebody wants to be let in.
    Knock(KnockView),
    SeatFree,
}

fn news(view: &CallView) -> News {
    match (view.phase, &view.notice) {
        (Phase::Home, Some(Notice::SeatFree)) => News::SeatFree,
        (Phase::InCall, _) => {
            // Whoever has not said who it is may be nobody.
            let is_known =
                |peer: &&PeerView| peer.trust != Trust::Unknown || peer.link == LinkView::Connected;
            let is_known = |peer: &&PeerView| peer.link != LinkView::Held && is_known(peer);
            let first = view.peers.iter().find(is_known);
            let knock = view.knocks.iter().find(|knock| !knock.is_declined);
            match (first, knock) {
                (Some(peer), _) => News::Company(Some(Notice::PeerJoined(vec![peer.name.clone()]))),
                (None, Some(knock)) => News::Knock(knock.clone()),
                (None, None) => News::Alone,
            }
        }
        _ => News::None,
    }
}

/// Follows the call for as long as the page lives.
pub(crate) fn follow(call: CallHandle, panels: Panels) {
    let reading = chat::follow(call, panels);
    let news = select(call, news);
    let mut before = News::None;
    effect(move || {
        let now = news.get();
        let before = std::mem::replace(&mut before, now.clone());
        let was_alone = before == News::Alone;
        let has_company = was_alone || matches!(before, News::Knock(_));
        let said = match now {
            News::Company(Some(notice)) if has_company => say(&notice, words()),
            News::Knock(knock) if was_alone => knock_words(&knock, words()),
            News::SeatFree => words().seat_free().to_owned(),
            _ => return,
        };
        tell(call, &said);
    });
    let words = words();
    let counts = select(call, |view| view.settings.is_on(Setting::Title));
    let title = move || title(words, if counts.get_untracked() { reading.unread_now() } else { 0 });
    let mut before = 0;
    effect(move || {
        let now = if counts.get() { reading.unread() } else { 0 };
        // The first run finds the title that the server has written.
        if std::mem::replace(&mut before, now) != now {
            document().set_title(&title());
        }
    });
    effect(move || {
        listen(&document(), &["visibilitychange"], move |_| {
            if !is_hidden() {
                document().set_title(&title());
            }
        });
    });
}

fn tell(call: CallHandle, said: &str) {
    let is_on = |setting| call.view().with_untracked(|view| view.settings.is_on(setting));
    if is_on(Setting::Sounds) {
        call.dispatch(UserAction::CallBack);
    }
    if !is_hidden() {
        return;
    }
    if is_on(Setting::Title) {
        document().set_title(&format!("{said} · {PRODUCT}"));
    }
    if allows_notifications() == Some(true) && is_on(Setting::Notifications) {
        // Some phones let only workers notify; then there is the sound.
        drop(Notification::new(said));
    }
}

/// The title of the page, with the count of unread messages.
fn title(words: &Words, unread: usize) -> String {
    let title = format!("{PRODUCT} · {}", words.title());
    if unread == 0 { title } else { format!("({unread}) {title}") }
}

fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}
