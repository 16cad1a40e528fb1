//! The version of the page beside the server's: an older page is to be loaded anew.

use super::api::command::Command;
use super::api::view::{Notice, Phase};
use super::output::Output;
use crate::protocol::{RoomId, VERSION};

/// What is known of the server's version.
#[derive(Debug, Default)]
pub(super) struct Version {
    /// The server's version, if the page is older.
    newer: Option<u32>,
    /// The version for which this tab has loaded its page anew; if that brought an old page again, only a person tries.
    tried: Option<u32>,
}

impl Version {
    pub(super) fn new(tried: Option<u32>) -> Self {
        Self { newer: None, tried }
    }

    /// Takes the server's version. An old page says that it is old; its call goes on for as long as it is understood.
    pub(super) fn told(&mut self, version: u32, phase: Phase, room: Option<&RoomId>) -> Vec<Output> {
        self.newer = (version > VERSION).then_some(version);
        if self.newer.is_none() {
            return vec![];
        }
        let mut outputs = vec![Output::Say(Notice::OldPage)];
        if phase == Phase::Joining {
            // Where the new page finds the number of the room.
            outputs.push(Output::Do(Command::ShowAddress(room.cloned())));
        }
        if phase != Phase::InCall {
            outputs.extend(self.load());
        }
        outputs
    }

    /// Loads an old page anew when its seat is given up, as a heartbeat without a call says.
    pub(super) fn heartbeat(&mut self, phase: Phase) -> Vec<Output> {
        if phase == Phase::Home { self.load().into_iter().collect() } else { vec![] }
    }

    /// Judges what a close of the socket leads to: an old page is refused for its age, and keeps its seat for the page
    /// that is loaded in its place.
    pub(super) fn closed(&mut self, outputs: Vec<Output>) -> Vec<Output> {
        let is_dropped = |output: &Output| matches!(output, Output::Say(Notice::Dropped));
        if self.newer.is_none() || !outputs.iter().any(is_dropped) {
            return outputs;
        }
        if let Some(load) = self.load() {
            return vec![load];
        }
        let old = |output| if is_dropped(&output) { Output::Say(Notice::OldPage) } else { output };
        outputs.into_iter().map(old).collect()
    }

    /// Loads an old page anew, once for each version.
    fn load(&mut self) -> Option<Output> {
        let newer = self.newer.filter(|newer| self.tried.replace(*newer) != Some(*newer))?;
        Some(Output::Do(Command::LoadAnew { once_for: Some(newer) }))
    }
}
