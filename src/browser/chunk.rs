//! Chunks: WebAssembly modules that the release build takes out of the program, and that are loaded behind it.
//!
//! The first screen works without the driver, and the queue keeps what is pressed meanwhile. The panels come when one is
//! opened, what carries files with the first of them, what merges notes when somebody writes some; CPace, which
//! comes with a word, is declared in `word`.

use js_sys::Promise;
use leptos::prelude::Set;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use leptos::wasm_split::SplitLoaderError;
use leptos::web_sys::HtmlElement;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::env::log;
use super::{driver, files, notes};
use crate::ui::CallPort;
use crate::ui::panels::files::{FilesDriver, FilesPort};
use crate::ui::panels::notes::{NotesDriver, NotesPort};
use crate::ui::panels::{self, Panels};
use crate::ui::room::{self, RoomPlace};

#[wasm_bindgen]
extern "C" {
    /// A promise that settles when it is time for another try. It is missing where the page's first script is not there,
    /// as in tests.
    #[wasm_bindgen(catch, js_namespace = window, js_name = parlorMissing)]
    fn next_try() -> Result<Promise, JsValue>;
}

chunk! { driver: load -> fn(CallPort, RoomPlace) = begin }
chunk! { panels: load_panels -> fn(HtmlElement, Panels) = begin_panels }
chunk! { files: load_files -> fn(FilesPort) = files::start }
chunk! { notes: load_notes -> fn(NotesPort) = notes::start }

/// Loads the call screen and the driver, and starts it; it ends with the reactive owner that this was called under.
pub fn start(port: CallPort, room: RoomPlace) {
    spawn_local_scoped_with_cancellation(async move {
        let started = port.started;
        if let Some(begin) = loaded(load).await {
            begin(port, room);
            started.set(true);
        }
    });
}

fn begin(port: CallPort, room: RoomPlace) {
    room::mount(room);
    driver::start(port);
}

fn begin_panels(place: HtmlElement, panels: Panels) {
    panels::mount(place, panels, FilesDriver(start_files), NotesDriver(start_notes));
}

/// Loads until it succeeds, or until nobody tells when to try again.
async fn loaded<T>(load: impl AsyncFn() -> Result<T, SplitLoaderError>) -> Option<T> {
    loop {
        match load().await {
            Ok(begin) => return Some(begin),
            Err(error) => log(&format!("a chunk is missing: {error}")),
        }
        JsFuture::from(next_try().ok()?).await.ok()?;
    }
}

/// Loads what carries files, and starts it; what a person does with files waits meanwhile.
fn start_files(port: FilesPort) {
    spawn_local_scoped_with_cancellation(async move {
        if let Some(start) = loaded(load_files).await {
            start(port);
        }
    });
}

/// The same with what merges notes.
fn start_notes(port: NotesPort) {
    spawn_local_scoped_with_cancellation(async move {
        if let Some(start) = loaded(load_notes).await {
            start(port);
        }
    });
}

/// Loads the panels and mounts them into `place`, once; they end with the reactive owner that this was called under.
pub fn mount_panels(place: HtmlElement, panels: Panels) {
    spawn_local_scoped_with_cancellation(async move {
        let mount = load_panels().await;
        if let Err(error) = &mount {
            log(&format!("no panels: {error}"));
        }
        panels.loaded(mount.is_ok());
        if let Ok(mount) = mount {
            mount(place, panels);
        }
    });
}
