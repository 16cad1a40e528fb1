//! The site inside the binary (feature `embed`); the build makes it in `target/site` before it compiles the server.

use axum::body::Bytes;
use rust_embed::RustEmbed;

use crate::server::http::site::inside::EmbeddedFile;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
struct Site;

/// Returns all files of the site.
pub(crate) fn files() -> Vec<EmbeddedFile> {
    let file = |path: std::borrow::Cow<'static, str>| {
        let file = Site::get(&path)?;
        let content = match file.data {
            std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => bytes.into(),
        };
        let (hash, media_type) = (file.metadata.sha256_hash(), file.metadata.mimetype().to_owned());
        Some(EmbeddedFile { path: path.into_owned(), content, hash, media_type })
    };
    Site::iter().filter_map(file).collect()
}
