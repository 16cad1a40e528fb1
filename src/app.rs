//! HTML shell, the root component and its routes.

use leptos::html;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_meta::HashedStylesheet;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::path;

use crate::call::Phase;
use crate::ui::home::{Draft, Home};
use crate::ui::notice::Notices;
use crate::ui::room::Room;
use crate::ui::words::{Lang, PRODUCT, words};
use crate::ui::{CallHandle, Driver, mark};

/// Works before WebAssembly does; the only script of the page besides the one that loads it.
const EARLY: &str = include_str!("app/early.js");

/// The document around [`App`], rendered on the server only.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let lang = use_context::<Lang>().unwrap_or_default();
    let words = lang.words();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <title>{format!("{PRODUCT} · {}", words.title)}</title>
                <meta name="description" content=words.promise />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f3e8d7" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1d1512" />
                <HashedStylesheet options=options.clone() />
                <script nonce=use_nonce() inner_html=EARLY></script>
                <HydrationScripts options />
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                <link rel="icon" href="/icon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
            </head>
            <body>
                <App />
                <div id="unsupported" class="blocker" role="alert" tabindex="-1" hidden>
                    <p>{words.unsupported}</p>
                </div>
                <div id="load-failed" class="blocker" role="alert" tabindex="-1" hidden>
                    <p>{words.load_failed}</p>
                    <button type="button" id="reload-button" class="solid-button">{words.reload}</button>
                </div>
                <noscript>
                    <div class="blocker"><p>{words.no_script}</p></div>
                </noscript>
            </body>
        </html>
    }
}

/// The root component.
///
/// The driver puts the room into the address bar without asking the router, so the page of a call is never
/// torn down by a change of address.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=Lost>
                <Route path=path!("/") view=CallPage />
                <Route path=path!("/room") view=CallPage />
                <Route path=path!("/room/:room") view=CallPage />
            </FlatRoutes>
        </Router>
    }
}

/// Both screens of a call.
#[component]
fn CallPage() -> impl IntoView {
    let (call, port) = CallHandle::new();
    provide_context(call);
    let (params, query) = (use_params_map(), use_query_map());
    let invited = params.read_untracked().get("room").or_else(|| query.read_untracked().get("room"));
    let draft = Draft::new(invited.unwrap_or_default());
    let view = call.view();
    let phase = Memo::new(move |_| view.with(|view| view.phase));
    let in_call = Memo::new(move |_| phase.get() == Phase::InCall);
    let main = NodeRef::<html::Main>::new();

    let driver = use_context::<Driver>();
    let port = StoredValue::new_local(Some(port));
    Effect::new(move || {
        let Some(main) = main.get() else { return };
        if let (Some(Driver(start)), Some(port)) = (driver, port.try_update_value(Option::take).flatten()) {
            start(port);
            // A failing attribute would mean a broken DOM; nothing depends on it but tests and `early.js`.
            drop(main.set_attribute("data-ready", ""));
            press_early();
        }
    });

    view! {
        <main
            class="page"
            data-phase=move || match phase.get() {
                Phase::Home => "home",
                Phase::Joining => "joining",
                Phase::InCall => "in-call",
            }
            node_ref=main
        >
            {move || (!in_call.get()).then(head)}
            <Notices />
            {move || if in_call.get() {
                view! { <Room draft /> }.into_any()
            } else {
                view! { <Home draft /> }.into_any()
            }}
        </main>
    }
}

/// Presses the button that a person pressed before this code had loaded.
fn press_early() {
    if let Ok(Some(button)) = document().query_selector("[data-early]") {
        drop(button.remove_attribute("data-early"));
        if let Some(button) = button.dyn_ref::<HtmlElement>() {
            button.click();
        }
    }
}

/// Name and language switch.
pub fn head() -> impl IntoView {
    let words = words();
    let here = use_context::<Lang>().unwrap_or_default();
    let links = Lang::ALL.map(|lang| {
        view! {
            // `external`: the server answers with the whole page, the router would not ask it.
            <a
                href=format!("?lang={}", lang.tag())
                hreflang=lang.tag()
                lang=lang.tag()
                rel="external"
                aria-current=(lang == here).then_some("true")
            >
                {lang.autonym()}
            </a>
        }
    });
    view! {
        <header class="head">
            <p class="product">{mark()} {PRODUCT}</p>
            <nav class="languages" aria-label=words.language>{links.into_iter().collect_view()}</nav>
        </header>
    }
}

/// The page that does not exist; the server answers it with status 404.
#[component]
fn Lost() -> impl IntoView {
    let words = words();
    view! {
        <main class="page lost">
            {head()} <section class="lost-words">
                <h1>{words.lost_title}</h1>
                <p>{words.lost_text}</p>
                <a class="solid-button" href="/" rel="external">{words.lost_link}</a>
            </section>
        </main>
    }
}
