//! Where cargo-leptos puts the files of the pages.

/// Name of the program, and so of its files.
pub(super) const OUTPUT_NAME: &str = env!("CARGO_PKG_NAME");
/// Folder of what the build makes, in the site and in addresses.
pub(super) const PACKAGE_FOLDER: &str = "pkg";
