//! Files that are dropped on the call, or pasted into the chat.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{ClipboardEvent, DragEvent};

use super::FilesHandle;
use crate::call::Phase;
use crate::ui::CallHandle;
use crate::ui::listening::{dragged_files, files_of, listen};
use crate::ui::panels::{Panel, Panels};
use crate::ui::reactive::effect;

/// Takes what is dropped and pasted while the page lives.
pub(super) fn follow(call: CallHandle, panels: Panels, files: FilesHandle) {
    let dropped = panels.take_dropped();
    if !dropped.is_empty() {
        files.offer(call, dropped);
    }
    effect(move || {
        listen(&document(), &["dragenter", "dragover"], move |event| {
            if dragged_files(&event).is_some() && in_call(call) {
                event.prevent_default();
                files.is_dragged.set(true);
            }
        });
        listen(&document(), &["dragleave"], move |event| {
            // Only whoever leaves the page comes to nothing.
            if event.dyn_ref::<DragEvent>().is_some_and(|event| event.related_target().is_none()) {
                files.is_dragged.set(false);
            }
        });
        listen(&document(), &["drop"], move |event| {
            files.is_dragged.set(false);
            let Some(data) = dragged_files(&event).filter(|_| in_call(call)) else { return };
            event.prevent_default();
            panels.open(Panel::Chat);
            files.offer(call, files_of(data.files()));
        });
        listen(&document(), &["paste"], move |event| {
            let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
            let Some(data) = data.filter(|_| panels.is_open_now(Panel::Chat)) else { return };
            // Programs that copy text give a picture of it along.
            let has_text = data.get_data("text/plain").is_ok_and(|text| !text.is_empty());
            let pasted = files_of(data.files());
            if !pasted.is_empty() && !has_text {
                event.prevent_default();
                files.offer(call, pasted);
            }
        });
    });
}

fn in_call(call: CallHandle) -> bool {
    call.view().with_untracked(|view| view.phase == Phase::InCall)
}
