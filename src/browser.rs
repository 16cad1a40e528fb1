//! The browser's side of a call: carries out what the [`Call`](crate::call::Call) decides, and reports events.
//!
//! Every callback and every settled promise only pushes an [`Event`](crate::call::Event) into one queue, which the
//! loop in `driver` reads, as it reads the socket. Nothing here decides: limits, waits and verdicts come from
//! [`call`](crate::call). No module imports this file; `chunk` imports `driver`, which imports all others but `files`
//! and `notes`, and these two, which have a queue and a loop of their own each. All may import `env` and `error`;
//! these two share `late_line`.

mod base64url;
mod chime;
mod chunk;
mod configuration;
mod connection_test;
mod driver;
mod early;
mod env;
mod error;
mod files;
mod hearing;
mod late_line;
mod level;
mod liveness;
mod media;
mod notes;
mod object;
mod page;
mod peer;
mod seal;
mod signalling;
mod speaker;
mod storage;
mod system;
mod tab;
mod word;

pub use chunk::{mount_panels, start};
pub use liveness::report_panics;
