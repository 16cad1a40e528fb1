//! The channels of a part that is loaded later, as that part listens to them and sends on them.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, RtcDataChannelState};

use super::peer::bindings::Connection;
use super::peer::channel::bytes_of;
use crate::protocol::PeerId;
use crate::ui::{LateLine, LateLines};

/// An event of a channel.
pub(super) enum LineEvent {
    /// It is open.
    Open,
    /// It is closed.
    Closed,
    /// It has little left to send.
    Low,
    /// A message has come.
    Message(Vec<u8>),
}

/// Takes what happens on a channel, with its number.
pub(super) type Report = Rc<dyn Fn(u32, LineEvent)>;

/// The channels that there are.
pub(super) struct Lines {
    all: Vec<Line>,
    last_number: u32,
    /// Most bytes of a message.
    most_bytes: usize,
    report: Report,
}

impl Lines {
    /// No channels yet; `report` takes what happens later.
    pub(super) fn new(most_bytes: usize, report: Report) -> Self {
        Self { all: vec![], last_number: 0, most_bytes, report }
    }

    /// Listens to these channels and no others. Says whose open channels are gone, and what has happened already on those
    /// that are new.
    pub(super) fn follow(&mut self, lines: LateLines) -> (Vec<PeerId>, Vec<(u32, LineEvent)>) {
        let stays = |line: &Line| lines.iter().any(|other| Rc::ptr_eq(&line.line, other));
        let (stay, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.all).into_iter().partition(stays);
        self.all = stay;
        let gone = gone.iter().filter(|line| line.is_open).map(Line::peer).collect();
        let mut so_far = vec![];
        for line in lines {
            if !self.all.iter().any(|known| Rc::ptr_eq(&known.line, &line)) {
                self.last_number += 1;
                let number = self.last_number;
                let (line, events) = Line::new(number, line.take(), self.most_bytes, &self.report);
                self.all.push(line);
                so_far.extend(events.into_iter().map(|event| (number, event)));
            }
        }
        (gone, so_far)
    }

    /// The channels, whether open or not.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Line> {
        self.all.iter()
    }

    /// The same, to send on.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Line> {
        self.all.iter_mut()
    }

    /// The channel of this number, unless it was replaced.
    pub(super) fn numbered(&mut self, number: u32) -> Option<&mut Line> {
        self.all.iter_mut().find(|line| line.number == number)
    }

    /// The open channel to a peer.
    pub(super) fn open_to(&mut self, peer: PeerId) -> Option<&mut Line> {
        self.all.iter_mut().find(|line| line.is_open && line.peer() == peer)
    }
}

/// A channel, until it is dropped.
pub(super) struct Line {
    /// Which of all channels of this page it is.
    pub(super) number: u32,
    pub(super) is_open: bool,
    /// Something was given to it since it was last looked at.
    has_sent: bool,
    line: Rc<LateLine>,
    _listeners: [EventListener; 4],
}

impl Line {
    /// Listens to a channel; says also what has happened there already.
    fn new(number: u32, line: Rc<LateLine>, most_bytes: usize, report: &Report) -> (Self, Vec<LineEvent>) {
        let channel = &line.channel;
        channel.set_onmessage(None);
        let listen = |name: &'static str, read: Box<dyn Fn(&JsValue) -> LineEvent>| {
            let report = Rc::clone(report);
            EventListener::new(channel, name, move |event| report(number, read(event)))
        };
        let message = move |data: &JsValue| LineEvent::Message(bytes_of(data, most_bytes));
        let listeners = [
            listen("open", Box::new(|_| LineEvent::Open)),
            listen("close", Box::new(|_| LineEvent::Closed)),
            listen("bufferedamountlow", Box::new(|_| LineEvent::Low)),
            listen("message", Box::new(move |event| message(&event.unchecked_ref::<MessageEvent>().data()))),
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

    /// Has `bufferedamountlow` come at so many bytes.
    pub(super) fn set_low(&self, bytes: u32) {
        self.line.channel.set_buffered_amount_low_threshold(bytes);
    }

    /// Sends a message; a channel that does not take it is closed.
    pub(super) fn send(&mut self, message: &[u8]) {
        self.has_sent = true;
        if self.is_open && self.line.channel.send_with_u8_array(message).is_err() {
            self.close();
        }
    }

    /// Closes the channel, which reports that.
    pub(super) fn close(&mut self) {
        self.line.channel.close();
    }

    /// Whether it has little left to send of what was given to it since the last look.
    pub(super) fn is_drained(&mut self) -> bool {
        let channel = &self.line.channel;
        std::mem::take(&mut self.has_sent)
            && self.is_open
            && channel.buffered_amount() <= channel.buffered_amount_low_threshold()
    }
}
