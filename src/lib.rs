//! Parlor: a private video call that anyone can host. One binary, a room number, two browsers.
//!
//! The crate is compiled twice: with `ssr` it is the server that introduces the peers and renders the page,
//! with `hydrate` it is the WebAssembly that brings the page to life. Media never passes the server.
//!
//! # Map
//! | module | where | what |
//! |---|---|---|
//! | [`protocol`] | both, pure | the wire: ids, messages, refusals, close codes, limits |
//! | [`call`] | both, pure | one participant's whole call: events in, commands out, a view to draw |
//! | [`ui`], [`app`] | both | the views, their words, the document |
//! | `browser` | browser | the driver: carries out what the call decides |
//! | `server` | server | rooms, sockets, pages, settings |
//! | `embedded` | server | the files that pages load, compiled in |
//!
//! "Pure" means: no I/O, no clock, no randomness, no browser and no tokio; time is an argument. A signal's way:
//! ```text
//! click -> CallHandle.dispatch -> driver -> Call::handle -> Command::Send -> browser/socket -> server/socket
//!   -> Room -> Delivery -> bounded queue -> server/socket -> browser/socket -> Event -> Call::handle
//!   -> Command::Peer -> browser/peer -> Event::Peer -> Call::handle -> Call::view() -> signal -> ui
//! ```
//!
//! # Invariants, checked by `scripts/invariants.sh`
//! - Imports: `protocol <- call <- ui <- app <- server`, `protocol <- server::room <- server::rooms <-
//!   server::socket <- server`, and `protocol, call, ui <- browser` (`a <- b`: `b` may import `a`). `ui` never
//!   names `browser`: [`ui::Driver`] comes in through context.
//! - `cfg(feature)` stands in this file only.
//! - Nothing is leaked into JavaScript: no closure is forgotten.
//! - The relay's protocol, all of `server::relay` but `datagrams` and `relay.rs` itself, knows no sockets and no clock.
//! - Every text of the page comes from [`ui::words`].

#![recursion_limit = "256"]

pub mod app;
pub mod call;
pub mod protocol;
pub mod ui;

#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(feature = "embed")]
mod embedded;
#[cfg(all(feature = "ssr", not(feature = "embed")))]
#[path = "not_embedded.rs"]
mod embedded;
#[cfg(feature = "ssr")]
pub mod server;

/// Brings the server-rendered page to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    browser::report_panics();
    leptos::mount::hydrate_body(|| {
        leptos::prelude::provide_context(ui::words::Lang::of_document());
        leptos::prelude::provide_context(app::Address::of_document());
        leptos::prelude::provide_context(ui::Driver(browser::start));
        app::App()
    });
}
