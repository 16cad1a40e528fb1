//! A real server on a port of its own per test, spoken to over real sockets. Every wait is for a fact, and
//! gives up loudly after [`lab::PATIENCE`].

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod abuse;
mod api;
mod hooks;
mod ice;
mod json_log;
mod lab;
mod lifetimes;
mod limits;
mod ops;
mod pages;
mod relays;
mod restarts;
mod seats;
mod versions;
