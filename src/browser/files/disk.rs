//! Files that come in, in the private file system of the browser: a directory each, with segments of one size.
//!
//! What is written to a segment is safe once that is closed. Directories of one tab lie in one that has its name; the
//! lock of that name, which `app/early.js` holds, tells whether the tab lives.

use std::time::Duration;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::bindings::{self, Bytes, Directory, Handle, Names, Writable, blob};
use crate::browser::env::elapsed;
use crate::browser::error::{settled, unwatched};
use crate::browser::object::object;
use crate::browser::peer::stat as member;
use crate::browser::storage::of_tab;

/// The size of a segment in bytes: what a reload loses at most.
pub(super) const SEGMENT: u64 = 8 * 1024 * 1024;
/// The directory of all tabs.
const FILES: &str = "files";
/// The kind of a blob that no browser opens by itself.
pub(super) const UNKNOWN: &str = "application/octet-stream";
/// `sessionStorage`: the name of the tab, given by `app/early.js`.
const TAB: &str = "parlor.tab";
/// How long a tab may be without its lock: it is being loaded anew.
const RELOAD: Duration = Duration::from_secs(30);

fn create(create: bool) -> JsValue {
    object(&[("create", create.into())])
}

/// The directory of this tab.
pub(super) async fn of_this_tab() -> Result<Directory, JsValue> {
    let tab = of_tab().and_then(|storage| storage.get_item(TAB).ok()?).ok_or(JsValue::NULL)?;
    let root: Directory = settled(bindings::root()).await?.unchecked_into();
    let all: Directory = settled(root.directory(FILES, &create(true))).await?.unchecked_into();
    spawn_local(drop_of_others(all.clone(), tab.clone()));
    Ok(settled(all.directory(&tab, &create(true))).await?.unchecked_into())
}

/// Removes the directories of tabs that are gone.
async fn drop_of_others(all: Directory, own: String) {
    for name in names(&all).await.into_iter().filter(|name| *name != own) {
        if is_free(&name).await {
            elapsed(RELOAD).await;
            if is_free(&name).await {
                remove(&all, &name);
            }
        }
    }
}

/// Whether the page of a tab is gone.
async fn is_free(tab: &str) -> bool {
    // The lock is given back at once: the promise is of what is returned.
    let got = Closure::once(|lock: JsValue| JsValue::from_bool(!lock.is_null()));
    let asked = object(&[("ifAvailable", true.into())]);
    let answer = settled(bindings::lock(&["parlor.tab.", tab].concat(), &asked, got.as_ref())).await;
    answer.is_ok_and(|answer| answer.is_truthy())
}

/// The names in a directory; those that can be read.
pub(super) async fn names(directory: &Directory) -> Vec<String> {
    let mut all = vec![];
    let Ok(names) = directory.keys() else { return all };
    let names: Names = names;
    while let Ok(next) = settled(names.next()).await {
        let Some(name) = member(&next, "value").as_string() else { break };
        all.push(name);
    }
    all
}

/// Removes what has this name in a directory, with all in it.
pub(super) fn remove(directory: &Directory, name: &str) {
    unwatched(directory.remove(name, &object(&[("recursive", true.into())])));
}

/// The segments of one file.
pub(super) struct Segments {
    tab: Directory,
    name: String,
    directory: Directory,
    /// The segment that is being written.
    open: Option<(u64, Writable)>,
}

impl Segments {
    /// Opens the directory of a file, or makes one.
    pub(super) async fn open(tab: &Directory, name: String, new: bool) -> Result<Self, JsValue> {
        let directory = settled(tab.directory(&name, &create(new))).await?.unchecked_into();
        Ok(Self { tab: tab.clone(), name, directory, open: None })
    }

    /// Makes sure that this browser can write here.
    pub(super) async fn try_out(&mut self) -> Result<(), JsValue> {
        self.writable(0).await.map(drop)
    }

    /// The segment, opened to write.
    async fn writable(&mut self, segment: u64) -> Result<Writable, JsValue> {
        if let Some((open, writable)) = &self.open
            && *open == segment
        {
            return Ok(writable.clone());
        }
        self.close().await?;
        let handle = self.handle(segment, true).await?;
        let keep = object(&[("keepExistingData", true.into())]);
        let writable: Writable = settled(handle.writable(&keep)).await?.unchecked_into();
        self.open = Some((segment, writable.clone()));
        Ok(writable)
    }

    async fn handle(&self, segment: u64, new: bool) -> Result<Handle, JsValue> {
        Ok(settled(self.directory.file(&segment.to_string(), &create(new))).await?.unchecked_into())
    }

    /// Writes bytes at an offset; those before it are there.
    pub(super) async fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        let (mut offset, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (segment, within) = (offset / SEGMENT, offset % SEGMENT);
            let room = usize::try_from(SEGMENT - within).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(room);
            let what = object(&[
                ("type", "write".into()),
                ("position", (within as f64).into()),
                ("data", js_sys::Uint8Array::from(now).into()),
            ]);
            let writable = self.writable(segment).await?;
            settled(writable.write(&what)).await?;
            (offset, rest) = (offset + room as u64, later);
            if offset.is_multiple_of(SEGMENT) {
                self.close().await?;
            }
        }
        Ok(())
    }

    /// Closes the segment that is being written, and so makes it safe.
    pub(super) async fn close(&mut self) -> Result<(), JsValue> {
        if let Some((_, writable)) = self.open.take() {
            settled(writable.close()).await?;
        }
        Ok(())
    }

    /// The number of bytes from the first on that are safe, and the closed segments.
    pub(super) async fn content(&self) -> (u64, Array) {
        let (parts, mut bytes) = (Array::new(), 0);
        for segment in 0.. {
            let Ok(handle) = self.handle(segment, false).await else { break };
            let Ok(file) = settled(handle.content()).await else { break };
            let file: Bytes = file.unchecked_into();
            let size = file.size() as u64;
            parts.push(&file);
            bytes += size;
            if size != SEGMENT {
                break;
            }
        }
        (bytes, parts)
    }

    /// The whole file, without a copy in memory.
    pub(super) async fn whole(&mut self) -> Result<Bytes, JsValue> {
        self.close().await?;
        blob(&self.content().await.1, UNKNOWN)
    }

    /// Removes all segments.
    pub(super) async fn empty(&mut self) -> Result<(), JsValue> {
        self.give_up().await;
        for name in names(&self.directory).await {
            settled(self.directory.remove(&name, &JsValue::UNDEFINED)).await?;
        }
        Ok(())
    }

    async fn give_up(&mut self) {
        if let Some((_, writable)) = self.open.take() {
            drop(settled(writable.abort()).await);
        }
    }

    /// Removes the file.
    pub(super) async fn remove(mut self) {
        self.give_up().await;
        remove(&self.tab, &self.name);
    }
}
