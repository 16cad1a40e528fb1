//! The queue of the loop that drives the transfers.

use futures::channel::mpsc::UnboundedSender;

use wasm_bindgen::JsValue;

use super::bindings::Bytes;
use super::save::Address;
use super::voice::Counts;
use crate::browser::env::log;
use crate::browser::error::BrowserError;
use crate::browser::late_line::LineEvent;
use crate::call::files::{DriverError, FileEvent, TransferId};
use crate::ui::LateLines;
use crate::ui::panels::Members;
use crate::ui::panels::files::FilesAction;

/// What the loop takes.
pub(super) enum Input {
    /// The person has done something.
    Action(FilesAction),
    /// An answer to a command.
    Event(FileEvent),
    /// The channels that there are.
    Lines(LateLines),
    /// The call has changed.
    Members(Members),
    /// Something of a channel, by its number.
    Line(u32, LineEvent),
    /// A file is whole.
    Whole(TransferId, Bytes),
    /// A file is a picture to show.
    Picture(TransferId, Address),
    /// This browser has no room for a file.
    TooLarge(TransferId),
    /// The person has saved a file.
    Saved(TransferId),
    /// The browser no longer reads a file that was to be saved.
    Settled(TransferId),
    /// It is time for samples of the voice.
    Sample,
    /// A sample of a connection, by the number of its channel.
    Voice(u32, Counts),
    /// It is time to draw again.
    Show,
}

/// The sending end.
#[derive(Clone)]
pub(super) struct Inputs(pub(super) UnboundedSender<Input>);

impl Inputs {
    pub(super) fn push(&self, input: Input) {
        // After the page was left there is no loop any more.
        let _ = self.0.unbounded_send(input);
    }

    pub(super) fn event(&self, event: FileEvent) {
        self.push(Input::Event(event));
    }

    /// Reports an exception of the browser as the end of a transfer.
    pub(super) fn failed(&self, id: TransferId, otherwise: DriverError, error: JsValue) {
        let error = BrowserError::from(error);
        log(&["file: ", &error.to_string()].concat());
        let is_full = error.name == "QuotaExceededError";
        self.event(FileEvent::Failed(id, if is_full { DriverError::Full } else { otherwise }));
    }
}
