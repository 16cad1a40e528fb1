//! Replaces the embedded site in builds without the feature `embed`.

use crate::server::http::site::file::SiteFile;

/// Returns no files: the site is served from a folder.
pub fn files() -> Vec<SiteFile> {
    Vec::new()
}
