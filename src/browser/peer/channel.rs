//! The data channel of a connection.

use gloo_events::EventListener;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelInit, RtcDataChannelType};

use super::bindings::Connection;
use super::report::Report;
use crate::browser::env::log;
use crate::browser::error::BrowserError;
use crate::call::{ChannelState, PeerEvent};
use crate::protocol::{DATA_CHANNEL_ID, DATA_CHANNEL_LABEL, MAX_DATA_BYTES};

/// Most bytes that wait in the channel; more than that, and nothing passes.
const MAX_BUFFERED_BYTES: u32 = 64 * 1024;

/// The data channel of one connection, until it is dropped.
pub(super) struct Channel {
    channel: RtcDataChannel,
    report: Report,
    _listeners: [EventListener; 3],
}

impl Channel {
    /// Opens the channel, which the other side opens by itself; without it a call goes on.
    pub(super) fn open(connection: &Connection, report: Report) -> Option<Self> {
        let channel = open(connection, DATA_CHANNEL_LABEL, DATA_CHANNEL_ID)?;
        let listen = |name: &'static str, read: fn(&JsValue) -> PeerEvent| {
            let report = report.clone();
            EventListener::new(&channel, name, move |event| report.push(read(event)))
        };
        let listeners = [
            listen("open", |_| PeerEvent::Channel(ChannelState::Open)),
            listen("close", |_| PeerEvent::Channel(ChannelState::Closed)),
            listen("message", |event| {
                PeerEvent::Received(bytes_of(&event.unchecked_ref::<MessageEvent>().data(), MAX_DATA_BYTES))
            }),
        ];
        Some(Self { channel, report, _listeners: listeners })
    }

    /// Sends a message, or reports that the channel does not take it.
    pub(super) fn send(&self, bytes: &[u8]) {
        let is_full = self.channel.buffered_amount() > MAX_BUFFERED_BYTES;
        if is_full || self.channel.send_with_u8_array(bytes).is_err() {
            self.report.push(PeerEvent::Unsent);
        }
    }
}

/// Opens a channel, which the other side opens by itself.
pub(super) fn open(connection: &Connection, label: &str, id: u16) -> Option<RtcDataChannel> {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(id);
    let channel = connection
        .negotiated_channel(label, &init)
        .inspect_err(|error| log(&format!("no data channel: {}", BrowserError::from(Clone::clone(error)))))
        .ok()?;
    channel.set_binary_type(RtcDataChannelType::Arraybuffer);
    Some(channel)
}

/// The bytes of a message, one more than `most` at most, which shows that it is too large. A text has none: pages send
/// bytes.
pub(in crate::browser) fn bytes_of(data: &JsValue, most: usize) -> Vec<u8> {
    let Some(buffer) = data.dyn_ref::<ArrayBuffer>() else { return vec![] };
    let length = buffer.byte_length().min(most as u32 + 1);
    Uint8Array::new_with_byte_offset_and_length(buffer, 0, length).to_vec()
}
