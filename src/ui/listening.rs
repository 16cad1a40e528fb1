//! Listeners on elements, observers of their size and waits for a frame, dropped with the view or effect that they were
//! made in.

use leptos::prelude::{document, on_cleanup, window};
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::web_sys::{
    DataTransfer, DragEvent, Element, Event, EventTarget, File, FileList, ResizeObserver, Window,
};
use send_wrapper::SendWrapper;

/// Runs whenever one of these events is on its way to the target or to what is in it.
pub(super) fn listen(target: &EventTarget, names: &'static [&'static str], run: impl FnMut(Event) + 'static) {
    listen_boxed(target, names, Box::new(run));
}

fn listen_boxed(target: &EventTarget, names: &'static [&'static str], run: Box<dyn FnMut(Event)>) {
    let closure = Closure::wrap(run);
    let listener = closure.as_ref().unchecked_ref();
    for name in names {
        drop(target.add_event_listener_with_callback_and_bool(name, listener, true));
    }
    let kept = SendWrapper::new((target.clone(), closure));
    on_cleanup(move || {
        let (target, closure) = kept.take();
        for name in names {
            let listener = closure.as_ref().unchecked_ref();
            drop(target.remove_event_listener_with_callback_and_bool(name, listener, true));
        }
    });
}

/// What is dragged, if these are files.
pub(super) fn dragged_files(event: &Event) -> Option<DataTransfer> {
    let data = event.dyn_ref::<DragEvent>()?.data_transfer()?;
    data.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files")).then_some(data)
}

/// The files of a list, which a browser may empty once the event is over that has brought it.
pub(super) fn files_of(list: Option<FileList>) -> Vec<File> {
    list.map_or_else(Vec::new, |list| (0..list.length()).filter_map(|index| list.get(index)).collect())
}

/// Whether a dialog lies over the page, whose keys are its own.
pub(super) fn is_dialog_open() -> bool {
    document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_some())
}

/// Runs at once and whenever one of these elements has another size.
pub(super) fn observe(elements: &[&Element], run: impl FnMut() + 'static) {
    let closure = Closure::wrap(Box::new(run) as Box<dyn FnMut()>);
    // Browsers without it are too old for calls.
    let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) else { return };
    elements.iter().for_each(|element| observer.observe(element));
    let kept = SendWrapper::new((observer, closure));
    on_cleanup(move || kept.take().0.disconnect());
}

/// The window that an element is in: while a screen is in one of its own, the page may be out of sight.
pub(super) fn window_of(element: &Element) -> Window {
    element.owner_document().and_then(|document| document.default_view()).unwrap_or_else(window)
}

/// Runs before the next frame of that window, unless the view or effect ends first.
pub(super) fn before_next_frame(element: &Element, run: impl FnOnce() + 'static) {
    let window = window_of(element);
    let run = Closure::once(run);
    let frame = window.request_animation_frame(run.as_ref().unchecked_ref());
    let kept = SendWrapper::new((window, run));
    on_cleanup(move || {
        let (window, run) = kept.take();
        if let Ok(frame) = frame {
            drop(window.cancel_animation_frame(frame));
        }
        drop(run);
    });
}
