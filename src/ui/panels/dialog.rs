//! A dialog over the page: its heading, what closes it, and its content.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Event, HtmlDialogElement};
use send_wrapper::SendWrapper;

use super::Panels;
use super::built::{Built, IntoBuilt};
use super::head::head;
use crate::ui::reactive::effect;

/// A modal dialog. The browser keeps the focus in it, closes it with Escape, and puts the focus back afterwards.
pub(super) fn dialog(id: &'static str, title: &'static str, content: Built) -> Built {
    let panels = expect_context::<Panels>();
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        // It fails for a dialog that is open already.
        drop(dialog.show_modal());
        // Whatever ends the panel: an element that is only removed leaves the focus nowhere.
        let shown = SendWrapper::new(dialog);
        on_cleanup(move || shown.close());
    });
    // The dialog has no edge of its own: a press that hits it and nothing in it is beside its content.
    let pressed = move |event: MouseEvent| {
        if on_dialog(&event).is_some() {
            panels.close();
        }
    };
    // Told late: by then the element may be gone, or show the next panel.
    let closed = move |event: Event| {
        if on_dialog(&event).is_some_and(|dialog| dialog.is_connected() && !dialog.open()) {
            panels.close();
        }
    };
    let heading = format!("{id}-heading");
    let labelled_by = heading.clone();
    view! {
        <dialog
            id=id
            class="dialog"
            aria-labelledby=labelled_by
            node_ref=dialog
            on:close=closed
            on:click=pressed
        >
            <div class="dialog-sheet">
                {head("dialog-head", heading, title)} <div class="dialog-body">{content}</div>
            </div>
        </dialog>
    }
    .into_built()
}

/// The dialog, if it is the target itself and nothing in it.
fn on_dialog(event: &Event) -> Option<HtmlDialogElement> {
    event.target()?.dyn_into().ok()
}
