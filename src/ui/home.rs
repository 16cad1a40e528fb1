//! The first screen: who one is, how one looks, which room.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use super::controls::DeviceButtons;
use super::icon::{self, icon};
use super::notice::{Field, field, text};
use super::tile::own_video;
use super::words::{Words, words};
use super::{CallHandle, invite};
use crate::call::{CallView, DeviceView, Notice, Phase, UserAction};
use crate::protocol::{MAX_NAME_CHARS, RoomId};

/// Where the name is kept between visits, in this browser only.
const NAME_KEY: &str = "parlor.name";

/// What the two fields hold, kept while the call view is shown in their place.
#[derive(Clone, Copy)]
pub struct Draft {
    room: StoredValue<String>,
    name: StoredValue<String>,
    returned: StoredValue<bool>,
}

impl Draft {
    /// The draft of a page opened by an invite link, or without one.
    pub fn new(invited: String) -> Self {
        Self {
            room: StoredValue::new(invited),
            name: StoredValue::new(String::new()),
            returned: StoredValue::new(false),
        }
    }

    /// Notes that a call began, in case it was not begun by the form.
    pub(super) fn return_to(&self, room: Option<&RoomId>) {
        self.returned.set_value(true);
        if let Some(room) = room {
            self.room.set_value(room.as_str().to_owned());
        }
    }
}

/// The first screen.
///
/// The fields are the person's, also before this code has loaded: the page reads them and writes them only
/// when asked to, so what was typed early stays.
#[component]
pub fn Home(
    /// What the fields hold at first.
    draft: Draft,
) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let view = call.view();
    let words = words();
    let container = NodeRef::<html::Section>::new();
    let room_field = NodeRef::<html::Input>::new();
    let name_field = NodeRef::<html::Input>::new();
    let problem =
        Memo::new(move |_| view.with(|view| view.notice.clone().filter(|notice| field(notice).is_some())));
    let joining = Memo::new(move |_| view.with(|view| view.phase == Phase::Joining));
    let wrong = move |which: Field| problem.read().as_ref().and_then(field) == Some(which);
    let words_under = move |which: Field| {
        problem
            .read()
            .as_ref()
            .filter(|notice| field(notice) == Some(which))
            .map(|notice| text(notice, words))
    };
    let focus_problem = move |problem: &Option<Notice>| match problem.as_ref().and_then(field) {
        Some(Field::Room) => invite::focus(room_field.get_untracked()),
        Some(Field::Name) => invite::focus(name_field.get_untracked()),
        None => {}
    };

    Effect::new(move || focus_problem(&problem.read()));
    Effect::new(move || {
        if draft.returned.get_value() {
            invite::focus(container.get());
        }
        if let Some(field) = name_field.get()
            && field.value().is_empty()
            && let Some(name) = remembered_name()
        {
            field.set_value(&name);
        }
    });

    let connect = move |event: SubmitEvent| {
        event.prevent_default();
        if joining.get_untracked() {
            return;
        }
        let value = |field: NodeRef<html::Input>| field.get_untracked().map(|field| field.value());
        let room = value(room_field).unwrap_or_default();
        let name = value(name_field).unwrap_or_default();
        draft.room.set_value(room.clone());
        draft.name.set_value(name.clone());
        remember_name(name.trim());
        // The same mistake twice changes no signal; then the effect above does not run.
        focus_problem(&problem.read_untracked());
        call.dispatch(UserAction::Connect { room, name });
    };
    let corrected = move |_| {
        if problem.with_untracked(Option::is_some) {
            call.dispatch(UserAction::DismissNotice);
        }
    };
    let propose = move |_| {
        if let (Some(field), Some(number)) = (room_field.get_untracked(), invite::propose()) {
            field.set_value(&number);
            corrected(());
        }
    };

    view! {
        <section id="room-selection-container" class="home" tabindex="-1" node_ref=container>
            <div class="home-words">
                <h1>{words.welcome}</h1>
                <p class="promise">{words.promise}</p>
            </div>
            {preview(words)}
            <form class="door" action="/room" method="get" novalidate on:submit=connect>
                <div class="row">
                    <label for="room-input">{words.room_label}</label>
                    <input
                        id="room-input"
                        class="plate"
                        name="room"
                        inputmode="numeric"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                        aria-describedby="room-hint room-problem"
                        aria-invalid=move || if wrong(Field::Room) { "true" } else { "false" }
                        value=draft.room.get_value()
                        node_ref=room_field
                        on:input=move |_| corrected(())
                    />
                    <p id="room-problem" class="problem" role="alert">{move || words_under(Field::Room)}</p>
                    <p id="room-hint" class="hint">{words.room_hint}</p>
                    <button type="button" id="propose-button" class="quiet-button" on:click=propose>
                        {icon(|| icon::KEY)}
                        {words.propose}
                    </button>
                </div>
                <div class="row">
                    <label for="name-input">
                        {words.name_label} " " <span class="optional">"(" {words.optional} ")"</span>
                    </label>
                    <input
                        id="name-input"
                        class="field"
                        name="name"
                        autocomplete="nickname"
                        maxlength=MAX_NAME_CHARS.to_string()
                        enterkeyhint="go"
                        aria-describedby="name-problem"
                        aria-invalid=move || if wrong(Field::Name) { "true" } else { "false" }
                        value=draft.name.get_value()
                        node_ref=name_field
                        on:input=move |_| corrected(())
                    />
                    <p id="name-problem" class="problem" role="alert">{move || words_under(Field::Name)}</p>
                </div>
                <div class="go">
                    <button
                        type="submit"
                        id="connect-button"
                        class="connect"
                        aria-busy=move || if joining.get() { "true" } else { "false" }
                    >
                        {move || if joining.get() { words.joining } else { words.connect }}
                    </button>
                    {move || joining.get().then(|| view! {
                        <button
                            type="button"
                            class="quiet-button"
                            on:click=move |_| call.dispatch(UserAction::Leave)
                        >
                            {words.cancel}
                        </button>
                    })}
                </div>
            </form>
            <ul class="facts">
                <li>{words.fact_encrypted}</li>
                <li>{words.fact_no_account}</li>
                <li>{words.fact_no_tracking}</li>
            </ul>
        </section>
    }
    .into_any()
}

/// What the preview shows in place of a picture.
#[derive(Clone, Copy, PartialEq)]
enum Cover {
    /// Nothing was asked for yet.
    Closed,
    Asking,
    Picture,
    CameraOff,
    NoCamera,
}

fn cover(view: &CallView) -> Cover {
    match (view.camera, view.microphone) {
        (DeviceView::On, _) => Cover::Picture,
        (DeviceView::Asking, _) | (DeviceView::Off, DeviceView::Asking) => Cover::Asking,
        (DeviceView::Muted, _) | (DeviceView::Off, DeviceView::On | DeviceView::Muted) => Cover::CameraOff,
        (DeviceView::Missing, _) => Cover::NoCamera,
        (DeviceView::Off, DeviceView::Off | DeviceView::Missing) => Cover::Closed,
    }
}

fn preview(words: &'static Words) -> AnyView {
    let call = expect_context::<CallHandle>();
    let view = call.view();
    let cover = Memo::new(move |_| view.with(cover));
    let said = move || {
        let text = match cover.get() {
            Cover::Picture => return None,
            Cover::Closed => {
                return Some(
                    view! {
                        <button
                            type="button"
                            id="preview-button"
                            class="solid-button"
                            on:click=move |_| call.dispatch(UserAction::StartPreview)
                        >
                            {icon(|| icon::CAMERA)}
                            {words.start_preview}
                        </button>
                        <p class="hint">{words.preview_hint}</p>
                    }
                    .into_any(),
                );
            }
            Cover::Asking => words.asking,
            Cover::CameraOff => words.own_camera_off,
            Cover::NoCamera => words.own_camera_missing,
        };
        Some(view! { <p>{text}</p> }.into_any())
    };
    view! {
        <div class="alcove" role="group" aria-label=words.preview_label>
            {own_video("preview-video", words.preview_label)}
            <div class="alcove-cover">{said}</div>
            {move || (cover.get() != Cover::Closed).then(|| view! {
                <div class="alcove-controls"><DeviceButtons /></div>
            })}
        </div>
    }
    .into_any()
}

fn remembered_name() -> Option<String> {
    window().local_storage().ok()??.get_item(NAME_KEY).ok()?
}

fn remember_name(name: &str) {
    // Storage may be forbidden or full; then the name is typed again next time.
    if let Ok(Some(storage)) = window().local_storage() {
        drop(if name.is_empty() { storage.remove_item(NAME_KEY) } else { storage.set_item(NAME_KEY, name) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_tells_what_one_sees_of_oneself() {
        use DeviceView::{Asking, Missing, Muted, Off, On};
        for (camera, microphone, expected) in [
            (Off, Off, Cover::Closed),
            (Asking, Asking, Cover::Asking),
            (On, On, Cover::Picture),
            (On, Missing, Cover::Picture),
            (Muted, On, Cover::CameraOff),
            (Missing, On, Cover::NoCamera),
            (Missing, Missing, Cover::NoCamera),
        ] {
            let view = CallView { camera, microphone, ..CallView::default() };
            assert!(cover(&view) == expected, "{camera:?} {microphone:?}");
        }
    }
}
