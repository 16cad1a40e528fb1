//! What keeps a dishonest server out, each to be taken out once so that its property can be seen to fail.
//!
//! Guards of the product are taken out by hand, with one line each, and a run of 5,000 schedules says:
//! | without | what is seen |
//! |---|---|
//! | `Proof::of` compares doors | somebody never sees somebody |
//! | the trust of an open pair; a signal that has opened | private, and nothing proves it |
//! | keys and doors in the transcript | private, and nothing proves it |
//! | who has to wait; whom a person has let in, by key | somebody came in by themselves |
//! | what was said first counts | one page load has two keys |
//! | seals known by their transcript | a number seals twice |
//! | as many seals as there may be | more seals than it may |
//! | the window of numbers | a box opens twice |
//! | certificates compared | one page under two names, or connected with itself |
//! | who is away does not count there | somebody does not see somebody, without malice |
//!
//! Not seen is that the own key is refused, since directions keep a page from hearing itself already, and that a certificate
//! counts whether its description is taken or not; those have unit tests.

/// A guard of the model that is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The secret is part of the keys of a link.
    Secret,
    /// The keys depend on who is who.
    Transcript,
    /// A box opens at the other page only.
    Direction,
    /// A box whose number was opened before is refused.
    Window,
    /// What is sealed with one key is counted for as long as the page lives, and not for each socket.
    Count,
    /// Who came by a link asks about those who did not.
    Lock,
    /// Signals are sealed at all.
    Seal,
    /// People come again once the attack is over.
    Return,
}
