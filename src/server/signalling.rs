//! Signalling: one WebSocket for each browser, and the rooms in which they meet.

pub(crate) mod connections;
pub(crate) mod frame_meter;
pub(crate) mod heartbeat;
pub(crate) mod join_limit;
pub(crate) mod outbox;
mod probation;
pub(crate) mod registry;
pub mod room;
pub(crate) mod session;
pub(crate) mod socket;
pub(crate) mod store;
pub(crate) mod upgrade;
