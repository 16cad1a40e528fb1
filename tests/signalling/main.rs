//! A real server on a port of its own per test, spoken to over real sockets. Every wait is for a fact, and
//! gives up loudly after [`lab::PATIENCE`].

mod abuse;
mod lab;
mod lifetimes;
mod pages;
mod relays;
mod seats;
