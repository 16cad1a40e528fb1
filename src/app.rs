//! HTML shell and the root component.

use leptos::either::Either;
use leptos::html;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, UrlSearchParams};

use crate::call::Phase;
use crate::protocol::RoomId;
use crate::ui::attention;
use crate::ui::device_menu::settings_button;
use crate::ui::home::home;
use crate::ui::i18n::{self, PRODUCT, words};
use crate::ui::invite::focus;
use crate::ui::keys::listen_to_keys;
use crate::ui::languages::languages;
use crate::ui::notice::notices;
use crate::ui::panels::{self, Panels};
use crate::ui::reactive::{Memo, effect, flag, select, text};
use crate::ui::room::RoomPlace;
use crate::ui::{CallHandle, Driver, mark, wordmark};

mod offline;
mod shape;

pub use offline::offline_page;

/// Script that runs before the WebAssembly; the only one of the page besides the one that loads it.
const EARLY: &str =
    concat!(include_str!("app/keys.js"), include_str!("app/early.js"), include_str!("app/start.js"));

/// Paths of what the head of the page loads; a hash of the build in them lets browsers keep it for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFiles {
    /// The style sheet.
    pub stylesheet: String,
    /// The JavaScript module that `wasm-bindgen` made.
    pub script: String,
    /// The WebAssembly module.
    pub program: String,
    /// JavaScript modules that `script` imports.
    pub modules: Vec<String>,
    /// WebAssembly modules that `program` loads.
    pub chunks: Vec<String>,
    /// The server has a service worker for the pages of this build.
    pub has_worker: bool,
}

/// The document around [`App`], rendered on the server only.
pub fn shell(files: PageFiles) -> impl IntoView {
    let PageFiles { stylesheet, script, program, modules, chunks, has_worker } = files;
    let imported =
        modules.into_iter().map(|path| view! { <link rel="modulepreload" href=path crossorigin="" /> });
    let app = App().into_view().to_html();
    // In place of Leptos's `HydrationScripts`, which looks for the names in a file beside the binary; the rest is in
    // start.js. Browsers that know no `import` know no modules, and pass this script over.
    let start = format!("parlorStart(import({script:?}), {program:?}, {chunks:?}, {})", shape::shape(&app));
    let words = words();
    let worker = format!("; parlorWorker('/worker.js?lang={}')", words.lang().tag());
    let start = start + if has_worker { &worker } else { "" };
    view! {
        <!DOCTYPE html>
        <html lang=words.lang().tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <title>{format!("{PRODUCT} · {}", words.title())}</title>
                <meta name="description" content=words.promise() />
                <meta name="color-scheme" content="light dark" />
                // Telephones take room numbers for numbers to call.
                <meta name="format-detection" content="telephone=no" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f5eee2" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#17110e" />
                // Before the style sheet, for which a script behind it would wait.
                <script nonce=use_nonce() inner_html=early()></script>
                <link rel="stylesheet" href=stylesheet />
                <link rel="modulepreload" href=script crossorigin="" />
                {imported.collect_view()}
                <link rel="preload" href=program r#as="fetch" r#type="application/wasm" crossorigin="" />
                <script type="module" nonce=use_nonce() inner_html=start></script>
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                <link rel="icon" href="/icon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
            </head>
            <body>
                {InertElement::new(app)}
                // Data, to which no script policy applies; placed after the content that is to be seen first.
                <script id=i18n::ELEMENT r#type="application/json" inner_html=words.embedded()></script>
                // Shown only after a press on Join before the program has loaded.
                <div id="early-call" role="status" tabindex="-1">
                    <p>{words.joining()}</p>
                    <button type="button" id="early-cancel" class="btn btn-line">{words.cancel()}</button>
                </div>
                <div id="unsupported" class="blocker" role="alert" tabindex="-1" hidden>
                    <p>{words.unsupported()}</p>
                </div>
                <div id="load-failed" class="blocker" role="alert" tabindex="-1" hidden>
                    <p>{words.load_failed()}</p>
                    <button type="button" id="reload-button" class="btn btn-go">{words.reload()}</button>
                </div>
                <div id="driver-missing" class="blocker" role="alert" tabindex="-1" hidden>
                    <p>{words.driver_missing()}</p>
                    <button type="button" class="btn btn-go">{words.try_again()}</button>
                </div>
                <div id="program-died" class="blocker" role="alert" hidden>
                    <p>{words.program_died()}</p>
                    <button type="button" class="btn btn-go">{words.reload()}</button>
                </div>
                <div id="no-script" class="blocker">
                    <p>{words.no_script()}</p>
                </div>
            </body>
        </html>
    }
}

/// Strips comments and indents from `EARLY`: two kilobytes of every page, compressed.
fn early() -> String {
    EARLY.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The address of the page; provided by the server and by `hydrate()`.
///
/// The browser has no router: both addresses show the same page, the driver changes them by itself, and a router
/// would weigh a third of the page's WebAssembly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Path of the URL, still percent-encoded; room numbers in their normal form need no encoding.
    pub path: String,
    /// Room number, sent by the form of a page without scripts, that the server refused.
    pub typed_room: String,
}

impl Address {
    /// Reads the address of the page that the browser shows; only for the browser.
    pub fn of_document() -> Self {
        let location = window().location();
        let query = location.search().ok().and_then(|query| UrlSearchParams::new_with_str(&query).ok());
        Self {
            path: location.pathname().unwrap_or_default(),
            typed_room: query.and_then(|query| query.get("room")).unwrap_or_default(),
        }
    }

    /// The room number to begin with, or `None` for an address that leads nowhere.
    pub(crate) fn invitation(&self) -> Option<String> {
        if self.path == "/" {
            return Some(self.typed_room.clone());
        }
        let room = self.path.strip_prefix("/room/")?;
        RoomId::from_typed(room).ok().map(String::from)
    }
}

/// The root component.
#[component]
pub fn App() -> impl IntoView {
    match use_context::<Address>().unwrap_or_default().invitation() {
        Some(invited) => Either::Left(call_page(invited)),
        None => Either::Right(lost()),
    }
}

/// Home and call screen, one of which is hidden.
fn call_page(invited: String) -> impl IntoView {
    let (call, port) = CallHandle::new();
    provide_context(call);
    let panels = Panels::provide();
    attention::follow(call, panels);
    let main = NodeRef::<html::Main>::new();
    let home_section = NodeRef::<html::Section>::new();
    let room_section = NodeRef::<html::Section>::new();
    listen_to_keys(call, panels, room_section);
    let room_field = NodeRef::<html::Input>::new();
    // Also while joining.
    let in_call = select(call, |view| view.phase != Phase::Home);
    let phase = select(call, |view| view.phase);

    let place = NodeRef::<html::Div>::new();
    let driver = use_context::<Driver>();
    let mut port = Some(port).zip(Owner::current());
    effect(move || {
        let Some(main) = main.get() else { return };
        if let (Some(Driver(start)), Some((port, owner))) = (driver, port.take()) {
            start(port, RoomPlace { owner, place, screen: room_section, in_call });
            // A failing attribute would mean a broken DOM; nothing depends on it but tests and `early.js`.
            drop(main.set_attribute("data-ready", ""));
        }
    });
    effect(move || {
        if let (Some(main), true) = (main.get(), call.is_started()) {
            drop(main.set_attribute("data-live", ""));
            press_early();
        }
    });
    // The pressed button disappears; without this, keyboard focus would start over at the top of the page.
    let mut before = Phase::Home;
    effect(move || {
        let now = phase.get();
        match (std::mem::replace(&mut before, now), now) {
            (Phase::Joining, Phase::Home) => focus(room_field.get_untracked()),
            (Phase::InCall, Phase::Home) => focus(home_section.get_untracked()),
            (Phase::Home, Phase::Joining | Phase::InCall) => focus(room_section.get_untracked()),
            _ => {}
        }
    });

    view! {
        <main
            class="page"
            data-phase=text(move || phase.get().into())
            node_ref=main
        >
            {head(in_call)}
            {notices(in_call)}
            <div hidden=flag(move || in_call.get()) node_ref=panels.left></div>
            <div class="room-place" node_ref=place></div>
            {home(home_section, room_field, in_call, invited)}
            {panels::place(panels)}
        </main>
    }
}

/// Presses the button that the user pressed before the driver had started.
fn press_early() {
    if let Ok(Some(button)) = document().query_selector("[data-early]") {
        drop(button.remove_attribute("data-early"));
        if let Some(button) = button.dyn_ref::<HtmlElement>() {
            button.click();
        }
    }
}

/// Header with the product's name and the menu of languages.
fn head(hidden: Memo<bool>) -> impl IntoView {
    view! {
        <header class="head" hidden=flag(move || hidden.get())>
            <a class="brand" href="/" rel="external" translate="no">{mark()} {wordmark()}</a>
            {languages()}
            {settings_button(hidden)}
        </header>
    }
}

/// Page for addresses that lead nowhere; the server sends it with status 404.
fn lost() -> impl IntoView {
    let words = words();
    view! {
        <main class="page lost" data-ready="" data-live="">
            {head(Memo::new(|_| false))} <section class="lost-words">
                <h1>{words.lost_title()}</h1>
                <p>{words.lost_text()}</p>
                <a class="btn btn-go" href="/" rel="external">{words.lost_link()}</a>
            </section>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_early_script_is_sent_without_its_comments() {
        let sent = early();
        assert!(sent.starts_with("(function () {\n") && sent.ends_with("})();"), "{sent}");
        assert!(EARLY.starts_with("// The key pair") && !sent.contains("\n//"), "{sent}");
    }

    #[test]
    fn the_early_script_keeps_things_under_the_same_keys() {
        use crate::call::storage::{DEPARTED, DEVICES, NAME, SEAT, SETTINGS};
        for key in [DEPARTED, DEVICES[0], DEVICES[1], NAME, SEAT, SETTINGS] {
            assert!(EARLY.contains(&format!("Item('{key}'")), "{key}");
        }
        let processing = crate::call::Setting::PROCESSING.map(crate::call::Setting::name).join("|");
        assert!(EARLY.contains(&format!("({processing})")), "{processing}");
    }

    #[test]
    fn addresses_lead_to_a_room_or_nowhere() {
        for (path, typed, invited) in [
            ("/", "", Some("")),
            ("/", "../etc", Some("../etc")),
            ("/room/4711", "", Some("4711")),
            ("/room/4711/", "", Some("4711")),
            ("/room/%EF%BC%94711", "", Some("4711")),
            ("/room/a%2Bb", "", None),
            ("/room/", "", None),
            ("/room/4711/x", "", None),
            ("/room", "", None),
            ("/nowhere", "", None),
        ] {
            let address = Address { path: path.to_owned(), typed_room: typed.to_owned() };
            assert_eq!(address.invitation().as_deref(), invited, "{path}");
        }
    }
}
