//! The ways out of the page: closing it and the browser's Back ask first, while others are in the call.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::History;

use crate::browser::env::Events;
use crate::call::{Event, Phase};

/// State of the history's entry that stands in the way of Back.
const IN_CALL: &str = "call";

/// The guard of the ways out.
pub(super) struct Departure {
    /// Asks the browser to ask before the page is closed.
    closing: Option<EventListener>,
    /// The entry may be there, to be taken away after the call.
    has_pushed: bool,
    /// Others are in the call.
    guards: Rc<Cell<bool>>,
    _back: EventListener,
}

impl Departure {
    pub(super) fn new(events: &Events) -> Self {
        let guards = Rc::new(Cell::new(false));
        let (guarded, events) = (Rc::clone(&guards), events.clone());
        let back = EventListener::new(&window(), "popstate", move |_| {
            if guarded.get() {
                push_entry();
                events.push(Event::BackPressed);
            }
        });
        Self { closing: None, has_pushed: false, guards, _back: back }
    }

    /// Follows the call, and whether others are in it.
    pub(super) fn guard(&mut self, phase: Phase, with_others: bool) {
        if self.guards.replace(with_others) != with_others {
            self.closing = with_others.then(ask_before_unload);
            if with_others && !has_entry() {
                push_entry();
            }
        }
        // The entry outlives a reload.
        self.has_pushed = self.has_pushed || phase != Phase::Home && has_entry();
        if phase == Phase::Home && std::mem::take(&mut self.has_pushed) && has_entry() {
            // Takes the entry away again, so that Back does what it says.
            let _ = history().map(|history| history.back());
        }
    }

    /// Lets the page go.
    pub(super) fn let_go(&mut self) {
        self.closing = None;
    }
}

/// Has the browser ask before the page is closed, for as long as the listener is kept.
pub(in crate::browser) fn ask_before_unload() -> EventListener {
    let asks = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "beforeunload", asks, |event| {
        event.prevent_default();
        // Chromium before 119 knows no other way. Any text will do: none shows it.
        let _ = Reflect::set(event, &"returnValue".into(), &JsValue::TRUE);
    })
}

fn history() -> Option<History> {
    window().history().ok()
}

fn has_entry() -> bool {
    let state = history().and_then(|history| history.state().ok());
    state.and_then(|state| state.as_string()).is_some_and(|state| state == IN_CALL)
}

fn push_entry() {
    // A browser that refuses goes back without a question.
    let _ = history().map(|history| history.push_state(&JsValue::from_str(IN_CALL), ""));
}
