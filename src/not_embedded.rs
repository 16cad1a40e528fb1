//! Stands in for the site inside the binary where there is none.

use crate::server::http::site::inside::EmbeddedFile;

/// No files: they lie in a folder.
pub(crate) fn files() -> Vec<EmbeddedFile> {
    Vec::new()
}
