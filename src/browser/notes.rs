//! The driver of [`Notes`]: one queue, one loop. It is in a chunk of its own.
//!
//! The field has the text that the notes had when it was last written to, and what the person has changed since. Before
//! anything else is done, that is taken over; so places in the field are places in the notes. While a syllable is
//! composed the field is left alone, and what comes waits. Some keyboards compose without end, so a composition that rests
//! counts as one that has ended.

use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::{Stream, StreamExt};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

mod field;
mod kept;
mod queue;
mod waiting;

use field::Field;
use queue::{Input, Inputs};
use waiting::Waiting;

use super::env::{after, log, now, seed};
use super::late_line::{Line, LineEvent, Lines, Report};
use crate::call::Phase;
use crate::call::notes::{Notes, NotesCommand, NotesEvent};
use crate::protocol::notes::MAX_NOTES_BYTES;
use crate::protocol::{PeerId, RoomId};
use crate::ui::LateLines;
use crate::ui::panels::Members;
use crate::ui::panels::notes::{NotesPort, NotesShown};

/// How long after a change the notes are kept for a reload.
const KEEP_AFTER: Duration = Duration::from_secs(1);
/// How long after the last key a composition goes on.
const COMPOSED_AFTER: Duration = Duration::from_secs(2);

/// Starts the notes; they end with the reactive owner that they were started under.
pub(super) fn start(port: NotesPort) {
    let NotesPort { field, shown, lines, members } = port;
    let (sender, queue) = unbounded();
    let inputs = Inputs(sender);
    let told = inputs.clone();
    Effect::new(move || told.push(Input::Members(members())));
    let told = inputs.clone();
    Effect::new(move || told.push(Input::Field(field.get().map(|field| field.take()))));
    let told = inputs.clone();
    Effect::new(move || told.push(Input::Lines(lines.get())));
    let told = inputs.clone();
    let leaving = EventListener::new(&window(), "pagehide", move |_| told.push(Input::Keep));
    let Some(notes) = Notes::new(seed()) else { return log("no notes") };
    let told = inputs.clone();
    let report: Report = Rc::new(move |number, event| told.push(Input::Line(number, event)));
    let lines = Lines::new(MAX_NOTES_BYTES, report);
    let driver = Driver {
        notes,
        inputs,
        room: None,
        lines,
        field: None,
        composing: None,
        waiting: Waiting::default(),
        timer: None,
        keeping: None,
        signal: shown,
        shown: NotesShown::default(),
        drawn: NotesShown::default(),
        _leaving: leaving,
    };
    spawn_local_scoped_with_cancellation(driver.run(queue));
}

struct Driver {
    notes: Notes,
    inputs: Inputs,
    room: Option<RoomId>,
    lines: Lines,
    field: Option<Field>,
    /// A syllable is being composed, until then.
    composing: Option<Timeout>,
    /// What has come meanwhile.
    waiting: Waiting,
    timer: Option<(Duration, Timeout)>,
    keeping: Option<Timeout>,
    signal: WriteSignal<NotesShown>,
    shown: NotesShown,
    drawn: NotesShown,
    _leaving: EventListener,
}

impl Driver {
    async fn run(mut self, mut queue: impl Stream<Item = Input> + Unpin) {
        while let Some(input) = queue.next().await {
            self.pull();
            self.take(input);
            self.put();
            self.set_timer();
            self.show();
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Members(members) => self.members(members),
            Input::Field(field) => {
                // The panel may have closed, and with it what was composed ends.
                self.end_composing();
                self.field = field.map(|field| Field::new(field, &self.inputs));
                self.shown.is_new &= self.field.is_none();
                self.pull();
            }
            Input::Typed => {}
            Input::Composing(true) => {
                let inputs = self.inputs.clone();
                self.composing = Some(after(COMPOSED_AFTER, move || inputs.push(Input::Composing(false))));
            }
            Input::Composing(false) => self.end_composing(),
            Input::Lines(lines) => self.follow(lines),
            Input::Line(number, event) => self.line(number, event),
            Input::Tick => {
                self.timer = None;
                self.handle(NotesEvent::Tick);
            }
            Input::Keep => self.keep(),
        }
    }

    /// Takes over what the person has changed.
    fn pull(&mut self) {
        let Some(field) = self.field.as_mut().filter(|_| self.composing.is_none()) else { return };
        if let Some(splice) = field.changed() {
            self.handle(NotesEvent::Edited(splice));
            self.keep_soon();
        }
    }

    /// Shows what others have changed.
    fn put(&mut self) {
        if let Some(field) = self.field.as_mut().filter(|_| self.composing.is_none()) {
            field.put(self.notes.text());
        }
    }

    fn handle(&mut self, event: NotesEvent) {
        let commands = self.notes.handle(now(), event);
        self.perform(commands);
    }

    fn perform(&mut self, commands: Vec<NotesCommand>) {
        for command in commands {
            match command {
                NotesCommand::Send(peer, message) => {
                    self.lines.open_to(peer).into_iter().for_each(|line| line.send(&message));
                }
                NotesCommand::Close(peer) => self.lines.open_to(peer).into_iter().for_each(Line::close),
                NotesCommand::Renew => self.handle(NotesEvent::Renewed(seed())),
            }
        }
    }

    fn members(&mut self, members: Members) {
        match members {
            Members { phase: Phase::InCall, room: Some(room), peers } => {
                if self.room.as_ref() != Some(&room) {
                    let kept = kept::of(&room);
                    self.room = Some(room);
                    self.begin(&kept.unwrap_or_default());
                }
                self.handle(NotesEvent::Members(peers));
            }
            // The call is over, and the notes are gone with it.
            Members { phase: Phase::Home, .. } => {
                if self.room.take().is_some() {
                    self.keeping = None;
                    kept::clear();
                    self.begin(&[]);
                }
            }
            Members { .. } => {}
        }
    }

    fn begin(&mut self, kept: &[u8]) {
        let Some(notes) = Notes::new(seed()) else { return log("no notes") };
        self.notes = if kept.is_empty() { notes } else { notes.with(kept) };
        self.waiting = Waiting::default();
        self.shown.is_new = false;
        let open: Vec<_> = self.lines.iter().filter(|line| line.is_open).map(Line::peer).collect();
        open.into_iter().for_each(|peer| self.handle(NotesEvent::Opened(peer)));
    }

    fn follow(&mut self, lines: LateLines) {
        let (gone, so_far) = self.lines.follow(lines);
        gone.into_iter().for_each(|peer| self.handle(NotesEvent::Closed(peer)));
        so_far.into_iter().for_each(|(number, event)| self.inputs.push(Input::Line(number, event)));
    }

    fn line(&mut self, number: u32, event: LineEvent) {
        // Nothing of an earlier channel is reported.
        let Some(line) = self.lines.numbered(number) else { return };
        let peer = line.peer();
        match event {
            LineEvent::Open => {
                if !std::mem::replace(&mut line.is_open, true) {
                    self.handle(NotesEvent::Opened(peer));
                }
            }
            LineEvent::Closed => {
                if std::mem::take(&mut line.is_open) {
                    self.handle(NotesEvent::Closed(peer));
                }
            }
            LineEvent::Message(message) if line.is_open => {
                if self.composing.is_none() {
                    return self.received(now(), peer, &message);
                }
                if !self.waiting.add(number, now(), message) {
                    self.end_composing();
                }
            }
            LineEvent::Message(_) | LineEvent::Low => {}
        }
    }

    /// Takes over what was composed, and what has waited for that.
    fn end_composing(&mut self) {
        self.composing = None;
        self.pull();
        for (number, at, message) in std::mem::take(&mut self.waiting).all {
            let line = self.lines.iter().find(|line| line.number == number && line.is_open);
            if let Some(peer) = line.map(Line::peer) {
                self.received(at, peer, &message);
            }
        }
    }

    fn received(&mut self, at: Duration, peer: PeerId, message: &[u8]) {
        let before = self.notes.text().to_owned();
        let commands = self.notes.received(at, peer, message);
        self.perform(commands);
        if self.notes.text() != before {
            self.shown.is_new = self.field.is_none();
            self.keep_soon();
            // Each by itself, so that the caret stays between what was changed before it and behind it.
            self.put();
        }
    }

    fn keep_soon(&mut self) {
        if self.keeping.is_none() {
            let inputs = self.inputs.clone();
            self.keeping = Some(after(KEEP_AFTER, move || inputs.push(Input::Keep)));
        }
    }

    fn keep(&mut self) {
        // Only what was changed since.
        if let (Some(_), Some(room)) = (self.keeping.take(), &self.room) {
            kept::keep(room, &self.notes.kept());
        }
    }

    fn set_timer(&mut self) {
        let due = self.notes.deadline();
        if due != self.timer.as_ref().map(|(due, _)| *due) {
            self.timer = due.map(|due| {
                let inputs = self.inputs.clone();
                (due, after(due.saturating_sub(now()), move || inputs.push(Input::Tick)))
            });
        }
    }

    fn show(&mut self) {
        let has_refused = self.notes.has_refused();
        self.shown = NotesShown { is_full: self.notes.is_full(), has_refused, ..self.shown };
        if self.shown != self.drawn {
            self.drawn = self.shown;
            self.signal.set(self.shown);
        }
    }
}
