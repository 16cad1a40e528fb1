//! The border of the call: what happens to it, what it wants done, what the page shows of it.

pub(super) mod command;
pub(super) mod event;
pub(super) mod view;
