//! The screen: what a person shares beside the own camera, from the picker to its end.
//!
//! A capture that is asked for may be answered much later, or never: only the one asked for last counts, and any other
//! that comes is stopped at once. What is shared goes on until the next capture is there.

use super::devices::Devices;
use crate::call::api::command::Command;
use crate::call::api::device::DeviceKind;
use crate::call::api::screen::{
    ScreenError, ScreenEvent, ScreenHint, ScreenId, ScreenView, ShareAction, ShareSource, Surface,
};
use crate::call::api::view::Notice;
use crate::call::output::Output;
use crate::protocol::{Source, SourceSet};

/// What one participant shares.
#[derive(Debug, Default)]
pub(super) struct Screen {
    can_capture: bool,
    last: ScreenId,
    asking: Option<(ScreenId, ShareSource)>,
    on: Option<On>,
    hint: ScreenHint,
}

/// A capture that is sent.
#[derive(Clone, Copy, Debug)]
struct On {
    id: ScreenId,
    surface: Surface,
    has_sound: bool,
}

impl Screen {
    pub(super) fn new(can_capture: bool) -> Self {
        Self { can_capture, ..Self::default() }
    }

    /// Takes what a person in a call does.
    pub(super) fn user(&mut self, action: ShareAction) -> Vec<Output> {
        match action {
            ShareAction::Start(ShareSource::Display) if !self.can_capture => vec![],
            ShareAction::Start(what) => self.ask(what),
            ShareAction::Stop => {
                self.asking = None;
                self.end()
            }
            ShareAction::Hint(hint) => {
                let has_changed = std::mem::replace(&mut self.hint, hint) != hint;
                let tells = has_changed && self.on.is_some();
                if tells { vec![Output::Do(Command::HintScreen(hint))] } else { vec![] }
            }
        }
    }

    /// Ends with the call; what is still being picked is stopped when it comes.
    pub(super) fn stop(&mut self) -> Option<Command> {
        let on = self.on.take();
        *self = Self { last: self.last, ..Self::new(self.can_capture) };
        on.map(|on| Command::ReleaseScreen(on.id))
    }

    pub(super) fn handle(&mut self, id: ScreenId, event: ScreenEvent, devices: &Devices) -> Vec<Output> {
        match event {
            ScreenEvent::Opened { surface, has_sound } => self.opened(On { id, surface, has_sound }),
            ScreenEvent::Failed(error) => {
                let Some((_, what)) = self.asking.take_if(|(asked, _)| *asked == id) else { return vec![] };
                told(&what, error, devices).into_iter().collect()
            }
            ScreenEvent::OwnTab if self.is_on(id) => vec![Output::Say(Notice::OwnTabShared)],
            ScreenEvent::Ended(Source::ScreenAudio) => {
                if let Some(on) = self.on.as_mut().filter(|on| on.id == id) {
                    on.has_sound = false;
                }
                vec![]
            }
            ScreenEvent::Ended(_) if self.is_on(id) => self.end(),
            ScreenEvent::OwnTab | ScreenEvent::Ended(_) => vec![],
        }
    }

    pub(super) fn view(&self) -> ScreenView {
        ScreenView {
            shares: self.on.map(|on| on.surface),
            has_sound: self.on.is_some_and(|on| on.has_sound),
            is_asking: self.asking.is_some(),
            hint: self.hint,
            can_capture: self.can_capture,
        }
    }

    /// The sources that others hear or see, if they are connected.
    pub(super) fn sends(&self) -> SourceSet {
        SourceSet::NONE
            .with(Source::Screen, self.on.is_some())
            .with(Source::ScreenAudio, self.on.is_some_and(|on| on.has_sound))
    }

    /// Asks for a capture, in the place of another one that is asked for. A second press opens no second picker.
    fn ask(&mut self, what: ShareSource) -> Vec<Output> {
        if self.asking.as_ref().is_some_and(|(_, asked)| *asked == what) {
            return vec![];
        }
        self.last.0 += 1;
        self.asking = Some((self.last, what.clone()));
        vec![Output::Do(Command::CaptureScreen(self.last, what))]
    }

    fn opened(&mut self, new: On) -> Vec<Output> {
        if self.asking.take_if(|(asked, _)| *asked == new.id).is_none() {
            return vec![Output::Do(Command::ReleaseScreen(new.id))];
        }
        let mut outputs = vec![
            Output::TakeBack(Notice::OwnTabShared),
            Output::Do(Command::TakeScreen(new.id)),
            Output::Do(Command::HintScreen(self.hint)),
            Output::Attach,
        ];
        // Only when the connections have the new tracks.
        if self.on.replace(new).is_some() {
            outputs.push(Output::Do(Command::StopReplaced));
        }
        outputs
    }

    fn end(&mut self) -> Vec<Output> {
        let Some(on) = self.on.take() else { return vec![] };
        let release = Output::Do(Command::ReleaseScreen(on.id));
        vec![Output::TakeBack(Notice::OwnTabShared), release, Output::Attach]
    }

    fn is_on(&self, id: ScreenId) -> bool {
        self.on.is_some_and(|on| on.id == id)
    }
}

/// What the person is told of a capture that failed; nothing if it was their own wish.
fn told(what: &ShareSource, error: ScreenError, devices: &Devices) -> Option<Output> {
    Some(match (what, error) {
        (ShareSource::Camera(id), _) => {
            Output::SayBriefly(Notice::DeviceRefused(devices.name(DeviceKind::Camera, id)))
        }
        (ShareSource::Display, ScreenError::Cancelled) => return None,
        (ShareSource::Display, ScreenError::Denied) => Output::Say(Notice::ScreenDenied),
        (ShareSource::Display, ScreenError::Failed) => Output::SayBriefly(Notice::ScreenFailed),
    })
}

#[cfg(test)]
mod tests;
