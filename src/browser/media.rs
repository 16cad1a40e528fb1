//! Microphone, camera and what is shared: requests them, keeps the live tracks, lets go of them.

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
    MediaDevices, MediaStream, MediaStreamTrack, MediaStreamTrackState, PermissionState, PermissionStatus,
};

mod constraints;
mod listing;
pub(super) mod screen;
pub(super) mod tracks;
mod traits;

use constraints::constraints;
use listing::{Listing, media_devices};
use screen::Screens;
use tracks::{LiveTrack, Streams, Tracks, tracks_of};

use super::early;
use super::env::{Events, log};
use super::error::BrowserError;
use super::liveness::Held;
use crate::call::{Constraints, DeviceId, Event, MediaError, MediaEvent, ScreenHint, ScreenId, ShareSource};
use crate::protocol::{Source, SourceSet};

/// The own tracks. The streams are the same for the whole life of the page: the preview shows that of the devices, and
/// every connection names them, so that the others play sound and picture in step.
pub(super) struct Media {
    streams: Streams,
    _held: [Held; 2],
    tracks: Tracks,
    screens: Screens,
    events: Events,
    asking: RefCell<Asking>,
    listing: Listing,
    _devices_changed: Option<EventListener>,
}

/// A future that is ready when the last request for devices was answered.
pub(super) type Asking = Shared<oneshot::Receiver<()>>;

impl Media {
    /// # Errors
    /// The browser has no `MediaStream`.
    pub(super) fn new(events: Events) -> Result<Self, BrowserError> {
        let listing = Listing::new(events.clone());
        let changed = listing.clone();
        let listen = |devices: MediaDevices| {
            let of = devices.clone();
            EventListener::new(&devices, "devicechange", move |_| changed.report(&of, true))
        };
        let devices = media_devices().ok().map(listen);
        // Nothing is asked yet: the other end is gone already.
        let asking = RefCell::new(oneshot::channel().1.shared());
        let (streams, tracks) = (Streams::new()?, Tracks::default());
        let _held = streams.0.each_ref().map(|stream| Held::new(stream));
        let screens = Screens::new();
        Ok(Self { streams, _held, tracks, screens, events, asking, listing, _devices_changed: devices })
    }

    /// The streams with the live tracks.
    pub(super) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// The live tracks, now and later.
    pub(super) fn tracks(&self) -> Tracks {
        self.tracks.clone()
    }

    /// Requests devices of the browser, and through it of the person; the answer comes as an event.
    pub(super) fn capture(&self, asked: Vec<Constraints>) {
        let (events, stream, tracks) = (self.events.clone(), Clone::clone(self.stream()), self.tracks());
        let listing = self.listing.clone();
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
            if let Ok(devices) = media_devices() {
                listing.report(&devices, false);
            }
        });
    }

    /// A future that is ready when no request for devices is open.
    pub(super) fn asking(&self) -> Asking {
        self.asking.borrow().clone()
    }

    /// Stops tracks; the light goes out.
    pub(super) fn release(&self, sources: SourceSet) {
        self.tracks.live.borrow_mut().retain(|live| {
            let stays = !sources.contains(live.source);
            if !stays {
                self.stream().remove_track(&live.track);
            }
            stays
        });
    }

    /// Stops the tracks that others have replaced.
    pub(super) fn stop_replaced(&self) {
        self.tracks.replaced.borrow_mut().clear();
    }

    /// Requests something to be shared; the answer comes as an event.
    pub(super) fn capture_screen(&self, id: ScreenId, what: ShareSource) {
        self.screens.capture(id, what, &self.events);
    }

    /// Has a capture sent from now on.
    pub(super) fn take_screen(&self, id: ScreenId) {
        self.screens.take(id, self.streams.of(Source::Screen), &self.tracks);
    }

    /// Stops a capture.
    pub(super) fn release_screen(&self, id: ScreenId) {
        self.screens.release(id, self.streams.of(Source::Screen), &self.tracks);
    }

    /// Sends what is shared for this.
    pub(super) fn hint_screen(&self, hint: ScreenHint) {
        screen::hint(&self.tracks, hint);
    }

    fn stream(&self) -> &MediaStream {
        self.streams.of(Source::Camera)
    }

    /// Blurs the background of the camera's picture, or stops it.
    pub(super) fn blur(&self, on: bool) {
        if let Some(camera) = self.tracks.get(Source::Camera) {
            traits::blur(&camera, on);
        }
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
        let listen = |(name, change): (&'static str, MediaEvent)| {
            let events = events.clone();
            EventListener::new(&track, name, move |_| events.push(Event::Media(change.clone())))
        };
        let listeners = changes.into_iter().map(listen).collect();
        // A browser that guards against being recognised tells no id.
        if let Some(id) = track.get_settings().get_device_id().filter(|id| !id.is_empty()) {
            events.push(Event::Media(MediaEvent::Opened(source, DeviceId(id))));
        }
        if source == Source::Camera {
            events.push(Event::Media(MediaEvent::CameraIs(traits::traits(&track))));
        }
        stream.add_track(&track);
        let mut live = tracks.live.borrow_mut();
        if let Some(before) = live.iter().position(|live| live.source == source) {
            let mut before = live.remove(before);
            before.listeners.clear();
            stream.remove_track(&before.track);
            tracks.replaced.borrow_mut().push(Rc::new(before));
        }
        live.push(LiveTrack { source, track, listeners });
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
    let promise = media_devices.get_user_media_with_constraints(&constraints(asked)).map_err(typed)?;
    let stream = JsFuture::from(promise).await.map_err(typed)?;
    stream.dyn_into().map_err(|_| MediaError::Unsupported)
}

/// The device that a track is of, by its kind.
fn source_of(track: &MediaStreamTrack) -> Source {
    if track.kind() == "video" { Source::Camera } else { Source::Microphone }
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
