//! The files' channels.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, RtcDataChannelState};

use super::queue::{Input, Inputs, LineEvent};
use crate::browser::peer::bindings::Connection;
use crate::browser::peer::channel::bytes_of;
use crate::call::files::LOW_BUFFERED_BYTES;
use crate::protocol::PeerId;
use crate::protocol::files::MAX_FILES_BYTES;
use crate::ui::LateLine;

/// A channel, until it is dropped.
pub(super) struct Line {
    /// Which of all channels of this page it is.
    pub(super) number: u32,
    pub(super) is_open: bool,
    /// Something was given to it since it was last looked at.
    has_sent: bool,
    pub(super) line: Rc<LateLine>,
    _listeners: [EventListener; 4],
}

impl Line {
    /// Listens to a channel; says also what has happened there already.
    pub(super) fn new(inputs: &Inputs, number: u32, line: Rc<LateLine>) -> (Self, Vec<LineEvent>) {
        let channel = &line.channel;
        // It holds for channels of this size of message; the number fits.
        channel.set_buffered_amount_low_threshold(LOW_BUFFERED_BYTES as u32);
        channel.set_onmessage(None);
        let listen = |name: &'static str, read: fn(&JsValue) -> LineEvent| {
            let inputs = inputs.clone();
            EventListener::new(channel, name, move |event| inputs.push(Input::Line(number, read(event))))
        };
        let listeners = [
            listen("open", |_| LineEvent::Open),
            listen("close", |_| LineEvent::Closed),
            listen("bufferedamountlow", |_| LineEvent::Low),
            listen("message", |event| message(&event.unchecked_ref::<MessageEvent>().data())),
        ];
        let is_open = channel.ready_state() == RtcDataChannelState::Open;
        let early = line.early.iter().map(|data| message(&data));
        let so_far = is_open.then_some(LineEvent::Open).into_iter().chain(early).collect();
        line.early.set_length(0);
        (Self { number, is_open: false, has_sent: false, line, _listeners: listeners }, so_far)
    }

    /// Its connection, for statistics.
    pub(super) fn connection(&self) -> Connection {
        JsValue::from(&self.line.connection).unchecked_into()
    }

    /// The peer.
    pub(super) fn peer(&self) -> PeerId {
        self.line.peer
    }

    /// Sends a message; a channel that does not take it is closed.
    pub(super) fn send(&mut self, message: &[u8]) {
        self.has_sent = true;
        if self.is_open && self.line.channel.send_with_u8_array(message).is_err() {
            self.line.channel.close();
        }
    }

    /// Whether it has little left to send of what was given to it since the last look.
    pub(super) fn is_drained(&mut self) -> bool {
        std::mem::take(&mut self.has_sent)
            && self.is_open
            && u64::from(self.line.channel.buffered_amount()) <= LOW_BUFFERED_BYTES
    }
}

fn message(data: &JsValue) -> LineEvent {
    LineEvent::Message(bytes_of(data, MAX_FILES_BYTES))
}
