//! The devices that cannot be had, and why.

use crate::call::api::event::MediaError;
use crate::call::api::view::DeviceProblem;
use crate::protocol::{Source, SourceSet};

/// The devices that could not be had.
#[derive(Debug, Default)]
pub(super) struct Problem(Option<DeviceProblem>);

impl Problem {
    pub(super) fn view(&self) -> Option<DeviceProblem> {
        self.0
    }

    /// The devices missing now.
    pub(super) fn missing(&self) -> SourceSet {
        self.0.map_or(SourceSet::NONE, |problem| problem.missing)
    }

    pub(super) fn has(&self, source: Source) -> bool {
        self.missing().contains(source)
    }

    /// The devices that may be there once something is plugged in or out.
    pub(super) fn absent(&self) -> SourceSet {
        match self.0 {
            Some(DeviceProblem { error: MediaError::NotFound | MediaError::Busy, missing }) => missing,
            _ => SourceSet::NONE,
        }
    }

    pub(super) fn add(&mut self, devices: SourceSet, error: MediaError) {
        if !devices.is_empty() {
            self.0 = Some(DeviceProblem { error, missing: self.missing().or(devices) });
        }
    }

    pub(super) fn solve(&mut self, devices: SourceSet) {
        self.0 = self.0.and_then(|DeviceProblem { error, missing }| {
            let missing = missing.without(devices);
            (!missing.is_empty()).then_some(DeviceProblem { error, missing })
        });
    }
}
