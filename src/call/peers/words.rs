//! People who come with a word.

use std::time::Duration;

use super::{Peers, find, of};
use crate::call::api::view::Notice;
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::call::seals::Seal;

impl Peers {
    /// Ends with those who have another word. Who came after all of them, and is in a call with nobody, has mistyped it.
    pub(super) fn judge_words(&mut self, now: Duration) -> Vec<Output> {
        let wrong = self.seals.other_words(now);
        let mut outputs = vec![];
        for other in &mut self.others {
            if other.known().seal().is_some_and(|seal| wrong.contains(&seal)) {
                outputs.extend(of(other.id(), other.stop()));
            }
        }
        if outputs.is_empty() {
            return outputs;
        }
        if self.has_mistyped() {
            self.seals.begin_words();
            return [Output::WrongWord].into();
        }
        outputs.push(Output::SayBriefly(Notice::OtherWord));
        outputs
    }

    fn has_mistyped(&self) -> bool {
        let own = self.own.map(|own| own.peer);
        let is_present = |other: &&RemotePeer| self.is_of_word(other) && !other.info().away;
        // Nobody else will get a try.
        let is_left_out = |seal: &Seal| self.seals.is_word_closed() && !seal.has_tried();
        let is_other = |seal: &Seal| seal.has_other_word();
        let words: Vec<&RemotePeer> = self.others.iter().filter(is_present).collect();
        !self.any_connected()
            && words.iter().any(|other| self.known_seal(other).is_some_and(is_other))
            && words.iter().all(|other| {
                let seal = self.known_seal(other);
                Some(other.id()) < own && seal.is_some_and(|seal| is_other(seal) || is_left_out(seal))
            })
    }

    fn is_of_word(&self, other: &RemotePeer) -> bool {
        other.known().seal().is_some_and(|seal| self.seals.is_of_word(seal))
    }

    /// The seal with a peer, if there is one.
    pub(super) fn known_seal(&self, other: &RemotePeer) -> Option<&Seal> {
        other.known().seal().and_then(|seal| self.seals.get(seal))
    }

    /// Says once that nobody else gets a try.
    pub(super) fn tell_closed(&mut self) -> Option<Output> {
        self.seals.word_closes().then_some(Output::Say(Notice::WordClosed))
    }

    /// Lets people come with a word again; those who have waited get their try.
    pub(in crate::call) fn try_word_again(&mut self, now: Duration) -> Vec<Output> {
        self.seals.try_word_again();
        let mut outputs = vec![Output::TakeBack(Notice::WordClosed)];
        // The own share may have been kept back as well.
        let open = |other: &&RemotePeer| self.known_seal(other).is_some_and(Seal::is_open_question);
        let words = self.others.iter().filter(open);
        outputs.extend(words.flat_map(|other| self.first_word(other.info(), other.known().seal())));
        while let Some(knocker) = self.porch.take_one(|seal| self.seals.is_of_word(seal)) {
            let peer = knocker.info.peer;
            outputs.extend(self.open(now, knocker.info));
            find(&mut self.others, peer).into_iter().for_each(|other| other.known_mut().arrives());
        }
        let early = |other: &RemotePeer| {
            let seal = other.known().seal().and_then(|seal| self.seals.get_mut(seal));
            seal.map(|seal| (other.id(), seal.take_early()))
        };
        let early: Vec<_> = self.others.iter().filter_map(early).collect();
        for (peer, sealed) in
            early.into_iter().flat_map(|(peer, all)| all.into_iter().map(move |one| (peer, one)))
        {
            outputs.extend(self.sealed(peer, sealed));
        }
        outputs
    }
}
