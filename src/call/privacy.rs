//! The own address: hidden from the others, or not, and then taken out of every signal.

use super::api::command::Command;
use super::api::view::{Notice, Phase, Relay};
use super::output::Output;
use crate::protocol::Signal;

mod redact;

pub(super) use redact::is_public_host;

/// Whether one participant hides the own address.
#[derive(Debug, Default)]
pub(super) struct Privacy {
    hides: bool,
    /// The choice for the calls to come; another tab may have made it meanwhile.
    hides_next: bool,
}

impl Privacy {
    /// Takes the choice that the browser has kept.
    pub(super) fn new(hides: bool) -> Self {
        Self { hides, hides_next: hides }
    }

    pub(super) fn hides_address(&self) -> bool {
        self.hides
    }

    /// Whether nothing is hidden, and without a relay nothing can be.
    pub(super) fn cannot_hide(&self, relay: Relay) -> bool {
        !self.hides && relay == Relay::Missing
    }

    /// Takes the choice of this page's person, for this call and those to come.
    pub(super) fn choose(&mut self, hide: bool, relay: Relay) -> Vec<Output> {
        if hide == self.hides {
            return vec![];
        }
        if hide && self.cannot_hide(relay) {
            return vec![Output::Say(Notice::NoRelay)];
        }
        (self.hides, self.hides_next) = (hide, hide);
        vec![Output::HideRefused(hide), Output::Do(Command::KeepHidden(hide)), Output::ApplyPrivacy]
    }

    /// Takes the choice made in another tab. A call that goes on here is hidden with it, but never shown: that could
    /// not be taken back, and nobody looks at this call now.
    pub(super) fn choose_elsewhere(&mut self, hide: bool, phase: Phase, relay: Relay) -> Vec<Output> {
        self.hides_next = hide;
        if hide == self.hides || (phase != Phase::Home && !hide) {
            return vec![];
        }
        if phase == Phase::InCall && self.cannot_hide(relay) {
            return vec![Output::Say(Notice::NoRelay)];
        }
        self.hides = hide;
        vec![Output::ApplyPrivacy]
    }

    /// Hides the address in this call if it was hidden in the call that is taken over.
    pub(super) fn take_over(&mut self, hides: bool) {
        self.hides |= hides;
    }

    /// Begins a call: the notices before it are over, and without a relay a hidden address connects with nobody.
    pub(super) fn begin(&self, relay: Relay) -> Vec<Output> {
        let told = self.hides && relay == Relay::Missing;
        [Output::Unsay].into_iter().chain(told.then_some(Output::Say(Notice::HiddenWithoutRelay))).collect()
    }

    /// Ends the call: the next one follows the choice for calls to come.
    pub(super) fn end(&mut self) {
        self.hides = self.hides_next;
    }

    /// The signal as it may leave this page, if it may.
    pub(super) fn filter(&self, signal: Signal) -> Option<Signal> {
        if self.hides { redact::redacted(signal) } else { Some(signal) }
    }
}
