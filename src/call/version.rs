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
    /// The page is being loaded anew.
    loading: bool,
    /// Its socket was closed for its age meanwhile.
    refused: bool,
}

impl Version {
    pub(super) fn new(tried: Option<u32>) -> Self {
        Self { tried, ..Self::default() }
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
    /// that is loaded in its place. Until that is there it opens no socket, which would be refused as well.
    pub(super) fn closed(&mut self, outputs: Vec<Output>) -> Vec<Output> {
        let is_dropped = |output: &Output| matches!(output, Output::Say(Notice::Dropped));
        if self.newer.is_none() || !outputs.iter().any(is_dropped) {
            return outputs;
        }
        let load = self.load();
        if self.loading {
            self.refused = true;
            return [Output::CloseSocket].into_iter().chain(load).collect();
        }
        let old = |output| if is_dropped(&output) { Output::Say(Notice::OldPage) } else { output };
        outputs.into_iter().map(old).collect()
    }

    /// The browser did not load the page anew: goes on with the old one for as long as the server understands it.
    pub(super) fn not_loaded(&mut self) -> Vec<Output> {
        self.loading = false;
        if std::mem::take(&mut self.refused) { vec![Output::OpenSocket] } else { vec![] }
    }

    /// Loads an old page anew, once for each version.
    fn load(&mut self) -> Option<Output> {
        let newer = self.newer.filter(|newer| self.tried.replace(*newer) != Some(*newer))?;
        self.loading = true;
        Some(Output::Do(Command::LoadAnew { once_for: Some(newer) }))
    }
}
