//! The border of the call: events from the driver, commands to it, and the view for the page.

pub(super) mod command;
pub(super) mod event;
pub(super) mod view;
