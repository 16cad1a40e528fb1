//! The files' channel of a connection. What comes is kept until the transfers are loaded, which listen by themselves.

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
use crate::ui::FilesLine;

/// Most messages that are kept: a list of as many transfers as a page may have open, and of those that have ended.
const MOST_MESSAGES: u32 = 512;
/// Most bytes of them.
const MOST_BYTES: u32 = 256 * 1024;

/// The channel of one connection, until it is dropped.
pub(super) struct FilesChannel {
    line: Rc<FilesLine>,
    _keep: Closure<dyn FnMut(JsValue)>,
}

impl FilesChannel {
    /// Opens the channel, which the other side opens by itself. `wanted` is set by what comes while nobody listens,
    /// but for the end of a list: whoever has no transfers sends that alone.
    pub(super) fn open(connection: &Connection, peer: PeerId, wanted: WriteSignal<bool>) -> Option<Self> {
        let channel = channel::open(connection, FILES_CHANNEL_LABEL, FILES_CHANNEL_ID)?;
        let early = Array::new();
        let (from, kept) = (channel.clone(), early.clone());
        let mut bytes = 0;
        let keep = Closure::wrap(Box::new(move |event: JsValue| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            keep(&from, &kept, &mut bytes, &data);
            if !ends_list(&data) {
                wanted.set(true);
            }
        }) as Box<dyn FnMut(JsValue)>);
        channel.set_onmessage(Some(keep.as_ref().unchecked_ref()));
        let connection = Clone::clone(&**connection);
        Some(Self { line: Rc::new(FilesLine { peer, channel, connection, early }), _keep: keep })
    }

    /// What the transfers need of the channel.
    pub(super) fn line(&self) -> Rc<FilesLine> {
        Rc::clone(&self.line)
    }
}

impl Drop for FilesChannel {
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

/// Whether the message says no more than that a list is complete.
fn ends_list(data: &JsValue) -> bool {
    let Some(data) = data.dyn_ref::<ArrayBuffer>() else { return false };
    usize::try_from(data.byte_length()) == Ok(LISTED_MESSAGE.len())
        && Uint8Array::new(data).to_vec() == LISTED_MESSAGE
}
