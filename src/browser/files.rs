//! The driver of [`Files`]: one queue, one loop. It is in a chunk of its own.

use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::{StreamExt, stream};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

mod bindings;
mod contents;
mod disk;
mod hash;
mod kept;
mod queue;
mod save;
mod source;
mod store;
mod voice;

use bindings::Bytes;
use contents::Contents;
use kept::Records;
use queue::{Input, Inputs};
use store::Job;
use voice::Counts;

use super::env::{after, now, seed};
use super::late_line::{Line, LineEvent, Lines, Report};
use super::system::ask_before_unload;
use crate::call::Phase;
use crate::call::files::{FileCommand, FileEvent, FileHandle, Files, LOW_BUFFERED_BYTES, TransferState};
use crate::protocol::files::{FileInfo, MAX_FILES_BYTES};
use crate::protocol::{FileName, PeerId};
use crate::ui::LateLines;
use crate::ui::panels::Members;
use crate::ui::panels::files::{FilesAction, FilesPort, FilesShown};

/// How often numbers of what goes over are drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// How often the voice is looked at while something goes over.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);

/// Starts the transfers; they end with the reactive owner that they were started under.
pub(super) fn start(port: FilesPort) {
    let FilesPort { actions, shown, lines, members } = port;
    let (sender, queue) = unbounded();
    let inputs = Inputs(sender);
    let told = inputs.clone();
    Effect::new(move || told.push(Input::Members(members())));
    let told = inputs.clone();
    Effect::new(move || told.push(Input::Lines(lines.get())));
    let queue = stream::select(actions.map(Input::Action), queue);
    spawn_local_scoped_with_cancellation(run(inputs, shown, queue));
}

async fn run(
    inputs: Inputs,
    shown: WriteSignal<FilesShown>,
    mut queue: impl stream::Stream<Item = Input> + Unpin,
) {
    // Files of tabs that are gone are removed whether or not there is a call.
    let tab = disk::of_this_tab().await.ok();
    let mut waiting = vec![];
    let (mut seated, mut has_lines) = (None, false);
    let room = loop {
        let Some(input) = queue.next().await else { return };
        match &input {
            Input::Members(members) => {
                seated = members.room.clone().filter(|_| members.phase == Phase::InCall);
            }
            Input::Lines(_) => has_lines = true,
            _ => {}
        }
        waiting.push(input);
        if let Some(room) = seated.take_if(|_| has_lines) {
            break room;
        }
    };
    // What a person did before the channels were known comes after them.
    waiting.sort_by_key(|input| matches!(input, Input::Action(_)));
    let mut records = Records::of(room);
    let mut contents = Contents::new(&inputs, tab);
    let kept = contents.find(&mut records).await;
    let told = inputs.clone();
    let report: Report = Rc::new(move |number, event| told.push(Input::Line(number, event)));
    let lines = Lines::new(MAX_FILES_BYTES, report);
    let mut driver = Driver {
        inputs: inputs.clone(),
        contents,
        records,
        lines,
        last_choice: kept.iter().map(|kept| kept.group).max().unwrap_or(0),
        known: kept.iter().map(|kept| kept.peer).collect(),
        chosen: None,
        message: vec![],
        timer: None,
        sampler: None,
        samples: vec![],
        is_sampling: false,
        signal: shown,
        drawn: FilesShown::default(),
        drawn_at: Duration::ZERO,
        drawing: None,
        asks: None,
        files: Files::new(seed(), kept),
    };
    for input in waiting {
        driver.take(input);
    }
    while let Some(input) = queue.next().await {
        driver.take(input);
    }
}

struct Driver {
    files: Files,
    inputs: Inputs,
    contents: Contents,
    records: Records,
    lines: Lines,
    last_choice: u32,
    /// The file of the action that is taken.
    chosen: Option<Bytes>,
    /// Peers of the call so far.
    known: Vec<PeerId>,
    /// The message that is taken.
    message: Vec<u8>,
    timer: Option<(Duration, Timeout)>,
    sampler: Option<Timeout>,
    /// The last sample of each channel, by its number.
    samples: Vec<(u32, Counts)>,
    /// The first samples are taken, which others are compared with.
    is_sampling: bool,
    signal: WriteSignal<FilesShown>,
    drawn: FilesShown,
    drawn_at: Duration,
    drawing: Option<Timeout>,
    /// Files have come that are not saved: the browser asks before the page goes.
    asks: Option<EventListener>,
}

impl Driver {
    fn take(&mut self, input: Input) {
        match input {
            Input::Action(action) => self.act(action),
            Input::Event(event) => self.handle(event),
            Input::Lines(lines) => self.follow(lines),
            Input::Members(members) => self.members(members),
            Input::Line(number, event) => self.line(number, event),
            Input::Whole(id, whole) => self.contents.add_whole(id, whole),
            Input::Picture(id, picture) => self.contents.add_picture(id, picture),
            Input::TooLarge(id) => self.contents.too_large.push(id),
            Input::Saved(id) => self.contents.saved.push(id),
            Input::Settled(id) => self.contents.settled(id),
            Input::Sample => self.sample(),
            Input::Voice(number, counts) => self.voice(number, counts),
            Input::Show => self.drawing = None,
        }
        for line in self.lines.iter_mut() {
            if line.is_drained() {
                self.inputs.push(Input::Line(line.number, LineEvent::Low));
            }
        }
        self.set_timers();
        self.draw();
    }

    fn act(&mut self, action: FilesAction) {
        match action {
            FilesAction::Offer(peers, file) => {
                self.last_choice += 1;
                let (file, handle) = (file.take(), FileHandle(self.last_choice));
                let event = FileEvent::Offer { peers, file: info(&file), handle };
                self.choose(event, &file);
            }
            FilesAction::Choose(transfer, file) => {
                let (file, handle) = (file.take(), FileHandle(self.last_choice));
                self.choose(FileEvent::Chosen { transfer, file: info(&file), handle }, &file);
            }
            FilesAction::Accept(id) => self.handle(FileEvent::Accept(id)),
            FilesAction::Cancel(id) => self.handle(FileEvent::Cancel(id)),
            FilesAction::Pause(id, paused) => self.handle(FileEvent::Pause(id, paused)),
            FilesAction::Dismiss(id) => self.handle(FileEvent::Dismiss(id)),
            FilesAction::Save(id) => self.contents.save(id),
        }
    }

    fn choose(&mut self, event: FileEvent, file: &File) {
        self.chosen = Some(Clone::clone(file).unchecked_into());
        self.handle(event);
        self.chosen = None;
    }

    fn handle(&mut self, event: FileEvent) {
        if event == FileEvent::Tick {
            self.timer = None;
        }
        let commands = self.files.handle(now(), event);
        commands.into_iter().for_each(|command| self.perform(command));
    }

    fn meets(&mut self, peer: PeerId) {
        if !self.known.contains(&peer) {
            self.known.push(peer);
        }
    }

    fn members(&mut self, members: Members) {
        let present = match members.phase {
            Phase::Home => vec![],
            Phase::Joining => return,
            Phase::InCall => members.peers,
        };
        let gone: Vec<_> = self.known.iter().copied().filter(|known| !present.contains(known)).collect();
        self.known.retain(|known| present.contains(known));
        gone.into_iter().for_each(|peer| self.handle(FileEvent::Gone(peer)));
        present.into_iter().for_each(|peer| self.meets(peer));
        match members.room {
            Some(room) if members.phase == Phase::InCall => {
                if self.records.move_to(room) {
                    // What came in another room is gone, saved or not.
                    let all = self.files.view(now()).transfers.iter().map(|one| one.id).collect();
                    self.handle(FileEvent::Over(all));
                }
            }
            _ => self.handle(FileEvent::Over(self.contents.saved.clone())),
        }
    }

    fn follow(&mut self, lines: LateLines) {
        let (gone, so_far) = self.lines.follow(lines);
        // It holds for channels of this size of message; the number fits.
        self.lines.iter().for_each(|line| line.set_low(LOW_BUFFERED_BYTES as u32));
        gone.into_iter().for_each(|peer| self.handle(FileEvent::Closed(peer)));
        so_far.into_iter().for_each(|(number, event)| self.line(number, event));
    }

    fn line(&mut self, number: u32, event: LineEvent) {
        // Nothing of an earlier channel is reported.
        let Some(line) = self.lines.numbered(number) else { return };
        let peer = line.peer();
        match event {
            LineEvent::Open if line.is_open => {}
            LineEvent::Open => {
                line.is_open = true;
                self.meets(peer);
                self.handle(FileEvent::Opened(peer));
            }
            LineEvent::Closed => {
                if std::mem::take(&mut line.is_open) {
                    self.handle(FileEvent::Closed(peer));
                }
            }
            LineEvent::Low => self.handle(FileEvent::Drained(peer)),
            LineEvent::Message(message) => {
                let commands = self.files.received(now(), peer, &message);
                self.message = message;
                commands.into_iter().for_each(|command| self.perform(command));
                self.message = vec![];
            }
        }
    }

    fn perform(&mut self, command: FileCommand) {
        match command {
            FileCommand::Send(peer, message) => self.send(peer, &message),
            FileCommand::Attach(id, _) => {
                let file = self.chosen.clone();
                file.into_iter().for_each(|file| self.contents.attach(id, file));
            }
            FileCommand::Read { transfer, offset, length } => self.contents.read(transfer, offset, length),
            FileCommand::DropRead(id) => self.contents.drop_read(id),
            FileCommand::SendChunk { peer, transfer, header, is_hashed } => {
                if let Some(message) = self.contents.chunk(transfer, &header, is_hashed) {
                    self.send(peer, &message);
                }
            }
            FileCommand::Hash { transfer, to } => self.contents.hash(transfer, to),
            FileCommand::Digest(id) => self.contents.digest(id),
            FileCommand::Create { transfer, key, file } => {
                let view = self.files.view(now());
                let Some(of) = view.transfers.iter().find(|of| of.id == transfer) else { return };
                self.contents.create(transfer, of.peer, key, file);
            }
            FileCommand::Write { transfer, offset, .. } => {
                let message = std::mem::take(&mut self.message);
                self.contents.store(transfer, Job::Write(offset, message));
            }
            FileCommand::Restart(id) => self.contents.store(id, Job::Restart),
            FileCommand::Finish(id) => self.contents.store(id, Job::Finish),
            FileCommand::Release(id) => self.contents.release(id),
            FileCommand::Keep(kept) => self.records.keep(kept),
            FileCommand::Forget(side, peer, key) => self.records.forget(side, peer, key),
        }
    }

    fn send(&mut self, peer: PeerId, message: &[u8]) {
        self.lines.open_to(peer).into_iter().for_each(|line| line.send(message));
    }

    fn sample(&mut self) {
        self.sampler = None;
        for line in self.lines.iter().filter(|line| line.is_open && self.goes(line.peer())) {
            let (inputs, number, connection) = (self.inputs.clone(), line.number, line.connection());
            spawn_local(async move {
                if let Some(counts) = voice::read(&connection).await {
                    inputs.push(Input::Voice(number, counts));
                }
            });
        }
    }

    fn voice(&mut self, number: u32, counts: Counts) {
        let before = self.samples.iter().find(|(known, _)| *known == number).map(|(_, counts)| *counts);
        self.samples.retain(|(known, _)| *known != number);
        self.samples.push((number, counts));
        let peer = self.lines.iter().find(|line| line.number == number).map(Line::peer);
        if let (Some(before), Some(peer)) = (before, peer) {
            self.handle(FileEvent::Voice(peer, counts.is_well_since(before)));
        }
    }

    /// Whether something goes over to or from a peer.
    fn goes(&self, peer: PeerId) -> bool {
        let goes = |state| state == TransferState::Going;
        self.drawn.view.transfers.iter().any(|transfer| transfer.peer == peer && goes(transfer.state))
    }

    fn set_timers(&mut self) {
        let due = self.files.deadline();
        if due != self.timer.as_ref().map(|(due, _)| *due) {
            self.timer = due.map(|due| {
                let inputs = self.inputs.clone();
                (due, after(due.saturating_sub(now()), move || inputs.event(FileEvent::Tick)))
            });
        }
        if !self.lines.iter().any(|line| self.goes(line.peer())) {
            self.samples.clear();
            self.is_sampling = false;
        } else if self.sampler.is_none() {
            let inputs = self.inputs.clone();
            // The first is what the others are compared with.
            let next =
                if std::mem::replace(&mut self.is_sampling, true) { SAMPLE_EVERY } else { Duration::ZERO };
            self.sampler = Some(after(next, move || inputs.push(Input::Sample)));
        }
    }

    fn draw(&mut self) {
        if self.drawing.is_some() {
            return;
        }
        let now = now();
        let next = (self.drawn_at + DRAW_EVERY).saturating_sub(now);
        if next > Duration::ZERO {
            let inputs = self.inputs.clone();
            self.drawing = Some(after(next, move || inputs.push(Input::Show)));
            return;
        }
        let shown = self.contents.shown(self.files.view(now));
        let asks = shown.unsaved().next().is_some();
        if asks != self.asks.is_some() {
            self.asks = asks.then(ask_before_unload);
        }
        if shown != self.drawn {
            self.drawn = shown.clone();
            self.drawn_at = now;
            self.signal.set(shown);
        }
    }
}

/// A file as it is offered.
fn info(file: &File) -> FileInfo {
    let name = FileName::from(file.name().as_str());
    FileInfo { name, size: file.size() as u64, modified: file.last_modified() as u64 }
}
