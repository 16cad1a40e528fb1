//! Where cargo-leptos puts the files of the pages.

/// Name of the program, and so of its files.
pub(super) const OUTPUT_NAME: &str = env!("CARGO_PKG_NAME");
/// Where the files with a hash in their names are.
pub(crate) const HASHED_FOLDER: &str = "pkg";
