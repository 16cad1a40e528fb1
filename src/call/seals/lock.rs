//! The lock of the room: whether people are asked about who comes by number alone.

use crate::call::api::seal::Lock;

impl Lock {
    pub(in crate::call) fn is_locked(self) -> bool {
        matches!(self, Self::Followed | Self::Locked)
    }

    /// The lock after a link was handed out. Who has unlocked the room wants it so.
    pub(in crate::call) fn link_shared(self) -> Self {
        match self {
            Self::Open | Self::Followed => Self::Locked,
            other => other,
        }
    }

    /// The lock after somebody in the call has said that it is locked there. What was so before the person chose is not
    /// news.
    pub(in crate::call) fn heard(self, is_news: bool) -> Self {
        match self {
            Self::Open => Self::Followed,
            Self::Unlocked if is_news => Self::Followed,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_chose_outlives_what_others_have_said_before() {
        use Lock::{Followed, Locked, Open, Unlocked};
        for (lock, shared, told, told_anew) in [
            (Open, Locked, Followed, Followed),
            (Unlocked, Unlocked, Unlocked, Followed),
            (Followed, Locked, Followed, Followed),
            (Locked, Locked, Locked, Locked),
        ] {
            assert_eq!((lock.link_shared(), lock.heard(false), lock.heard(true)), (shared, told, told_anew));
        }
        assert_eq!([Open, Unlocked, Followed, Locked].map(Lock::is_locked), [false, false, true, true]);
    }
}
