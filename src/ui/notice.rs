//! What a person should read: what happened, what is wrong and what to do next.

use leptos::prelude::*;

use super::CallHandle;
use super::icon::{self, icon};
use super::words::{Words, words};
use crate::call::{DeviceProblem, LineView, Notice, UserAction};
use crate::protocol::DisplayName;

/// The live region with everything there is to tell, above the first screen and over the second.
#[component]
pub fn Notices() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let view = call.view();
    let words = words();
    let notice =
        Memo::new(move |_| view.with(|view| view.notice.clone().filter(|notice| field(notice).is_none())));
    let problem = Memo::new(move |_| view.with(|view| view.device_problem));
    let reconnecting = Memo::new(move |_| view.with(|view| view.line == LineView::Reconnecting));
    let silent = Memo::new(move |_| view.with(|view| view.sound_blocked));
    // Only the words go away with this; the device's button goes on telling that it is missing.
    let read = RwSignal::new(None::<DeviceProblem>);

    window_event_listener_escape(move || {
        if notice.with_untracked(Option::is_some) {
            call.dispatch(UserAction::DismissNotice);
        } else {
            read.set(problem.get_untracked());
        }
    });

    view! {
        <div id="notice" class="notices" role="status" aria-live="polite">
            {move || silent.get().then(|| view! {
                <div class="notice notice-act">
                    <p>{words.sound_blocked}</p>
                    <button
                        type="button"
                        class="solid-button"
                        on:click=move |_| call.dispatch(UserAction::PlaySound)
                    >
                        {icon(|| icon::SOUND)}
                        {words.tap_to_hear}
                    </button>
                </div>
            })}
            {move || reconnecting.get().then(|| view! {
                <div class="notice notice-calm"><p>{words.line_reconnecting}</p></div>
            })}
            {move || notice.get().map(|notice| view! {
                <div class=tone(&notice)>
                    <p>{text(&notice, words)}</p>
                    {dismiss(words, move || call.dispatch(UserAction::DismissNotice))}
                </div>
            })}
            {move || problem.get().filter(|problem| read.get() != Some(*problem)).map(|problem| {
                let told = (words.device_problem)(problem);
                view! {
                    <div class="notice notice-act">
                        <p><strong>{told.title}</strong> " " {told.advice} " " {told.consequence}</p>
                        <button
                            type="button"
                            class="quiet-button"
                            on:click=move |_| call.dispatch(UserAction::RetryDevices)
                        >
                            {words.try_again}
                        </button>
                        {dismiss(words, move || read.set(Some(problem)))}
                    </div>
                }
            })}
        </div>
    }
    .into_any()
}

fn window_event_listener_escape(escaped: impl Fn() + 'static) {
    // Effects run in the browser only, and so does everything about `window`.
    let escaped = StoredValue::new_local(escaped);
    Effect::new(move || {
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == "Escape" {
                escaped.with_value(|escaped| escaped());
            }
        });
        on_cleanup(move || listener.remove());
    });
}

fn dismiss(words: &'static Words, pressed: impl Fn() + 'static) -> impl IntoView {
    view! {
        <button
            type="button"
            class="dismiss"
            aria-label=words.dismiss
            title=words.dismiss
            on:click=move |_| pressed()
        >
            {icon(|| icon::CLOSE)}
        </button>
    }
}

/// The field of the first screen that a notice speaks of; such a notice stands there and not here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Room,
    Name,
}

pub(super) fn field(notice: &Notice) -> Option<Field> {
    match notice {
        Notice::EmptyRoom | Notice::BadRoom => Some(Field::Room),
        Notice::BadName => Some(Field::Name),
        _ => None,
    }
}

/// A notice in words.
pub(super) fn text(notice: &Notice, words: &Words) -> String {
    fn name(name: &Option<DisplayName>) -> Option<&str> {
        name.as_ref().map(DisplayName::as_str)
    }
    let fixed = match notice {
        Notice::PeerLeft(who) => return (words.peer_left)(name(who)),
        Notice::PeerJoined(who) => return (words.peer_joined)(name(who)),
        Notice::EmptyRoom => words.empty_room,
        Notice::BadRoom => words.bad_room,
        Notice::BadName => words.bad_name,
        Notice::RoomFull => words.room_full,
        Notice::Unreachable => words.unreachable,
        Notice::Unsupported => words.unsupported,
        Notice::Left => words.left,
        Notice::Dropped => words.dropped,
        Notice::MovedElsewhere => words.moved_elsewhere,
    };
    fixed.to_owned()
}

fn tone(notice: &Notice) -> &'static str {
    match notice {
        Notice::PeerJoined(_) => "notice notice-calm notice-brief",
        Notice::PeerLeft(_) | Notice::Left | Notice::MovedElsewhere => "notice notice-calm",
        _ => "notice notice-act",
    }
}
