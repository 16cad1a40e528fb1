//! The dock: the keys of a call below its pictures, and those of microphone and camera in the preview, too.

use leptos::prelude::*;

use super::CallHandle;
use super::chat::chat_button;
use super::device_menu::opener;
use super::gestures::{hand_button, reaction_button};
use super::i18n::words;
use super::icon::{self, icon};
use super::panels::{Panel, Panels};
use super::reactive::{Memo, action, flag, press, select, text};
use crate::call::{CallView, DeviceView, ShareAction, ShareSource, UserAction};

/// Words, icons and action of one device's key.
struct DeviceKey {
    id: &'static str,
    state: Memo<DeviceView>,
    word: &'static str,
    missing: &'static str,
    asking: &'static str,
    held: &'static str,
    on: &'static str,
    off: &'static str,
    toggle: UserAction,
    menu: Panel,
    choose: &'static str,
}

/// Keys of microphone and camera, both in the preview and in the call; the visible ones have the ids.
pub(super) fn device_keys(in_call: Memo<bool>, stand_in_call: bool) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let microphone = DeviceKey {
        id: "mute-button",
        state: select(call, |view| view.microphone),
        word: words.microphone(),
        missing: words.microphone_missing(),
        asking: words.microphone_asking(),
        held: words.microphone_held_hint(),
        on: icon::MICROPHONE,
        off: icon::MICROPHONE_OFF,
        toggle: UserAction::ToggleMicrophone,
        menu: Panel::Microphone,
        choose: words.choose_sound(),
    };
    let camera = DeviceKey {
        id: "camera-button",
        state: select(call, |view| view.camera),
        word: words.camera(),
        missing: words.camera_missing(),
        asking: words.camera_asking(),
        held: words.camera_held_hint(),
        on: icon::CAMERA,
        off: icon::CAMERA_OFF,
        toggle: UserAction::ToggleCamera,
        menu: Panel::Camera,
        choose: words.choose_camera(),
    };
    [microphone, camera].map(|key| device_key(call, key, in_call, stand_in_call)).into_iter().collect_view()
}

/// What a device's key does while the device is like this.
pub(super) fn device_action(state: DeviceView, toggle: UserAction) -> UserAction {
    match state {
        DeviceView::Off => UserAction::StartPreview,
        DeviceView::Missing => UserAction::RetryDevices,
        DeviceView::Asking | DeviceView::On | DeviceView::Muted | DeviceView::Held => toggle,
    }
}

/// A switch with a fixed name: its state is in its sign, and in words where a sign does not tell enough.
fn device_key(call: CallHandle, key: DeviceKey, in_call: Memo<bool>, stands_in_call: bool) -> impl IntoView {
    let DeviceKey { id, state, word, missing, asking, held, on, off, toggle, menu, choose } = key;
    let hint = move || match state.get() {
        DeviceView::Asking => asking,
        DeviceView::Held => held,
        DeviceView::Missing => missing,
        DeviceView::On | DeviceView::Off | DeviceView::Muted => "",
    };
    let pressed = move || call.dispatch(device_action(state.get_untracked(), toggle.clone()));
    view! {
        <button
            type="button"
            id=text(move || if in_call.get() == stands_in_call { id } else { "" })
            class="key"
            role="switch"
            data-state=text(move || state.get().into())
            aria-checked=text(move || if state.get() == DeviceView::On { "true" } else { "false" })
            title=text(hint)
            on:click=press(pressed)
        >
            <span class="key-face">{icon(text(move || if state.get() == DeviceView::On { on } else { off }))}</span>
            {word}
        </button>
        {stands_in_call.then(|| opener(menu, choose))}
    }
}

/// The key that shares a screen, where the browser can, and ends it.
pub(super) fn screen_button() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let screen = select(call, |view| view.screen);
    view! {
        <button
            type="button"
            id="screen-button"
            class="key"
            title=words.share_hint()
            hidden=flag(move || screen.with(|now| !now.can_capture))
            aria-pressed=text(move || if screen.with(|now| now.shares.is_some()) { "true" } else { "false" })
            on:click=press(move || call.dispatch(call.view().with_untracked(share_action)))
        >
            <span class="key-face">{icon(text(|| icon::SCREEN))}</span>
            {words.share()}
        </button>
    }
}

/// What the key does: asks the person what to share, or ends what is shared.
pub(super) fn share_action(view: &CallView) -> UserAction {
    UserAction::Share(match view.screen.shares {
        Some(_) => ShareAction::Stop,
        None => ShareAction::Start(ShareSource::Display),
    })
}

/// The row of keys in the call view.
pub(super) fn dock(in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let panels = expect_context::<Panels>();
    let words = words();
    view! {
        <div class="dock-row">
            <div class="dock" role="toolbar" aria-label=words.controls_label()>
                {device_keys(in_call, true)}
                <span class="dock-wide">{screen_button()} {reaction_button()} {hand_button()}</span>
                {chat_button()}
                <span class="dock-wide">
                    <button
                        type="button"
                        id="people-button"
                        class="key"
                        aria-expanded=text(move || if panels.is_open(Panel::People) { "true" } else { "false" })
                        on:click=press(move || panels.toggle(Panel::People))
                    >
                        <span class="key-face">{icon(text(|| icon::PEOPLE))}</span>
                        {words.people()}
                    </button>
                </span>
                <button
                    type="button"
                    id="more-button"
                    class="key"
                    aria-haspopup="dialog"
                    aria-expanded=text(move || if panels.is_open(Panel::More) { "true" } else { "false" })
                    on:click=press(move || panels.toggle(Panel::More))
                >
                    <span class="key-face" data-new=text(move || if panels.has_new_notes.get() { "yes" } else { "no" })>
                        {icon(text(|| icon::MORE))}
                    </span>
                    {words.more()}
                </button>
                <button
                    type="button"
                    id="leave-button"
                    class="key key-leave"
                    on:click=action(call, UserAction::Leave)
                >
                    <span class="key-face">{icon(text(|| icon::LEAVE))}</span>
                    {words.leave()}
                </button>
            </div>
        </div>
    }
}
