//! The border of the call: events from the driver, commands to it, and the view for the page.

pub(super) mod chat;
pub(super) mod command;
pub(super) mod connection_test;
pub(super) mod device;
pub(super) mod event;
pub(super) mod hearing;
pub(super) mod pointer;
pub(super) mod screen;
pub(super) mod seal;
pub(super) mod settings;
pub(super) mod view;
