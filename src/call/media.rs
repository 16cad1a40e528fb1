//! The media of this page: microphone and camera, and the playback of all pictures and voices.

use std::time::Duration;

use super::api::command::Command;
use super::api::event::MediaEvent;
use super::api::view::{DeviceProblem, DeviceView, Notice};
use super::output::{Output, to_driver};
use crate::protocol::{Source, SourceSet};

pub(super) mod answer;
mod capture;
pub(super) mod constraints;
mod playback;
pub(super) mod ramp;

use capture::Capture;
use playback::Playback;

/// The media of one participant's page.
#[derive(Debug, Default)]
pub(super) struct Media {
    capture: Capture,
    playback: Playback,
}

impl Media {
    /// Asks for those devices of `wanted` that are not there and not switched off.
    pub(super) fn start(&mut self, wanted: SourceSet) -> Vec<Command> {
        self.capture.start(wanted)
    }

    /// Asks for the missing devices again.
    pub(super) fn retry(&mut self) -> Vec<Command> {
        self.capture.retry()
    }

    /// Switches devices off as they were before a reload.
    pub(super) fn restore(&mut self, off: SourceSet) {
        self.capture.restore(off);
    }

    /// Switches devices off as they were in another tab; those that are off stay so.
    pub(super) fn switch_off(&mut self, now: Duration, off: SourceSet) -> Vec<Command> {
        self.capture.switch_off(now, off)
    }

    pub(super) fn toggle_microphone(&mut self) -> Vec<Output> {
        and_remember(self.capture.toggle_microphone())
    }

    pub(super) fn toggle_camera(&mut self, now: Duration) -> Vec<Output> {
        and_remember(self.capture.toggle_camera(now))
    }

    /// Plays at a person's touch.
    pub(super) fn play(&mut self) -> Vec<Command> {
        self.playback.play()
    }

    /// Releases the devices at the end of a call.
    pub(super) fn stop(&mut self) -> Vec<Command> {
        self.playback = Playback::default();
        self.capture.stop()
    }

    /// The devices that the person has switched off.
    pub(super) fn off(&self) -> SourceSet {
        self.capture.off()
    }

    pub(super) fn handle(&mut self, now: Duration, event: MediaEvent) -> Vec<Output> {
        let attach = matches!(event, MediaEvent::Granted(_) | MediaEvent::Ended(_));
        let commands = match event {
            MediaEvent::Opened(source, device) => {
                self.capture.opened(source, device);
                vec![]
            }
            MediaEvent::Granted(devices) => self.capture.granted(devices),
            MediaEvent::Failed { asked, error, denied } => self.capture.failed(asked, error, denied),
            MediaEvent::Ended(devices) => self.capture.ended(devices),
            MediaEvent::Muted(devices) => {
                self.capture.muted(now, devices);
                vec![]
            }
            MediaEvent::Unmuted(devices) => {
                return mention(self.capture.unmuted(devices), Notice::DeviceBack);
            }
            MediaEvent::Changed => self.capture.changed(),
            MediaEvent::SoundBlocked(blocked) => {
                self.playback.set_blocked(blocked);
                vec![]
            }
            MediaEvent::Paused { audible } => {
                self.playback.paused(now, audible);
                vec![]
            }
        };
        to_driver(commands).into_iter().chain(attach.then_some(Output::Attach)).collect()
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Output> {
        let mut outputs = mention(self.capture.newly_held(now), Notice::DeviceHeld);
        outputs.extend(to_driver(self.capture.tick(now)));
        outputs.extend(to_driver(self.playback.tick(now)));
        outputs
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.capture.deadline(), self.playback.deadline()].into_iter().flatten().min()
    }

    pub(super) fn microphone(&self) -> DeviceView {
        self.capture.view(Source::Microphone)
    }

    pub(super) fn camera(&self) -> DeviceView {
        self.capture.view(Source::Camera)
    }

    /// The sources that others hear or see, if they are connected.
    pub(super) fn sends(&self) -> SourceSet {
        Source::ALL.into_iter().filter(|source| self.capture.view(*source) == DeviceView::On).collect()
    }

    pub(super) fn problem(&self) -> Option<DeviceProblem> {
        self.capture.problem()
    }

    /// Whether the browser holds the sound back until a person touches the page.
    pub(super) fn is_sound_blocked(&self) -> bool {
        self.playback.is_blocked()
    }
}

fn and_remember(commands: Vec<Command>) -> Vec<Output> {
    to_driver(commands).into_iter().chain([Output::Remember]).collect()
}

fn mention(devices: SourceSet, notice: fn(SourceSet) -> Notice) -> Vec<Output> {
    if devices.is_empty() { vec![] } else { vec![Output::Mention(notice(devices))] }
}
