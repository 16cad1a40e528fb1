//! A channel of a connection for what is loaded later. What comes is kept until then.

use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use leptos::prelude::{Set, WriteSignal};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, RtcDataChannel};

use super::bindings::Connection;
use super::channel;
use crate::protocol::PeerId;
use crate::protocol::files::{FILES_CHANNEL_ID, FILES_CHANNEL_LABEL, LISTED_MESSAGE};
use crate::protocol::notes::{EMPTY_STATE_MESSAGE, NOTES_CHANNEL_ID, NOTES_CHANNEL_LABEL};
use crate::ui::LateLine;

/// Most messages that are kept: a list of as many transfers as a page may have open, and of those that have ended.
const MOST_MESSAGES: u32 = 512;
/// Most bytes of them.
const MOST_BYTES: u32 = 256 * 1024;

/// Which channel it is.
pub(in crate::browser) struct Purpose {
    label: &'static str,
    id: u16,
    /// What a page sends that has nothing to say.
    idle: &'static [u8],
    /// Of what a page sends to one that has said nothing yet, the last is enough.
    is_last_enough: bool,
}

/// For files; whoever has no transfers sends the end of a list alone.
pub(in crate::browser) const FILES: Purpose =
    Purpose { label: FILES_CHANNEL_LABEL, id: FILES_CHANNEL_ID, idle: LISTED_MESSAGE, is_last_enough: false };
/// For notes; whoever has not been told what is here tells again and again what is there.
pub(in crate::browser) const NOTES: Purpose = Purpose {
    label: NOTES_CHANNEL_LABEL,
    id: NOTES_CHANNEL_ID,
    idle: EMPTY_STATE_MESSAGE,
    is_last_enough: true,
};

/// The channel of one connection, until it is dropped.
pub(super) struct LateChannel {
    line: Rc<LateLine>,
    _keep: Closure<dyn FnMut(JsValue)>,
}

impl LateChannel {
    /// Opens the channel, which the other side opens by itself. `wanted` is set by what comes while nobody listens,
    /// unless it says nothing.
    pub(super) fn open(
        connection: &Connection,
        peer: PeerId,
        purpose: &'static Purpose,
        wanted: WriteSignal<bool>,
    ) -> Option<Self> {
        let channel = channel::open(connection, purpose.label, purpose.id)?;
        let early = Array::new();
        let (from, kept) = (channel.clone(), early.clone());
        let mut bytes = 0;
        let keep = Closure::wrap(Box::new(move |event: JsValue| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            if purpose.is_last_enough {
                kept.set_length(0);
                bytes = 0;
            }
            keep(&from, &kept, &mut bytes, &data);
            if !is_of(&data, purpose.idle) {
                wanted.set(true);
            }
        }) as Box<dyn FnMut(JsValue)>);
        channel.set_onmessage(Some(keep.as_ref().unchecked_ref()));
        let connection = Clone::clone(&**connection);
        Some(Self { line: Rc::new(LateLine { peer, channel, connection, early }), _keep: keep })
    }

    /// What is needed of the channel.
    pub(super) fn line(&self) -> Rc<LateLine> {
        Rc::clone(&self.line)
    }
}

impl Drop for LateChannel {
    fn drop(&mut self) {
        self.line.channel.set_onmessage(None);
    }
}

/// Keeps a message, or closes the channel if it is one too many.
fn keep(channel: &RtcDataChannel, kept: &Array, bytes: &mut u32, data: &JsValue) {
    *bytes = bytes.saturating_add(data.dyn_ref::<ArrayBuffer>().map_or(MOST_BYTES, ArrayBuffer::byte_length));
    if kept.length() < MOST_MESSAGES && *bytes <= MOST_BYTES {
        kept.push(data);
    } else {
        channel.set_onmessage(None);
        channel.close();
        kept.set_length(0);
    }
}

/// Whether a message is of these bytes.
fn is_of(data: &JsValue, bytes: &[u8]) -> bool {
    let Some(data) = data.dyn_ref::<ArrayBuffer>() else { return false };
    usize::try_from(data.byte_length()) == Ok(bytes.len()) && Uint8Array::new(data).to_vec() == bytes
}
