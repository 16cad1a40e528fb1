//! The pages that Leptos renders, and the files they load.

use any_spawner::Executor;
use axum::Router;
use axum::extract::{Query, RawQuery};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::Redirect;
use axum::routing::{any, get};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::{ResponseOptions, render_app_to_stream_with_context};
use serde::Deserialize;
use tower_http::compression::CompressionLayer;

use super::headers::{page_policy, secure};
use super::language;
use super::site::Site;
use super::visitor::Visitor;
use crate::app::{Address, shell};
use crate::protocol::RoomId;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// Where the form of a page without its scripts goes.
const FORM_PATH: &str = "/room";

/// Routes of all pages and files.
pub(super) fn router() -> Router {
    // Fails only if it was done before; `leptos_routes`, which needs a router in the app, would do it as well.
    _ = Executor::init_tokio();
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let site = Site::find();
    let page = |status: StatusCode| {
        let site = site.clone();
        let context = move || describe_response(status, watched);
        render_app_to_stream_with_context(context, move || shell(site.page_files()))
    };
    let lost = any(page(StatusCode::NOT_FOUND));
    let pages = Router::new()
        .route(FORM_PATH, get(enter_room))
        .route("/", get(page(StatusCode::OK)))
        .route(&format!("{FORM_PATH}/{{room}}"), get(page(StatusCode::OK)));
    let router = match &site {
        Site::Inside(files) => pages.fallback(lost).layer(CompressionLayer::new()).merge(files.routes()),
        Site::Folder(files) if watched => files.add_to(pages, lost),
        Site::Folder(files) => files.add_to(pages, lost).layer(CompressionLayer::new()),
    };
    router.layer(from_fn(secure))
}

/// Runs once for every page, where Leptos keeps what belongs to one request.
fn describe_response(status: StatusCode, watched: bool) {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else {
        return;
    };
    response.set_status(status);
    if let Some(nonce) = use_nonce() {
        insert(&response, CONTENT_SECURITY_POLICY, &page_policy(&nonce, watched));
    }
    insert(&response, VARY, "accept, accept-language, cookie");
    // What a proxy does to pages it does not do to text: the page asks for this when its nodes are not as they were sent.
    if parts.headers.get(ACCEPT).is_some_and(|accept| accept == "text/plain") {
        insert(&response, CONTENT_TYPE, "text/plain; charset=utf-8");
        insert(&response, CACHE_CONTROL, "no-store, no-transform");
    }
    // A number in a search engine would be an invitation to everybody.
    if parts.uri.path() != "/" {
        insert(&response, ROBOTS, "noindex, nofollow");
    }
    let secure = parts.extensions.get::<Visitor>().is_some_and(|visitor| visitor.secure);
    let choice = language::choose(parts.uri.query(), &parts.headers);
    if choice.asked_for {
        insert(&response, SET_COOKIE, &language::cookie(choice.lang, secure));
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
