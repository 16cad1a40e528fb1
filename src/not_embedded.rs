//! Replaces the embedded site in builds without the feature `embed`.

use crate::server::http::site::inside::EmbeddedFile;

/// Returns no files: the site is served from a folder.
pub(crate) fn files() -> Vec<EmbeddedFile> {
    Vec::new()
}
