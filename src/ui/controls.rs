//! The buttons of a call: microphone, camera, invite link, leave.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use super::icon::{self, icon};
use super::words::{Words, words};
use super::{CallHandle, invite};
use crate::call::{DeviceView, UserAction};

/// How long the page says that the link was copied.
const COPIED_FOR: Duration = Duration::from_secs(6);

/// What the buttons of one device say and do.
struct DeviceButton {
    id: &'static str,
    on: &'static str,
    muted: &'static str,
    missing: &'static str,
    asking: &'static str,
    icon_on: &'static str,
    icon_muted: &'static str,
    toggle: UserAction,
}

/// Microphone and camera, as they stand under the preview and in the call.
#[component]
pub fn DeviceButtons() -> impl IntoView {
    let view = expect_context::<CallHandle>().view();
    let words = words();
    let microphone = DeviceButton {
        id: "mute-button",
        on: words.mute,
        muted: words.unmute,
        missing: words.microphone_missing,
        asking: words.microphone_asking,
        icon_on: icon::MICROPHONE,
        icon_muted: icon::MICROPHONE_OFF,
        toggle: UserAction::ToggleMicrophone,
    };
    let camera = DeviceButton {
        id: "camera-button",
        on: words.camera_off,
        muted: words.camera_on,
        missing: words.camera_missing,
        asking: words.camera_asking,
        icon_on: icon::CAMERA,
        icon_muted: icon::CAMERA_OFF,
        toggle: UserAction::ToggleCamera,
    };
    (
        device_button(Memo::new(move |_| view.with(|view| view.microphone)), microphone, words),
        device_button(Memo::new(move |_| view.with(|view| view.camera)), camera, words),
    )
}

fn device_button(state: Memo<DeviceView>, button: DeviceButton, words: &'static Words) -> AnyView {
    let call = expect_context::<CallHandle>();
    let DeviceButton { id, on, muted, missing, asking, icon_on, icon_muted, toggle } = button;
    let label = move || match state.get() {
        DeviceView::On => on,
        DeviceView::Off | DeviceView::Muted => muted,
        DeviceView::Asking => asking,
        DeviceView::Missing => missing,
    };
    let picture = move || if state.get() == DeviceView::On { icon_on } else { icon_muted };
    let press = move |_| {
        call.dispatch(match state.get_untracked() {
            DeviceView::Off => UserAction::StartPreview,
            DeviceView::Missing => UserAction::RetryDevices,
            DeviceView::Asking | DeviceView::On | DeviceView::Muted => toggle.clone(),
        });
    };
    view! {
        <button
            type="button"
            id=id
            class="control"
            data-state=move || slug(state.get())
            aria-pressed=move || if state.get() == DeviceView::Muted { "true" } else { "false" }
            title=move || (state.get() == DeviceView::Missing).then_some(words.press_to_retry)
            on:click=press
        >
            {icon(picture)}
            <span class="control-label">{label}</span>
        </button>
    }
    .into_any()
}

/// The row of buttons in the call view.
#[component]
pub fn Controls() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    view! {
        <div class="controls" role="toolbar" aria-label=words.controls_label>
            <DeviceButtons />
            {copy_link(Some("copy-link-button"), "control")}
            <button
                type="button"
                id="leave-button"
                class="control control-leave"
                on:click=move |_| call.dispatch(UserAction::Leave)
            >
                {icon(|| icon::LEAVE)}
                <span class="control-label">{words.leave}</span>
            </button>
        </div>
    }
    .into_any()
}

#[derive(Clone, Copy, PartialEq)]
enum Copy {
    Idle,
    Done,
    ByHand,
}

/// A button that puts the invite link on the clipboard, or shows it where the browser refuses.
pub(super) fn copy_link(id: Option<&'static str>, class: &'static str) -> AnyView {
    let view = expect_context::<CallHandle>().view();
    let words = words();
    let copy = RwSignal::new(Copy::Idle);
    let link = RwSignal::new(String::new());
    let field = NodeRef::<html::Input>::new();

    let press = move |_| {
        let Some(room) = view.with_untracked(|view| view.room.clone()) else { return };
        let text = invite::link(&room);
        // The live region speaks again only when its text changes.
        copy.set(Copy::Idle);
        link.set(text.clone());
        invite::copy(&text, move |done| {
            // The call may be over by now.
            copy.try_set(if done { Copy::Done } else { Copy::ByHand });
            if done {
                let fade = move || {
                    copy.try_update(|copy| {
                        if *copy == Copy::Done {
                            *copy = Copy::Idle;
                        }
                    });
                };
                set_timeout(fade, COPIED_FOR);
            }
        });
    };
    Effect::new(move || {
        if copy.get() == Copy::ByHand
            && let Some(field) = field.get()
        {
            invite::focus(Some(&field));
            field.select();
        }
    });

    view! {
        <button type="button" id=id class=class on:click=press>
            {icon(|| icon::LINK)}
            <span class="control-label">{words.copy_link}</span>
        </button>
        <div class="copy-status" role="status">
            {move || match copy.get() {
                Copy::Idle => None,
                Copy::Done => Some(view! { <p class="toast">{words.copied}</p> }.into_any()),
                Copy::ByHand => {
                    Some(
                        view! {
                            <div class="toast">
                                <p>{words.copy_by_hand}</p>
                                <div class="toast-row">
                                    <input
                                        class="field"
                                        readonly
                                        aria-label=words.link_label
                                        value=link.get_untracked()
                                        node_ref=field
                                    />
                                    <button
                                        type="button"
                                        class="quiet-button"
                                        on:click=move |_| copy.set(Copy::Idle)
                                    >
                                        {words.dismiss}
                                    </button>
                                </div>
                            </div>
                        }
                            .into_any(),
                    )
                }
            }}
        </div>
    }
    .into_any()
}

fn slug(state: DeviceView) -> &'static str {
    match state {
        DeviceView::Off => "off",
        DeviceView::Asking => "asking",
        DeviceView::On => "on",
        DeviceView::Muted => "muted",
        DeviceView::Missing => "missing",
    }
}
