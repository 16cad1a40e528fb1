//! The home screen: name, preview of the own video, room number.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use super::connection::connection;
use super::controls::device_buttons;
use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::notice::{Field, field, say};
use super::reactive::{action, content, effect, flag, press, select, text};
use super::tile::own_video;
use super::{CallHandle, invite};
use crate::call::{CallView, DeviceView, UserAction, storage};
use crate::protocol::MAX_NAME_CHARS;

/// The home screen, with the room number of the invite link if there was one.
///
/// Fields may be filled in before hydration: this code reads them on CONNECT, and otherwise fills empty ones only,
/// so that early input stays.
pub fn home(
    container: NodeRef<html::Section>,
    room_field: NodeRef<html::Input>,
    in_call: Memo<bool>,
    invited: String,
) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let room = select(call, |view| view.room.clone());
    let problem = select(call, |view| view.notice.clone().filter(|notice| field(notice).is_some()));
    let name_field = NodeRef::<html::Input>::new();

    let wrong = move || problem.with(|problem| problem.as_ref().and_then(field));
    let told = move |at: Field| {
        problem.with(|problem| match problem {
            Some(notice) if field(notice) == Some(at) => say(notice, words),
            _ => String::new(),
        })
    };
    let focus = move |at: Option<Field>| match at {
        Some(Field::Room) => invite::focus(room_field.get_untracked()),
        Some(Field::Name) => invite::focus(name_field.get_untracked()),
        None => {}
    };

    effect(move || focus(wrong()));
    effect(move || fill_empty(name_field, remembered_name()));
    // A reload resumes a call without the form.
    effect(move || fill_empty(room_field, room.get().map(String::from)));

    let connect = move |event: SubmitEvent| {
        event.prevent_default();
        let (room, name) = (value(room_field), value(name_field));
        remember_name(name.trim());
        // The same mistake twice changes no signal; then the effect above does not run.
        focus(untrack(wrong));
        call.dispatch(UserAction::Connect { room, name });
    };
    let corrected = move || {
        if untrack(wrong).is_some() {
            call.dispatch(UserAction::DismissNotice);
        }
    };
    let propose = move || {
        if let (Some(field), Some(number)) = (room_field.get_untracked(), invite::propose()) {
            field.set_value(&number);
            corrected();
        }
    };

    view! {
        <section
            id="room-selection-container"
            class="home"
            tabindex="-1"
            hidden=flag(move || in_call.get())
            node_ref=container
        >
            <div class="home-words">
                <h1>{words.welcome()}</h1>
                <p class="promise">{words.promise()}</p>
            </div>
            {preview(call, in_call, words)}
            <div class="door">
                <form class="door-form" action="/room" method="get" novalidate on:submit=connect>
                    <div class="row">
                        <div class="row-head">
                            <label for="room-input">{words.room_label()}</label>
                            <button type="button" id="propose-button" class="quiet-button" on:click=press(propose)>
                                {icon(text(|| icon::KEY))}
                                {words.propose()}
                            </button>
                        </div>
                        <input
                            id="room-input"
                            class="plate"
                            name="room"
                            inputmode="numeric"
                            autocomplete="off"
                            autocapitalize="off"
                            spellcheck="false"
                            enterkeyhint="go"
                            placeholder=words.room_example()
                            aria-describedby="room-hint room-problem"
                            aria-invalid=text(move || if wrong() == Some(Field::Room) { "true" } else { "false" })
                            value=invited
                            node_ref=room_field
                            on:input=move |_| corrected()
                        />
                        <p
                            id="room-problem"
                            class="problem"
                            role="alert"
                            hidden=flag(move || wrong() != Some(Field::Room))
                            inner_html=content(move || told(Field::Room))
                        ></p>
                        <p id="room-hint" class="hint">{words.room_hint()}</p>
                    </div>
                    <div class="row">
                        <label for="name-input">
                            {words.name_label()} " " <span class="optional">{words.optional()}</span>
                        </label>
                        <input
                            id="name-input"
                            class="field"
                            name="name"
                            autocomplete="nickname"
                            maxlength=MAX_NAME_CHARS.to_string()
                            enterkeyhint="go"
                            aria-describedby="name-problem"
                            aria-invalid=text(move || if wrong() == Some(Field::Name) { "true" } else { "false" })
                            node_ref=name_field
                            on:input=move |_| corrected()
                        />
                        <p
                            id="name-problem"
                            class="problem"
                            role="alert"
                            hidden=flag(move || wrong() != Some(Field::Name))
                            inner_html=content(move || told(Field::Name))
                        ></p>
                    </div>
                    <div class="go">
                        <button type="submit" id="connect-button" class="connect">
                            {words.connect()}
                        </button>
                    </div>
                </form>
                {connection()}
            </div>
        </section>
    }
}

/// State of the preview; all but `Picture` cover the video.
#[derive(Clone, Copy, PartialEq)]
enum Cover {
    /// The camera was not asked for yet.
    Closed,
    Asking,
    Picture,
    CameraOff,
    CameraHeld,
    NoCamera,
}

fn cover(view: &CallView) -> Cover {
    match (view.camera, view.microphone) {
        (DeviceView::On, _) => Cover::Picture,
        (DeviceView::Asking, _) | (DeviceView::Off, DeviceView::Asking) => Cover::Asking,
        (DeviceView::Held, _) => Cover::CameraHeld,
        (DeviceView::Muted, _) | (DeviceView::Off, DeviceView::On | DeviceView::Muted | DeviceView::Held) => {
            Cover::CameraOff
        }
        (DeviceView::Missing, _) => Cover::NoCamera,
        (DeviceView::Off, DeviceView::Off | DeviceView::Missing) => Cover::Closed,
    }
}

fn preview(call: CallHandle, in_call: Memo<bool>, words: &'static Words) -> impl IntoView {
    let cover = select(call, cover);
    let shown = Memo::new(move |_| !in_call.get());
    let said = move || match cover.get() {
        Cover::Closed | Cover::Picture => "",
        Cover::Asking => words.asking(),
        Cover::CameraOff => words.own_camera_off(),
        Cover::CameraHeld => words.camera_held(),
        Cover::NoCamera => words.own_camera_missing(),
    };
    view! {
        <div class="alcove" role="group" aria-label=words.preview_label()>
            {own_video("preview-video", words.preview_label(), shown)}
            <div class="alcove-cover" hidden=flag(move || cover.get() != Cover::Closed)>
                <button
                    type="button"
                    id="preview-button"
                    class="solid-button"
                    on:click=action(call, UserAction::StartPreview)
                >
                    {icon(text(|| icon::CAMERA))}
                    {words.start_preview()}
                </button>
                <p class="hint">{words.preview_hint()}</p>
            </div>
            <p
                class="alcove-cover"
                hidden=flag(move || matches!(cover.get(), Cover::Closed | Cover::Picture))
                inner_html=content(said)
            ></p>
            <div class="alcove-controls" hidden=flag(move || cover.get() == Cover::Closed)>
                {device_buttons(in_call, false)}
            </div>
        </div>
    }
}

fn value(field: NodeRef<html::Input>) -> String {
    field.get_untracked().map(|field| field.value()).unwrap_or_default()
}

fn fill_empty(field: NodeRef<html::Input>, text: Option<String>) {
    if let (Some(field), Some(text)) = (field.get(), text)
        && field.value().is_empty()
    {
        field.set_value(&text);
    }
}

/// Reads the name used last, kept in this browser only.
fn remembered_name() -> Option<String> {
    window().local_storage().ok()??.get_item(storage::NAME).ok()?
}

fn remember_name(name: &str) {
    // Storage may be forbidden or full; then the name is typed again next time.
    if let Ok(Some(kept)) = window().local_storage() {
        drop(if name.is_empty() {
            kept.remove_item(storage::NAME)
        } else {
            kept.set_item(storage::NAME, name)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_tells_what_one_sees_of_oneself() {
        use DeviceView::{Asking, Held, Missing, Muted, Off, On};
        for (camera, microphone, expected) in [
            (Off, Off, Cover::Closed),
            (Asking, Asking, Cover::Asking),
            (On, On, Cover::Picture),
            (On, Missing, Cover::Picture),
            (Muted, On, Cover::CameraOff),
            (Held, On, Cover::CameraHeld),
            (Off, Held, Cover::CameraOff),
            (Missing, On, Cover::NoCamera),
            (Missing, Missing, Cover::NoCamera),
        ] {
            let view = CallView { camera, microphone, ..CallView::default() };
            assert!(cover(&view) == expected, "{camera:?} {microphone:?}");
        }
    }
}
