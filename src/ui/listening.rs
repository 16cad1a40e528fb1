//! Listeners on elements and observers of their size, dropped with the view or effect that they were made in.

use leptos::prelude::{document, on_cleanup};
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::web_sys::{DataTransfer, DragEvent, Element, Event, EventTarget, ResizeObserver};
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
