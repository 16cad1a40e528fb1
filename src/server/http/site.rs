//! Files that pages load: embedded in the binary or, during development, in a folder.

pub(crate) mod inside;
pub(crate) mod paths;

use std::path::{Path, PathBuf};

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::MethodRouter;
use tower_http::services::ServeDir;

use self::inside::Inside;
use self::paths::{HASHED_FOLDER, OUTPUT_NAME};
use super::headers::immutable;
use crate::app::PageFiles;

/// The files of the pages.
#[derive(Clone, Debug)]
pub(crate) enum Site {
    /// Compiled in (feature `embed`).
    Inside(Inside),
    /// As cargo-leptos builds them.
    Folder(Folder),
}

/// Output of cargo-leptos, found by its environment variables.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// File that lists the hashes in file names; `None` if names have no hashes.
    hashes: Option<PathBuf>,
}

impl Site {
    /// Finds the site of this binary: embedded files, else the folder.
    pub(crate) fn find() -> Self {
        match crate::embedded::files() {
            files if files.is_empty() => Self::Folder(Folder::find()),
            files => Self::Inside(Inside::new(files)),
        }
    }

    /// Paths that the head of a page names.
    pub(crate) fn page_files(&self) -> PageFiles {
        match self {
            Self::Inside(inside) => inside.page_files(),
            Self::Folder(folder) => folder.page_files(),
        }
    }
}

impl Folder {
    fn find() -> Self {
        let set = |name: &str| std::env::var(name).ok();
        // Only the list beside the binary is sure to name files of the same build.
        let list = std::env::current_exe().ok().and_then(|binary| Some(binary.parent()?.join("hash.txt")));
        let may_hash = set("LEPTOS_HASH_FILES").is_none_or(|hash| hash == "true");
        Self {
            root: set("LEPTOS_SITE_ROOT").unwrap_or_else(|| "target/site".into()).into(),
            hashes: list.filter(|list| may_hash && list.is_file()),
        }
    }

    /// Read for each page: `cargo leptos watch` builds while the server runs.
    fn page_files(&self) -> PageFiles {
        let list =
            self.hashes.as_ref().and_then(|list| std::fs::read_to_string(list).ok()).unwrap_or_default();
        let path = |kind: &str| {
            let hash = list.lines().filter_map(|line| line.split_once(": ")).find(|(of, _)| *of == kind);
            match hash {
                Some((_, hash)) => format!("/{HASHED_FOLDER}/{OUTPUT_NAME}.{}.{kind}", hash.trim()),
                None => format!("/{HASHED_FOLDER}/{OUTPUT_NAME}.{kind}"),
            }
        };
        PageFiles { stylesheet: path("css"), script: path("js"), program: path("wasm") }
    }

    /// Adds the files to the pages' routes; `lost` answers for all other paths.
    pub(crate) fn add_to(&self, pages: Router, lost: MethodRouter) -> Router {
        let files = |folder: &Path| ServeDir::new(folder).precompressed_br().precompressed_gzip();
        let mut hashed = Router::new().fallback_service(files(&self.root.join(HASHED_FOLDER)));
        if self.hashes.is_some() {
            hashed = hashed.layer(from_fn(immutable));
        }
        let others = files(&self.root).append_index_html_on_directories(false).fallback(lost);
        pages.nest(&format!("/{HASHED_FOLDER}"), hashed).fallback_service(others)
    }
}
