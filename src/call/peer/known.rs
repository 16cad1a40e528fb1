//! What is known of a peer through its seal.

use crate::call::api::seal::SealId;
use crate::protocol::{DisplayName, Epoch};

/// What is known of a peer from what it has sealed.
#[derive(Debug, Default)]
pub(in crate::call) struct Known {
    /// What is sealed with; none with a page that has said nothing of itself.
    seal: Option<SealId>,
    /// The display name, as it was said first of all.
    name: Option<DisplayName>,
    /// It came while this page was here, and that was not shown yet.
    arrives: bool,
    /// Nothing is sent to it any more: what two people compare was not the same.
    is_stopped: bool,
    /// Nobody there has let this page in.
    is_held: bool,
    /// Whether the room is locked there, once it has said so.
    locked: Option<bool>,
    /// What it was told of others since the way to it is there.
    told: Vec<(SealId, bool)>,
    /// The certificate that its descriptions name, and the newest connection with it.
    print: Option<(Epoch, String)>,
}

impl Known {
    /// Seals with this from now on.
    pub(in crate::call) fn agree(&mut self, seal: SealId) {
        self.seal = Some(seal);
    }

    pub(in crate::call) fn seal(&self) -> Option<SealId> {
        self.seal
    }

    pub(super) fn name(&self) -> &Option<DisplayName> {
        &self.name
    }

    /// Notes the name that it says.
    pub(super) fn says_name(&mut self, name: Option<DisplayName>) {
        self.name = name;
    }

    /// Ends what there is with it, for good.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Notes whether it lets this page wait; returns whether it did before.
    pub(super) fn hold(&mut self, holds: bool) -> bool {
        std::mem::replace(&mut self.is_held, holds)
    }

    /// Whether this page waits to be let in there.
    pub(in crate::call) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Notes whether the room is locked there; returns what it said before.
    pub(in crate::call) fn says_lock(&mut self, locked: bool) -> Option<bool> {
        self.locked.replace(locked)
    }

    /// Notes that it was let in just now, with the name that it says to have.
    pub(in crate::call) fn comes_in(&mut self, name: Option<DisplayName>) {
        self.name = name;
        self.arrives = true;
    }

    /// Notes that it came just now.
    pub(in crate::call) fn arrives(&mut self) {
        self.arrives = true;
    }

    /// Whether it came while this page was here, and that was not shown yet.
    pub(in crate::call) fn is_arriving(&self) -> bool {
        self.arrives
    }

    /// Takes it that its arrival is shown.
    pub(super) fn take_arrival(&mut self) -> bool {
        std::mem::take(&mut self.arrives)
    }

    /// Whether it was told of the page with this seal that it was checked, or let in.
    pub(in crate::call) fn was_told(&self, said: (SealId, bool)) -> bool {
        self.told.contains(&said)
    }

    pub(in crate::call) fn tells(&mut self, said: (SealId, bool)) {
        self.told.push(said);
    }

    /// Forgets what it was told, which may be lost.
    pub(in crate::call) fn tells_anew(&mut self) {
        self.told.clear();
    }

    /// The certificate that its descriptions name.
    pub(in crate::call) fn print(&self) -> Option<&str> {
        self.print.as_ref().map(|(_, print)| print.as_str())
    }

    /// Notes the certificate that a description of this epoch names. A connection has one for as long as it lives, whether
    /// the description is taken or not; returns false for another one.
    pub(in crate::call) fn names(&mut self, epoch: Epoch, print: String) -> bool {
        match &self.print {
            Some((known, named)) if *known == epoch => *named == print,
            _ => {
                self.print = Some((epoch, print));
                true
            }
        }
    }
}
