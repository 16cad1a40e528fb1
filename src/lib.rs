//! Parlor: a private video call that anyone can host.

pub mod app;
pub mod call;
pub mod protocol;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

#[cfg(feature = "hydrate")]
pub mod browser;

/// Brings the server-rendered page to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| {
        leptos::prelude::provide_context(ui::words::Lang::of_document());
        leptos::prelude::provide_context(ui::Driver(browser::start));
        app::App()
    });
}
