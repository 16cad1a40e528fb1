//! The six pictures of a pair, which are the same on both screens unless somebody is in between.
//!
//! Both sides add a number that they drew, and the lower peer id commits itself to its own before it sees the other's
//! (RFC 6189, section 4.4.1.1): whoever stands in between has to choose blindly, and is found out but once in 2^36.
//! ```text
//! low  -> high   commit = SHA-256(check, number of low)
//! high -> low    nonce  = number of high
//! low  -> high   reveal = number of low
//! ```
//! Only the first commit and the first nonce count. What is said again after a lost socket is answered as before.

use crate::call::api::seal::SealCommand;
use crate::protocol::Signal;
use crate::protocol::sealed::Block;

/// An output of the exchange.
#[derive(Debug, PartialEq)]
pub(in crate::call) enum Output {
    /// To the other page.
    Say(Signal),
    /// To the seal.
    Do(SealCommand),
}

/// The exchange with one page.
#[derive(Debug, Default)]
pub(in crate::call) struct Pictures {
    is_low: bool,
    /// The own commit, and the number behind it.
    own: Option<(Block, Block)>,
    /// What the other one said first: its commit, or as the lower one its number.
    theirs: Option<Block>,
    /// The numbers of both are known.
    is_over: bool,
}

impl Pictures {
    pub(super) fn new(is_low: bool) -> Self {
        Self { is_low, ..Self::default() }
    }

    /// Takes the numbers that the seal has drawn.
    pub(super) fn drawn(&mut self, commit: Block, nonce: Block) {
        self.own = Some((commit, nonce));
    }

    /// Begins, or begins again, with a page that has shown that it has the keys.
    pub(super) fn begin(&self) -> Option<Output> {
        let (commit, _) = self.own.as_ref().filter(|_| self.is_low)?;
        Some(Output::Say(Signal::Commit { value: commit.clone() }))
    }

    /// Takes what the other page says of it.
    pub(super) fn heard(&mut self, signal: &Signal) -> Vec<Output> {
        let Some((_, nonce)) = self.own.clone() else { return vec![] };
        match signal {
            Signal::Commit { value } if !self.is_low => {
                if self.theirs.get_or_insert_with(|| value.clone()) != value {
                    return vec![];
                }
                vec![Output::Say(Signal::Nonce { value: nonce })]
            }
            Signal::Nonce { value } if self.is_low => {
                if self.theirs.get_or_insert_with(|| value.clone()) != value {
                    return vec![];
                }
                let reveal = Output::Say(Signal::Reveal { value: nonce });
                [reveal].into_iter().chain(self.end(value.clone(), None)).collect()
            }
            Signal::Reveal { value } if !self.is_low && self.theirs.is_some() => {
                self.end(value.clone(), self.theirs.clone()).into_iter().collect()
            }
            _ => vec![],
        }
    }

    fn end(&mut self, theirs: Block, commit: Option<Block>) -> Option<Output> {
        let is_first = !std::mem::replace(&mut self.is_over, true);
        is_first.then_some(Output::Do(SealCommand::Compare { theirs, commit }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(letter: &str) -> Block {
        letter.repeat(43).try_into().unwrap()
    }

    fn pair() -> (Pictures, Pictures) {
        let (mut low, mut high) = (Pictures::new(true), Pictures::new(false));
        low.drawn(block("c"), block("l"));
        high.drawn(block("x"), block("h"));
        (low, high)
    }

    fn says(signal: Signal) -> Output {
        Output::Say(signal)
    }

    fn compares(theirs: &str, commit: Option<&str>) -> Output {
        Output::Do(SealCommand::Compare { theirs: block(theirs), commit: commit.map(block) })
    }

    #[test]
    fn the_lower_one_is_bound_before_it_sees_the_number_of_the_other() {
        let (mut low, mut high) = pair();
        let (commit, nonce) = (Signal::Commit { value: block("c") }, Signal::Nonce { value: block("h") });
        let reveal = Signal::Reveal { value: block("l") };
        assert_eq!((low.begin(), high.begin()), (Some(says(commit.clone())), None));
        assert_eq!(high.heard(&reveal), [], "nothing was committed to");
        assert_eq!(high.heard(&commit), [says(nonce.clone())]);
        assert_eq!(low.heard(&nonce), [says(reveal.clone()), compares("h", None)]);
        assert_eq!(high.heard(&reveal), [compares("l", Some("c"))]);
    }

    #[test]
    fn only_the_first_of_each_counts_and_what_was_lost_is_said_again() {
        let (mut low, mut high) = pair();
        let (commit, nonce) = (Signal::Commit { value: block("c") }, Signal::Nonce { value: block("h") });
        high.heard(&commit);
        assert_eq!(high.heard(&Signal::Commit { value: block("d") }), [], "a second choice");
        assert_eq!(high.heard(&commit), [says(nonce.clone())]);
        low.heard(&nonce);
        assert_eq!(low.heard(&Signal::Nonce { value: block("i") }), [], "a second choice");
        let reveal = Signal::Reveal { value: block("l") };
        assert_eq!(low.heard(&nonce), [says(reveal.clone())]);
        high.heard(&reveal);
        assert_eq!(high.heard(&Signal::Reveal { value: block("m") }), [], "a second choice");
    }

    #[test]
    fn neither_takes_the_part_of_the_other() {
        let (mut low, mut high) = pair();
        assert_eq!(low.heard(&Signal::Commit { value: block("c") }), []);
        assert_eq!(low.heard(&Signal::Reveal { value: block("l") }), []);
        assert_eq!(high.heard(&Signal::Nonce { value: block("h") }), []);
        let mut early = Pictures::new(false);
        assert_eq!(early.heard(&Signal::Commit { value: block("c") }), [], "nothing is drawn yet");
    }
}
