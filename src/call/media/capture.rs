//! Microphone and camera: what is wanted, what the browser gave, and what to ask for next.

use std::collections::VecDeque;
use std::time::Duration;

use crate::call::{Command, DeviceView};

/// After the camera was switched off, black frames go out for this long before the device is let go and its
/// light goes out; without them the others would keep the last picture.
const BLACK_FRAMES: Duration = Duration::from_millis(1000);

/// Browsers mute a track for a moment while its device starts or changes; what lasts longer is told.
const MUTED_BRIEFLY: Duration = Duration::from_millis(1500);

/// A set of the two devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// The microphone.
    pub microphone: bool,
    /// The camera.
    pub camera: bool,
}

impl Devices {
    /// Neither.
    pub const NONE: Self = Self { microphone: false, camera: false };
    /// Only the microphone.
    pub const MICROPHONE: Self = Self { microphone: true, camera: false };
    /// Only the camera.
    pub const CAMERA: Self = Self { microphone: false, camera: true };
    /// Both.
    pub const BOTH: Self = Self { microphone: true, camera: true };

    /// In either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { microphone: self.microphone || other.microphone, camera: self.camera || other.camera }
    }

    /// In this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self { microphone: self.microphone && !other.microphone, camera: self.camera && !other.camera }
    }

    /// In both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { microphone: self.microphone && other.microphone, camera: self.camera && other.camera }
    }

    /// Neither device.
    pub const fn is_empty(self) -> bool {
        !self.microphone && !self.camera
    }
}

/// Leave of the person, as the Permissions API tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    /// The browser does not tell, or would ask.
    #[default]
    Prompt,
    /// Given.
    Granted,
    /// Refused.
    Denied,
}

/// Why `getUserMedia` failed, by the names of W3C Media Capture and Streams, section 10.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`, `SecurityError`
    Denied,
    /// `NotFoundError`, `OverconstrainedError`
    NotFound,
    /// `NotReadableError`, `AbortError`: another program holds the device, or it broke.
    Busy,
    /// `navigator.mediaDevices` is missing because the page is not a secure context.
    Insecure,
    /// The browser has no capture at all, or failed in a way of its own.
    Unsupported,
}

/// What to tell a person about a device that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceProblem {
    /// Why.
    pub error: MediaError,
    /// Which devices are missing because of it.
    pub missing: Devices,
}

/// Microphone and camera of one participant.
#[derive(Debug, Default)]
pub(in crate::call) struct Capture {
    /// Live tracks.
    had: Devices,
    /// Switched off by the person.
    off: Devices,
    /// What was asked for and could not be had.
    problem: Option<DeviceProblem>,
    /// The question the browser is busy with; only one at a time.
    asking: Option<Devices>,
    /// Questions to put after it.
    plan: VecDeque<Devices>,
    /// When the switched-off camera is let go.
    release_camera: Option<Duration>,
    /// Muted by the system.
    muted: Devices,
    /// Those of them that a person was told of.
    held: Devices,
    /// When the others are told of.
    held_due: Option<Duration>,
    /// Asked for a second time because the browser gave nothing, or dead tracks, without an error.
    again: Devices,
    /// Nobody wants devices any more: what still comes is let go at once.
    closed: bool,
}

impl Capture {
    /// Asks for those of `wanted` that are not there and not switched off.
    pub(in crate::call) fn start(&mut self, wanted: Devices) -> Vec<Command> {
        self.closed = false;
        let camera_off = Devices { microphone: false, camera: self.off.camera };
        let missing = self.problem.map_or(Devices::NONE, |problem| problem.missing);
        let under_way = self.plan.iter().fold(self.asking.unwrap_or_default(), |all, one| all.or(*one));
        let ask = wanted.without(self.had).without(camera_off).without(missing).without(under_way);
        self.plan(ask)
    }

    /// Asks again for what was missing.
    pub(in crate::call) fn retry(&mut self) -> Vec<Command> {
        let missing = self.problem.take().map_or(Devices::NONE, |problem| problem.missing);
        self.again = self.again.without(missing);
        self.start(missing)
    }

    /// Lets go of everything.
    pub(in crate::call) fn stop(&mut self) -> Vec<Command> {
        let had = std::mem::take(&mut self.had);
        // The browser cannot be told to forget a question; its answer will find `closed`.
        let asking = self.asking;
        *self = Self { asking, closed: true, ..Self::default() };
        if had.is_empty() { vec![] } else { vec![Command::Release(had)] }
    }

    /// What was switched off before a reload.
    pub(in crate::call) fn restore(&mut self, off: Devices) {
        self.off = off;
    }

    /// What is switched off.
    pub(in crate::call) fn off(&self) -> Devices {
        self.off
    }

    pub(in crate::call) fn granted(&mut self, devices: Devices) -> Vec<Command> {
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
            commands.push(Command::Enable { devices: silenced, enabled: false });
        }
        if silenced.camera {
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

    pub(in crate::call) fn failed(
        &mut self,
        asked: Devices,
        error: MediaError,
        microphone: Permission,
        camera: Permission,
    ) -> Vec<Command> {
        self.asking = None;
        if !self.closed {
            let each = match error {
                // The one that is not refused may be had alone.
                MediaError::Denied => Devices {
                    microphone: camera == Permission::Denied && microphone != Permission::Denied,
                    camera: microphone == Permission::Denied && camera != Permission::Denied,
                },
                MediaError::NotFound | MediaError::Busy | MediaError::Unsupported => Devices::BOTH,
                MediaError::Insecure => Devices::NONE,
            };
            let alone = if asked == Devices::BOTH { each } else { Devices::NONE };
            self.plan.extend(
                [alone.and(Devices::MICROPHONE), alone.and(Devices::CAMERA)]
                    .into_iter()
                    .filter(|one| !one.is_empty()),
            );
            self.missing(asked.without(alone), error);
        }
        self.ask_next()
    }

    /// Tracks ended by themselves: the browser may have another device of the kind.
    pub(in crate::call) fn ended(&mut self, devices: Devices) -> Vec<Command> {
        let lost = devices.and(self.had);
        self.had = self.had.without(lost);
        self.unmuted(lost);
        if lost.camera {
            self.release_camera = None;
        }
        if lost.is_empty() || self.closed {
            return vec![];
        }
        let mut commands = vec![Command::Release(lost)];
        commands.extend(self.start(lost));
        commands
    }

    /// The system mutes tracks.
    pub(in crate::call) fn muted(&mut self, now: Duration, devices: Devices) -> Vec<Command> {
        self.muted = self.muted.or(devices.and(self.had));
        if !self.muted.without(self.held).is_empty() {
            self.held_due = Some(now + MUTED_BRIEFLY);
        }
        vec![]
    }

    /// It mutes them no longer. Says of which of them a person should know.
    pub(in crate::call) fn unmuted(&mut self, devices: Devices) -> Devices {
        let back = self.held.and(devices).without(self.off);
        self.muted = self.muted.without(devices);
        self.held = self.held.without(devices);
        self.held_due.take_if(|_| self.muted == self.held);
        back
    }

    /// What has been muted by the system for long enough to be told now.
    pub(in crate::call) fn newly_held(&mut self, now: Duration) -> Devices {
        if self.held_due.take_if(|due| now >= *due).is_none() {
            return Devices::NONE;
        }
        let newly = self.muted.without(self.held).without(self.off);
        self.held = self.muted;
        newly
    }

    /// Something was plugged in or out.
    pub(in crate::call) fn changed(&mut self) -> Vec<Command> {
        match self.problem {
            Some(DeviceProblem { error: MediaError::NotFound | MediaError::Busy, .. }) if !self.closed => {
                self.retry()
            }
            _ => vec![],
        }
    }

    /// Switches devices off, as they were in another page; those that are off already stay so.
    pub(in crate::call) fn switch_off(&mut self, now: Duration, devices: Devices) -> Vec<Command> {
        let devices = devices.without(self.off);
        self.off = self.off.or(devices);
        let live = devices.and(self.had);
        if live.camera {
            self.release_camera = Some(now + BLACK_FRAMES);
        }
        if live.is_empty() { vec![] } else { vec![Command::Enable { devices: live, enabled: false }] }
    }

    pub(in crate::call) fn toggle_microphone(&mut self) -> Vec<Command> {
        if !self.had.microphone && self.is_missing(Devices::MICROPHONE) {
            return self.retry();
        }
        self.off.microphone = !self.off.microphone;
        if self.had.microphone {
            return vec![Command::Enable { devices: Devices::MICROPHONE, enabled: !self.off.microphone }];
        }
        if self.off.microphone { vec![] } else { self.start(Devices::MICROPHONE) }
    }

    pub(in crate::call) fn toggle_camera(&mut self, now: Duration) -> Vec<Command> {
        if !self.had.camera && self.is_missing(Devices::CAMERA) {
            return self.retry();
        }
        self.off.camera = !self.off.camera;
        match (self.had.camera, self.off.camera) {
            (true, off) => {
                self.release_camera = off.then_some(now + BLACK_FRAMES);
                vec![Command::Enable { devices: Devices::CAMERA, enabled: !off }]
            }
            (false, false) => self.start(Devices::CAMERA),
            (false, true) => vec![],
        }
    }

    pub(in crate::call) fn deadline(&self) -> Option<Duration> {
        [self.release_camera, self.held_due].into_iter().flatten().min()
    }

    pub(in crate::call) fn tick(&mut self, now: Duration) -> Vec<Command> {
        match self.release_camera {
            Some(due) if now >= due => self.release_camera_now(),
            _ => vec![],
        }
    }

    pub(in crate::call) fn microphone_view(&self) -> DeviceView {
        self.view(Devices::MICROPHONE)
    }

    pub(in crate::call) fn camera_view(&self) -> DeviceView {
        self.view(Devices::CAMERA)
    }

    pub(in crate::call) fn problem(&self) -> Option<DeviceProblem> {
        self.problem
    }

    fn view(&self, device: Devices) -> DeviceView {
        let holds = |set: Devices| !set.and(device).is_empty();
        if holds(self.off) && !self.is_missing(device) {
            DeviceView::Muted
        } else if holds(self.held) {
            DeviceView::Held
        } else if holds(self.had) {
            DeviceView::On
        } else if !self.closed
            && (holds(self.asking.unwrap_or_default()) || self.plan.iter().any(|one| holds(*one)))
        {
            DeviceView::Asking
        } else if self.is_missing(device) {
            DeviceView::Missing
        } else {
            DeviceView::Off
        }
    }

    fn is_missing(&self, device: Devices) -> bool {
        self.problem.is_some_and(|problem| !problem.missing.and(device).is_empty())
    }

    fn plan(&mut self, ask: Devices) -> Vec<Command> {
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
        self.asking.map(Command::Capture).into_iter().collect()
    }

    fn release_camera_now(&mut self) -> Vec<Command> {
        self.release_camera = None;
        self.had.camera = false;
        self.unmuted(Devices::CAMERA);
        vec![Command::Release(Devices::CAMERA)]
    }

    fn missing(&mut self, devices: Devices, error: MediaError) {
        if !devices.is_empty() {
            let before = self.problem.map_or(Devices::NONE, |problem| problem.missing);
            self.problem = Some(DeviceProblem { error, missing: before.or(devices) });
        }
    }

    fn solved(&mut self, devices: Devices) {
        self.problem = self.problem.and_then(|DeviceProblem { error, missing }| {
            let missing = missing.without(devices);
            (!missing.is_empty()).then_some(DeviceProblem { error, missing })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permission::{Denied, Prompt};

    const NOW: Duration = Duration::ZERO;

    fn asks(devices: Devices) -> Vec<Command> {
        vec![Command::Capture(devices)]
    }

    fn running() -> Capture {
        let mut capture = Capture::default();
        assert_eq!(capture.start(Devices::BOTH), asks(Devices::BOTH));
        assert_eq!(capture.granted(Devices::BOTH), []);
        capture
    }

    #[test]
    fn a_missing_camera_leaves_the_microphone() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        let next = capture.failed(Devices::BOTH, MediaError::NotFound, Prompt, Prompt);
        assert_eq!(next, asks(Devices::MICROPHONE));
        assert_eq!(capture.granted(Devices::MICROPHONE), asks(Devices::CAMERA));
        assert_eq!(capture.failed(Devices::CAMERA, MediaError::NotFound, Prompt, Prompt), []);
        assert_eq!(capture.microphone_view(), DeviceView::On);
        assert_eq!(capture.camera_view(), DeviceView::Missing);
        let problem = DeviceProblem { error: MediaError::NotFound, missing: Devices::CAMERA };
        assert_eq!(capture.problem(), Some(problem));
    }

    #[test]
    fn a_refusal_of_both_is_not_asked_about_again() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        assert_eq!(capture.failed(Devices::BOTH, MediaError::Denied, Denied, Denied), []);
        assert_eq!(capture.problem().map(|problem| problem.missing), Some(Devices::BOTH));
        assert_eq!(capture.start(Devices::BOTH), [], "joining does not ask again");
        assert_eq!(capture.retry(), asks(Devices::BOTH), "the person does");
    }

    #[test]
    fn a_refused_camera_leaves_the_microphone() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        let next = capture.failed(Devices::BOTH, MediaError::Denied, Prompt, Denied);
        assert_eq!(next, asks(Devices::MICROPHONE));
        assert_eq!(capture.camera_view(), DeviceView::Missing);
        capture.granted(Devices::MICROPHONE);
        assert_eq!(capture.microphone_view(), DeviceView::On);
    }

    #[test]
    fn tracks_that_come_after_leaving_are_let_go() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        assert_eq!(capture.stop(), []);
        assert_eq!(capture.granted(Devices::BOTH), [Command::Release(Devices::BOTH)]);
        assert_eq!(capture.camera_view(), DeviceView::Off);
    }

    #[test]
    fn leaving_lets_go_and_coming_back_asks_again() {
        let mut capture = running();
        assert_eq!(capture.stop(), [Command::Release(Devices::BOTH)]);
        assert_eq!(capture.start(Devices::BOTH), asks(Devices::BOTH));
    }

    #[test]
    fn muting_keeps_the_microphone_open_and_silent() {
        let mut capture = running();
        let enable = |enabled| vec![Command::Enable { devices: Devices::MICROPHONE, enabled }];
        assert_eq!(capture.toggle_microphone(), enable(false));
        assert_eq!(capture.microphone_view(), DeviceView::Muted);
        assert_eq!(capture.toggle_microphone(), enable(true));
    }

    #[test]
    fn mute_before_the_prompt_is_answered_holds_when_it_is() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        capture.toggle_microphone();
        let silent = Command::Enable { devices: Devices::MICROPHONE, enabled: false };
        assert_eq!(capture.granted(Devices::BOTH), [silent]);
    }

    #[test]
    fn a_switched_off_camera_is_black_first_and_dark_after() {
        let mut capture = running();
        let off = Command::Enable { devices: Devices::CAMERA, enabled: false };
        assert_eq!(capture.toggle_camera(NOW), [off]);
        assert_eq!(capture.tick(NOW), []);
        assert_eq!(capture.tick(NOW + BLACK_FRAMES), [Command::Release(Devices::CAMERA)]);
        assert_eq!(capture.camera_view(), DeviceView::Muted);
        assert_eq!(capture.toggle_camera(NOW), asks(Devices::CAMERA));
        assert_eq!(capture.camera_view(), DeviceView::Asking);
    }

    #[test]
    fn a_camera_switched_on_again_at_once_was_never_let_go() {
        let mut capture = running();
        capture.toggle_camera(NOW);
        assert_eq!(capture.toggle_camera(NOW), [Command::Enable { devices: Devices::CAMERA, enabled: true }]);
        assert_eq!(capture.deadline(), None);
    }

    #[test]
    fn dead_tracks_are_asked_for_anew_once() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        assert_eq!(capture.granted(Devices::NONE), asks(Devices::BOTH));
        assert_eq!(capture.camera_view(), DeviceView::Asking);
        assert_eq!(capture.granted(Devices::MICROPHONE), []);
        assert_eq!(capture.microphone_view(), DeviceView::On);
        let problem = DeviceProblem { error: MediaError::Busy, missing: Devices::CAMERA };
        assert_eq!(capture.problem(), Some(problem));
        assert_eq!(capture.retry(), asks(Devices::CAMERA));
        assert_eq!(capture.granted(Devices::NONE), asks(Devices::CAMERA), "a person may ask again");
    }

    #[test]
    fn one_dead_track_is_asked_for_alone() {
        let mut capture = Capture::default();
        capture.start(Devices::BOTH);
        assert_eq!(capture.granted(Devices::CAMERA), asks(Devices::MICROPHONE));
        assert_eq!(capture.granted(Devices::MICROPHONE), []);
        assert_eq!(capture.problem(), None);
    }

    #[test]
    fn a_moment_of_mute_by_the_system_is_not_told() {
        let mut capture = running();
        capture.muted(NOW, Devices::BOTH);
        assert_eq!(capture.deadline(), Some(NOW + MUTED_BRIEFLY));
        assert_eq!(capture.unmuted(Devices::BOTH), Devices::NONE);
        assert_eq!(capture.deadline(), None);
        assert_eq!(capture.newly_held(NOW + MUTED_BRIEFLY), Devices::NONE);
        assert_eq!(capture.microphone_view(), DeviceView::On);
    }

    #[test]
    fn what_a_person_muted_is_not_told_again_by_the_system() {
        let mut capture = running();
        capture.toggle_microphone();
        capture.muted(NOW, Devices::MICROPHONE);
        assert_eq!(capture.newly_held(NOW + MUTED_BRIEFLY), Devices::NONE);
        assert_eq!(capture.microphone_view(), DeviceView::Muted);
        capture.toggle_microphone();
        assert_eq!(capture.microphone_view(), DeviceView::Held, "the system still mutes it");
        assert_eq!(capture.unmuted(Devices::MICROPHONE), Devices::MICROPHONE);
        assert_eq!(capture.microphone_view(), DeviceView::On);
    }

    #[test]
    fn a_track_that_is_let_go_takes_its_mute_with_it() {
        let mut capture = running();
        capture.muted(NOW, Devices::CAMERA);
        capture.newly_held(NOW + MUTED_BRIEFLY);
        assert_eq!(capture.camera_view(), DeviceView::Held);
        capture.ended(Devices::CAMERA);
        capture.granted(Devices::CAMERA);
        assert_eq!(capture.camera_view(), DeviceView::On);
    }

    #[test]
    fn an_unplugged_device_is_replaced_or_waited_for() {
        let mut capture = running();
        let commands = capture.ended(Devices::CAMERA);
        assert_eq!(commands, [Command::Release(Devices::CAMERA), Command::Capture(Devices::CAMERA)]);
        capture.failed(Devices::CAMERA, MediaError::NotFound, Prompt, Prompt);
        assert_eq!(capture.changed(), asks(Devices::CAMERA));
        capture.granted(Devices::CAMERA);
        assert_eq!(capture.problem(), None);
        assert_eq!(capture.changed(), []);
    }
}
