//! A file of the site, compiled in or read from a folder.

use std::path::Path;
use std::{fs, io};

use axum::body::Bytes;
use sha2::{Digest, Sha256};

/// A file with its path below the site's root.
#[derive(Clone, Debug)]
pub struct SiteFile {
    /// Path with slashes.
    pub path: String,
    /// Bytes of the file.
    pub content: Bytes,
    /// SHA-256 of the content.
    pub hash: [u8; 32],
}

impl SiteFile {
    /// The media type, by the ending of the name.
    pub(super) fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next().unwrap_or_default() {
            "css" => "text/css",
            "ico" => "image/x-icon",
            "js" => "text/javascript",
            "png" => "image/png",
            "svg" => "image/svg+xml",
            "txt" => "text/plain; charset=utf-8",
            "wasm" => "application/wasm",
            "webmanifest" => "application/manifest+json",
            _ => "application/octet-stream",
        }
    }
}

/// Reads all files below a folder.
///
/// # Errors
/// If the folder or a file in it cannot be read.
pub(super) fn read(folder: &Path) -> io::Result<Vec<SiteFile>> {
    let mut files = vec![];
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if fs::metadata(entry.path())?.is_dir() {
                folders.push((entry.path(), path + "/"));
            } else {
                let content = fs::read(entry.path())?;
                files.push(SiteFile { path, hash: Sha256::digest(&content).into(), content: content.into() });
            }
        }
    }
    Ok(files)
}
