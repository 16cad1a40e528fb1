//! One setting as an argument or a variable of the environment gives it.

/// A setting that an argument or a variable of the environment gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// The argument or the variable.
    pub(super) by: String,
    /// `section.key`.
    pub(super) key: String,
    /// As it was written.
    pub(super) text: String,
}
