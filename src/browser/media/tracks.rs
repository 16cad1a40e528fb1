//! The own tracks that are live, and the streams that they are in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use crate::call::ScreenHint;
use crate::protocol::{Source, SourceSet};

/// A stream for the devices, and one for what is shared.
#[derive(Clone)]
pub(in crate::browser) struct Streams(pub(super) [MediaStream; 2]);

impl Streams {
    /// # Errors
    /// The browser has no `MediaStream`.
    pub(in crate::browser) fn new() -> Result<Self, JsValue> {
        Ok(Self([MediaStream::new()?, MediaStream::new()?]))
    }

    /// The stream with this source.
    pub(in crate::browser) fn of(&self, source: Source) -> &MediaStream {
        let [devices, shared] = &self.0;
        if SourceSet::SCREEN.contains(source) { shared } else { devices }
    }
}

/// The live tracks, shared with what waits for the browser meanwhile.
#[derive(Clone, Default)]
pub(in crate::browser) struct Tracks {
    pub(super) live: Rc<RefCell<Vec<LiveTrack>>>,
    /// Those that others have replaced; they go on until no connection sends them any more.
    pub(super) replaced: Rc<RefCell<Vec<Rc<LiveTrack>>>>,
    /// What the picture that is shared is for.
    pub(super) hint: Rc<Cell<ScreenHint>>,
}

impl Tracks {
    /// The live track of this source.
    pub(in crate::browser) fn get(&self, source: Source) -> Option<MediaStreamTrack> {
        self.live.borrow().iter().find(|live| live.source == source).map(|live| Clone::clone(&live.track))
    }

    /// What the picture that is shared is for.
    pub(in crate::browser) fn hint(&self) -> ScreenHint {
        self.hint.get()
    }

    /// The tracks that others have replaced; as long as they are held they are not stopped.
    pub(in crate::browser) fn replaced(&self) -> Vec<Rc<LiveTrack>> {
        self.replaced.borrow().clone()
    }

    /// The tracks that the system mutes.
    pub(super) fn muted(&self) -> SourceSet {
        self.live.borrow().iter().filter(|live| live.track.muted()).map(|live| live.source).collect()
    }
}

/// A track that is stopped when this is dropped.
pub(in crate::browser) struct LiveTrack {
    pub(super) source: Source,
    pub(super) track: MediaStreamTrack,
    pub(super) listeners: Vec<EventListener>,
}

impl Drop for LiveTrack {
    fn drop(&mut self) {
        self.track.stop();
    }
}

/// The tracks of a stream.
pub(in crate::browser) fn tracks_of(stream: &MediaStream) -> Vec<MediaStreamTrack> {
    stream.get_tracks().iter().filter_map(|track| track.dyn_into().ok()).collect()
}
