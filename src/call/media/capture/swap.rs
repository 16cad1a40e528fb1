//! Changes to another device while the one before goes on, so that the others miss nothing.

use crate::call::api::device::{DeviceId, Facing};
use crate::protocol::{Source, SourceSet};

/// What a source changes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::call::media) enum Target {
    /// This device.
    Device(DeviceId),
    /// The camera of the other side.
    Facing(Facing),
    /// The same device, with other processing.
    Same,
}

/// A change under way.
#[derive(Debug)]
struct Swap {
    source: Source,
    to: Target,
    /// The browser has been asked.
    asked: bool,
    /// The device before is let go of, since the browser opens one at a time only.
    alone: bool,
}

/// What follows from a change that failed.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Let go of the device before, and ask once more.
    LetGo,
    /// Give up; the device before goes on, or is asked for again.
    GiveUp,
}

/// The changes under way, at most one of each source.
#[derive(Debug, Default)]
pub(super) struct Swaps {
    under_way: Vec<Swap>,
    /// One that came to nothing, until it is told.
    pub(super) refused: Option<(Source, Target)>,
    /// Devices were changed; those before are to be stopped.
    pub(super) replaced: bool,
}

impl Swaps {
    /// Wants a change, in place of an earlier one of that source.
    pub(super) fn want(&mut self, source: Source, to: Target) {
        let alone = self.forget(source.into());
        self.under_way.push(Swap { source, to, asked: false, alone });
    }

    /// What a source is to change to, as the browser is asked now.
    pub(super) fn ask(&mut self, source: Source) -> Option<Target> {
        let swap = self.under_way.iter_mut().find(|swap| swap.source == source)?;
        swap.asked = true;
        Some(swap.to.clone())
    }

    /// Ends the changes of these sources that the browser was asked for, as it gave them; returns the devices now in use.
    pub(super) fn answered(&mut self, sources: SourceSet) -> Vec<(Source, DeviceId)> {
        let is_answered = |swap: &Swap| swap.asked && sources.contains(swap.source);
        let mut devices = vec![];
        for swap in self.under_way.iter().filter(|swap| is_answered(swap)) {
            if let Target::Device(device) = &swap.to {
                devices.push((swap.source, device.clone()));
            }
        }
        self.under_way.retain(|swap| !is_answered(swap));
        devices
    }

    /// Judges a failure; `None` if these sources are not changing. A device that can be opened once only is `busy`
    /// as long as the one before is `live`.
    pub(super) fn failed(&mut self, asked: SourceSet, busy: bool, live: bool) -> Option<Next> {
        let at =
            self.under_way.iter().position(|swap| swap.asked && SourceSet::from(swap.source) == asked)?;
        let swap = self.under_way.get_mut(at)?;
        if busy && live && !swap.alone {
            (swap.alone, swap.asked) = (true, false);
            return Some(Next::LetGo);
        }
        let swap = self.under_way.remove(at);
        self.refused = Some((swap.source, swap.to));
        Some(Next::GiveUp)
    }

    /// Whether another choice has overtaken the one that the browser was asked for.
    pub(super) fn are_overtaken(&self, asked: SourceSet) -> bool {
        self.under_way.iter().any(|swap| !swap.asked && SourceSet::from(swap.source) == asked)
    }

    /// Forgets the changes of these sources; says whether a device was let go of for one.
    pub(super) fn forget(&mut self, sources: SourceSet) -> bool {
        let alone = self.under_way.iter().any(|swap| swap.alone && sources.contains(swap.source));
        self.under_way.retain(|swap| !sources.contains(swap.source));
        alone
    }
}
