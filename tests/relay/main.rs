//! The relay on real sockets of this machine, and on streams in virtual time.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod abuse;
mod attributes;
mod client;
mod files;
mod lifetimes;
mod ops;
mod program;
mod quotas;
mod relaying;
mod requests;
mod tls;
