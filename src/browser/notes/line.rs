//! The notes' channels, and the queue of the loop.

use std::rc::Rc;

use futures::channel::mpsc::UnboundedSender;
use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlTextAreaElement, MessageEvent, RtcDataChannelState};

use crate::browser::peer::channel::bytes_of;
use crate::protocol::PeerId;
use crate::protocol::notes::MAX_NOTES_BYTES;
use crate::ui::panels::Members;
use crate::ui::{LateLine, LateLines};

/// What the loop takes.
pub(super) enum Input {
    /// The call has changed.
    Members(Members),
    /// The panel has opened, or closed.
    Field(Option<HtmlTextAreaElement>),
    /// The person has typed.
    Typed,
    /// The composition of a syllable has begun or goes on, or it has ended.
    Composing(bool),
    /// The channels that there are.
    Lines(LateLines),
    /// Something of a channel, by its number.
    Line(u32, LineEvent),
    /// It is time for what is due.
    Tick,
    /// It is time to keep the notes for a reload.
    Keep,
}

/// An event of a channel.
pub(super) enum LineEvent {
    /// It is open.
    Open,
    /// It is closed.
    Closed,
    /// A message has come.
    Message(Vec<u8>),
}

/// The sending end.
#[derive(Clone)]
pub(super) struct Inputs(pub(super) UnboundedSender<Input>);

impl Inputs {
    pub(super) fn push(&self, input: Input) {
        // After the page was left there is no loop any more.
        let _ = self.0.unbounded_send(input);
    }
}

/// A channel, until it is dropped.
pub(super) struct Line {
    /// Which of all channels of this page it is.
    pub(super) number: u32,
    pub(super) is_open: bool,
    pub(super) line: Rc<LateLine>,
    _listeners: [EventListener; 3],
}

impl Line {
    /// Listens to a channel, and reports what has come meanwhile.
    pub(super) fn new(inputs: &Inputs, number: u32, line: Rc<LateLine>) -> Self {
        let channel = &line.channel;
        channel.set_onmessage(None);
        let listen = |name: &'static str, read: fn(&JsValue) -> LineEvent| {
            let inputs = inputs.clone();
            EventListener::new(channel, name, move |event| inputs.push(Input::Line(number, read(event))))
        };
        let listeners = [
            listen("open", |_| LineEvent::Open),
            listen("close", |_| LineEvent::Closed),
            listen("message", |event| {
                LineEvent::Message(bytes_of(&event.unchecked_ref::<MessageEvent>().data(), MAX_NOTES_BYTES))
            }),
        ];
        if channel.ready_state() == RtcDataChannelState::Open {
            inputs.push(Input::Line(number, LineEvent::Open));
        }
        for data in line.early.iter() {
            inputs.push(Input::Line(number, LineEvent::Message(bytes_of(&data, MAX_NOTES_BYTES))));
        }
        line.early.set_length(0);
        Self { number, is_open: false, line, _listeners: listeners }
    }

    /// The peer.
    pub(super) fn peer(&self) -> PeerId {
        self.line.peer
    }

    /// Sends a message; a channel that does not take it is closed.
    pub(super) fn send(&mut self, message: &[u8]) {
        if self.line.channel.send_with_u8_array(message).is_err() {
            self.close();
        }
    }

    /// Closes the channel, which reports that.
    pub(super) fn close(&mut self) {
        self.line.channel.close();
    }
}
