//! Parlor: a private video call that anyone can host. One binary, a room number, two browsers.
//!
//! The crate is compiled twice: with `ssr` it is the server that introduces the peers and renders the page, with
//! `hydrate` it is the WebAssembly that brings the page to life. Media go from browser to browser or, still
//! encrypted, through the server's relay.
//!
//! # Map
//! | module | where | what |
//! |---|---|---|
//! | [`protocol`] | both, pure | the wire: ids, messages of server and peers, refusals, close codes, limits |
//! | [`call`] | both, pure | one participant's whole call: events in, commands out, a view to draw |
//! | `call::api` | both, pure | the interface of the call: events, commands, the view |
//! | `call::{session, signalling, peers, seals, chat}` | both, pure | the seat; the socket; the connections with the others; the keys of each pair; the chat |
//! | `call::{media, privacy, connection_test}` | both, pure | devices, what is shared, playback; hidden addresses; connection test |
//! | [`call::files`] | both, pure | transfers of files; beside the call, and loaded with the first of them |
//! | [`call::notes`] | both, pure | the notes that all write together; likewise, with the crate that merges them |
//! | [`ui`], [`app`] | both | the views, their texts, the document; the call screen comes with the driver |
//! | `ui::panels` | both | views that are loaded when the first of them is opened |
//! | `browser` | browser | the driver: carries out what the call decides; loaded behind the views |
//! | `browser::files` | browser | the driver of the transfers, loaded with the panels |
//! | `browser::notes` | browser | the driver of the notes, loaded when somebody writes some |
//! | `browser::word` | browser | CPace for a secret word, loaded when somebody comes with one |
//! | `server` | server | starts, connects and stops the parts below |
//! | `server::net` | server | sockets, addresses, clock, rates and counts, files that only the server may read |
//! | `server::config`, `check` | server | settings, and findings about them |
//! | `server::log`, `event_log` | server | the log, and its lines about calls, at a bounded rate |
//! | `server::metrics` | server | counts of what happens |
//! | `server::hooks` | server | webhooks: programs of the host's are told of rooms and seats |
//! | `server::ice` | server | ICE servers and their credentials |
//! | `server::tls` | server | certificates: from files, by ACME, of this machine's own |
//! | `server::turn` | server | the relay (STUN, TURN) |
//! | `server::listeners`, `open_files` | server | the ports, and the limit of open files |
//! | `server::http` | server | connections accepted, requests checked, pages, files |
//! | `server::signalling` | server | sockets, sessions, rooms, seats |
//! | `server::ops` | server | the listener by which a host watches the server |
//! | `server::signalling::{directory, store}` | server | seams of the rooms: their sockets and clock, what outlives a restart |
//! | `embedded` | server | the files of the site, compiled in |
//!
//! "Pure" means: no I/O, no clock, no randomness, no browser and no tokio; time is an argument. The path of a signal:
//! ```text
//! click -> CallHandle.dispatch -> driver -> Call::handle -> Command::Seal -> browser/seal -> signalling/socket
//!   -> Room -> Delivery -> bounded queue -> signalling/socket -> browser/signalling -> Event -> Call::handle
//!   -> Command::Seal -> browser/seal -> Event::Seal -> Call::handle -> Command::Peer -> browser/peer -> Event::Peer
//!   -> Call::handle -> Call::view() -> signal -> ui
//! ```
//! The path of what a page tells the others of itself:
//! ```text
//! click -> Call::handle -> peer/presence -> PeerCommand::Send -> browser/peer/channel -> data channel
//!   -> browser/peer/channel -> PeerEvent::Received -> Call::handle -> peer/presence -> Call::view() -> ui
//! ```
//!
//! # Invariants, checked by `scripts/invariants.sh`
//! - Each module names only what `scripts/invariants/borders.txt` allows it. In short (`a <- b`: `b` may import `a`):
//!   `protocol <- call <- ui <- app <- server`, and `protocol, call <- browser`. In the server: `net <- config, ice <-
//!   event_log, metrics, tls <- hooks, turn <- listeners <- http <- signalling <- ops <- server`, and in signalling `room,
//!   directory, store <- registry <- socket`. `ui` never names `browser`: [`ui::Driver`] comes in through context.
//! - Modules of `call`, of `server` and of `browser` import each other in no cycle; exceptions are listed there.
//! - `protocol`, `call`, `server::ice`, `signalling::{room, session, heartbeat}` and the relay's protocol
//!   (`server::turn` but for `udp` and `turn.rs` itself) know no sockets, no clock and no tokio; only the relay draws
//!   random numbers.
//! - No file has over 400 lines, unit tests apart.
//! - `cfg(feature)` stands in this file only.
//! - Nothing is leaked into JavaScript: no closure is forgotten.
//! - Every text of the page comes from [`ui::i18n`].

#![recursion_limit = "256"]

/// Declares an `async` function whose value, with all code that only it leads to, is a chunk: a WebAssembly module
/// that the first call loads. One that does not load is an error, and the next call tries again.
#[cfg(feature = "split")]
macro_rules! chunk {
    ($name:ident: $load:ident -> $loaded:ty = $value:expr) => {
        #[leptos::wasm_split::wasm_split($name, wasm_split_path = leptos::wasm_split, fallible)]
        fn $load() -> Result<$loaded, leptos::wasm_split::SplitLoaderError> {
            Ok($value)
        }
    };
}
/// The same in builds that are not split: `cargo leptos watch` and tests.
#[cfg(all(feature = "hydrate", not(feature = "split")))]
macro_rules! chunk {
    ($name:ident: $load:ident -> $loaded:ty = $value:expr) => {
        async fn $load() -> Result<$loaded, leptos::wasm_split::SplitLoaderError> {
            Ok($value)
        }
    };
}

pub mod app;
pub mod call;
pub mod protocol;
pub mod ui;

#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(feature = "embed")]
pub mod embedded;
#[cfg(all(feature = "ssr", not(feature = "embed")))]
#[path = "not_embedded.rs"]
pub mod embedded;
#[cfg(feature = "ssr")]
pub mod server;

/// Spare room for data. The parts that go to chunks are aligned anew, and all data stays in the program if they then
/// have less room than before. Nothing reads this one, and so no chunk holds it.
#[cfg(feature = "split")]
#[used]
static SPARE: [u8; 4096] = [1; 4096];

/// Hydrates the server-rendered page, or leaves it as it is if its texts cannot be read.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    browser::report_panics();
    let Some(words) = ui::i18n::Words::of_document() else { return };
    // Leaked on purpose: the texts are read until the page is gone.
    let words: &'static ui::i18n::Words = Box::leak(Box::new(words));
    leptos::mount::hydrate_body(move || {
        leptos::prelude::provide_context(words);
        leptos::prelude::provide_context(app::Address::of_document());
        leptos::prelude::provide_context(ui::Driver(browser::start));
        leptos::prelude::provide_context(ui::panels::PanelLoader(browser::mount_panels));
        app::App()
    });
}
