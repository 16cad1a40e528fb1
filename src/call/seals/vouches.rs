//! Vouches: what the others say of those whom they have checked or let in.
//!
//! A vouch counts only from a page that is proved itself, and not by another one's vouch; so nothing is passed on. Of n
//! people who met by the number, n - 1 comparisons with one of them are enough.

use crate::call::api::seal::SealId;
use crate::protocol::{Hello, PageLoad, PeerId};

/// Most vouches that are kept of one page: of each other seat one, and as many of pages before.
const MOST_OF_ONE: usize = 16;

/// What a page is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::call) struct Vouch {
    pub(in crate::call) peer: PeerId,
    pub(in crate::call) page: PageLoad,
    pub(in crate::call) hello: Hello,
    /// It has proved itself there; otherwise it was let in.
    pub(in crate::call) checked: bool,
}

/// The vouches of the others.
#[derive(Debug, Default)]
pub(super) struct Vouches(Vec<(SealId, Vouch)>);

impl Vouches {
    /// Keeps what the page with this seal says. A page cannot say it both ways.
    pub(super) fn heard(&mut self, by: SealId, vouch: Vouch) {
        let is_same =
            |(who, known): &(SealId, Vouch)| (*who, known.peer, known.page) == (by, vouch.peer, vouch.page);
        if let Some((_, known)) = self.0.iter_mut().find(|known| is_same(known)) {
            known.checked |= vouch.checked && known.hello == vouch.hello;
            return;
        }
        let of_one = |(who, _): &(SealId, Vouch)| *who == by;
        if self.0.iter().filter(|known| of_one(known)).count() == MOST_OF_ONE
            && let Some(oldest) = self.0.iter().position(of_one)
        {
            self.0.remove(oldest);
        }
        self.0.push((by, vouch));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those who vouch for this page, and whether they name this key and have checked it.
    pub(super) fn of(
        &self,
        (peer, page): (PeerId, PageLoad),
        hello: &Hello,
    ) -> impl Iterator<Item = (SealId, bool, bool)> {
        let about = move |(_, vouch): &&(SealId, Vouch)| (vouch.peer, vouch.page) == (peer, page);
        self.0.iter().filter(about).map(move |(by, vouch)| (*by, vouch.hello == *hello, vouch.checked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_says_first_of_a_page_counts_and_grows_only() {
        let hello = |text: &str| Hello::try_from(text.to_owned()).unwrap();
        let vouch =
            |key: &str, checked| Vouch { peer: PeerId(3), page: PageLoad(5), hello: hello(key), checked };
        let mut vouches = Vouches::default();
        vouches.heard(SealId(1), vouch("a", false));
        vouches.heard(SealId(1), vouch("b", true));
        vouches.heard(SealId(2), vouch("b", true));
        let of = |vouches: &Vouches, page, key: &str| -> Vec<_> {
            vouches.of((PeerId(3), PageLoad(page)), &hello(key)).collect()
        };
        assert_eq!(of(&vouches, 5, "a"), [(SealId(1), true, false), (SealId(2), false, true)]);
        vouches.heard(SealId(1), vouch("a", true));
        // Whoever says too much forgets of its own only.
        for page in 100..200 {
            vouches.heard(SealId(2), Vouch { page: PageLoad(page), ..vouch("b", true) });
        }
        vouches.heard(SealId(1), vouch("a", false));
        assert_eq!(of(&vouches, 5, "a")[0], (SealId(1), true, true));
        assert_eq!(of(&vouches, 6, "a"), []);
    }
}
