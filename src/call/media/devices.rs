//! The list of devices, those that the person has chosen, and what follows when one comes or goes.

use std::mem;

use crate::call::api::device::{Choice, Device, DeviceId, DeviceKind};
use crate::call::api::view::Notice;
use crate::protocol::{Source, SourceSet};

/// More devices than anybody has.
const MOST: usize = 64;
/// The longest id or name that is kept, in characters.
const LONGEST: usize = 300;
/// The longest name in a sentence.
const LONGEST_SAID: usize = 60;
/// Names under which Chromium lists the system's own choice a second time.
const ALIASES: [&str; 2] = ["default", "communications"];

/// What follows from a list of devices.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    /// Sources of which a device came that was not there before.
    pub(super) came: SourceSet,
    /// Sources whose device in use is gone.
    pub(super) gone: SourceSet,
    /// Choices that have another id now.
    pub(super) moved: Vec<(DeviceKind, Choice)>,
    /// What to tell the person.
    pub(super) notice: Option<Notice>,
}

/// The devices of a page.
#[derive(Debug, Default)]
pub(super) struct Devices {
    /// As the browser listed them last; `None` before it did.
    list: Option<Vec<Device>>,
    /// In the order of [`DeviceKind::ALL`].
    choices: [Option<Choice>; 3],
    /// The device that came last, with what belongs to it.
    found: Vec<(DeviceKind, DeviceId)>,
    /// What was unplugged and is being replaced, by name.
    lost: Vec<(Source, String)>,
}

impl Devices {
    pub(super) fn new(choices: [Option<Choice>; 3]) -> Self {
        Self { choices, ..Self::default() }
    }

    /// The device that the person has chosen, whether or not it is there.
    pub(super) fn chosen(&self, kind: DeviceKind) -> Option<&DeviceId> {
        self.choices[kind as usize].as_ref().map(|choice| &choice.id)
    }

    /// The chosen device, if it is listed.
    pub(super) fn present(&self, kind: DeviceKind) -> Option<&DeviceId> {
        self.chosen(kind).filter(|id| self.find(kind, id).is_some())
    }

    /// The devices that can be chosen.
    pub(super) fn listed(&self) -> &[Device] {
        self.list.as_deref().unwrap_or_default()
    }

    /// Chooses a device that is listed, or leaves the choice to the system. `None` for a device that is not there.
    pub(super) fn choose(&mut self, kind: DeviceKind, id: &DeviceId) -> Option<Option<Choice>> {
        let choice = match self.find(kind, id) {
            Some(device) => Some(Choice { id: device.id.clone(), label: device.label.clone() }),
            None if id.is_none() => None,
            None => return None,
        };
        self.choices[kind as usize].clone_from(&choice);
        Some(choice)
    }

    /// The devices that were offered last.
    pub(super) fn take_found(&mut self) -> Vec<(DeviceKind, DeviceId)> {
        mem::take(&mut self.found)
    }

    /// Takes the browser's list; `used` are the devices in use.
    pub(super) fn list(&mut self, listed: Vec<Device>, used: &[(Source, DeviceId)]) -> Changes {
        let before = self.list.replace(clean(listed));
        let mut changes = Changes { moved: self.move_choices(), ..Changes::default() };
        if let Some(before) = &before {
            changes.came = self.came(before);
            changes.gone = self.gone(before, used);
            self.lose(before, changes.gone, used);
            changes.notice = self.offer(before, used);
        }
        if let Some(replaced) = self.replaced(used) {
            changes.notice = Some(replaced);
        }
        changes
    }

    /// Notes that the devices in use of these sources are gone, and are being replaced.
    pub(super) fn ended(&mut self, sources: SourceSet, used: &[(Source, DeviceId)]) {
        let listed = self.list.clone().unwrap_or_default();
        self.lose(&listed, sources, used);
    }

    /// Notes that these sources have no device now.
    pub(super) fn not_replaced(&mut self, sources: SourceSet) {
        self.lost.retain(|(source, _)| !sources.contains(*source));
    }

    /// The name of a device in a sentence.
    pub(super) fn name(&self, kind: DeviceKind, id: &DeviceId) -> String {
        self.find(kind, id).map(|device| said(&device.label)).unwrap_or_default()
    }

    fn find(&self, kind: DeviceKind, id: &DeviceId) -> Option<&Device> {
        find(self.listed(), kind, id)
    }

    /// Finds chosen devices by their names whose ids have changed.
    fn move_choices(&mut self) -> Vec<(DeviceKind, Choice)> {
        let mut moved = vec![];
        for kind in DeviceKind::ALL {
            let Some(choice) = &self.choices[kind as usize] else { continue };
            if choice.label.is_empty() || self.find(kind, &choice.id).is_some() {
                continue;
            }
            let is_it =
                |device: &&Device| device.kind == kind && device.label == choice.label && is_real(device);
            let mut same = self.listed().iter().filter(is_it);
            // Of two that are called the same, neither is known to be it.
            if let (Some(device), None) = (same.next(), same.next()) {
                let choice = Choice { id: device.id.clone(), label: device.label.clone() };
                moved.push((kind, choice.clone()));
                self.choices[kind as usize] = Some(choice);
            }
        }
        moved
    }

    fn came(&self, before: &[Device]) -> SourceSet {
        let is_new = |device: &&Device| find(before, device.kind, &device.id).is_none();
        self.listed().iter().filter(is_new).filter_map(|device| device.kind.source()).collect()
    }

    /// The sources whose device was listed and is not any more, although others of the kind are listed by id.
    fn gone(&self, before: &[Device], used: &[(Source, DeviceId)]) -> SourceSet {
        let is_gone = |(source, id): &&(Source, DeviceId)| {
            let kind = DeviceKind::from(*source);
            let hides = self.listed().iter().any(|device| device.kind == kind && device.id.is_none());
            find(before, kind, id).is_some() && self.find(kind, id).is_none() && !hides
        };
        used.iter().filter(is_gone).map(|(source, _)| *source).collect()
    }

    fn lose(&mut self, listed: &[Device], sources: SourceSet, used: &[(Source, DeviceId)]) {
        for (source, id) in used.iter().filter(|(source, _)| sources.contains(*source)) {
            self.not_replaced((*source).into());
            if let Some(device) = find(listed, (*source).into(), id) {
                self.lost.push((*source, said(&device.label)));
            }
        }
    }

    /// The word about a device that was replaced, once the name of the other one is known.
    fn replaced(&mut self, used: &[(Source, DeviceId)]) -> Option<Notice> {
        let (at, now) = self.lost.iter().enumerate().find_map(|(at, (source, _))| {
            let (_, id) = used.iter().find(|(of, _)| of == source)?;
            let device = find(self.list.as_deref()?, (*source).into(), id)?;
            Some((at, said(&device.label)))
        })?;
        let (_, gone) = self.lost.remove(at);
        Some(Notice::DeviceReplaced { gone, now })
    }

    /// Offers a microphone or camera that was plugged in, with the speaker of a headset. Names that are told for the
    /// first time, as the person has just allowed it, are no news.
    fn offer(&mut self, before: &[Device], used: &[(Source, DeviceId)]) -> Option<Notice> {
        let was_told = |kind| !before.iter().any(|device| device.kind == kind && device.id.is_none());
        let is_new = |device: &&Device| {
            is_real(device) && was_told(device.kind) && find(before, device.kind, &device.id).is_none()
        };
        let has_another = |device: &&Device| {
            let source = device.kind.source();
            used.iter().any(|(of, id)| Some(*of) == source && *id != device.id)
        };
        let listed = self.list.as_deref()?;
        let found = listed.iter().filter(is_new).find(has_another)?;
        let belongs = |device: &&Device| {
            device.kind == DeviceKind::Speaker && !found.group.is_empty() && device.group == found.group
        };
        let speaker = listed.iter().filter(is_new).find(belongs);
        let all = std::iter::once(found).chain(speaker);
        self.found = all.map(|device| (device.kind, device.id.clone())).collect();
        Some(Notice::DeviceFound(said(&found.label)))
    }
}

/// Whether this is a device of its own, with a name.
fn is_real(device: &Device) -> bool {
    !device.label.is_empty() && !device.id.is_none() && !ALIASES.contains(&device.id.0.as_str())
}

fn find<'a>(list: &'a [Device], kind: DeviceKind, id: &DeviceId) -> Option<&'a Device> {
    list.iter().find(|device| device.kind == kind && device.id == *id)
}

/// Keeps what can be shown: each device once, names of a length that fits.
fn clean(listed: Vec<Device>) -> Vec<Device> {
    let mut kept: Vec<Device> = vec![];
    for mut device in listed {
        if kept.len() == MOST || device.id.0.len() > LONGEST || find(&kept, device.kind, &device.id).is_some()
        {
            continue;
        }
        device.label = shortened(&device.label, LONGEST);
        kept.push(device);
    }
    kept
}

fn said(label: &str) -> String {
    shortened(label, LONGEST_SAID)
}

/// The first line of a text, of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().nth(most).is_none() {
        return line.to_owned();
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
