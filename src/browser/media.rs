//! Microphone and camera: requests them, keeps the live tracks, lets go of them.

use std::cell::RefCell;
use std::rc::Rc;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;
use gloo_events::EventListener;
use js_sys::{Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    ConstrainLongRange, MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack,
    MediaStreamTrackState, MediaTrackConstraints, PermissionState, PermissionStatus,
};

use super::early;
use super::env::{Events, log};
use super::error::BrowserError;
use super::liveness::Held;
use crate::call::{Devices, Event, MediaError, MediaEvent, Permission};

/// The ideal resolution of a camera, in pixels; a camera that has less gives less.
const IDEAL_WIDTH: i32 = 1280;
const IDEAL_HEIGHT: i32 = 720;

/// The own tracks. The stream is the same for the whole life of the page: the preview shows it, and every
/// connection names it, so that the others play voice and picture in step.
pub(super) struct Media {
    stream: MediaStream,
    _held: Held,
    tracks: Rc<RefCell<Tracks>>,
    events: Events,
    asking: RefCell<Asking>,
    _devices_changed: Option<EventListener>,
}

/// A future that is ready when the last request for devices was answered.
pub(super) type Asking = Shared<oneshot::Receiver<()>>;

#[derive(Default)]
struct Tracks {
    microphone: Option<LiveTrack>,
    camera: Option<LiveTrack>,
}

struct LiveTrack {
    track: MediaStreamTrack,
    _listeners: [EventListener; 3],
}

impl Drop for LiveTrack {
    fn drop(&mut self) {
        self.track.stop();
    }
}

impl Media {
    /// # Errors
    /// The browser has no `MediaStream`.
    pub(super) fn new(events: Events) -> Result<Self, BrowserError> {
        let changed = events.clone();
        let listen = |devices: MediaDevices| {
            EventListener::new(&devices, "devicechange", move |_| {
                changed.push(Event::Media(MediaEvent::Changed))
            })
        };
        let devices = media_devices().ok().map(listen);
        // Nothing is asked yet: the other end is gone already.
        let asking = RefCell::new(oneshot::channel().1.shared());
        let (stream, tracks) = (MediaStream::new()?, Rc::default());
        let _held = Held::new(&stream);
        Ok(Self { stream, _held, tracks, events, asking, _devices_changed: devices })
    }

    /// The stream with the live tracks.
    pub(super) fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// The live microphone track.
    pub(super) fn microphone(&self) -> Option<MediaStreamTrack> {
        self.tracks.borrow().microphone.as_ref().map(|live| Clone::clone(&live.track))
    }

    /// The live camera track.
    pub(super) fn camera(&self) -> Option<MediaStreamTrack> {
        self.tracks.borrow().camera.as_ref().map(|live| Clone::clone(&live.track))
    }

    /// Requests devices of the browser, and through it of the person; the answer comes as an event.
    pub(super) fn capture(&self, devices: Devices) {
        let (events, stream, tracks) =
            (self.events.clone(), Clone::clone(&self.stream), Rc::clone(&self.tracks));
        let (answered, asking) = oneshot::channel();
        *self.asking.borrow_mut() = asking.shared();
        spawn_local(async move {
            let _answered: oneshot::Sender<()> = answered;
            let event = match get_user_media(devices).await {
                Ok(captured) => MediaEvent::Granted(keep(&captured, &stream, &tracks, &events)),
                Err(error) => {
                    let (microphone, camera) = permissions().await;
                    MediaEvent::Failed { asked: devices, error, microphone, camera }
                }
            };
            events.push(Event::Media(event));
            let is_muted = |live: &Option<LiveTrack>| live.as_ref().is_some_and(|live| live.track.muted());
            let (microphone, camera) =
                (is_muted(&tracks.borrow().microphone), is_muted(&tracks.borrow().camera));
            events.push(Event::Media(MediaEvent::Muted(Devices { microphone, camera })));
        });
    }

    /// A future that is ready when no request for devices is open.
    pub(super) fn asking(&self) -> Asking {
        self.asking.borrow().clone()
    }

    /// A reader of the live microphone and camera tracks.
    pub(super) fn tracks(&self) -> impl Fn() -> [Option<MediaStreamTrack>; 2] + 'static {
        let tracks = Rc::clone(&self.tracks);
        let track = |live: &Option<LiveTrack>| live.as_ref().map(|live| Clone::clone(&live.track));
        move || [track(&tracks.borrow().microphone), track(&tracks.borrow().camera)]
    }

    /// Stops tracks; the light goes out.
    pub(super) fn release(&self, devices: Devices) {
        let mut tracks = self.tracks.borrow_mut();
        let released = [
            devices.microphone.then(|| tracks.microphone.take()).flatten(),
            devices.camera.then(|| tracks.camera.take()).flatten(),
        ];
        for live in released.into_iter().flatten() {
            self.stream.remove_track(&live.track);
        }
    }

    /// Sets `MediaStreamTrack.enabled`: heard and seen, or silent and black.
    pub(super) fn enable(&self, devices: Devices, enabled: bool) {
        let tracks = self.tracks.borrow();
        let chosen = [
            tracks.microphone.as_ref().filter(|_| devices.microphone),
            tracks.camera.as_ref().filter(|_| devices.camera),
        ];
        for live in chosen.into_iter().flatten() {
            live.track.set_enabled(enabled);
        }
    }
}

/// Takes over the live tracks of a captured stream; returns their devices. A track that was requested before this
/// program was there may be dead by now.
fn keep(captured: &MediaStream, stream: &MediaStream, tracks: &RefCell<Tracks>, events: &Events) -> Devices {
    let mut had = Devices::NONE;
    for track in tracks_of(captured) {
        if track.ready_state() != MediaStreamTrackState::Live {
            continue;
        }
        let device = if track.kind() == "video" { Devices::CAMERA } else { Devices::MICROPHONE };
        let changes = [
            ("ended", MediaEvent::Ended(device)),
            ("mute", MediaEvent::Muted(device)),
            ("unmute", MediaEvent::Unmuted(device)),
        ];
        let listeners = changes.map(|(name, change)| {
            let events = events.clone();
            EventListener::new(&track, name, move |_| events.push(Event::Media(change.clone())))
        });
        stream.add_track(&track);
        let live = LiveTrack { track, _listeners: listeners };
        let mut tracks = tracks.borrow_mut();
        let slot = if device.camera { &mut tracks.camera } else { &mut tracks.microphone };
        if let Some(before) = slot.replace(live) {
            stream.remove_track(&before.track);
        }
        had = had.or(device);
    }
    had
}

async fn get_user_media(devices: Devices) -> Result<MediaStream, MediaError> {
    let typed = |error: JsValue| {
        let error = BrowserError::from(error);
        log(&format!("getUserMedia: {error}"));
        error.as_media_error()
    };
    if let Ok(promise) = early::take(early::CAPTURE).dyn_into::<Promise>() {
        let early = JsFuture::from(promise).await;
        if devices == Devices::BOTH {
            return early.map_err(typed)?.dyn_into().map_err(|_| MediaError::Unsupported);
        }
        // Less is wanted now than the page asked for when it was pressed: none of it is kept.
        for track in
            early.ok().and_then(|stream| stream.dyn_into::<MediaStream>().ok()).iter().flat_map(tracks_of)
        {
            track.stop();
        }
    }
    let media_devices = media_devices()?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&JsValue::from_bool(devices.microphone));
    if devices.camera {
        constraints.set_video(&ideal_resolution());
    }
    let promise = media_devices.get_user_media_with_constraints(&constraints).map_err(typed)?;
    let stream = JsFuture::from(promise).await.map_err(typed)?;
    stream.dyn_into().map_err(|_| MediaError::Unsupported)
}

fn tracks_of(stream: &MediaStream) -> Vec<MediaStreamTrack> {
    stream.get_tracks().iter().filter_map(|track| track.dyn_into().ok()).collect()
}

fn ideal_resolution() -> MediaTrackConstraints {
    let (width, height) = (ConstrainLongRange::new(), ConstrainLongRange::new());
    width.set_ideal(IDEAL_WIDTH);
    height.set_ideal(IDEAL_HEIGHT);
    let video = MediaTrackConstraints::new();
    video.set_width_constrain_long_range(&width);
    video.set_height_constrain_long_range(&height);
    video
}

/// `navigator.mediaDevices`, which browsers leave out on pages that are not a secure context.
fn media_devices() -> Result<MediaDevices, MediaError> {
    let window = window();
    match window.navigator().media_devices() {
        Ok(devices) if !devices.is_undefined() => Ok(devices),
        _ if window.is_secure_context() => Err(MediaError::Unsupported),
        _ => Err(MediaError::Insecure),
    }
}

/// Permissions for microphone and camera; `Prompt` where the browser does not tell.
pub(super) async fn permissions() -> (Permission, Permission) {
    (permission("microphone").await, permission("camera").await)
}

async fn permission(name: &str) -> Permission {
    let query = || {
        let permissions = window().navigator().permissions().ok()?;
        let descriptor = Object::new();
        Reflect::set(&descriptor, &"name".into(), &name.into()).ok()?;
        permissions.query(&descriptor).ok()
    };
    let Some(promise) = query() else { return Permission::Prompt };
    let status =
        JsFuture::from(promise).await.ok().and_then(|status| status.dyn_into::<PermissionStatus>().ok());
    match status.map(|status| status.state()) {
        Some(PermissionState::Granted) => Permission::Granted,
        Some(PermissionState::Denied) => Permission::Denied,
        _ => Permission::Prompt,
    }
}
