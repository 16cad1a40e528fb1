//! Files that pages load: those of one build in memory or, while `cargo leptos watch` builds again and again, a folder.

pub mod file;
mod inside;
mod paths;

use std::path::{Path, PathBuf};

use axum::Router;
use axum::routing::MethodRouter;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::services::ServeDir;
use tracing::warn;

use self::file::SiteFile;
use self::inside::Inside;
use self::paths::{OUTPUT_NAME, PACKAGE_FOLDER};
use crate::app::PageFiles;

/// Where cargo-leptos puts the site unless [`FOLDER_VARIABLE`] names another folder.
const FOLDER: &str = "target/site";
/// Environment variable that names the folder of the site.
const FOLDER_VARIABLE: &str = "LEPTOS_SITE_ROOT";
/// Quality of brotli for pages: 4 takes as long and makes them a twelfth larger, more than 5 makes them no smaller.
const PAGE_QUALITY: CompressionLevel = CompressionLevel::Precise(5);
/// Environment variable that `cargo leptos watch` sets.
const WATCH_VARIABLE: &str = "LEPTOS_WATCH";

/// The files of the pages.
#[derive(Clone, Debug)]
pub struct Site(Files);

#[derive(Clone, Debug)]
enum Files {
    Inside(Inside),
    Watched(PathBuf),
}

impl Default for Site {
    /// A site without files.
    fn default() -> Self {
        Self(Files::Inside(Inside::new(vec![])))
    }
}

impl Site {
    /// Finds the site: the folder that the environment names, else the files compiled in, else the usual folder.
    pub fn find(embedded: Vec<SiteFile>) -> Self {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let folder = named.clone().unwrap_or_else(|| FOLDER.into());
        if std::env::var_os(WATCH_VARIABLE).is_some() {
            return Self(Files::Watched(folder));
        }
        if named.is_none() && !embedded.is_empty() {
            return Self(Files::Inside(Inside::new(embedded)));
        }
        let files = file::read(&folder).unwrap_or_else(|error| {
            let instead =
                if embedded.is_empty() { "pages have no files" } else { "the files compiled in are used" };
            warn!(%error, folder = %folder.display(), "the site cannot be read; {instead}");
            embedded
        });
        Self(Files::Inside(Inside::new(files)))
    }

    /// Whether the files change while the server runs.
    pub(super) fn is_watched(&self) -> bool {
        matches!(self.0, Files::Watched(_))
    }

    /// Paths that the head of a page names.
    pub(super) fn page_files(&self) -> PageFiles {
        match &self.0 {
            Files::Inside(inside) => inside.page_files(),
            Files::Watched(_) => {
                let path = |kind: &str| format!("/{PACKAGE_FOLDER}/{OUTPUT_NAME}.{kind}");
                PageFiles {
                    stylesheet: path("css"),
                    script: path("js"),
                    program: path("wasm"),
                    ..PageFiles::default()
                }
            }
        }
    }

    /// The name of the build, unless it changes while the server runs.
    pub(super) fn build(&self) -> Option<&str> {
        match &self.0 {
            Files::Inside(inside) => Some(inside.build()),
            Files::Watched(_) => None,
        }
    }

    /// Adds the files to the pages' routes; `lost` answers for all other paths. The build has compressed the files,
    /// pages are compressed here.
    pub(super) fn add_to(&self, pages: Router, lost: MethodRouter) -> Router {
        match &self.0 {
            Files::Inside(inside) => {
                let compression = CompressionLayer::new().quality(PAGE_QUALITY);
                pages.fallback(lost).layer(compression).merge(inside.routes())
            }
            Files::Watched(folder) => {
                let files = |folder: &Path| ServeDir::new(folder).append_index_html_on_directories(false);
                let package = Router::new().fallback_service(files(&folder.join(PACKAGE_FOLDER)));
                pages
                    .nest(&format!("/{PACKAGE_FOLDER}"), package)
                    .fallback_service(files(folder).fallback(lost))
            }
        }
    }
}
