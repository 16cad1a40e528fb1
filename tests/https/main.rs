//! HTTPS as browsers and certificate authorities meet it: a real server on ports of its own per test, and where
//! the log or a signal matters, the real program. Every wait is for a fact.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acme;
mod authority;
mod lab;
mod lan;
mod names;
mod pages;
mod patience;
mod pressure;
mod process;
mod proxies;
mod renewal;
#[cfg(unix)]
mod rights;
mod sources;
