//! The page around the call: its address, its pictures, and events after which connecting again makes sense.

use std::cell::{Cell, RefCell};

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{EventTarget, HtmlMediaElement, PermissionState, VisibilityState};

use super::env::{Events, log};
use super::error::BrowserError;
use super::media::{permissions, screen};
use super::{speaker, storage, tab};
use crate::call::{Event, Loaded, MediaEvent, Page, UserAction};
use crate::protocol::credential::WORD_MARK;
use crate::protocol::{RoomId, Secret};

/// Reports the state of the page at its start.
pub(super) fn report_loaded(events: Events) {
    spawn_local(async move {
        let granted = permissions(PermissionState::Granted).await;
        let (remembered, returning) = (storage::remembered().await, storage::is_reloaded());
        let (supported, has_cut_link) = (supports_calls(), has_cut_link());
        let loaded = Loaded { supported, remembered, returning, granted, has_cut_link };
        events.push(Event::Loaded(loaded));
    });
}

/// Whether the page was opened by a link of which the end is missing.
fn has_cut_link() -> bool {
    let location = window().location();
    let behind = location.hash().unwrap_or_default();
    let is_room = location.pathname().is_ok_and(|path| path.starts_with("/room/"));
    let is_whole = |behind: &str| behind == WORD_MARK || Secret::try_from(behind.to_owned()).is_ok();
    is_room && behind.len() > 1 && !is_whole(&behind[1..])
}

fn supports_calls() -> bool {
    let window = window();
    ["RTCPeerConnection", "WebSocket", "MediaStream"]
        .iter()
        .all(|name| Reflect::get(&window, &(*name).into()).is_ok_and(|found| found.is_function()))
}

/// What is known of the page before its call begins.
pub(super) fn known() -> Page {
    let host = window().location().host().unwrap_or_default();
    Page {
        host,
        hides_address: storage::hides_address(),
        loaded_for: storage::loaded_for(),
        choices: storage::choices(),
        settings: storage::settings(),
        can_choose_speaker: speaker::can_be_chosen(),
        can_capture_screen: screen::can_capture(),
    }
}

/// Reports the network coming back or changing, and the page being looked at again.
pub(super) fn listen_for_waking(events: &Events) -> Vec<EventListener> {
    let window = window();
    let report = |target: &EventTarget, name: &'static str, event: Event| {
        let events = events.clone();
        EventListener::new(target, name, move |_| events.push(event.clone()))
    };
    let mut listeners = vec![
        report(&window, "online", Event::NetworkChanged),
        report(&window, "pageshow", Event::Woken),
        EventListener::new(&window, "pagehide", |_| storage::note_departure()),
    ];
    if let Some(document) = window.document() {
        let (events, watched) = (events.clone(), document.clone());
        listeners.push(EventListener::new(&document, "visibilitychange", move |_| {
            if watched.visibility_state() == VisibilityState::Visible {
                events.push(Event::Woken);
            }
        }));
    }
    // The Network Information API is Chromium's own. Only the type says that the network is another one, and
    // only telephones tell it; the estimates of speed, which change as well, are at least an occasion to look.
    let connection = window.navigator().connection().ok();
    if let Some(connection) = connection.filter(|connection| !connection.is_undefined()) {
        let (events, watched) = (events.clone(), connection.clone());
        let before = Cell::new(watched.type_());
        listeners.push(EventListener::new(&connection, "change", move |_| {
            let now = watched.type_();
            let same = before.replace(now) == now;
            events.push(if same { Event::Woken } else { Event::NetworkChanged });
        }));
    }
    listeners
}

/// Puts the room's own address into the address bar, so that it can be shared and reloaded.
pub(super) fn show_address(room: Option<&RoomId>) {
    let window = window();
    let address = room.map_or_else(|| "/".to_owned(), |room| format!("/room/{room}"));
    let location = window.location();
    // Behind #, where no server sees it.
    let secret = room.and_then(tab::secret);
    let hash = secret.map(|secret| format!("#{secret}")).unwrap_or_default();
    if location.pathname().is_ok_and(|shown| shown == address)
        && location.hash().is_ok_and(|shown| shown == hash)
    {
        return;
    }
    let search = location.search().unwrap_or_default();
    let shown = window.history().and_then(|history| {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{address}{search}{hash}")))
    });
    if let Err(error) = shown {
        log(&format!("address not shown: {}", BrowserError::from(error)));
    }
}

/// Loads the page anew; for a version of the server only if the tab keeps that it did.
pub(super) fn load_anew(once_for: Option<u32>, events: &Events) {
    if once_for.is_some_and(|version| !storage::note_loaded_for(version)) {
        log("page not loaded anew: its storage keeps nothing");
    } else if let Err(error) = window().location().reload() {
        log(&format!("page not loaded anew: {}", BrowserError::from(error)));
    } else {
        return;
    }
    events.push(Event::NotLoadedAnew);
}

/// Plays an element, and reports whether the browser wants a gesture first.
pub(super) fn play(element: &HtmlMediaElement, events: &Events) {
    let Ok(playing) = element.play() else { return };
    let (events, silent) = (events.clone(), element.muted());
    spawn_local(async move {
        match JsFuture::from(playing).await.map_err(BrowserError::from) {
            // A silent element tells nothing about whether sound may be made.
            _ if silent => {}
            Ok(_) => events.push(Event::Media(MediaEvent::SoundBlocked(false))),
            Err(error) if error.name == "NotAllowedError" => {
                events.push(Event::Media(MediaEvent::SoundBlocked(true)));
            }
            // A newer play() or a removed element: not the person's concern.
            Err(_) => {}
        }
    });
}

/// Plays every picture of the page that is paused.
pub(super) fn play_all(events: &Events) {
    paused().for_each(|picture| play(&picture, events));
}

/// Reports pauses by the system, and touches of the page meanwhile; before a touch some browsers play nothing again.
/// The same in the floating window, which has events of its own.
pub(super) fn listen_for_pauses(events: &Events) -> Vec<EventListener> {
    let mut listeners = Vec::from(pauses_in(&window(), events));
    if let Some(floating) = speaker::floating() {
        let (events, in_window) = (events.clone(), RefCell::new(None));
        listeners.push(EventListener::new(&floating, "enter", move |event| {
            let opened = Reflect::get(event, &"window".into()).ok().filter(JsValue::is_object);
            in_window.replace(opened.map(|opened| pauses_in(opened.unchecked_ref(), &events)));
        }));
    }
    listeners
}

fn pauses_in(window: &EventTarget, events: &Events) -> [EventListener; 3] {
    let capture = EventListenerOptions::run_in_capture_phase();
    let on_pause = events.clone();
    let touched = |name: &'static str| {
        let events = events.clone();
        EventListener::new_with_options(window, name, capture, move |_| {
            if paused().next().is_some() {
                events.push(Event::User(UserAction::PlaySound));
            }
        })
    };
    [
        // Media events do not bubble. One is fired as well where a stream has ended, and then nothing is missed.
        EventListener::new_with_options(window, "pause", capture, move |event| {
            let picture = event.target().and_then(|target| target.dyn_into::<HtmlMediaElement>().ok());
            if let Some(picture) = picture.filter(is_paused) {
                on_pause.push(Event::Media(MediaEvent::Paused { audible: !picture.muted() }));
            }
        }),
        touched("click"),
        touched("keydown"),
    ]
}

fn paused() -> impl Iterator<Item = HtmlMediaElement> {
    speaker::pictures().filter(is_paused)
}

/// Whether an element is paused that has something to play.
fn is_paused(picture: &HtmlMediaElement) -> bool {
    picture.paused() && picture.src_object().is_some_and(|stream| stream.active())
}
