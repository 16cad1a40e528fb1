//! Measuring of the own microphone (`AnalyserNode`), on a track of its own that is heard while the sent one is off.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use leptos::prelude::{Set, WriteSignal, document};
use wasm_bindgen::JsValue;
use web_sys::{AnalyserNode, AudioContext, AudioContextState, MediaStream, MediaStreamTrack};

use super::env::{Events, log, now, on_touch};
use super::error::{BrowserError, unwatched};
use super::liveness::Held;
use crate::call::{Event, MEASURED_EVERY, Measurement, MediaEvent, Meter, MicrophoneLevel};

/// How many samples are measured at once: 43 ms at 48 kHz.
const SAMPLES: u32 = 2048;

/// The measuring of one track, until it is dropped.
pub(super) struct LevelMeter {
    inner: Rc<Inner>,
    timer: Rc<RefCell<Option<Interval>>>,
    _touched: [EventListener; 2],
    _seen: EventListener,
}

struct Inner {
    ear: Ear,
    meter: RefCell<Meter>,
    last: Cell<MicrophoneLevel>,
    shown: WriteSignal<MicrophoneLevel>,
    events: Events,
}

impl LevelMeter {
    /// Begins to measure; `None` where the browser cannot.
    pub(super) fn new(
        track: &MediaStreamTrack,
        shown: WriteSignal<MicrophoneLevel>,
        events: &Events,
    ) -> Option<Self> {
        let ear = Ear::new(track);
        let ear = ear.map_err(|error| log(&format!("not measured: {}", BrowserError::from(error)))).ok()?;
        let (meter, last, events) = (RefCell::default(), Cell::default(), events.clone());
        let inner = Rc::new(Inner { ear, meter, last, shown, events });
        let timer = Rc::new(RefCell::new(None));
        let seen = {
            let (inner, timer) = (Rc::clone(&inner), Rc::clone(&timer));
            move || timer.replace(inner.follow_page())
        };
        seen();
        let touched = Rc::clone(&inner);
        let _touched = on_touch(Rc::new(move || touched.ear.resume()));
        let _seen = EventListener::new(&document(), "visibilitychange", move |_| drop(seen()));
        Some(Self { inner, timer, _touched, _seen })
    }
}

impl Drop for LevelMeter {
    fn drop(&mut self) {
        self.timer.replace(None);
        self.inner.shown.set(MicrophoneLevel::default());
    }
}

impl Inner {
    /// Measures while the page is seen, and does nothing otherwise.
    fn follow_page(self: &Rc<Self>) -> Option<Interval> {
        if document().hidden() {
            unwatched(self.ear.context.suspend());
            return None;
        }
        self.ear.resume();
        let this = Rc::clone(self);
        let every = u32::try_from(MEASURED_EVERY.as_millis()).unwrap_or(u32::MAX);
        Some(Interval::new(every, move || this.measure()))
    }

    fn measure(&self) {
        let Some(measurement) = self.ear.measure() else { return };
        let (level, begins) = self.meter.borrow_mut().measured(now(), measurement);
        if self.last.replace(level) != level {
            self.shown.set(level);
        }
        if begins {
            self.events.push(Event::Media(MediaEvent::Talking));
        }
    }
}

/// What hears a track of its own, a copy of the one given, until it is dropped.
pub(super) struct Ear {
    track: MediaStreamTrack,
    context: AudioContext,
    analyser: AnalyserNode,
    samples: RefCell<Vec<f32>>,
    _held: Held,
}

impl Ear {
    pub(super) fn new(track: &MediaStreamTrack) -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let analyser = context.create_analyser()?;
        analyser.set_fft_size(SAMPLES);
        #[expect(
            clippy::disallowed_methods,
            reason = "a second track, which is not sent, and stopped on drop"
        )]
        let track = track.clone();
        track.set_enabled(true);
        let stream = MediaStream::new()?;
        stream.add_track(&track);
        let _held = Held::new(&stream);
        let samples = RefCell::new(vec![0.0; SAMPLES as usize]);
        let ear = Self { track, context, analyser, samples, _held };
        ear.context.create_media_stream_source(&stream)?.connect_with_audio_node(&ear.analyser)?;
        Ok(ear)
    }

    /// The track that is heard.
    pub(super) fn track(&self) -> &MediaStreamTrack {
        &self.track
    }

    /// Measures what was heard last; `None` while the browser holds sound back.
    pub(super) fn measure(&self) -> Option<Measurement> {
        if self.context.state() != AudioContextState::Running {
            return None;
        }
        let mut samples = self.samples.borrow_mut();
        self.analyser.get_float_time_domain_data(&mut samples);
        Some(Measurement::of(&samples))
    }

    fn resume(&self) {
        // Some systems interrupt it, too.
        if self.context.state() != AudioContextState::Running && !document().hidden() {
            unwatched(self.context.resume());
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.track.stop();
        unwatched(self.context.close());
    }
}
