//! The home screen: name, preview of the own video, room number.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::js_sys::Reflect;

use super::device_menu::pickers;
use super::dock::device_keys;
use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::lacking::method;
use super::panels::{Panel, Panels};
use super::reactive::{Memo, action, content, effect, flag, press, select, text};
use super::tile::own_video;
use super::word_field::WordField;
use super::{CallHandle, invite};
use crate::call::{CallView, DeviceView, Mistake, UserAction, storage};
use crate::protocol::credential::MAX_WORD_CHARS;
use crate::protocol::{MAX_NAME_CHARS, MAX_ROOM_CHARS, RoomId};

/// The home screen, with the room number of the invite link if there was one.
///
/// Fields may be filled in before hydration: this code reads them on Join, and otherwise fills empty ones only,
/// so that early input stays.
pub(crate) fn home(
    container: NodeRef<html::Section>,
    room_field: NodeRef<html::Input>,
    in_call: Memo<bool>,
    invited: String,
) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let panels = expect_context::<Panels>();
    let words = words();
    let room = select(call, |view| view.room.clone());
    let mistake = select(call, |view| view.mistake.clone());
    let name_field = NodeRef::<html::Input>::new();
    let word_field = WordField::new();

    let wrong = move || mistake.with(|mistake| mistake.as_ref().map(field));
    let told = move |at: Field| {
        mistake.with(|mistake| match mistake {
            Some(mistake) if field(mistake) == at => say(mistake, words),
            _ => String::new(),
        })
    };
    let is_wrong = move |at: Field| text(move || if wrong() == Some(at) { "true" } else { "false" });
    let problem_at = move |id: &'static str, at: Field| {
        view! {
            <p
                id=id
                class="problem"
                role="alert"
                hidden=flag(move || wrong() != Some(at))
                inner_html=content(move || told(at))
            ></p>
        }
    };
    let focus = move |at: Option<Field>| match at {
        Some(Field::Room) => invite::focus(room_field.get_untracked()),
        Some(Field::Name) => invite::focus(name_field.get_untracked()),
        Some(Field::Word) => word_field.focus(),
        None => {}
    };

    effect(move || focus(wrong()));
    effect(move || fill_empty(name_field, remembered_name()));
    // A reload resumes a call without the form.
    effect(move || fill_empty(room_field, room.get().map(String::from)));

    let join = move || {
        let (room, name) = (value(room_field), value(name_field));
        remember_name(name.trim());
        // The same mistake twice changes no signal; then the effect above does not run.
        focus(untrack(wrong));
        call.dispatch(UserAction::Connect { room, name, word: word_field.value() });
    };
    let connect = move |event: SubmitEvent| {
        event.prevent_default();
        join();
    };
    let corrected = move || {
        if untrack(wrong).is_some() {
            call.dispatch(UserAction::CorrectMistake);
        }
    };
    let fill_new = move || match (room_field.get_untracked(), invite::propose()) {
        (Some(field), Some(number)) => {
            field.set_value(&number);
            true
        }
        _ => false,
    };
    let new_call = move || {
        if fill_new() {
            join();
        }
    };
    // The shortcut of an installed page, once. Any page may have a link to it, and whoever follows that joins by a press.
    let is_shortcut = invited.is_empty();
    effect(move || {
        let asked = || window().location().search().is_ok_and(|search| search == NEW_CALL);
        if is_shortcut && call.is_started() && asked() && fill_new() && is_installed() {
            join();
        }
    });
    // Until the call has begun: a number that came with the link is no question any more.
    let is_invited = RwSignal::new(!invited.is_empty());
    effect(move || {
        if in_call.get() {
            is_invited.set(false);
        }
    });
    let asks_number = move || !is_invited.get() || wrong() == Some(Field::Room);
    let [before_number, after_number] = around(&words.invited(NUMBER));

    view! {
        <section
            id="room-selection-container"
            class="home"
            tabindex="-1"
            hidden=flag(move || in_call.get())
            node_ref=container
        >
            <div class="home-words">
                <h1 hidden=flag(move || is_invited.get())>{words.welcome()}</h1>
                <h1 class="invitation" hidden=flag(move || !is_invited.get())>
                    {before_number} " " <span class="plate" translate="no">{shown_number(&invited)}</span> " " {after_number}
                </h1>
                <p class="lead">{words.promise()}</p>
            </div>
            <form class="home-form" action="/room" method="get" novalidate on:submit=connect>
                <div class="field">
                    <label for="name-input">
                        {words.name_label()} " " <span class="soft">{words.optional()}</span>
                    </label>
                    <input
                        id="name-input"
                        class="input"
                        name="name"
                        autocomplete="nickname"
                        maxlength=MAX_NAME_CHARS.to_string()
                        enterkeyhint="go"
                        autofocus=!invited.is_empty()
                        aria-describedby="name-problem"
                        aria-invalid=is_wrong(Field::Name)
                        node_ref=name_field
                        on:input=move |_| corrected()
                    />
                    {problem_at("name-problem", Field::Name)}
                </div>
                <div class="field field-room" hidden=flag(move || !asks_number())>
                    <label for="room-input">{words.room_label()}</label>
                    <input
                        id="room-input"
                        class="input input-number"
                        name="room"
                        inputmode="numeric"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                        placeholder=words.room_example()
                        aria-describedby="room-hint room-problem"
                        aria-invalid=is_wrong(Field::Room)
                        value=invited
                        node_ref=room_field
                        on:input=move |_| corrected()
                    />
                    {problem_at("room-problem", Field::Room)}
                    <p id="room-hint" class="note">{words.room_hint()}</p>
                    {word_field.offer()}
                </div>
                {word_field.view(move || told(Field::Word), corrected)}
                <div class="go-row">
                    <button type="submit" id="connect-button" class="btn btn-go btn-big">
                        {words.connect()}
                    </button>
                    <p class="or" hidden=flag(move || is_invited.get())>{words.or_instead()}</p>
                    <button
                        type="button"
                        id="new-call-button"
                        class="btn btn-line"
                        hidden=flag(move || is_invited.get())
                        on:click=press(new_call)
                    >
                        {icon(text(|| icon::PLUS))}
                        {words.new_call()}
                    </button>
                </div>
                <p class="home-feet">
                    <button
                        type="button"
                        id="connection-button"
                        class="btn btn-text"
                        aria-haspopup="dialog"
                        on:click=press(move || panels.toggle(Panel::Connection))
                    >
                        {icon(text(|| icon::PULSE))}
                        {words.check_connection()}
                    </button>
                    <button
                        type="button"
                        id="privacy-button"
                        class="btn btn-text"
                        aria-haspopup="dialog"
                        on:click=press(move || panels.toggle(Panel::Privacy))
                    >
                        {icon(text(|| icon::LOCK))}
                        {words.how_private()}
                    </button>
                </p>
            </form>
            <div class="preview-side">{preview(call, in_call, words)} {pickers(in_call)}</div>
        </section>
    }
}

/// Query of the address that begins a new call; see public/manifest.webmanifest.
const NEW_CALL: &str = "?new";
/// Stands for the room number in the text of an invitation.
const NUMBER: &str = "\u{0}";

/// The parts of a text before and after its number.
fn around(invitation: &str) -> [String; 2] {
    let (before, after) = invitation.split_once(NUMBER).unwrap_or((invitation, ""));
    [before, after].map(|part| part.trim().to_owned())
}

/// Whether the page runs as an application of its own, which starts it only by a press.
fn is_installed() -> bool {
    let ask = method(&window(), "matchMedia");
    let answer = ask.and_then(|ask| ask.call1(&window(), &"(display-mode: standalone)".into()).ok());
    let matches = answer.and_then(|answer| Reflect::get(&answer, &"matches".into()).ok());
    matches.is_some_and(|matches| matches.is_truthy())
}

fn shown_number(invited: &str) -> String {
    RoomId::from_typed(invited).map(|room| invite::readable(&room)).unwrap_or_default()
}

/// Field of the home screen that a mistake is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Room,
    Name,
    Word,
}

fn field(mistake: &Mistake) -> Field {
    match mistake {
        Mistake::EmptyRoom | Mistake::BadRoom | Mistake::OtherServer(_) => Field::Room,
        Mistake::BadName => Field::Name,
        Mistake::BadWord | Mistake::WordAsked | Mistake::WrongWord => Field::Word,
    }
}

fn say(mistake: &Mistake, words: &'static Words) -> String {
    match mistake {
        Mistake::EmptyRoom => words.empty_room().to_owned(),
        Mistake::BadRoom => words.bad_room(&MAX_ROOM_CHARS.to_string()),
        Mistake::OtherServer(host) => words.other_server(host),
        Mistake::BadName => words.bad_name(&MAX_NAME_CHARS.to_string()),
        Mistake::BadWord => words.bad_word(&MAX_WORD_CHARS.to_string()),
        Mistake::WordAsked => words.word_asked().to_owned(),
        Mistake::WrongWord => words.word_wrong().to_owned(),
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
        <div class="preview on-stage" role="group" aria-label=words.preview_label()>
            {own_video("preview-video", words.preview_label(), shown)}
            <p class="chip preview-top" hidden=flag(move || cover.get() != Cover::Picture)>{words.unseen()}</p>
            <div class="preview-closed" hidden=flag(move || cover.get() != Cover::Closed)>
                <button
                    type="button"
                    id="preview-button"
                    class="btn btn-lamp"
                    on:click=action(call, UserAction::StartPreview)
                >
                    {icon(text(|| icon::CAMERA))}
                    {words.start_preview()}
                </button>
                <p>{words.preview_hint()}</p>
            </div>
            <p
                class="preview-closed"
                hidden=flag(move || matches!(cover.get(), Cover::Closed | Cover::Picture))
                inner_html=content(said)
            ></p>
            <div class="preview-foot" hidden=flag(move || cover.get() == Cover::Closed)>
                {device_keys(in_call, false)}
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
