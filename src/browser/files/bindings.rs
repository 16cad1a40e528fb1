//! Bindings of files that web-sys lacks, or has as if they never threw (W3C File API, WHATWG File System).

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag};

#[wasm_bindgen]
extern "C" {
    /// The directory of this origin that no other program sees.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = getDirectory)]
    pub(super) fn root() -> Result<Promise, JsValue>;

    /// Calls back with the lock, or with `null` if it is held elsewhere.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub(super) fn lock(name: &str, options: &JsValue, run: &JsValue) -> Result<Promise, JsValue>;

    /// Asks the person for a place to save to; where the browser lets them choose one.
    #[wasm_bindgen(catch, js_namespace = window, js_name = showSaveFilePicker)]
    pub(super) fn pick_place(options: &JsValue) -> Result<Promise, JsValue>;

    /// `FileSystemDirectoryHandle`
    #[derive(Clone)]
    pub(super) type Directory;

    #[wasm_bindgen(method, catch, js_name = getDirectoryHandle)]
    pub(super) fn directory(this: &Directory, name: &str, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    pub(super) fn file(this: &Directory, name: &str, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeEntry)]
    pub(super) fn remove(this: &Directory, name: &str, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn keys(this: &Directory) -> Result<Names, JsValue>;

    /// The asynchronous iterator of the names in a directory.
    pub(super) type Names;

    #[wasm_bindgen(method, catch)]
    pub(super) fn next(this: &Names) -> Result<Promise, JsValue>;

    /// `FileSystemFileHandle`
    #[derive(Clone)]
    pub(super) type Handle;

    #[wasm_bindgen(method, catch, js_name = getFile)]
    pub(super) fn content(this: &Handle) -> Result<Promise, JsValue>;

    /// Missing in older Safari.
    #[wasm_bindgen(method, catch, js_name = createWritable)]
    pub(super) fn writable(this: &Handle, options: &JsValue) -> Result<Promise, JsValue>;

    /// `FileSystemWritableFileStream`
    #[derive(Clone)]
    pub(super) type Writable;

    #[wasm_bindgen(method, catch)]
    pub(super) fn write(this: &Writable, what: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn close(this: &Writable) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn abort(this: &Writable) -> Result<Promise, JsValue>;

    /// `Blob`
    #[wasm_bindgen(extends = Blob)]
    #[derive(Clone)]
    pub(super) type Bytes;

    #[wasm_bindgen(method, catch)]
    pub(super) fn slice(this: &Bytes, start: f64, end: f64) -> Result<Bytes, JsValue>;

    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    pub(super) fn buffer(this: &Bytes) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn stream(this: &Bytes) -> Result<Stream, JsValue>;

    /// `ReadableStream`
    pub(super) type Stream;

    #[wasm_bindgen(method, catch, js_name = pipeTo)]
    pub(super) fn pipe(this: &Stream, to: &Writable) -> Result<Promise, JsValue>;
}

/// A blob of all parts in their order.
pub(super) fn blob(parts: &Array, kind: &str) -> Result<Bytes, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Ok(Blob::new_with_blob_sequence_and_options(parts, &options)?.unchecked_into())
}
