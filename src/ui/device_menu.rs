//! Lists of devices to choose from, the level of the microphone, and what opens both beside the keys of a call.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::HtmlSelectElement;

use super::CallHandle;
use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::panels::{Panel, Panels};
use super::reactive::{Memo, Text, effect, flag, made_text, press, select, text};
use crate::call::{Device, DeviceId, DeviceKind, Notice, UserAction};

/// A native list of the devices of one kind.
pub(crate) fn device_select(kind: DeviceKind, id: Text) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let field = NodeRef::<html::Select>::new();
    let listed = select(call, move |view| of_kind(&view.devices.list, kind));
    let used = select(call, move |view| view.devices.used[kind as usize].clone().unwrap_or_default());
    // A choice that came to nothing changes nothing but this.
    let refused =
        select(call, |view| matches!(view.notice, Some(Notice::DeviceRefused(_) | Notice::SpeakerRefused)));

    effect(move || {
        let Some(field) = field.get() else { return };
        refused.get();
        listed.with(|listed| used.with(|used| fill(&field, listed, used, words)));
    });
    let name = move || {
        listed.with(|listed| {
            let device = listed.iter().find(|device| device.id == used.get());
            device.map(|device| device.label.clone()).unwrap_or_default()
        })
    };
    let chosen = move || {
        if let Some(field) = field.get_untracked() {
            call.dispatch(UserAction::ChooseDevice(kind, DeviceId(field.value())));
        }
    };
    view! {
        <select
            id=id
            class="pick"
            autocomplete="off"
            aria-label=kind_word(kind, words)
            title=made_text(name)
            disabled=flag(move || listed.with(Vec::is_empty))
            node_ref=field
            on:change=move |_| chosen()
        ></select>
    }
}

/// The lists of the home screen. They have the ids while that is shown and no panel is open, which may have the same
/// lists.
pub(super) fn pickers(in_call: Memo<bool>) -> impl IntoView {
    let panels = expect_context::<Panels>();
    let id = move |id: &'static str| text(move || if in_call.get() || panels.any_open() { "" } else { id });
    view! {
        <div class="pickers">
            {picker(DeviceKind::Microphone, id("microphone-select"))} {picker(DeviceKind::Camera, id("camera-select"))}
            {picker(DeviceKind::Speaker, id("speaker-select"))}
        </div>
    }
}

/// A list with its sign; it is there once the browser tells the names of devices.
fn picker(kind: DeviceKind, id: Text) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let known = select(call, move |view| {
        let of_kind = |device: &Device| device.kind == kind && !device.label.is_empty();
        let can = kind != DeviceKind::Speaker || view.devices.can_choose_speaker;
        can && view.devices.list.iter().any(of_kind)
    });
    let sign = match kind {
        DeviceKind::Microphone => icon::MICROPHONE,
        DeviceKind::Camera => icon::CAMERA,
        DeviceKind::Speaker => icon::SOUND,
    };
    view! {
        <span class="picker" hidden=flag(move || !known.get())>
            {icon(text(move || sign))} {device_select(kind, id)}
        </span>
    }
}

/// The small key beside the one of a device, which opens what can be chosen of it.
pub(super) fn opener(panel: Panel, label: &'static str) -> impl IntoView {
    let panels = expect_context::<Panels>();
    view! {
        <button
            type="button"
            class="key-more"
            aria-haspopup="dialog"
            aria-label=label
            title=label
            aria-expanded=text(move || if panels.is_open(panel) { "true" } else { "false" })
            on:click=press(move || panels.toggle(panel))
        >
            {icon(text(|| icon::UP))}
        </button>
    }
}

/// Opens the settings; in a call the sheet of further keys has a button with this id.
pub(crate) fn settings_button(hidden: Memo<bool>) -> impl IntoView {
    let panels = use_context::<Panels>();
    let label = words().settings();
    panels.map(|panels| {
        view! {
            <button
                type="button"
                id=text(move || if hidden.get() { "" } else { "settings-button" })
                class="btn btn-icon"
                aria-haspopup="dialog"
                aria-label=label
                title=label
                on:click=press(move || panels.toggle(Panel::Settings))
            >
                {icon(text(|| icon::GEAR))}
            </button>
        }
    })
}

/// The level of the microphone; the driver measures it in a call, and otherwise while somebody is said to look.
pub(crate) fn level() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    view! {
        <div
            class="level"
            role="meter"
            aria-label=words().level()
            aria-valuemin="0"
            aria-valuemax="5"
            aria-valuenow=text(move || DIGITS[usize::from(call.level().level.min(5))])
            data-clipped=text(move || if call.level().clipped { "yes" } else { "no" })
        >
            <b></b>
            <b></b>
            <b></b>
            <b></b>
            <b></b>
        </div>
    }
}

const DIGITS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

pub(crate) fn kind_word(kind: DeviceKind, words: &'static Words) -> &'static str {
    match kind {
        DeviceKind::Microphone => words.microphone(),
        DeviceKind::Camera => words.camera(),
        DeviceKind::Speaker => words.speaker(),
    }
}

fn of_kind(list: &[Device], kind: DeviceKind) -> Vec<Device> {
    list.iter().filter(|device| device.kind == kind).cloned().collect()
}

/// Fills a list anew; elements of the DOM, as views of their own for each option would weigh more.
fn fill(field: &HtmlSelectElement, devices: &[Device], used: &DeviceId, words: &'static Words) {
    field.set_text_content(None);
    let is_listed = devices.iter().any(|device| device.id == *used);
    // Chromium lists the system's own choice as a device.
    let has_default = devices.iter().any(|device| device.id.0 == "default");
    if !is_listed && !has_default {
        add(field, "", words.system_default());
    }
    for (at, device) in devices.iter().enumerate() {
        if device.label.is_empty() {
            add(field, &device.id.0, &format!("{} {}", kind_word(device.kind, words), at + 1));
        } else {
            add(field, &device.id.0, &device.label);
        }
    }
    field.set_value(match (is_listed, has_default) {
        (true, _) => &used.0,
        (false, true) => "default",
        (false, false) => "",
    });
}

fn add(field: &HtmlSelectElement, id: &str, label: &str) {
    let Ok(option) = document().create_element("option") else { return };
    // Neither can fail for an element that was just made.
    drop(option.set_attribute("value", id));
    option.set_text_content(Some(label));
    drop(field.append_child(&option));
}
