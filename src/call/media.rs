//! The media of this page: microphone, camera and what is shared, and the playback of all pictures and voices.

use std::time::Duration;

use super::api::command::Command;
use super::api::device::{CameraTraits, Device, DeviceId, DeviceKind, DevicesView, Facing};
use super::api::event::{MediaEvent, Page, UserAction};
use super::api::settings::{Setting, Settings};
use super::api::view::{CallView, DeviceView, Notice};
use super::output::{Output, to_driver};
use crate::protocol::{Source, SourceSet};

pub(super) mod answer;
mod capture;
pub(super) mod constraints;
mod devices;
pub mod hearing;
pub(super) mod meter;
pub(super) mod playback;
pub(super) mod ramp;
mod screen;
mod speech;

use capture::{Capture, Target};
use devices::Devices;
use hearing::Hearing;
use playback::{CALL_BACK, Playback, TEST_SOUND};
use screen::Screen;
use speech::Speech;

/// The media of one participant's page.
#[derive(Debug, Default)]
pub(super) struct Media {
    capture: Capture,
    playback: Playback,
    devices: Devices,
    settings: Settings,
    speech: Speech,
    hearing: Hearing,
    camera: CameraTraits,
    screen: Screen,
    /// The speaker that the driver was told, and whether the browser lets a page choose one.
    speaker: Option<DeviceId>,
    can_choose_speaker: bool,
}

impl Media {
    /// The media of a page that keeps these choices.
    pub(super) fn new(page: &Page) -> Self {
        let mut capture = Capture::default();
        for source in Source::DEVICES {
            let choice = page.choices[DeviceKind::from(source) as usize].as_ref();
            capture.prefer(source, choice.map(|choice| choice.id.clone()));
        }
        capture.process(page.settings);
        Self {
            capture,
            screen: Screen::new(page.can_capture_screen),
            devices: Devices::new(page.choices.clone()),
            settings: page.settings,
            can_choose_speaker: page.can_choose_speaker,
            ..Self::default()
        }
    }

    /// Takes what a person does with devices.
    pub(super) fn user(&mut self, now: Duration, action: UserAction) -> Vec<Output> {
        let commands = match action {
            UserAction::StartPreview => self.start(SourceSet::DEVICES),
            UserAction::ToggleMicrophone => {
                self.speech.toggled(now);
                let outputs = [Output::TakeBack(Notice::MutedSpeech), Output::Remember];
                return to_driver(self.capture.toggle_microphone()).into_iter().chain(outputs).collect();
            }
            UserAction::ToggleCamera => {
                let commands = self.capture.toggle_camera(now);
                return to_driver(commands).into_iter().chain([Output::Remember]).collect();
            }
            UserAction::Talk(held) => {
                self.speech.toggled(now);
                let talk = to_driver(self.capture.talk(held));
                return talk.into_iter().chain([Output::TakeBack(Notice::MutedSpeech)]).collect();
            }
            UserAction::RetryDevices => self.capture.retry(),
            UserAction::ChooseDevice(kind, id) => self.choose(kind, &id),
            UserAction::UseFound => {
                let found = self.devices.take_found();
                let chosen = found.iter().flat_map(|(kind, id)| self.choose(*kind, id)).collect();
                return to_driver(chosen).into_iter().chain([Output::Read]).collect();
            }
            UserAction::HearMyself if self.capture.live().contains(Source::Microphone) => {
                self.hearing.start()
            }
            UserAction::StopHearing => self.hearing.stop(),
            UserAction::PlayTestSound => vec![Command::Chime(TEST_SOUND)],
            UserAction::CallBack => vec![Command::Chime(CALL_BACK)],
            UserAction::Share(action) => return self.screen.user(action),
            UserAction::FlipCamera => self.flip(),
            UserAction::Set(setting, on) => self.set(setting, on),
            UserAction::WatchLevel(watched) => {
                self.speech.watch(watched);
                vec![]
            }
            UserAction::PlaySound => self.playback.play(),
            _ => vec![],
        };
        to_driver(commands)
    }
    /// Asks for those devices of `wanted` that are not there and not switched off.
    pub(super) fn start(&mut self, wanted: SourceSet) -> Vec<Command> {
        self.capture.start(wanted)
    }

    /// Switches devices off as they were in another page or call; those that are off stay so.
    pub(super) fn switch_off(&mut self, now: Duration, off: SourceSet) -> Vec<Command> {
        self.capture.switch_off(now, off)
    }

    /// Releases the devices, and what is shared, at the end of a call.
    pub(super) fn stop(&mut self) -> Vec<Command> {
        self.playback = Playback::default();
        self.camera = CameraTraits::default();
        self.devices.not_replaced(SourceSet::DEVICES);
        self.capture.stop().into_iter().chain(self.screen.stop()).collect()
    }

    /// The devices that the person has switched off.
    pub(super) fn off(&self) -> SourceSet {
        self.capture.off()
    }

    pub(super) fn handle(&mut self, now: Duration, event: MediaEvent) -> Vec<Output> {
        let commands = match event {
            MediaEvent::Opened(source, device) => {
                self.capture.opened(source, device);
                vec![]
            }
            MediaEvent::CameraIs(traits) => {
                self.camera = traits;
                let blurs = traits.can_blur && self.settings.is_on(Setting::BackgroundBlur);
                if blurs { vec![Command::Blur(true)] } else { vec![] }
            }
            MediaEvent::Granted(sources) => return self.granted(sources),
            MediaEvent::Failed { asked, error, denied } => {
                self.devices.not_replaced(asked);
                let commands = self.capture.failed(asked, error, denied);
                return self.told_refusal(commands);
            }
            MediaEvent::Ended(sources) => return self.ended(sources),
            MediaEvent::Muted(sources) => {
                self.capture.muted(now, sources);
                vec![]
            }
            MediaEvent::Unmuted(sources) => {
                return mention(self.capture.unmuted(sources), Notice::DeviceBack);
            }
            MediaEvent::Screen(id, event) => return self.screen.handle(id, event, &self.devices),
            MediaEvent::Devices(list) => return self.listed(list),
            MediaEvent::Unlisted => self.capture.came(SourceSet::DEVICES),
            MediaEvent::SpeakerRefused if self.speaker.is_none() => vec![],
            MediaEvent::SpeakerRefused => {
                let commands = to_driver(self.choose(DeviceKind::Speaker, &DeviceId::default()));
                return commands.into_iter().chain([Output::Mention(Notice::SpeakerRefused)]).collect();
            }
            MediaEvent::SoundBlocked(blocked) => {
                self.playback.set_blocked(blocked);
                vec![]
            }
            MediaEvent::Paused { audible } => {
                self.playback.paused(now, audible);
                vec![]
            }
            MediaEvent::Hearing(id, event) => {
                self.hearing.handle(id, event);
                vec![]
            }
            MediaEvent::Talking => {
                let muted = self.capture.view(Source::Microphone) == DeviceView::Muted;
                let tells = self.settings.is_on(Setting::MutedSpeech) && self.speech.tells(now, muted);
                return if tells { vec![Output::Mention(Notice::MutedSpeech)] } else { vec![] };
            }
        };
        to_driver(commands)
    }

    fn granted(&mut self, sources: SourceSet) -> Vec<Output> {
        if sources.contains(Source::Microphone) {
            self.speech.other_track();
        }
        let commands = self.capture.granted(sources);
        let mut outputs = self.told_refusal(commands);
        outputs.push(Output::Attach);
        // Only when the connections have the new tracks.
        if self.capture.take_replaced() {
            outputs.push(Output::Do(Command::StopReplaced));
        }
        outputs
    }

    fn ended(&mut self, sources: SourceSet) -> Vec<Output> {
        self.devices.ended(sources.and(self.capture.live()), &self.used());
        to_driver(self.capture.ended(sources)).into_iter().chain([Output::Attach]).collect()
    }

    fn listed(&mut self, list: Vec<Device>) -> Vec<Output> {
        let changes = self.devices.list(list, &self.used());
        let mut outputs = vec![];
        if !changes.gone.is_empty() {
            // What is off is not replaced now, but when it is switched on.
            self.devices.not_replaced(changes.gone.without(self.capture.live()));
            // Not every browser ends the tracks of a device that was unplugged.
            outputs.extend(to_driver(self.capture.ended(changes.gone)));
            outputs.push(Output::Attach);
        }
        let mut commands = self.capture.came(changes.came);
        // Some browsers take a device that is only wished for as no wish at all.
        for source in self.capture.take_wished().iter() {
            let chosen = self.devices.present(source.into()).cloned();
            if let Some(chosen) = chosen.filter(|chosen| self.capture.used(source) != Some(chosen)) {
                commands.extend(self.capture.swap(source, Target::Device(chosen)));
            }
        }
        for (kind, choice) in changes.moved {
            if let Some(source) = kind.source() {
                self.capture.prefer(source, Some(choice.id.clone()));
                commands.extend(self.capture.swap(source, Target::Device(choice.id.clone())));
            }
            commands.push(Command::KeepDevice(kind, Some(choice)));
        }
        commands.extend(self.route());
        outputs.extend(to_driver(commands));
        outputs.extend(changes.notice.map(Output::Mention));
        outputs
    }

    fn choose(&mut self, kind: DeviceKind, id: &DeviceId) -> Vec<Command> {
        let Some(choice) = self.devices.choose(kind, id) else { return vec![] };
        let mut commands = vec![Command::KeepDevice(kind, choice.clone())];
        if let Some(source) = kind.source() {
            self.capture.prefer(source, choice.as_ref().map(|choice| choice.id.clone()));
            if let Some(choice) = choice.filter(|choice| self.capture.used(source) != Some(&choice.id)) {
                commands.extend(self.capture.swap(source, Target::Device(choice.id)));
            }
        }
        commands.extend(self.route());
        commands
    }

    /// Sends the others' voices to the chosen speaker while it is there.
    fn route(&mut self) -> Option<Command> {
        let chosen = self.devices.present(DeviceKind::Speaker).filter(|_| self.can_choose_speaker).cloned();
        if chosen == self.speaker {
            return None;
        }
        self.speaker.clone_from(&chosen);
        Some(Command::SetSpeaker(chosen))
    }

    fn flip(&mut self) -> Vec<Command> {
        let Some(facing) = self.camera.facing.filter(|_| self.can_flip()) else { return vec![] };
        self.capture.swap(Source::Camera, Target::Facing(facing.other()))
    }

    fn set(&mut self, setting: Setting, on: bool) -> Vec<Command> {
        if self.settings.is_on(setting) == on {
            return vec![];
        }
        self.settings = self.settings.with(setting, on);
        let mut commands = vec![Command::KeepSettings(self.settings)];
        if Setting::PROCESSING.contains(&setting) {
            self.capture.process(self.settings);
            if self.capture.live().contains(Source::Microphone) {
                commands.extend(self.capture.swap(Source::Microphone, Target::Same));
            }
        } else if setting == Setting::BackgroundBlur && self.camera.can_blur {
            commands.push(Command::Blur(on));
        }
        commands
    }

    /// Adds the word about a device that cannot be used, which is then not chosen any more.
    fn told_refusal(&mut self, commands: Vec<Command>) -> Vec<Output> {
        let mut outputs = to_driver(commands);
        let Some((source, Target::Device(refused))) = self.capture.take_refused() else { return outputs };
        let kind = DeviceKind::from(source);
        let name = self.devices.name(kind, &refused);
        let used = self.capture.used(source).cloned().unwrap_or_default();
        if let Some(choice) = self.devices.choose(kind, &used) {
            self.capture.prefer(source, choice.as_ref().map(|choice| choice.id.clone()));
            outputs.push(Output::Do(Command::KeepDevice(kind, choice)));
        }
        outputs.push(Output::Mention(Notice::DeviceRefused(name)));
        outputs
    }

    fn used(&self) -> Vec<(Source, DeviceId)> {
        let used = |source| self.capture.used(source).map(|device| (source, device.clone()));
        Source::DEVICES.into_iter().filter_map(used).collect()
    }

    fn can_flip(&self) -> bool {
        let cameras = self.devices.listed().iter().filter(|device| device.kind == DeviceKind::Camera);
        self.camera.facing.is_some() && cameras.count() > 1
    }

    /// Begins or ends measuring the microphone; one's own voice is not played into a call.
    pub(super) fn measure(&mut self, in_call: bool) -> Vec<Command> {
        let live = self.capture.live().contains(Source::Microphone);
        let mut commands = if in_call || !live { self.hearing.stop() } else { vec![] };
        commands.extend(self.speech.measure(in_call, live));
        commands
    }

    /// The devices that there are, and those in use.
    fn devices(&self) -> DevicesView {
        let used = |kind: DeviceKind| match kind.source() {
            Some(source) => self.capture.used(source).or(self.devices.present(kind)).cloned(),
            None => self.speaker.clone(),
        };
        DevicesView {
            list: self.devices.listed().iter().filter(|device| !device.id.is_none()).cloned().collect(),
            used: DeviceKind::ALL.map(used),
            can_choose_speaker: self.can_choose_speaker,
            can_flip: self.can_flip(),
            faces_away: self.camera.facing == Some(Facing::Environment),
            can_blur: self.camera.can_blur,
        }
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

    /// The media's part of the view.
    pub(super) fn view(&self) -> CallView {
        CallView {
            microphone: self.capture.view(Source::Microphone),
            camera: self.capture.view(Source::Camera),
            screen: self.screen.view(),
            device_problem: self.capture.problem(),
            devices: self.devices(),
            settings: self.settings,
            hearing: self.hearing.view(),
            sound_blocked: self.playback.is_blocked(),
            ..CallView::default()
        }
    }

    /// The sources that others hear or see, if they are connected.
    pub(super) fn sends(&self) -> SourceSet {
        let is_on = |source: &Source| self.capture.view(*source) == DeviceView::On;
        Source::DEVICES.into_iter().filter(is_on).collect::<SourceSet>().or(self.screen.sends())
    }
}

fn mention(devices: SourceSet, notice: fn(SourceSet) -> Notice) -> Vec<Output> {
    if devices.is_empty() { vec![] } else { vec![Output::Mention(notice(devices))] }
}
