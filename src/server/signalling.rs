//! Signalling: one WebSocket for each browser, and the rooms in which they meet.
//!
//! What is public here is what the mesh simulation (tests/mesh) drives in place of a server: the registry with its rooms,
//! and the sessions, behind sockets, a clock and a store of its own.

pub(crate) mod closing;
pub(crate) mod connections;
pub mod directory;
pub(crate) mod frame_meter;
pub mod heartbeat;
pub(crate) mod join_limit;
pub(crate) mod outbox;
mod probation;
pub mod registry;
pub mod room;
pub mod session;
pub(crate) mod socket;
pub mod store;
pub(crate) mod upgrade;
