//! Capture: the devices wanted, the tracks that the browser gave, and the next `getUserMedia`.

use std::collections::VecDeque;
use std::time::Duration;

use super::constraints::{Constraints, Wanted};
use crate::call::api::command::Command;
use crate::call::api::device::DeviceId;
use crate::call::api::event::MediaError;
use crate::call::api::settings::Settings;
use crate::call::api::view::{DeviceProblem, DeviceView};
use crate::protocol::{Source, SourceSet};

mod held;
mod picks;
mod problem;
mod swap;

use held::Held;
use picks::Picks;
use problem::Problem;
pub(super) use swap::Target;
use swap::{Next, Swaps};

/// The time of black frames before a switched-off camera is released and its light goes out; without them the others
/// would keep the last picture.
const BLACK_FRAMES: Duration = Duration::from_millis(1000);

/// The devices of one participant.
#[derive(Debug, Default)]
pub(super) struct Capture {
    /// Live tracks.
    had: SourceSet,
    /// Switched off by the person.
    off: SourceSet,
    problem: Problem,
    /// The devices of the pending `getUserMedia`; only one at a time.
    asking: Option<SourceSet>,
    picks: Picks,
    /// The processing of sound.
    settings: Settings,
    swaps: Swaps,
    /// The microphone is on only as long as the person holds a key.
    talks: bool,
    /// The devices of those that follow.
    plan: VecDeque<SourceSet>,
    /// When the switched-off camera is released.
    release_camera: Option<Duration>,
    held: Held,
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
        let under_way = self.plan.iter().fold(self.asking.unwrap_or_default(), |all, one| all.or(*one));
        let ask =
            wanted.without(self.had).without(camera_off).without(self.problem.missing()).without(under_way);
        self.plan(ask)
    }

    /// Asks again for the missing devices.
    pub(super) fn retry(&mut self) -> Vec<Command> {
        self.look_again(self.problem.missing())
    }

    fn look_again(&mut self, missing: SourceSet) -> Vec<Command> {
        self.problem.solve(missing);
        self.again = self.again.without(missing);
        self.start(missing)
    }

    /// Releases all devices.
    pub(super) fn stop(&mut self) -> Vec<Command> {
        let had = std::mem::take(&mut self.had);
        // A pending `getUserMedia` cannot be cancelled; its answer will find `closed`.
        let (asking, settings) = (self.asking, self.settings);
        let mut picks = std::mem::take(&mut self.picks);
        picks.next_call();
        *self = Self { asking, settings, picks, closed: true, ..Self::default() };
        if had.is_empty() { vec![] } else { vec![Command::Release(had)] }
    }

    /// The devices that are switched off, whether or not the person talks for a moment.
    pub(super) fn off(&self) -> SourceSet {
        self.off.with(Source::Microphone, self.talks || self.off.contains(Source::Microphone))
    }

    /// Begins with this device from now on, unless it is gone.
    pub(super) fn prefer(&mut self, source: Source, device: Option<DeviceId>) {
        self.picks.prefer(source, device);
    }

    /// Sets the processing of sound for what is asked for from now on.
    pub(super) fn process(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Changes to another device, or to the same one with other processing. The one before goes on until the other
    /// is there; one that is off or missing is only noted.
    pub(super) fn swap(&mut self, source: Source, to: Target) -> Vec<Command> {
        let asked = self.asking.is_some_and(|asking| asking.contains(source));
        if self.closed || !(self.had.contains(source) || asked) {
            if let Target::Device(device) = to {
                self.opened(source, device);
            }
            return if self.problem.has(source) { self.retry() } else { vec![] };
        }
        self.swaps.want(source, to);
        if self.plan.contains(&source.into()) { vec![] } else { self.plan(source.into()) }
    }

    /// A change that came to nothing since this was last asked.
    pub(super) fn take_refused(&mut self) -> Option<(Source, Target)> {
        self.swaps.refused.take()
    }

    /// Whether devices that were replaced are to be stopped now.
    pub(super) fn take_replaced(&mut self) -> bool {
        std::mem::take(&mut self.swaps.replaced)
    }

    /// The device that a source has, or is to have again.
    pub(super) fn used(&self, source: Source) -> Option<&DeviceId> {
        self.picks.used(source)
    }

    /// Takes the live sources that were asked for with a wish, and may be of another device.
    pub(super) fn take_wished(&mut self) -> SourceSet {
        self.picks.take_wished(self.had)
    }

    /// The sources with live tracks.
    pub(super) fn live(&self) -> SourceSet {
        self.had
    }

    /// Notes which device a source has, until the call ends or that device is gone: a camera that was off comes back
    /// as the same one.
    pub(super) fn opened(&mut self, source: Source, device: DeviceId) {
        if !self.closed {
            self.picks.use_from_now(source, device);
        }
    }

    pub(super) fn granted(&mut self, devices: SourceSet) -> Vec<Command> {
        let asked = self.asking.take().unwrap_or_default();
        if self.closed {
            let mut commands = vec![Command::Release(devices)];
            commands.extend(self.ask_next());
            return commands;
        }
        for (source, device) in self.swaps.answered(devices.and(asked)) {
            self.opened(source, device);
        }
        self.swaps.replaced |= !devices.and(self.had).is_empty();
        self.had = self.had.or(devices);
        self.problem.solve(devices);
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
        if let Some(next) = self.not_swapped(rest, MediaError::Busy) {
            commands.extend(next);
            return commands;
        }
        let anew = rest.without(self.again);
        self.again = self.again.without(devices).or(anew);
        self.plan.extend(Some(anew).filter(|anew| !anew.is_empty()));
        self.problem.add(rest.without(anew), MediaError::Busy);
        commands.extend(self.ask_next());
        commands
    }

    pub(super) fn failed(&mut self, asked: SourceSet, error: MediaError, denied: SourceSet) -> Vec<Command> {
        self.asking = None;
        if let Some(next) = self.not_swapped(asked, error) {
            return next;
        }
        let is_gone = error == MediaError::NotFound && self.picks.forget_used(asked);
        let is_taken = error == MediaError::Busy && self.picks.forget_preferred(asked);
        if (is_gone || is_taken) && !self.closed {
            // What was chosen is gone, or used elsewhere; the browser may have another device of the kind.
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
            self.problem.add(asked.without(alone), error);
        }
        self.ask_next()
    }

    /// Takes the failure of a change. The device before goes on, or is asked for again.
    fn not_swapped(&mut self, asked: SourceSet, error: MediaError) -> Option<Vec<Command>> {
        if self.swaps.are_overtaken(asked) {
            return Some(self.ask_next());
        }
        let live = !asked.is_empty() && asked.without(self.had).is_empty();
        let next = self.swaps.failed(asked, error == MediaError::Busy, live)?;
        let mut commands = vec![];
        match next {
            Next::LetGo => {
                self.had = self.had.without(asked);
                commands.push(Command::Release(asked));
                self.plan.push_front(asked);
            }
            Next::GiveUp if live || self.closed => {}
            Next::GiveUp => self.plan.push_front(asked),
        }
        commands.extend(self.ask_next());
        Some(commands)
    }

    /// Replaces devices that are gone: the browser may have another one of the kind.
    pub(super) fn ended(&mut self, devices: SourceSet) -> Vec<Command> {
        let lost = devices.and(self.had);
        self.had = self.had.without(lost);
        self.picks.forget_used(devices);
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
        self.held.muted(now, devices.and(self.had));
    }

    /// Notes that the system mutes tracks no longer; returns the devices to tell the person of.
    pub(super) fn unmuted(&mut self, devices: SourceSet) -> SourceSet {
        self.held.unmuted(devices).without(self.off)
    }

    /// The devices muted for long enough to tell the person now.
    pub(super) fn newly_held(&mut self, now: Duration) -> SourceSet {
        self.held.newly(now).without(self.off)
    }

    /// Asks again for those of these devices that were missing, after one of the kind was plugged in.
    pub(super) fn came(&mut self, devices: SourceSet) -> Vec<Command> {
        if self.closed { vec![] } else { self.look_again(self.problem.absent().and(devices)) }
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

    /// Lets a muted person talk as long as a key is held.
    pub(super) fn talk(&mut self, held: bool) -> Vec<Command> {
        if held == self.talks || (held && !self.off.and(self.had).contains(Source::Microphone)) {
            return vec![];
        }
        self.talks = held;
        self.off = self.off.with(Source::Microphone, !held);
        vec![Command::Enable { sources: SourceSet::MICROPHONE, enabled: held }]
    }

    pub(super) fn toggle_microphone(&mut self) -> Vec<Command> {
        let microphone = SourceSet::MICROPHONE;
        self.talks = false;
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
        if !is_live && self.problem.has(source) {
            return None;
        }
        let is_off = !self.off.contains(source);
        self.off = self.off.with(source, is_off);
        Some((is_live, is_off))
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.release_camera, self.held.deadline()].into_iter().flatten().min()
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Command> {
        match self.release_camera {
            Some(due) if now >= due => self.release_camera_now(),
            _ => vec![],
        }
    }

    pub(super) fn problem(&self) -> Option<DeviceProblem> {
        self.problem.view()
    }

    /// The state of one device.
    pub(super) fn view(&self, source: Source) -> DeviceView {
        let holds = |set: SourceSet| set.contains(source);
        if holds(self.off) && !self.problem.has(source) {
            DeviceView::Muted
        } else if holds(self.held.told()) {
            DeviceView::Held
        } else if holds(self.had) {
            DeviceView::On
        } else if !self.closed
            && (holds(self.asking.unwrap_or_default()) || self.plan.iter().any(|one| holds(*one)))
        {
            DeviceView::Asking
        } else if self.problem.has(source) {
            DeviceView::Missing
        } else {
            DeviceView::Off
        }
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
        let Some(asking) = self.asking else { return vec![] };
        let constraints =
            asking.iter().map(|source| Constraints::of(source, self.wanted(source), self.settings)).collect();
        vec![Command::Capture(constraints)]
    }

    fn wanted(&mut self, source: Source) -> Wanted {
        match self.swaps.ask(source) {
            Some(Target::Device(device)) => return Wanted::Only(device),
            Some(Target::Facing(facing)) => return Wanted::Facing(facing),
            Some(Target::Same) | None => {}
        }
        self.picks.wanted(source)
    }

    fn release_camera_now(&mut self) -> Vec<Command> {
        self.release_camera = None;
        self.had = self.had.without(SourceSet::CAMERA);
        self.unmuted(SourceSet::CAMERA);
        vec![Command::Release(SourceSet::CAMERA)]
    }
}

#[cfg(test)]
mod tests;
