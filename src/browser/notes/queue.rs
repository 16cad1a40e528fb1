//! The queue of the loop that drives the notes.

use futures::channel::mpsc::UnboundedSender;
use web_sys::HtmlTextAreaElement;

use crate::browser::late_line::LineEvent;
use crate::ui::LateLines;
use crate::ui::panels::Members;

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

/// The sending end.
#[derive(Clone)]
pub(super) struct Inputs(pub(super) UnboundedSender<Input>);

impl Inputs {
    pub(super) fn push(&self, input: Input) {
        // After the page was left there is no loop any more.
        let _ = self.0.unbounded_send(input);
    }
}
