//! The field of the notes.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlTextAreaElement, InputEvent};

use super::queue::{Input, Inputs};
use crate::call::notes::Splice;

/// The field, until it is dropped.
pub(super) struct Field {
    element: HtmlTextAreaElement,
    /// What it had when it was last looked at.
    text: String,
    _listeners: [EventListener; 3],
}

impl Field {
    /// Listens to a field. What is in it already was typed before it was listened to.
    pub(super) fn new(element: HtmlTextAreaElement, inputs: &Inputs) -> Self {
        let listen = |name: &'static str, read: fn(&Event) -> Input| {
            let inputs = inputs.clone();
            EventListener::new(&element, name, move |event| inputs.push(read(event)))
        };
        let listeners = [
            listen("input", |event| match event.unchecked_ref::<InputEvent>().is_composing() {
                true => Input::Composing(true),
                false => Input::Typed,
            }),
            listen("compositionstart", |_| Input::Composing(true)),
            listen("compositionend", |_| Input::Composing(false)),
        ];
        Self { element, text: String::new(), _listeners: listeners }
    }

    /// What the person has changed since the last look.
    pub(super) fn changed(&mut self) -> Option<Splice> {
        let text = self.element.value();
        let splice = Splice::between(&self.text, &text);
        self.text = text;
        splice
    }

    /// Gives it another text. The browser keeps caret, selection and what is in sight where they are in the text.
    pub(super) fn put(&mut self, text: &str) {
        let Some(splice) = Splice::between(&self.text, text) else { return };
        let Splice { at, removed, inserted } = splice;
        // Both places are in the text, and that is all that it asks for.
        let _ = self.element.set_range_text_with_start_and_end(&inserted, at, at + removed);
        text.clone_into(&mut self.text);
    }
}
