//! The pages that Leptos renders, and the files they load.

use any_spawner::Executor;
use axum::extract::{Query, RawQuery, Request};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::{ResponseOptions, render_app_to_stream_with_context};
use serde::Deserialize;

use super::forwarded::ClientInfo;
use super::headers::{page_policy, secure};
use super::language;
use super::offline;
use super::site::Site;
use crate::app::{Address, shell};
use crate::protocol::RoomId;
use crate::ui::i18n::words_of;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// Path that the form submits to on a page whose scripts do not run.
const FORM_PATH: &str = "/room";

/// Routes of all pages and files.
pub(crate) fn router(site: &Site) -> Router {
    // Fails only if called twice. `leptos_routes` would call it, but needs a router in the app.
    _ = Executor::init_tokio();
    let watched = site.is_watched();
    let page = || {
        let site = site.clone();
        let context = move || describe_response(watched);
        render_app_to_stream_with_context(context, move || shell(site.page_files()))
    };
    let lost = any(page());
    let offline = site.build().map(offline::routes).unwrap_or_default();
    let pages = offline
        .route(FORM_PATH, get(enter_room))
        .route("/", get(page()))
        .route(&format!("{FORM_PATH}/{{room}}"), get(page()));
    site.add_to(pages, lost).layer(from_fn(to_normal_form)).layer(from_fn(secure))
}

/// Sets headers and contexts of one page; runs once per request, within its reactive owner.
fn describe_response(watched: bool) {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Some(nonce) = use_nonce() {
        insert(&response, CONTENT_SECURITY_POLICY, &page_policy(&nonce, watched));
    }
    insert(&response, VARY, "accept, accept-language, cookie");
    // Proxies that change pages leave plain text alone: start.js asks for it when the nodes did not arrive as sent.
    if parts.headers.get(ACCEPT).is_some_and(|accept| accept == "text/plain") {
        insert(&response, CONTENT_TYPE, "text/plain; charset=utf-8");
        insert(&response, CACHE_CONTROL, "no-store, no-transform");
    }
    // A room number in a search engine would invite everybody.
    if parts.uri.path() != "/" {
        insert(&response, ROBOTS, "noindex, nofollow");
    }
    let secure = parts.extensions.get::<ClientInfo>().is_some_and(|client| client.secure);
    let choice = language::choose(parts.uri.query(), &parts.headers);
    if choice.asked_for {
        insert(&response, SET_COOKIE, &language::cookie(choice.lang, secure));
    }
    provide_context(words_of(choice.lang));
    let form = Query::<Form>::try_from_uri(&parts.uri).map(|Query(form)| form);
    let address = Address {
        path: parts.uri.path().to_owned(),
        typed_room: form.map(|form| form.room).unwrap_or_default(),
    };
    if address.invitation().is_none() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    provide_context(address);
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

/// Handles the form of a page without scripts: redirects to the room, or back with the typed text.
async fn enter_room(
    Extension(client): Extension<ClientInfo>,
    Query(form): Query<Form>,
    RawQuery(query): RawQuery,
) -> Redirect {
    match RoomId::from_pasted(&form.room, &client.authority) {
        // A room number needs no escaping in a path.
        Ok(room) => Redirect::to(&format!("{FORM_PATH}/{room}")),
        Err(_) => Redirect::to(&format!("/?{}", query.unwrap_or_default())),
    }
}

/// Redirects every spelling of a room's address to the page's own normal form.
async fn to_normal_form(request: Request, next: Next) -> Response {
    match normal_form(request.uri()) {
        // Not to be cached: tomorrow another program may have this address.
        Some(address) => ([(CACHE_CONTROL, "no-store")], Redirect::permanent(&address)).into_response(),
        None => next.run(request).await,
    }
}

fn normal_form(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let (folder, number) = path.split_at_checked(FORM_PATH.len() + 1)?;
    let is_room = folder.strip_suffix('/').is_some_and(|folder| folder.eq_ignore_ascii_case(FORM_PATH));
    let room = RoomId::from_typed(number).ok().filter(|_| is_room)?;
    let address = format!("{FORM_PATH}/{room}");
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (address != path).then(|| address + &query)
}
