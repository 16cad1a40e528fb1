//! Who vouches for whom, by what the seals prove.

use super::Seals;
use super::vouches::Vouch;
use crate::call::api::seal::{Lock, SealId, Trust};
use crate::protocol::Signal;

impl Seals {
    /// Keeps what the page with this seal says of another one.
    pub(in crate::call) fn heard_vouch(&mut self, by: SealId, vouch: Vouch) {
        self.vouches.heard(by, vouch);
    }

    /// Whether this page can say of another one, to somebody who may not know it, that it has checked or let it in.
    pub(in crate::call) fn can_say(&self, about: SealId, to: SealId) -> Option<bool> {
        let (about, to) = (self.get(about)?, self.get(to)?);
        // Those who have the same link prove themselves to each other.
        if !to.is_shared || to.trust() == Trust::Stopped || about.introduction.door == to.introduction.door {
            return None;
        }
        let checked = about.is_proved();
        let was_let_in = about.is_shared && self.answered.contains(about.hello());
        (checked || was_let_in).then_some(checked)
    }

    /// What is said of another page.
    pub(in crate::call) fn vouch(&self, about: SealId, checked: bool) -> Option<Signal> {
        let about = self.get(about)?;
        let ((peer, page), hello) = (about.page, about.hello().clone());
        Some(Signal::Vouch { peer, page, hello, checked })
    }

    /// Whether somebody whose word counts has let the page with this seal in; `present` are those in the call.
    pub(in crate::call) fn is_vouched_for(&self, id: SealId, present: &[SealId]) -> bool {
        let follows = |by| self.lock == Lock::Followed && present.contains(&by) && !self.is_stopped(by);
        self.vouches_for(id).any(|(by, is_it, _)| is_it && (self.is_proved(by) || follows(by)))
    }

    /// Whether nobody has vouched for anybody.
    pub(in crate::call) fn has_no_vouches(&self) -> bool {
        self.vouches.is_empty()
    }

    /// Whether somebody who is proved says that the page with this seal is another one.
    pub(in crate::call) fn is_disputed(&self, id: SealId) -> bool {
        self.is_open(id) && self.vouches_for(id).any(|(by, is_it, _)| !is_it && self.is_proved(by))
    }

    /// Who has checked the page with this seal, if somebody who is proved has.
    pub(in crate::call) fn checked_by(&self, id: SealId) -> Option<SealId> {
        let mut vouches = self.vouches_for(id);
        vouches.find(|(by, is_it, checked)| *is_it && *checked && self.is_proved(*by)).map(|(by, ..)| by)
    }

    fn vouches_for(&self, id: SealId) -> impl Iterator<Item = (SealId, bool, bool)> {
        let seal = self.get(id);
        seal.into_iter().flat_map(|seal| self.vouches.of(seal.page, seal.hello()))
    }
}
