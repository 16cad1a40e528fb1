//! Tracks that the system mutes (`MediaStreamTrack.muted`), and when the person is told.

use std::time::Duration;

use crate::protocol::SourceSet;

/// A mute shorter than this is not shown: browsers mute a track while its device starts or changes.
pub(super) const MUTED_BRIEFLY: Duration = Duration::from_millis(1500);

/// The devices that the system mutes.
#[derive(Debug, Default)]
pub(super) struct Held {
    muted: SourceSet,
    /// The muted ones that a person was told of.
    told: SourceSet,
    /// When the person is told of the others.
    due: Option<Duration>,
}

impl Held {
    pub(super) fn muted(&mut self, now: Duration, devices: SourceSet) {
        self.muted = self.muted.or(devices);
        if !self.muted.without(self.told).is_empty() {
            self.due = Some(now + MUTED_BRIEFLY);
        }
    }

    /// Notes that the system mutes these no longer; returns those that the person was told of.
    pub(super) fn unmuted(&mut self, devices: SourceSet) -> SourceSet {
        let back = self.told.and(devices);
        self.muted = self.muted.without(devices);
        self.told = self.told.without(devices);
        self.due.take_if(|_| self.muted == self.told);
        back
    }

    /// The devices muted for long enough to tell the person now.
    pub(super) fn newly(&mut self, now: Duration) -> SourceSet {
        if self.due.take_if(|due| now >= *due).is_none() {
            return SourceSet::NONE;
        }
        let newly = self.muted.without(self.told);
        self.told = self.muted;
        newly
    }

    /// The devices that the person was told of.
    pub(super) fn told(&self) -> SourceSet {
        self.told
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due
    }
}
