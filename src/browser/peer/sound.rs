//! The sound of a peer: how loud its element plays, and what is heard of its levels.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_events::EventListener;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AudioContext, AudioContextState, GainNode, HtmlVideoElement, MediaStream, MediaStreamAudioSourceNode,
};

use super::bindings::{Connection, Receiver};
use super::stats::get;
use super::tracks::carrier;
use crate::browser::env::{log, on_touch};
use crate::browser::error::{BrowserError, unwatched};
use crate::browser::speaker::Speaker;
use crate::call::{Level, USUAL_VOLUME};
use crate::protocol::{PeerId, Source};

/// The sound of one connection, shared with the sink that puts its stream into an element.
pub(in crate::browser) struct Sound {
    stream: MediaStream,
    volume: Cell<u16>,
    element: RefCell<Option<HtmlVideoElement>>,
    gain: RefCell<Option<Gain>>,
    speaker: RefCell<Speaker>,
}

impl Sound {
    pub(super) fn new(stream: MediaStream) -> Rc<Self> {
        Rc::new(Self {
            stream,
            volume: Cell::new(USUAL_VOLUME),
            element: RefCell::default(),
            gain: RefCell::default(),
            speaker: RefCell::default(),
        })
    }

    /// The stream that is heard.
    pub(in crate::browser) fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// Notes the element that plays the stream from now on.
    pub(in crate::browser) fn plays_on(self: &Rc<Self>, element: &HtmlVideoElement) {
        if self.element.borrow().as_ref() != Some(element) {
            self.element.replace(Some(element.clone()));
            self.apply();
        }
    }

    pub(super) fn set_volume(self: &Rc<Self>, percent: u16) {
        self.volume.set(percent);
        self.apply();
    }

    /// The element plays up to its full volume by itself. Beyond it, and on systems that let no page set the volume of an
    /// element, Web Audio plays in its place, while the browser lets it.
    fn apply(self: &Rc<Self>) {
        let element = self.element.borrow();
        let (Some(element), percent) = (element.as_ref(), self.volume.get()) else { return };
        let wanted = f64::from(percent.min(USUAL_VOLUME)) / f64::from(USUAL_VOLUME);
        element.set_volume(wanted);
        let falls_short = percent > USUAL_VOLUME || percent > 0 && (element.volume() - wanted).abs() > 0.01;
        if !falls_short {
            self.gain.take();
        }
        let gained = falls_short && self.amplify(percent);
        element.set_muted(gained || percent == 0);
    }

    /// Lets what Web Audio plays follow the speaker; the element does so by itself.
    pub(super) fn follow(&self, speaker: &Speaker) {
        if let Some(gain) = self.gain.borrow().as_ref() {
            speaker.give_context(&gain.context);
        }
        self.speaker.replace(speaker.clone());
    }

    /// Sets the gain; returns whether Web Audio plays now.
    fn amplify(self: &Rc<Self>, percent: u16) -> bool {
        let mut gain = self.gain.borrow_mut();
        if gain.is_none() {
            *gain = Gain::new(&self.stream, Rc::downgrade(self))
                .inspect_err(|error| log(&format!("no gain: {}", BrowserError::from(Clone::clone(error)))))
                .inspect(|gain| self.speaker.borrow().give_context(&gain.context))
                .ok();
        }
        let Some(Gain { context, node, .. }) = gain.as_ref() else { return false };
        node.gain().set_value(f32::from(percent) / f32::from(USUAL_VOLUME));
        let plays = context.state() == AudioContextState::Running;
        if !plays {
            unwatched(context.resume());
        }
        plays
    }
}

/// A gain between a stream and the loudspeaker, until it is dropped.
struct Gain {
    context: AudioContext,
    node: GainNode,
    _source: MediaStreamAudioSourceNode,
    _changes: [EventListener; 2],
    _touched: [EventListener; 2],
}

impl Gain {
    /// The sound is applied anew whenever the browser may let it play.
    fn new(stream: &MediaStream, sound: Weak<Sound>) -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let connected = || {
            let (source, node) = (context.create_media_stream_source(stream)?, context.create_gain()?);
            source.connect_with_audio_node(&node)?.connect_with_audio_node(&context.destination())?;
            Ok((source, node))
        };
        match connected() {
            Ok((_source, node)) => {
                let apply: Rc<dyn Fn()> = Rc::new(move || {
                    if let Some(sound) = sound.upgrade() {
                        sound.apply();
                    }
                });
                let (changed, seen) = (Rc::clone(&apply), Rc::clone(&apply));
                let _changes = [
                    EventListener::new(&context, "statechange", move |_| changed()),
                    EventListener::new(&document(), "visibilitychange", move |_| seen()),
                ];
                Ok(Self { _source, node, context, _changes, _touched: on_touch(apply) })
            }
            Err(error) => {
                drop(context.close());
                Err(error)
            }
        }
    }
}

impl Drop for Gain {
    fn drop(&mut self) {
        drop(self.context.close());
    }
}

/// The level of the packet of the voice that was played last; none before the first one. The sound of what is shared is
/// no voice.
pub(super) fn level(connection: &Connection, peer: PeerId) -> Option<Level> {
    let receiver: Receiver = carrier(connection, Source::Microphone)?.receiver().unchecked_into();
    let source = receiver.sources().ok()?.get(0);
    let level = get(&source, "audioLevel").as_f64()?;
    let packet = get(&source, "rtpTimestamp").as_f64().unwrap_or_default();
    Some(Level { peer, packet: packet as u32, level: (level * 32_768.0) as u16 })
}
