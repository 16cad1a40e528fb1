//! Vouching: what this page tells of those whom it has checked or let in, and what follows from what it hears.

use std::time::Duration;

use super::{Peers, find, of};
use crate::call::api::seal::{SealId, Trust};
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::call::seals::vouches::Vouch;
use crate::protocol::{DisplayName, Signal};

impl Peers {
    /// Keeps what a peer says of another one; [`Self::follow_vouches`] does what follows from it.
    pub(super) fn heard_vouch(&mut self, at: usize, vouch: Vouch) {
        let peer = vouch.peer;
        let (Some(by), Some(own)) = (self.others[at].known().seal(), self.own) else { return };
        if peer != own.peer && peer != self.others[at].id() {
            self.seals.heard_vouch(by, vouch);
        }
    }

    /// Lets in who is vouched for, and ends with who is said to be another one, by those who are proved now.
    pub(super) fn follow_vouches(&mut self, now: Duration) -> Vec<Output> {
        let mut outputs = vec![];
        if self.seals.has_no_vouches() {
            return outputs;
        }
        let present: Vec<SealId> = self.others.iter().filter_map(|other| other.known().seal()).collect();
        // The person's own "not now" counts more.
        for knock in self.porch.view().into_iter().filter(|knock| !knock.is_declined) {
            if self.seals.is_vouched_for(knock.seal, &present)
                && let Some(knocker) = self.porch.take(knock.peer)
            {
                outputs.extend(self.let_in(now, knocker));
            }
        }
        for at in 0..self.others.len() {
            let seal = self.others[at].known().seal();
            if let Some(seal) = seal.filter(|seal| self.seals.is_disputed(*seal)) {
                outputs.extend(self.end_with(at, seal));
            }
        }
        outputs
    }

    /// Tells each of the others of those whom it may not know, as far as it was not told.
    pub(super) fn vouch(&mut self) -> Vec<Output> {
        let mut outputs = vec![];
        for at in 0..self.others.len() {
            let (to, seals) = (&self.others[at], &self.seals);
            // Who lets this page wait hears nothing of it.
            let hears = !to.info().away && !to.known().is_held();
            let Some(seal) = to.known().seal().filter(|_| hears) else { continue };
            let about = |other: &RemotePeer| other.known().seal().filter(|_| other.id() != to.id());
            let news = |about| {
                let said = (about, seals.can_say(about, seal)?);
                (!to.known().was_told(said)).then_some(said)
            };
            let news: Vec<_> = self.others.iter().filter_map(about).filter_map(news).collect();
            let peer = to.id();
            for (about, checked) in news {
                self.others[at].known_mut().tells((about, checked));
                let signal = self.seals.vouch(about, checked);
                outputs.extend(signal.map(|signal| Output::Signal(peer, signal)));
            }
        }
        outputs
    }

    /// The name of who has checked a page.
    pub(super) fn checked_by(&self, seal: SealId) -> Option<Option<DisplayName>> {
        let by = self.seals.checked_by(seal)?;
        let voucher = self.others.iter().find(|other| other.known().seal() == Some(by));
        Some(voucher.and_then(RemotePeer::name))
    }

    fn end_with(&mut self, at: usize, id: SealId) -> Vec<Output> {
        let peer = self.others[at].id();
        if let Some(seal) = self.seals.get_mut(id).filter(|seal| seal.trust() != Trust::Stopped) {
            seal.dispute();
            self.seals.stop(peer, id);
            let stop = find(&mut self.others, peer).map(|other| of(peer, other.stop())).unwrap_or_default();
            return [Output::Signal(peer, Signal::Stop {})].into_iter().chain(stop).collect();
        }
        vec![]
    }
}

/// The vouch of a signal.
pub(super) fn vouch_in(signal: &Signal) -> Option<Vouch> {
    let Signal::Vouch { peer, page, hello, checked } = signal else { return None };
    Some(Vouch { peer: *peer, page: *page, hello: hello.clone(), checked: *checked })
}
