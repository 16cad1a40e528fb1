//! The driver as a chunk: a WebAssembly module that the release build takes out of the program, and that is loaded
//! behind it. Views work without the driver, and the queue keeps what is pressed meanwhile.

use js_sys::Promise;
use leptos::prelude::Set;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::driver;
use super::env::log;
use crate::ui::CallPort;

#[wasm_bindgen]
extern "C" {
    /// A promise that settles when it is time for another try. It is missing where the page's first script is not there,
    /// as in tests.
    #[wasm_bindgen(catch, js_namespace = window, js_name = parlorMissing)]
    fn next_try() -> Result<Promise, JsValue>;
}

chunk! { driver: load -> fn(CallPort) = driver::start }

/// Loads the driver and starts it; it ends with the reactive owner that this was called under.
pub fn start(port: CallPort) {
    spawn_local_scoped_with_cancellation(async move {
        let started = port.started;
        if let Some(start) = loaded().await {
            start(port);
            started.set(true);
        }
    });
}

/// Loads until it succeeds, or until nobody tells when to try again.
async fn loaded() -> Option<fn(CallPort)> {
    loop {
        match load().await {
            Ok(start) => return Some(start),
            Err(error) => log(&format!("no driver: {error}")),
        }
        JsFuture::from(next_try().ok()?).await.ok()?;
    }
}
