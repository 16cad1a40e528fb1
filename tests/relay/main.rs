//! The relay on real sockets of this machine, and on streams in virtual time.

mod abuse;
mod client;
mod lifetimes;
mod quotas;
mod relaying;
mod requests;
