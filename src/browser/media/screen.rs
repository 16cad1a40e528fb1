//! What is shared: captures of screens, windows and tabs (W3C Screen Capture), and of second cameras.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaDevices, MediaStream, MediaStreamTrack};

use super::constraints::constraints;
use super::listing::media_devices;
use super::tracks::{LiveTrack, Tracks, tracks_of};
use crate::browser::env::{Events, log, seed};
use crate::browser::error::{BrowserError, invoke, settled};
use crate::browser::liveness::Held;
use crate::browser::object::{object, set};
use crate::call::{
    Constraints, Event, MediaEvent, ScreenError, ScreenEvent, ScreenHint, ScreenId, Setting, ShareSource,
    Surface,
};
use crate::protocol::{Source, SourceSet};

/// Most pictures a second that are captured of a screen.
const MOST_PICTURES: u32 = 30;

/// The constraint that keeps the sound of this page out of what is captured.
const RESTRICTS_OWN: &str = "restrictOwnAudio";

/// The captures of this page.
pub(in crate::browser) struct Screens {
    /// The name of this page for itself, by which it knows its own tab.
    handle: Rc<str>,
    /// Those that are neither taken nor released.
    opened: Rc<RefCell<Vec<Opened>>>,
    /// The one that is sent.
    taken: Cell<Option<ScreenId>>,
}

/// A capture with its tracks.
struct Opened {
    id: ScreenId,
    tracks: Vec<LiveTrack>,
    _held: Held,
}

impl Screens {
    pub(super) fn new() -> Self {
        Self { handle: seed().to_string().into(), opened: Rc::default(), taken: Cell::new(None) }
    }

    /// Requests a capture of the browser, and through it of the person; the answer comes as an event.
    pub(super) fn capture(&self, id: ScreenId, what: ShareSource, events: &Events) {
        let (events, opened, handle) = (events.clone(), Rc::clone(&self.opened), Rc::clone(&self.handle));
        // Begun here and now: browsers open a picker only soon after a touch.
        let begun = begin(&what, &handle);
        let report = {
            let events = events.clone();
            move |event| events.push(Event::Media(MediaEvent::Screen(id, event)))
        };
        spawn_local(async move {
            let stream = match settled(begun).await.and_then(JsCast::dyn_into::<MediaStream>) {
                Ok(stream) => stream,
                Err(error) => {
                    let error = BrowserError::from(error);
                    log(&format!("nothing to share: {error}"));
                    return report(ScreenEvent::Failed(error.as_screen_error()));
                }
            };
            let tracks: Vec<_> =
                tracks_of(&stream).into_iter().map(|track| live(track, id, &handle, &events)).collect();
            let Some(picture) = tracks.iter().find(|live| live.source == Source::Screen) else {
                return report(ScreenEvent::Failed(ScreenError::Failed));
            };
            let surface =
                if what == ShareSource::Display { surface(&picture.track) } else { Surface::Camera };
            let has_sound = tracks.iter().any(|live| live.source == Source::ScreenAudio);
            let is_own_tab = is_own(&picture.track, &handle);
            opened.borrow_mut().push(Opened { id, tracks, _held: Held::new(&stream) });
            report(ScreenEvent::Opened { surface, has_sound });
            if is_own_tab {
                report(ScreenEvent::OwnTab);
            }
        });
    }

    /// Puts a capture in the place of the one that is sent, which is stopped with the others that are replaced.
    pub(super) fn take(&self, id: ScreenId, stream: &MediaStream, tracks: &Tracks) {
        let mut opened = self.opened.borrow_mut();
        let Some(at) = opened.iter().position(|known| known.id == id) else { return };
        let captured = opened.remove(at).tracks;
        for mut before in remove(stream, tracks) {
            before.listeners.clear();
            tracks.replaced.borrow_mut().push(Rc::new(before));
        }
        captured.iter().for_each(|live| stream.add_track(&live.track));
        tracks.live.borrow_mut().extend(captured);
        self.taken.set(Some(id));
    }

    /// Stops a capture.
    pub(super) fn release(&self, id: ScreenId, stream: &MediaStream, tracks: &Tracks) {
        self.opened.borrow_mut().retain(|known| known.id != id);
        if self.taken.get() == Some(id) {
            self.taken.set(None);
            drop(remove(stream, tracks));
        }
    }
}

/// Says what the picture that is sent is for; browsers that do not know of it ignore it.
pub(super) fn hint(tracks: &Tracks, hint: ScreenHint) {
    tracks.hint.set(hint);
    if let Some(picture) = tracks.get(Source::Screen) {
        let name = match hint {
            ScreenHint::Text => "text",
            ScreenHint::Motion => "motion",
        };
        set(&picture, "contentHint", &name.into());
    }
}

/// Whether the browser can capture screens.
pub(in crate::browser) fn can_capture() -> bool {
    let devices = media_devices();
    devices.is_ok_and(|devices| {
        Reflect::get(&devices, &"getDisplayMedia".into()).is_ok_and(|found| found.is_function())
    })
}

/// Takes what is shared out of the live tracks.
fn remove(stream: &MediaStream, tracks: &Tracks) -> Vec<LiveTrack> {
    let mut live = tracks.live.borrow_mut();
    let (shared, devices) = live.drain(..).partition(|live| SourceSet::SCREEN.contains(live.source));
    *live = devices;
    let shared: Vec<LiveTrack> = shared;
    shared.iter().for_each(|live| stream.remove_track(&live.track));
    shared
}

fn begin(what: &ShareSource, handle: &str) -> Result<Promise, JsValue> {
    let devices = media_devices().map_err(|_| JsValue::from_str("no media devices"))?;
    match what {
        ShareSource::Camera(id) => {
            devices.get_user_media_with_constraints(&constraints(&[Constraints::shared(id.clone())]))
        }
        ShareSource::Display => {
            name_own_tab(&devices, handle);
            invoke(&devices, "getDisplayMedia", &options())?.dyn_into()
        }
    }
}

/// `DisplayMediaStreamOptions`. What a browser does not know of it, it ignores.
fn options() -> Object {
    let (options, video, audio) = (Object::new(), Object::new(), Object::new());
    set(&video, "frameRate", &object(&[("max", MOST_PICTURES.into())]));
    // The voices of the call do not come back to those who speak, nor where a browser cannot keep them out.
    set(&audio, RESTRICTS_OWN, &JsValue::TRUE);
    let system_audio = if restricts_own_audio() { "include" } else { "exclude" };
    for processing in Setting::PROCESSING {
        set(&audio, processing.name(), &JsValue::FALSE);
    }
    set(&options, "video", &video);
    set(&options, "audio", &audio);
    for (name, value) in [
        ("selfBrowserSurface", "exclude"),
        ("surfaceSwitching", "include"),
        ("systemAudio", system_audio),
        ("monitorTypeSurfaces", "include"),
    ] {
        set(&options, name, &value.into());
    }
    options
}

fn restricts_own_audio() -> bool {
    let supported = media_devices()
        .ok()
        .and_then(|devices| invoke(&devices, "getSupportedConstraints", &JsValue::UNDEFINED).ok());
    supported
        .is_some_and(|known| Reflect::get(&known, &RESTRICTS_OWN.into()).is_ok_and(|known| known.is_truthy()))
}

/// Gives this tab a name that only pages of this site can read (W3C Capture Handle), where the browser can.
fn name_own_tab(devices: &MediaDevices, handle: &str) {
    let config = Object::new();
    set(&config, "handle", &handle.into());
    let origin = window().location().origin().unwrap_or_default();
    set(&config, "permittedOrigins", &Array::of1(&origin.into()));
    let _ = invoke(devices, "setCaptureHandleConfig", &config);
}

fn is_own(track: &MediaStreamTrack, own: &str) -> bool {
    let handle = invoke(track, "getCaptureHandle", &JsValue::UNDEFINED)
        .and_then(|found| Reflect::get(&found, &"handle".into()));
    handle.is_ok_and(|handle| handle.as_string().as_deref() == Some(own))
}

fn surface(track: &MediaStreamTrack) -> Surface {
    let settings = invoke(track, "getSettings", &JsValue::UNDEFINED);
    let told = settings.and_then(|settings| Reflect::get(&settings, &"displaySurface".into()));
    match told.unwrap_or_default().as_string().as_deref() {
        Some("monitor") => Surface::Monitor,
        Some("window") => Surface::Window,
        Some("browser") => Surface::Tab,
        _ => Surface::Unknown,
    }
}

/// A track of a capture, which reports its end, and that it shows another tab: browsers let the person change it.
fn live(track: MediaStreamTrack, id: ScreenId, handle: &Rc<str>, events: &Events) -> LiveTrack {
    let source = if track.kind() == "video" { Source::Screen } else { Source::ScreenAudio };
    let (ended, other, handle, of) =
        (events.clone(), events.clone(), Rc::clone(handle), Clone::clone(&track));
    let listeners = vec![
        EventListener::new(&track, "ended", move |_| {
            ended.push(Event::Media(MediaEvent::Screen(id, ScreenEvent::Ended(source))));
        }),
        EventListener::new(&track, "capturehandlechange", move |_| {
            if is_own(&of, &handle) {
                other.push(Event::Media(MediaEvent::Screen(id, ScreenEvent::OwnTab)));
            }
        }),
    ];
    LiveTrack { source, track, listeners }
}
