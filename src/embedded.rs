//! The site inside the binary (feature `embed`); the build makes it in `target/site` before it compiles the server.

use std::borrow::Cow;

use axum::body::Bytes;
use rust_embed::RustEmbed;

use crate::server::http::site::file::SiteFile;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
struct Embedded;

/// Returns all files of the site.
pub fn files() -> Vec<SiteFile> {
    let file = |path: Cow<'static, str>| {
        let file = Embedded::get(&path)?;
        let content = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        Some(SiteFile { path: path.into_owned(), content, hash: file.metadata.sha256_hash() })
    };
    Embedded::iter().filter_map(file).collect()
}
