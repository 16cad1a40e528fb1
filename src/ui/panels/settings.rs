//! The settings, page by page, and the menus of microphone and camera with a part of them.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, KeyboardEvent};

use super::built::{Built, IntoBuilt};
use super::dialog::dialog;
use super::keys::sheet;
use super::privacy::privacy;
use super::second_camera::second_camera;
use crate::call::{DeviceKind, DeviceView, HearingView, Notice, Phase, Setting, UserAction};
use crate::ui::CallHandle;
use crate::ui::attention::{allow_notifications, allows_notifications};
use crate::ui::device_menu::{device_select, kind_word, level};
use crate::ui::i18n::{Words, words};
use crate::ui::icon::{self, icon};
use crate::ui::invite::focus;
use crate::ui::languages::links;
use crate::ui::notice::say;
use crate::ui::own_picture::hide_own;
use crate::ui::reactive::{Memo, ReadContent, action, content, effect, flag, press, select, text};
use crate::ui::stage::Stage;
use crate::ui::tile::own_video;

/// A page of the settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Page {
    Picture,
    Sound,
    Privacy,
    Keys,
    Language,
}

impl Page {
    /// All of them, as their tabs stand.
    const ALL: [Self; 5] = [Self::Picture, Self::Sound, Self::Privacy, Self::Keys, Self::Language];

    const fn tab_id(self) -> &'static str {
        ["tab-picture", "tab-sound", "tab-privacy", "tab-keys", "tab-language"][self as usize]
    }

    const fn id(self) -> &'static str {
        ["page-picture", "page-sound", "page-privacy", "page-keys", "page-language"][self as usize]
    }
}

/// The page that a key leads to, in the list of tabs.
fn by_key(from: Page, key: &str) -> Option<Page> {
    let last = Page::ALL.len() - 1;
    let at = from as usize;
    Page::ALL
        .get(match key {
            "ArrowDown" | "ArrowRight" => (at + 1) % Page::ALL.len(),
            "ArrowUp" | "ArrowLeft" => at.checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            _ => return None,
        })
        .copied()
}

/// The dialog with all settings, at this page.
pub(super) fn settings(first: Page) -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    let page = RwSignal::new(first);
    let tab = move |of: Page, sign: &'static str, word: &'static str| {
        view! {
            <button
                type="button"
                role="tab"
                id=of.tab_id()
                class="settings-tab"
                aria-controls=of.id()
                aria-selected=text(move || if page.get() == of { "true" } else { "false" })
                tabindex=text(move || if page.get() == of { "0" } else { "-1" })
                on:click=press(move || page.set(of))
            >
                {icon(text(move || sign))}
                {word}
            </button>
        }
    };
    let of_page = move |of: Page, content: Built| {
        view! {
            <div
                id=of.id()
                class="settings-page"
                role="tabpanel"
                aria-labelledby=of.tab_id()
                hidden=flag(move || page.get() != of)
            >
                {content}
            </div>
        }
    };
    let pressed = move |event: KeyboardEvent| {
        if let Some(next) = by_key(page.get_untracked(), &event.key()) {
            event.prevent_default();
            page.set(next);
            let tab = document().get_element_by_id(next.tab_id());
            focus(tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()));
        }
    };
    watch_level(call);
    let parts = view! {
        <div class="settings">
            <div class="settings-tabs" role="tablist" aria-label=words.settings() on:keydown=pressed>
                {tab(Page::Picture, icon::CAMERA, words.picture())}
                {tab(Page::Sound, icon::MICROPHONE, words.sound())}
                {tab(Page::Privacy, icon::LOCK, words.privacy())}
                {tab(Page::Keys, icon::KEYBOARD, words.keys())}
                {tab(Page::Language, icon::GLOBE, words.language())}
            </div>
            {of_page(Page::Picture, picture(call, words, Memo::new(move |_| page.get() == Page::Picture)))}
            {of_page(Page::Sound, sound(call, words))}
            {of_page(Page::Privacy, privacy())}
            {of_page(Page::Keys, sheet())}
            {of_page(Page::Language, view! { <ul class="settings-languages">{links(words)}</ul> }.into_built())}
        </div>
    };
    dialog("settings", words.settings(), parts.into_built())
}

/// The menu of the microphone's key.
pub(super) fn microphone() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    watch_level(call);
    let parts =
        view! { <div class="settings-page">{microphone_part(words)} {speaker_part(call, words)}</div> };
    dialog("microphone-menu", words.sound(), parts.into_built())
}

/// The menu of the camera's key.
pub(super) fn camera() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    let parts = view! { <div class="settings-page">{camera_part(call, words, false)}</div> };
    dialog("camera-menu", words.picture(), parts.into_built())
}

/// Has the level measured as long as the panel is open.
fn watch_level(call: CallHandle) {
    call.dispatch(UserAction::WatchLevel(true));
    on_cleanup(move || call.dispatch(UserAction::WatchLevel(false)));
}

fn picture(call: CallHandle, words: &'static Words, shown: Memo<bool>) -> Built {
    view! {
        <div class="settings-picture on-stage">{own_video("settings-video", words.you(), shown)}</div>
        {camera_part(call, words, true)}
    }
    .into_built()
}

/// What is set of the camera, and, with `has_own`, of the own picture.
fn camera_part(call: CallHandle, words: &'static Words, has_own: bool) -> Built {
    let can_blur = select(call, |view| view.devices.can_blur);
    let can_flip = select(call, |view| view.devices.can_flip);
    view! {
        {choice(DeviceKind::Camera, "camera-select", words)}
        <button
            type="button"
            id="flip-button"
            class="btn btn-line"
            hidden=flag(move || !can_flip.get())
            on:click=action(call, UserAction::FlipCamera)
        >
            {icon(text(|| icon::CAMERA))}
            {words.flip_camera()}
        </button>
        <div class="settings-switches">
            <div hidden=flag(move || !can_blur.get())>
                {switch(call, "blur-switch", Setting::BackgroundBlur, words.blur(), words.blur_hint())}
            </div>
            {switch(call, "mirror-switch", Setting::Mirror, words.mirror(), words.mirror_hint())}
            {has_own.then(|| hide_own_switch(words))}
        </div>
        {second_camera(call, words)}
    }
    .into_built()
}

fn sound(call: CallHandle, words: &'static Words) -> Built {
    view! {
        {microphone_part(words)}
        {speaker_part(call, words)}
        <div class="settings-switches">
            {switch(
                call,
                "noise-switch",
                Setting::NoiseSuppression,
                words.quiet_background(),
                words.quiet_background_hint(),
            )}
            {switch(call, "echo-switch", Setting::EchoCancellation, words.no_echo(), words.no_echo_hint())}
            {switch(call, "gain-switch", Setting::AutoGainControl, words.even_volume(), words.even_volume_hint())}
            {switch(call, "tell-muted-switch", Setting::MutedSpeech, words.tell_muted(), words.tell_muted_hint())}
            {switch(call, "sounds-switch", Setting::Sounds, words.sounds(), words.sounds_hint())}
            {switch(call, "title-switch", Setting::Title, words.in_title(), words.in_title_hint())}
            {switch(
                call,
                "notifications-switch",
                Setting::Notifications,
                words.notifications(),
                words.notifications_hint(),
            )}
        </div>
    }
    .into_built()
}

fn microphone_part(words: &'static Words) -> Built {
    let call = expect_context::<CallHandle>();
    view! {
        {choice(DeviceKind::Microphone, "microphone-select", words)}
        <div class="settings-level">
            {level()}
            <p class="note" hidden=flag(move || call.level().clipped)>{words.level_hint()}</p>
            <p class="note note-warn" hidden=flag(move || !call.level().clipped)>{words.level_clipped()}</p>
        </div>
    }
    .into_built()
}

fn speaker_part(call: CallHandle, words: &'static Words) -> Built {
    let can_choose = select(call, |view| view.devices.can_choose_speaker);
    let heard = select(call, |view| view.hearing);
    view! {
        <div hidden=flag(move || !can_choose.get())>{choice(DeviceKind::Speaker, "speaker-select", words)}</div>
        <div class="settings-row">
            <button
                type="button"
                id="test-sound-button"
                class="btn btn-line"
                on:click=action(call, UserAction::PlayTestSound)
            >
                {icon(text(|| icon::SOUND))}
                {words.play_test_sound()}
            </button>
            {hear_button(call, words)}
        </div>
        <p class="note" role="status" inner_html=content(move || hearing_words(heard.get(), words))></p>
    }
    .into_built()
}

/// What begins "hear yourself"; not in a call, which would hear it as well.
fn hear_button(call: CallHandle, words: &'static Words) -> Built {
    let can = select(call, |view| {
        view.phase == Phase::Home && !matches!(view.microphone, DeviceView::Off | DeviceView::Missing)
    });
    let running = select(call, |view| view.hearing.is_some_and(HearingView::is_running));
    on_cleanup(move || call.dispatch(UserAction::StopHearing));
    view! {
        <button
            type="button"
            id="hear-button"
            class="btn btn-line"
            hidden=flag(move || !can.get())
            aria-busy=text(move || if running.get() { "true" } else { "false" })
            on:click=action(call, UserAction::HearMyself)
        >
            {icon(text(|| icon::PULSE))}
            {words.hear_myself()}
        </button>
    }
    .into_built()
}

fn hearing_words(heard: Option<HearingView>, words: &'static Words) -> &'static str {
    match heard {
        None => "",
        Some(HearingView::Connecting) => words.hear_connecting(),
        Some(HearingView::Recording) => words.hear_recording(),
        Some(HearingView::Playing) => words.hear_playing(),
        Some(HearingView::Good) => words.hear_good(),
        Some(HearingView::Silent) => words.hear_silent(),
        Some(HearingView::TooQuiet) => words.hear_quiet(),
        Some(HearingView::Clipped) => words.level_clipped(),
        Some(HearingView::Echo) => words.hear_echo(),
        Some(HearingView::Network) => words.hear_network(),
        Some(HearingView::NotTried) => words.hear_not_tried(),
    }
}

/// A list of devices under its name, and the word about one that cannot be used: a dialog covers the notices.
fn choice(kind: DeviceKind, id: &'static str, words: &'static Words) -> Built {
    let call = expect_context::<CallHandle>();
    let refused = select(call, move |view| match &view.notice {
        Some(notice @ Notice::DeviceRefused(_)) if kind != DeviceKind::Speaker => say(notice, words),
        Some(notice @ Notice::SpeakerRefused) if kind == DeviceKind::Speaker => say(notice, words),
        _ => String::new(),
    });
    view! {
        <div class="field">
            <label for=id>{kind_word(kind, words)}</label>
            {device_select(kind, text(move || id))}
            <p class="problem" role="alert" inner_html=content(move || refused.get())></p>
        </div>
    }
    .into_built()
}

/// Hides the own picture from the person alone; only where there is a stage for it.
fn hide_own_switch(words: &'static Words) -> Option<Built> {
    let stage = use_context::<Stage>()?;
    let is_on = Box::new(move || stage.read(|now| now.hides_own));
    let set = Box::new(move |hides| hide_own(stage, hides));
    let hint = content(move || words.hide_own_hint());
    Some(option_switch("hide-own-switch", words.hide_own_picture(), hint, is_on, set))
}

/// The switch of a setting. The one of notifications is on only if the browser allows them, too.
fn switch(
    call: CallHandle,
    id: &'static str,
    setting: Setting,
    name: &'static str,
    hint: &'static str,
) -> Built {
    let words = words();
    let is_set = select(call, move |view| view.settings.is_on(setting));
    let asks = setting == Setting::Notifications;
    let read = move || if asks { allows_notifications() } else { Some(true) };
    let allowed = RwSignal::new(read());
    let is_on = Box::new(move || is_set.get() && allowed.get() == Some(true));
    let set = Box::new(move |is_on| {
        call.dispatch(UserAction::Set(setting, is_on));
        if asks && is_on {
            // Set in any case: a refusal switches it off again.
            allow_notifications(move || allowed.set(read()));
        }
    });
    let hint = move || if allowed.get() == Some(false) { words.notifications_denied() } else { hint };
    option_switch(id, name, content(hint), is_on, set)
}

/// A switch with its name and what it does.
fn option_switch(
    id: &'static str,
    name: &'static str,
    hint: ReadContent,
    is_on: Box<dyn Fn() -> bool>,
    set: Box<dyn Fn(bool)>,
) -> Built {
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(field) = field.get() {
            field.set_checked(is_on());
        }
    });
    let switched = move || {
        if let Some(field) = field.get_untracked() {
            set(field.checked());
        }
    };
    let hint_id = format!("{id}-hint");
    let described_by = hint_id.clone();
    view! {
        <label class="option">
            <span>
                <b>{name}</b>
                <span id=hint_id class="note" inner_html=hint></span>
            </span>
            <input
                type="checkbox"
                role="switch"
                id=id
                class="switch"
                autocomplete="off"
                aria-label=name
                aria-describedby=described_by
                node_ref=field
                on:change=move |_| switched()
            />
        </label>
    }
    .into_built()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_keys_go_through_the_tabs_and_round() {
        for (from, key, expected) in [
            (Page::Picture, "ArrowDown", Some(Page::Sound)),
            (Page::Picture, "ArrowRight", Some(Page::Sound)),
            (Page::Sound, "ArrowDown", Some(Page::Privacy)),
            (Page::Language, "ArrowDown", Some(Page::Picture)),
            (Page::Picture, "ArrowUp", Some(Page::Language)),
            (Page::Sound, "ArrowLeft", Some(Page::Picture)),
            (Page::Language, "Home", Some(Page::Picture)),
            (Page::Picture, "End", Some(Page::Language)),
            (Page::Sound, "Enter", None),
        ] {
            assert_eq!(by_key(from, key), expected, "{from:?} {key}");
        }
    }
}
