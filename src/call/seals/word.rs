//! The word: who has come with another one, and how many more get a try.
//!
//! Whoever exchanges shares with this page can try one word in each exchange, and need not show whether it was right. So
//! every exchange that has proved nothing when its page is gone counts as a wrong word, and after some nobody else gets
//! an answer before the person says so.

use std::time::Duration;

use super::{Seal, Seals};
use crate::call::api::seal::{SealId, Trust};
use crate::protocol::sealed::Proof;
use crate::protocol::{SealedBox, Signal};

/// So many come with a wrong word before nobody else gets a try.
const TRIES: usize = 3;
/// As many may be trying at a time as there are others in the largest room.
const AT_ONCE: usize = 7;
/// For so long after something that does not open another thing may: what was under way is of the page before.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most of what a page has sealed that is kept until it gets a try.
const MOST_EARLY: usize = 8;
/// Most signals that wait for a share; of more the oldest is dropped.
const MOST_WAITING: usize = 64;

impl Seals {
    /// Begins a call: what was tried in the one before is over.
    pub(in crate::call) fn begin_words(&mut self) {
        self.try_word_again();
        for (_, seal) in &mut self.known {
            seal.is_counted |= seal.is_trying();
        }
    }

    /// Whether this is to be opened. What comes before the try of a page with a word is kept for then.
    pub(in crate::call) fn opens(&mut self, id: SealId, sealed: &SealedBox) -> bool {
        if sealed.is_share() && self.may_try(id) {
            return true;
        }
        let Some(seal) = self.get_mut(id) else { return false };
        let waits = seal.proof == Proof::Word && !seal.has_tried;
        if waits && seal.early.len() < MOST_EARLY {
            seal.early.push(sealed.clone());
        }
        !waits && !sealed.is_share()
    }

    /// Whether the page with this seal gets a try, or has begun one; from now on it has.
    fn may_try(&mut self, id: SealId) -> bool {
        let trying = self.known.iter().filter(|(_, seal)| seal.is_trying()).count();
        let is_open = !self.is_word_closed() && trying < AT_ONCE;
        let seal = self.get_mut(id).filter(|seal| seal.proof == Proof::Word && !seal.has_other_word);
        seal.is_some_and(|seal| {
            seal.has_tried |= is_open;
            seal.has_tried
        })
    }

    /// Takes it that the page with this seal is gone.
    pub(in crate::call) fn gone(&mut self, id: SealId) {
        let Some(seal) = self.get_mut(id) else { return };
        seal.clear();
        // It may come back, after a server has lost its memory, and has its one try then, too.
        if seal.is_trying() {
            seal.is_counted = true;
            self.wrong_words += 1;
        }
    }

    /// When the next word is found to be another one.
    pub(in crate::call) fn word_deadline(&self) -> Option<Duration> {
        self.known.iter().filter_map(|(_, seal)| seal.word_deadline()).min()
    }

    /// Finds those who have another word.
    pub(in crate::call) fn other_words(&mut self, now: Duration) -> Vec<SealId> {
        let is_due = |seal: &Seal| seal.word_deadline().is_some_and(|due| due <= now);
        let mut found = vec![];
        for (_, seal) in self.known.iter_mut().filter(|(_, seal)| is_due(seal)) {
            seal.has_other_word = true;
            seal.clear();
            self.wrong_words += usize::from(!std::mem::replace(&mut seal.is_counted, true));
            found.push(seal.id);
        }
        found
    }

    /// Whether nobody else gets a try.
    pub(in crate::call) fn is_word_closed(&self) -> bool {
        self.wrong_words >= TRIES
    }

    /// Whether that is so and was not told yet; from now on it was.
    pub(in crate::call) fn word_closes(&mut self) -> bool {
        let closed = self.is_word_closed();
        closed && !std::mem::replace(&mut self.is_closing_told, closed)
    }

    /// Gives others a try again.
    pub(in crate::call) fn try_word_again(&mut self) {
        self.wrong_words = 0;
        self.is_closing_told = false;
    }

    /// Whether a word is what this seal is to be proved by.
    pub(in crate::call) fn is_of_word(&self, id: SealId) -> bool {
        self.get(id).is_some_and(|seal| seal.proof == Proof::Word)
    }

    /// Whether nothing is said and heard under this seal any more.
    pub(in crate::call) fn is_over(&self, id: SealId) -> bool {
        self.get(id).is_some_and(Seal::is_over)
    }
}

impl Seal {
    /// Takes it that something of its page did not open.
    pub(in crate::call) fn unopened(&mut self, now: Duration) {
        self.unopened.get_or_insert(now);
    }

    /// Takes it that there is another way to its page, or none: what did not open may have been meant for something else.
    pub(in crate::call) fn way_changed(&mut self) {
        self.unopened = None;
    }

    /// Keeps a signal for when there are keys; returns it if there are.
    pub(in crate::call) fn keep(&mut self, signal: Signal) -> Option<Signal> {
        if self.proof != Proof::Word || self.is_drawn {
            return Some(signal);
        }
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(signal);
        None
    }

    /// Forgets what was of a connection before.
    pub(in crate::call) fn forget_waiting(&mut self) {
        self.waiting.clear();
    }

    fn clear(&mut self) {
        (self.unopened, self.early) = (None, vec![]);
        self.forget_waiting();
    }

    /// Whether its page has another word, or seems to.
    pub(in crate::call) fn seems_other(&self) -> bool {
        self.has_other_word || self.word_deadline().is_some()
    }

    /// Whether nothing has shown yet whether its page has the same word.
    pub(in crate::call) fn is_open_question(&self) -> bool {
        self.proof == Proof::Word && !self.is_shared && !self.has_other_word
    }

    /// What has waited for the keys, now that there are some.
    pub(in crate::call) fn take_waiting(&mut self) -> Vec<Signal> {
        if self.is_drawn { std::mem::take(&mut self.waiting).into() } else { vec![] }
    }

    /// What its page has sealed before it got a try.
    pub(in crate::call) fn take_early(&mut self) -> Vec<SealedBox> {
        std::mem::take(&mut self.early)
    }

    /// Whether its page got a try.
    pub(in crate::call) fn has_tried(&self) -> bool {
        self.has_tried
    }

    /// Whether its page has another word.
    pub(in crate::call) fn has_other_word(&self) -> bool {
        self.has_other_word
    }

    /// Whether nothing is said and heard under it any more.
    pub(in crate::call) fn is_over(&self) -> bool {
        self.has_other_word || self.trust() == Trust::Stopped
    }

    /// Whether its page has a try, and has shown neither the same word nor another one.
    fn is_undecided(&self) -> bool {
        self.has_tried && !self.is_shared && !self.has_other_word
    }

    /// The same, as long as it counts for nothing yet.
    fn is_trying(&self) -> bool {
        self.is_undecided() && !self.is_counted
    }

    fn word_deadline(&self) -> Option<Duration> {
        self.unopened.filter(|_| self.is_undecided()).map(|at| at + PATIENCE)
    }
}
