//! The buttons of a call: microphone, camera, invite link, hide the address, leave.

use gloo_timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::connection::hide_button;
use super::i18n::words;
use super::icon::{self, icon};
use super::reactive::{action, content, flag, press, select, text};
use super::{CallHandle, invite};
use crate::call::{DeviceView, UserAction};

/// How long the page says that the link was copied, in milliseconds.
const COPIED_FOR: u32 = 6_000;

/// Texts, icons and action of one device's button.
struct DeviceButton {
    id: &'static str,
    state: Memo<DeviceView>,
    on: &'static str,
    muted: &'static str,
    missing: &'static str,
    asking: &'static str,
    held: &'static str,
    held_hint: &'static str,
    icon_on: &'static str,
    icon_muted: &'static str,
    toggle: UserAction,
}

/// Buttons of microphone and camera, both in the preview and in the call; the visible ones have the ids.
pub(super) fn device_buttons(in_call: Memo<bool>, stand_in_call: bool) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let microphone = DeviceButton {
        id: "mute-button",
        state: select(call, |view| view.microphone),
        on: words.mute(),
        muted: words.unmute(),
        missing: words.microphone_missing(),
        asking: words.microphone_asking(),
        held: words.microphone_held(),
        held_hint: words.microphone_held_hint(),
        icon_on: icon::MICROPHONE,
        icon_muted: icon::MICROPHONE_OFF,
        toggle: UserAction::ToggleMicrophone,
    };
    let camera = DeviceButton {
        id: "camera-button",
        state: select(call, |view| view.camera),
        on: words.camera_off(),
        muted: words.camera_on(),
        missing: words.camera_missing(),
        asking: words.camera_asking(),
        held: words.camera_held(),
        held_hint: words.camera_held_hint(),
        icon_on: icon::CAMERA,
        icon_muted: icon::CAMERA_OFF,
        toggle: UserAction::ToggleCamera,
    };
    [microphone, camera]
        .map(|button| device_button(call, button, in_call, stand_in_call))
        .into_iter()
        .collect_view()
}

fn device_button(
    call: CallHandle,
    button: DeviceButton,
    in_call: Memo<bool>,
    stands_in_call: bool,
) -> impl IntoView {
    let DeviceButton { id, state, on, muted, missing, asking, held, held_hint, icon_on, icon_muted, toggle } =
        button;
    let retry = words().press_to_retry();
    let label = move || match state.get() {
        DeviceView::On => on,
        DeviceView::Off | DeviceView::Muted => muted,
        DeviceView::Asking => asking,
        DeviceView::Held => held,
        DeviceView::Missing => missing,
    };
    let hint = move || match state.get() {
        DeviceView::Held => held_hint,
        DeviceView::Missing => retry,
        _ => "",
    };
    let pressed = move || {
        call.dispatch(match state.get_untracked() {
            DeviceView::Off => UserAction::StartPreview,
            DeviceView::Missing => UserAction::RetryDevices,
            DeviceView::Asking | DeviceView::On | DeviceView::Muted | DeviceView::Held => toggle.clone(),
        });
    };
    view! {
        <button
            type="button"
            id=text(move || if in_call.get() == stands_in_call { id } else { "" })
            class="control"
            data-state=text(move || state.get().into())
            aria-pressed=text(move || if state.get() == DeviceView::Muted { "true" } else { "false" })
            title=text(hint)
            on:click=press(pressed)
        >
            {icon(text(move || if state.get() == DeviceView::On { icon_on } else { icon_muted }))}
            <span class="control-label" inner_html=content(label)></span>
        </button>
    }
}

/// The row of buttons in the call view.
pub(super) fn controls(in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    view! {
        <div class="controls" role="toolbar" aria-label=words.controls_label()>
            {device_buttons(in_call, true)}
            {copy_link("copy-link-button", "control")}
            {hide_button()}
            <button
                type="button"
                id="leave-button"
                class="control control-leave"
                on:click=action(call, UserAction::Leave)
            >
                {icon(text(|| icon::LEAVE))}
                <span class="control-label">{words.leave()}</span>
            </button>
        </div>
    }
}

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
    let field = NodeRef::<html::Input>::new();
    // None on the server, whose rendering moves it between threads.
    let fading = StoredValue::new(None::<SendWrapper<Timeout>>);

    let pressed = move || {
        let Some(room) = call.view().with_untracked(|view| view.room.clone()) else { return };
        let link = invite::link(&room);
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
            {icon(text(|| icon::LINK))}
            <span class="control-label">{words.copy_link()}</span>
        </button>
        <div class="copy-status" role="status">
            <p class="toast" hidden=flag(move || copy.get() != Copy::Done)>{words.copied()}</p>
            <div class="toast" hidden=flag(move || copy.get() != Copy::ByHand)>
                <p>{words.copy_by_hand()}</p>
                <div class="toast-row">
                    <input
                        class="field"
                        readonly
                        aria-label=words.link_label()
                        node_ref=field
                        on:focus=move |_| select_all(field)
                    />
                    <button type="button" class="quiet-button" on:click=press(move || copy.set(Copy::Idle))>
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
