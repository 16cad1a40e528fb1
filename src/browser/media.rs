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
    ConstrainDomStringParameters, ConstrainLongRange, MediaDevices, MediaStream, MediaStreamConstraints,
    MediaStreamTrack, MediaStreamTrackState, MediaTrackConstraints, PermissionState, PermissionStatus,
};

use super::early;
use super::env::{Events, log};
use super::error::BrowserError;
use super::liveness::Held;
use crate::call::{Constraints, DeviceId, Event, MediaError, MediaEvent};
use crate::protocol::{Source, SourceSet};

/// The own tracks. The stream is the same for the whole life of the page: the preview shows it, and every
/// connection names it, so that the others play voice and picture in step.
pub(super) struct Media {
    stream: MediaStream,
    _held: Held,
    tracks: Tracks,
    events: Events,
    asking: RefCell<Asking>,
    _devices_changed: Option<EventListener>,
}

/// A future that is ready when the last request for devices was answered.
pub(super) type Asking = Shared<oneshot::Receiver<()>>;

/// The live tracks, shared with what waits for the browser meanwhile.
#[derive(Clone, Default)]
pub(super) struct Tracks(Rc<RefCell<Vec<LiveTrack>>>);

impl Tracks {
    /// The live track of this source.
    pub(super) fn get(&self, source: Source) -> Option<MediaStreamTrack> {
        self.0.borrow().iter().find(|live| live.source == source).map(|live| Clone::clone(&live.track))
    }

    /// The tracks that the system mutes.
    fn muted(&self) -> SourceSet {
        self.0.borrow().iter().filter(|live| live.track.muted()).map(|live| live.source).collect()
    }
}

struct LiveTrack {
    source: Source,
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
        let (stream, tracks) = (MediaStream::new()?, Tracks::default());
        let _held = Held::new(&stream);
        Ok(Self { stream, _held, tracks, events, asking, _devices_changed: devices })
    }

    /// The stream with the live tracks.
    pub(super) fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// The live tracks, now and later.
    pub(super) fn tracks(&self) -> Tracks {
        self.tracks.clone()
    }

    /// Requests devices of the browser, and through it of the person; the answer comes as an event.
    pub(super) fn capture(&self, asked: Vec<Constraints>) {
        let (events, stream, tracks) = (self.events.clone(), Clone::clone(&self.stream), self.tracks());
        let (answered, asking) = oneshot::channel();
        *self.asking.borrow_mut() = asking.shared();
        spawn_local(async move {
            let _answered: oneshot::Sender<()> = answered;
            let sources = asked.iter().map(|constraints| constraints.source).collect();
            let event = match get_user_media(&asked, sources).await {
                Ok(captured) => MediaEvent::Granted(keep(&captured, &stream, &tracks, &events)),
                Err(error) => {
                    let denied = permissions(PermissionState::Denied).await;
                    MediaEvent::Failed { asked: sources, error, denied }
                }
            };
            events.push(Event::Media(event));
            events.push(Event::Media(MediaEvent::Muted(tracks.muted())));
        });
    }

    /// A future that is ready when no request for devices is open.
    pub(super) fn asking(&self) -> Asking {
        self.asking.borrow().clone()
    }

    /// Stops tracks; the light goes out.
    pub(super) fn release(&self, sources: SourceSet) {
        self.tracks.0.borrow_mut().retain(|live| {
            let stays = !sources.contains(live.source);
            if !stays {
                self.stream.remove_track(&live.track);
            }
            stays
        });
    }

    /// Sets `MediaStreamTrack.enabled`: heard and seen, or silent and black.
    pub(super) fn enable(&self, sources: SourceSet, enabled: bool) {
        for track in sources.iter().filter_map(|source| self.tracks.get(source)) {
            track.set_enabled(enabled);
        }
    }
}

/// Takes over the live tracks of a captured stream; returns their sources. A track that was requested before this
/// program was there may be dead by now.
fn keep(captured: &MediaStream, stream: &MediaStream, tracks: &Tracks, events: &Events) -> SourceSet {
    let mut had = SourceSet::NONE;
    for track in tracks_of(captured) {
        if track.ready_state() != MediaStreamTrackState::Live {
            continue;
        }
        let source = source_of(&track);
        let changes = [
            ("ended", MediaEvent::Ended(source.into())),
            ("mute", MediaEvent::Muted(source.into())),
            ("unmute", MediaEvent::Unmuted(source.into())),
        ];
        let listeners = changes.map(|(name, change)| {
            let events = events.clone();
            EventListener::new(&track, name, move |_| events.push(Event::Media(change.clone())))
        });
        // A browser that guards against being recognised tells no id.
        if let Some(id) = track.get_settings().get_device_id().filter(|id| !id.is_empty()) {
            events.push(Event::Media(MediaEvent::Opened(source, DeviceId(id))));
        }
        stream.add_track(&track);
        let mut tracks = tracks.0.borrow_mut();
        if let Some(before) = tracks.iter().position(|live| live.source == source) {
            stream.remove_track(&tracks.remove(before).track);
        }
        tracks.push(LiveTrack { source, track, _listeners: listeners });
        had = had.or(source.into());
    }
    had
}

async fn get_user_media(asked: &[Constraints], sources: SourceSet) -> Result<MediaStream, MediaError> {
    let typed = |error: JsValue| {
        let error = BrowserError::from(error);
        log(&format!("getUserMedia: {error}"));
        error.as_media_error()
    };
    if let Ok(promise) = early::take(early::CAPTURE).dyn_into::<Promise>() {
        let early = JsFuture::from(promise).await;
        if sources == SourceSet::DEVICES {
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
    for one in asked {
        match one.source {
            Source::Microphone => constraints.set_audio(&track_constraints(one)),
            Source::Camera => constraints.set_video(&track_constraints(one)),
        }
    }
    let promise = media_devices.get_user_media_with_constraints(&constraints).map_err(typed)?;
    let stream = JsFuture::from(promise).await.map_err(typed)?;
    stream.dyn_into().map_err(|_| MediaError::Unsupported)
}

/// The source of a track, by its kind.
pub(super) fn source_of(track: &MediaStreamTrack) -> Source {
    if track.kind() == "video" { Source::Camera } else { Source::Microphone }
}

/// The tracks of a stream.
pub(super) fn tracks_of(stream: &MediaStream) -> Vec<MediaStreamTrack> {
    stream.get_tracks().iter().filter_map(|track| track.dyn_into().ok()).collect()
}

fn track_constraints(of: &Constraints) -> JsValue {
    if of.device.is_none() && of.resolution.is_none() {
        return JsValue::TRUE;
    }
    let constraints = MediaTrackConstraints::new();
    if let Some((width, height)) = of.resolution {
        let ideal = |pixels: u32| {
            let range = ConstrainLongRange::new();
            range.set_ideal(pixels as i32);
            range
        };
        constraints.set_width_constrain_long_range(&ideal(width));
        constraints.set_height_constrain_long_range(&ideal(height));
    }
    if let Some(DeviceId(id)) = &of.device {
        let exact = ConstrainDomStringParameters::new();
        exact.set_exact_str(id);
        constraints.set_device_id_constrain_dom_string_parameters(&exact);
    }
    constraints.into()
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

/// The devices whose permission is in this state; none where the browser does not tell.
pub(super) async fn permissions(state: PermissionState) -> SourceSet {
    let mut sources = SourceSet::NONE;
    for (source, name) in [(Source::Microphone, "microphone"), (Source::Camera, "camera")] {
        sources = sources.with(source, permission(name).await == Some(state));
    }
    sources
}

async fn permission(name: &str) -> Option<PermissionState> {
    let query = || {
        let permissions = window().navigator().permissions().ok()?;
        let descriptor = Object::new();
        Reflect::set(&descriptor, &"name".into(), &name.into()).ok()?;
        permissions.query(&descriptor).ok()
    };
    let status: PermissionStatus = JsFuture::from(query()?).await.ok()?.dyn_into().ok()?;
    Some(status.state())
}
