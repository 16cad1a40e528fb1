//! What outlives a server: its taken seats.

pub(crate) mod file;
