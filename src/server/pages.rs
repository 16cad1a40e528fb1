//! The pages that Leptos renders, and the files they load.

use std::path::{Path, PathBuf};

use any_spawner::Executor;
use axum::Router;
use axum::extract::{Query, RawQuery};
use axum::http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::from_fn;
use axum::response::Redirect;
use axum::routing::get;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::{ResponseOptions, file_and_error_handler_with_context, render_app_to_stream_with_context};
use serde::Deserialize;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;

use super::headers::{immutable, page_policy, secure};
use super::language;
use crate::app::{Address, shell};
use crate::protocol::RoomId;

/// Where the form of a page without its scripts goes.
const FORM_PATH: &str = "/room";

/// Routes of all pages and files.
pub(super) fn router() -> Router {
    // Fails only if it was done before; `leptos_routes`, which needs a router in the app, would do it as well.
    _ = Executor::init_tokio();
    let options = leptos_options();
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let context = move || describe_response(watched);
    let page = {
        let options = options.clone();
        render_app_to_stream_with_context(context, move || shell(options.clone()))
    };
    let mut router = Router::new()
        .route(FORM_PATH, get(enter_room))
        .route("/", get(page.clone()))
        .route(&format!("{FORM_PATH}/{{room}}"), get(page))
        .nest(&format!("/{}", options.site_pkg_dir), files(&options))
        .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(context, shell))
        .with_state(options);
    if !watched {
        router = router.layer(CompressionLayer::new());
    }
    router.layer(from_fn(secure))
}

/// As cargo-leptos sets them, and as its build leaves them when the binary is started by hand.
fn leptos_options() -> LeptosOptions {
    let set = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let mut options = LeptosOptions::builder()
        .output_name(set("LEPTOS_OUTPUT_NAME", env!("CARGO_PKG_NAME")))
        .site_root(set("LEPTOS_SITE_ROOT", "target/site"))
        .site_pkg_dir(set("LEPTOS_SITE_PKG_DIR", "pkg"))
        .reload_external_port(number("LEPTOS_RELOAD_EXTERNAL_PORT"))
        .build();
    options.reload_port = number("LEPTOS_RELOAD_PORT").unwrap_or(options.reload_port);
    // Leptos panics if names are to be hashed and the list of hashes, next to the binary, is not there.
    options.hash_files = set("LEPTOS_HASH_FILES", "true") == "true" && hashes(&options).is_some();
    options
}

fn hashes(options: &LeptosOptions) -> Option<PathBuf> {
    let list = std::env::current_exe().ok()?.parent()?.join(&*options.hash_file);
    list.is_file().then_some(list)
}

fn files(options: &LeptosOptions) -> Router<LeptosOptions> {
    let directory = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
    let files = ServeDir::new(directory).precompressed_br().precompressed_gzip();
    let router = Router::new().fallback_service(files);
    if options.hash_files { router.layer(from_fn(immutable)) } else { router }
}

/// Runs once for every page, where Leptos keeps what belongs to one request.
fn describe_response(watched: bool) {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Some(nonce) = use_nonce() {
        insert(&response, CONTENT_SECURITY_POLICY, &page_policy(&nonce, watched));
    }
    insert(&response, VARY, "accept-language, cookie");
    let choice = language::choose(parts.uri.query(), &parts.headers);
    if choice.asked_for {
        insert(&response, SET_COOKIE, &language::cookie(choice.lang));
    }
    provide_context(choice.lang);
    let form = Query::<Form>::try_from_uri(&parts.uri).map(|Query(form)| form);
    provide_context(Address {
        path: parts.uri.path().to_owned(),
        typed_room: form.map(|form| form.room).unwrap_or_default(),
    });
}

fn insert(response: &ResponseOptions, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.insert_header(name, value);
    }
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    room: String,
}

/// The form of a page without its scripts: to the room's own page, or back with what was typed.
async fn enter_room(Query(form): Query<Form>, RawQuery(query): RawQuery) -> Redirect {
    match RoomId::from_typed(&form.room) {
        // A room number needs no escaping in a path.
        Ok(room) => Redirect::to(&format!("{FORM_PATH}/{room}")),
        Err(_) => Redirect::to(&format!("/?{}", query.unwrap_or_default())),
    }
}
