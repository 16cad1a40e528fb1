//! Capture: the devices wanted, the tracks that the browser gave, and the next `getUserMedia`.

use std::collections::VecDeque;
use std::time::Duration;

use super::constraints::{Constraints, DeviceId};
use crate::call::api::command::Command;
use crate::call::api::event::MediaError;
use crate::call::api::view::{DeviceProblem, DeviceView};
use crate::protocol::{Source, SourceSet};

/// The time of black frames before a switched-off camera is released and its light goes out; without them the others
/// would keep the last picture.
const BLACK_FRAMES: Duration = Duration::from_millis(1000);

/// A mute shorter than this is not shown: browsers mute a track while its device starts or changes.
const MUTED_BRIEFLY: Duration = Duration::from_millis(1500);

/// The devices of one participant.
#[derive(Debug, Default)]
pub(super) struct Capture {
    /// Live tracks.
    had: SourceSet,
    /// Switched off by the person.
    off: SourceSet,
    /// The devices that could not be had.
    problem: Option<DeviceProblem>,
    /// The devices of the pending `getUserMedia`; only one at a time.
    asking: Option<SourceSet>,
    /// The devices in use, which are asked for again after a pause.
    chosen: Vec<(Source, DeviceId)>,
    /// The devices of those that follow.
    plan: VecDeque<SourceSet>,
    /// When the switched-off camera is released.
    release_camera: Option<Duration>,
    /// Muted by the system.
    muted: SourceSet,
    /// The muted ones that a person was told of.
    held: SourceSet,
    /// When the person is told of the others.
    held_due: Option<Duration>,
    /// Asked for a second time because the browser gave nothing, or dead tracks, without an error.
    again: SourceSet,
    /// No devices are wanted any more: tracks that still come are released at once.
    closed: bool,
}

impl Capture {
    /// Asks for the devices of `wanted` that are not there and not switched off.
    pub(super) fn start(&mut self, wanted: SourceSet) -> Vec<Command> {
        self.closed = false;
        let camera_off = self.off.and(SourceSet::CAMERA);
        let missing = self.problem.map_or(SourceSet::NONE, |problem| problem.missing);
        let under_way = self.plan.iter().fold(self.asking.unwrap_or_default(), |all, one| all.or(*one));
        let ask = wanted.without(self.had).without(camera_off).without(missing).without(under_way);
        self.plan(ask)
    }

    /// Asks again for the missing devices.
    pub(super) fn retry(&mut self) -> Vec<Command> {
        let missing = self.problem.take().map_or(SourceSet::NONE, |problem| problem.missing);
        self.again = self.again.without(missing);
        self.start(missing)
    }

    /// Releases all devices.
    pub(super) fn stop(&mut self) -> Vec<Command> {
        let had = std::mem::take(&mut self.had);
        // A pending `getUserMedia` cannot be cancelled; its answer will find `closed`.
        let asking = self.asking;
        *self = Self { asking, closed: true, ..Self::default() };
        if had.is_empty() { vec![] } else { vec![Command::Release(had)] }
    }

    /// Switches devices off before any is there, as before a reload.
    pub(super) fn restore(&mut self, off: SourceSet) {
        self.off = off;
    }

    /// The devices that are switched off.
    pub(super) fn off(&self) -> SourceSet {
        self.off
    }

    /// Notes which device a source has, until the call ends or that device is gone: a camera that was off comes back
    /// as the same one.
    pub(super) fn opened(&mut self, source: Source, device: DeviceId) {
        if !self.closed {
            self.forget(source.into());
            self.chosen.push((source, device));
        }
    }

    pub(super) fn granted(&mut self, devices: SourceSet) -> Vec<Command> {
        let asked = self.asking.take().unwrap_or_default();
        if self.closed {
            let mut commands = vec![Command::Release(devices)];
            commands.extend(self.ask_next());
            return commands;
        }
        self.had = self.had.or(devices);
        self.solved(devices);
        // The system has said nothing of the new tracks yet.
        self.unmuted(devices);
        let mut commands = Vec::new();
        let silenced = devices.and(self.off);
        if !silenced.is_empty() {
            commands.push(Command::Enable { sources: silenced, enabled: false });
        }
        if silenced.contains(Source::Camera) {
            commands.extend(self.release_camera_now());
        }
        // A browser may give less than asked without an error, or tracks that are dead.
        let rest = asked.without(devices);
        let anew = rest.without(self.again);
        self.again = self.again.without(devices).or(anew);
        self.plan.extend(Some(anew).filter(|anew| !anew.is_empty()));
        self.missing(rest.without(anew), MediaError::Busy);
        commands.extend(self.ask_next());
        commands
    }

    pub(super) fn failed(&mut self, asked: SourceSet, error: MediaError, denied: SourceSet) -> Vec<Command> {
        self.asking = None;
        if error == MediaError::NotFound && !self.closed && self.forget(asked) {
            // What was chosen is gone; the browser may have another device of the kind.
            self.plan.push_front(asked);
        } else if !self.closed {
            let each = match error {
                // The one that is not refused may be had alone.
                MediaError::Denied if denied.is_empty() => SourceSet::NONE,
                MediaError::Denied => asked.without(denied),
                MediaError::NotFound | MediaError::Busy | MediaError::Unsupported => SourceSet::DEVICES,
                MediaError::Insecure => SourceSet::NONE,
            };
            let alone = if asked == SourceSet::DEVICES { each } else { SourceSet::NONE };
            self.plan.extend(alone.iter().map(SourceSet::from));
            self.missing(asked.without(alone), error);
        }
        self.ask_next()
    }

    /// Replaces tracks that ended by themselves: the browser may have another device of the kind.
    pub(super) fn ended(&mut self, devices: SourceSet) -> Vec<Command> {
        let lost = devices.and(self.had);
        self.had = self.had.without(lost);
        self.forget(lost);
        self.unmuted(lost);
        if lost.contains(Source::Camera) {
            self.release_camera = None;
        }
        if lost.is_empty() || self.closed {
            return vec![];
        }
        let mut commands = vec![Command::Release(lost)];
        commands.extend(self.start(lost));
        commands
    }

    /// Notes that the system mutes tracks.
    pub(super) fn muted(&mut self, now: Duration, devices: SourceSet) {
        self.muted = self.muted.or(devices.and(self.had));
        if !self.muted.without(self.held).is_empty() {
            self.held_due = Some(now + MUTED_BRIEFLY);
        }
    }

    /// Notes that the system mutes tracks no longer; returns the devices to tell the person of.
    pub(super) fn unmuted(&mut self, devices: SourceSet) -> SourceSet {
        let back = self.held.and(devices).without(self.off);
        self.muted = self.muted.without(devices);
        self.held = self.held.without(devices);
        self.held_due.take_if(|_| self.muted == self.held);
        back
    }

    /// The devices muted for long enough to tell the person now.
    pub(super) fn newly_held(&mut self, now: Duration) -> SourceSet {
        if self.held_due.take_if(|due| now >= *due).is_none() {
            return SourceSet::NONE;
        }
        let newly = self.muted.without(self.held).without(self.off);
        self.held = self.muted;
        newly
    }

    /// Asks again after a device was plugged in or out.
    pub(super) fn changed(&mut self) -> Vec<Command> {
        match self.problem {
            Some(DeviceProblem { error: MediaError::NotFound | MediaError::Busy, .. }) if !self.closed => {
                self.retry()
            }
            _ => vec![],
        }
    }

    /// Switches devices off, as they were in another page; those that are off already stay so.
    pub(super) fn switch_off(&mut self, now: Duration, devices: SourceSet) -> Vec<Command> {
        let devices = devices.without(self.off);
        self.off = self.off.or(devices);
        let live = devices.and(self.had);
        if live.contains(Source::Camera) {
            self.release_camera = Some(now + BLACK_FRAMES);
        }
        if live.is_empty() { vec![] } else { vec![Command::Enable { sources: live, enabled: false }] }
    }

    pub(super) fn toggle_microphone(&mut self) -> Vec<Command> {
        let microphone = SourceSet::MICROPHONE;
        match self.toggle(Source::Microphone) {
            None => self.retry(),
            Some((true, off)) => vec![Command::Enable { sources: microphone, enabled: !off }],
            Some((false, false)) => self.start(microphone),
            Some((false, true)) => vec![],
        }
    }

    pub(super) fn toggle_camera(&mut self, now: Duration) -> Vec<Command> {
        let camera = SourceSet::CAMERA;
        match self.toggle(Source::Camera) {
            None => self.retry(),
            Some((true, off)) => {
                self.release_camera = off.then_some(now + BLACK_FRAMES);
                vec![Command::Enable { sources: camera, enabled: !off }]
            }
            Some((false, false)) => self.start(camera),
            Some((false, true)) => vec![],
        }
    }

    /// Switches a device on or off; returns whether there is a track, and whether it is off now. One that is missing
    /// stays as it is.
    fn toggle(&mut self, source: Source) -> Option<(bool, bool)> {
        let is_live = self.had.contains(source);
        if !is_live && self.is_missing(source) {
            return None;
        }
        let is_off = !self.off.contains(source);
        self.off = self.off.with(source, is_off);
        Some((is_live, is_off))
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.release_camera, self.held_due].into_iter().flatten().min()
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Command> {
        match self.release_camera {
            Some(due) if now >= due => self.release_camera_now(),
            _ => vec![],
        }
    }

    pub(super) fn problem(&self) -> Option<DeviceProblem> {
        self.problem
    }

    /// The state of one device.
    pub(super) fn view(&self, source: Source) -> DeviceView {
        let holds = |set: SourceSet| set.contains(source);
        if holds(self.off) && !self.is_missing(source) {
            DeviceView::Muted
        } else if holds(self.held) {
            DeviceView::Held
        } else if holds(self.had) {
            DeviceView::On
        } else if !self.closed
            && (holds(self.asking.unwrap_or_default()) || self.plan.iter().any(|one| holds(*one)))
        {
            DeviceView::Asking
        } else if self.is_missing(source) {
            DeviceView::Missing
        } else {
            DeviceView::Off
        }
    }

    fn is_missing(&self, source: Source) -> bool {
        self.problem.is_some_and(|problem| problem.missing.contains(source))
    }

    fn plan(&mut self, ask: SourceSet) -> Vec<Command> {
        if !ask.is_empty() {
            self.plan.push_back(ask);
        }
        self.ask_next()
    }

    fn ask_next(&mut self) -> Vec<Command> {
        if self.asking.is_some() {
            return vec![];
        }
        self.asking = self.plan.pop_front();
        let chosen =
            |source| self.chosen.iter().find(|(of, _)| *of == source).map(|(_, device)| device.clone());
        let constraints = |source| Constraints::of(source, chosen(source));
        let asking = self.asking.map(|asking| Command::Capture(asking.iter().map(constraints).collect()));
        asking.into_iter().collect()
    }

    /// Forgets which devices these sources had; says whether it knew any.
    fn forget(&mut self, sources: SourceSet) -> bool {
        let known = self.chosen.len();
        self.chosen.retain(|(source, _)| !sources.contains(*source));
        self.chosen.len() < known
    }

    fn release_camera_now(&mut self) -> Vec<Command> {
        self.release_camera = None;
        self.had = self.had.without(SourceSet::CAMERA);
        self.unmuted(SourceSet::CAMERA);
        vec![Command::Release(SourceSet::CAMERA)]
    }

    fn missing(&mut self, devices: SourceSet, error: MediaError) {
        if !devices.is_empty() {
            let before = self.problem.map_or(SourceSet::NONE, |problem| problem.missing);
            self.problem = Some(DeviceProblem { error, missing: before.or(devices) });
        }
    }

    fn solved(&mut self, devices: SourceSet) {
        self.problem = self.problem.and_then(|DeviceProblem { error, missing }| {
            let missing = missing.without(devices);
            (!missing.is_empty()).then_some(DeviceProblem { error, missing })
        });
    }
}

#[cfg(test)]
mod tests;
