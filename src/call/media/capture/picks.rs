//! The device that each source is to have.

use crate::call::api::device::DeviceId;
use crate::call::media::constraints::Wanted;
use crate::protocol::{Source, SourceSet};

/// The devices of the sources.
#[derive(Debug, Default)]
pub(super) struct Picks {
    /// Those in use, which are asked for again after a pause.
    used: Vec<(Source, DeviceId)>,
    /// Those to begin with, in this call and the next ones.
    preferred: Vec<(Source, DeviceId)>,
    /// The sources that were asked for with a wish, which not every browser grants.
    wished: SourceSet,
}

impl Picks {
    pub(super) fn used(&self, source: Source) -> Option<&DeviceId> {
        of(&self.used, source)
    }

    pub(super) fn use_from_now(&mut self, source: Source, device: DeviceId) {
        self.used.retain(|(of, _)| *of != source);
        self.used.push((source, device));
    }

    pub(super) fn prefer(&mut self, source: Source, device: Option<DeviceId>) {
        self.preferred.retain(|(of, _)| *of != source);
        self.preferred.extend(device.map(|device| (source, device)));
    }

    /// Keeps for the next call what it is to begin with.
    pub(super) fn next_call(&mut self) {
        self.used.clear();
    }

    /// What to ask for.
    pub(super) fn wanted(&mut self, source: Source) -> Wanted {
        let is_wish = self.used(source).is_none() && of(&self.preferred, source).is_some();
        self.wished = self.wished.with(source, is_wish);
        match (of(&self.used, source), of(&self.preferred, source)) {
            (Some(used), _) => Wanted::Only(used.clone()),
            (None, Some(preferred)) => Wanted::Rather(preferred.clone()),
            (None, None) => Wanted::Any,
        }
    }

    /// Takes those of these sources that were asked for with a wish.
    pub(super) fn take_wished(&mut self, sources: SourceSet) -> SourceSet {
        let wished = self.wished.and(sources);
        self.wished = self.wished.without(wished);
        wished
    }

    /// Forgets which devices these sources had; says whether it knew any.
    pub(super) fn forget_used(&mut self, sources: SourceSet) -> bool {
        forget(&mut self.used, sources)
    }

    /// Forgets what they begin with; says whether it knew any.
    pub(super) fn forget_preferred(&mut self, sources: SourceSet) -> bool {
        forget(&mut self.preferred, sources)
    }
}

fn of(devices: &[(Source, DeviceId)], source: Source) -> Option<&DeviceId> {
    devices.iter().find(|(of, _)| *of == source).map(|(_, device)| device)
}

fn forget(devices: &mut Vec<(Source, DeviceId)>, sources: SourceSet) -> bool {
    let known = devices.len();
    devices.retain(|(source, _)| !sources.contains(*source));
    devices.len() < known
}
