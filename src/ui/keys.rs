//! Shortcuts of a call: a key alone, pressed outside of fields, does what a key of the dock does.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlElement, KeyboardEvent, Window};

use super::CallHandle;
use super::dock::{device_action, share_action};
use super::listening::{is_dialog_open, listen};
use super::panels::{Panel, Panels};
use super::reactive::effect;
use super::shortcuts::{Keys, Shortcut, pressed};
use crate::call::{Phase, UserAction, storage};

/// What takes letters for itself.
const TYPED_INTO: &str =
    "input:not([type=checkbox],[type=radio],[type=button]),textarea,select,[contenteditable]";
/// What the space bar presses.
const PRESSED_BY_SPACE: &str = "button,a,summary,input,[role=switch],[role=button]";

/// The shortcuts, from context.
#[derive(Clone, Copy)]
pub(crate) struct Shortcuts {
    keys: RwSignal<Keys>,
    /// The sheet waits for the new key of a shortcut, so that no key does anything.
    pub(crate) asks: RwSignal<Option<Shortcut>>,
    /// The call screen, in the page or in a window of its own.
    screen: NodeRef<html::Section>,
}

impl Shortcuts {
    /// The keys, reactive.
    pub(crate) fn keys(self) -> Keys {
        self.keys.get()
    }

    /// Changes the keys, for this browser.
    pub(crate) fn change(self, change: impl FnOnce(&mut Keys)) {
        self.keys.update(change);
        // A browser that keeps nothing has them changed until the page goes.
        if let Ok(Some(kept)) = window().local_storage() {
            drop(kept.set_item(storage::KEYS, &self.keys.get_untracked().write()));
        }
    }
}

/// Provides the shortcuts, and follows the keyboard while the page lives.
pub(crate) fn listen_to_keys(call: CallHandle, panels: Panels, screen: NodeRef<html::Section>) {
    let shortcuts = Shortcuts { keys: RwSignal::new(Keys::default()), asks: RwSignal::new(None), screen };
    provide_context(shortcuts);
    effect(move || {
        let kept =
            window().local_storage().ok().flatten().and_then(|kept| kept.get_item(storage::KEYS).ok()?);
        if let Some(kept) = kept {
            shortcuts.keys.set(Keys::read(&kept));
        }
        follow(&window(), call, panels, shortcuts);
    });
}

/// Follows the keys that are pressed in a window.
pub(super) fn follow(window: &Window, call: CallHandle, panels: Panels, shortcuts: Shortcuts) {
    let mut talks = false;
    listen(window, &["keydown", "keyup", "blur"], move |event| {
        take(&event, call, panels, shortcuts, &mut talks);
    });
}

fn take(event: &Event, call: CallHandle, panels: Panels, shortcuts: Shortcuts, talks: &mut bool) {
    if event.type_() == "blur" {
        // The key may be let go in another window.
        return talk(call, false, talks);
    }
    // Events of another window may be of its classes.
    let key: &KeyboardEvent = event.unchecked_ref();
    let found = pressed(&key.key(), &key.code());
    let keys = shortcuts.keys.get_untracked();
    let shortcut = found.and_then(|key| keys.shortcut(key)).filter(|_| keys.is_on);
    if key.type_() == "keyup" {
        if *talks && shortcut == Some(Shortcut::Talk) {
            // Some browsers press what has the focus only now.
            event.prevent_default();
            talk(call, false, talks);
        }
        return;
    }
    let in_call = call.view().with_untracked(|view| view.phase == Phase::InCall);
    let has_modifier = key.ctrl_key() || key.alt_key() || key.meta_key();
    if !in_call || has_modifier || key.is_composing() || shortcuts.asks.get_untracked().is_some() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within = |what: &str| target.as_ref().and_then(|target| target.closest(what).ok()?);
    if within(TYPED_INTO).is_some() {
        return;
    }
    // On many keyboards it is written with Shift.
    if key.key() == "?" && keys.is_on {
        event.prevent_default();
        return panels.toggle(Panel::Keys);
    }
    let Some(shortcut) = shortcut.filter(|_| !key.shift_key() && !is_dialog_open()) else { return };
    if shortcut == Shortcut::Talk {
        // Whoever goes by keyboard presses what has the focus; after a press of the mouse it says nothing.
        let presses =
            within(PRESSED_BY_SPACE).is_some_and(|pressed| pressed.matches(":focus-visible").unwrap_or(true));
        if found == Some(b' ') && presses {
            return;
        }
        event.prevent_default();
        return talk(call, true, talks);
    }
    if !key.repeat() {
        press(shortcut, call, panels, shortcuts.screen);
    }
}

/// Does what the key of the dock or the bar does, wherever that is: the call may float in a window of its own.
fn press(shortcut: Shortcut, call: CallHandle, panels: Panels, screen: NodeRef<html::Section>) {
    let action = call.view().with_untracked(|view| match shortcut {
        Shortcut::Microphone => Some(device_action(view.microphone, UserAction::ToggleMicrophone)),
        Shortcut::Camera => Some(device_action(view.camera, UserAction::ToggleCamera)),
        Shortcut::Hand => Some(UserAction::RaiseHand(view.gestures.hand.is_none())),
        Shortcut::Screen if view.screen.can_capture => Some(share_action(view)),
        _ => None,
    });
    match (action, shortcut) {
        (Some(action), _) => call.dispatch(action),
        (None, Shortcut::Chat) => panels.toggle(Panel::Chat),
        (None, Shortcut::People) => panels.toggle(Panel::People),
        (None, Shortcut::Layout) => press_layout(screen),
        (None, _) => {}
    }
}

/// The layout belongs to the call screen, of which the page knows the button alone.
fn press_layout(screen: NodeRef<html::Section>) {
    let found = screen.get_untracked().and_then(|screen| screen.query_selector("#layout-button").ok()?);
    let button = found.as_ref().and_then(|found| found.dyn_ref::<HtmlElement>());
    if let Some(button) = button.filter(|button| button.offset_width() > 0) {
        button.click();
    }
}

/// Opens the microphone for as long as the key is held.
fn talk(call: CallHandle, on: bool, talks: &mut bool) {
    if std::mem::replace(talks, on) != on {
        call.dispatch(UserAction::Talk(on));
    }
}
