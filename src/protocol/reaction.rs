//! Reactions: what a person shows to everybody for a moment.

/// A reaction of a person; a fixed set, so that nobody shows words or pictures of their own to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// A thumb up.
    Yes,
    /// Clapping hands.
    Clap,
    /// A heart.
    Heart,
    /// A face that laughs.
    Laugh,
    /// A face that is astonished.
    Wow,
    /// A party popper.
    Party,
}

impl Reaction {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Yes, Self::Clap, Self::Heart, Self::Laugh, Self::Wow, Self::Party];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Clap => "clap",
            Self::Heart => "heart",
            Self::Laugh => "laugh",
            Self::Wow => "wow",
            Self::Party => "party",
        }
    }
}
