//! What an installed page shows without a network: a service worker, and the one page that it keeps.
//!
//! The worker never answers with anything else that it has kept, so that no page is older than its server. While
//! `cargo leptos watch` runs there is none.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::response::IntoResponse;
use axum::routing::get;

use super::headers::plain_policy;
use super::language;
use crate::app::offline_page;
use crate::ui::i18n::words_of;

/// Path of the worker, which decides what it may serve: all that is below.
const WORKER_PATH: &str = "/worker.js";
const PAGE_PATH: &str = "/offline";
const WORKER: &str = include_str!("offline/worker.js");
/// Stands for the name of the build in the worker: with another one browsers take it for a new worker.
const BUILD: &str = "BUILD";
const STYLE: &str = include_str!("offline/offline.css");
/// The worker loads the one page, and no scripts.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'";

static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| plain_policy(STYLE));

/// The routes of both, for the build with this name.
pub(super) fn routes(build: &str) -> Router {
    let worker = WORKER.replace(BUILD, build);
    let serve_worker = async move || {
        let headers = [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, "no-cache"),
            (CONTENT_SECURITY_POLICY, WORKER_POLICY),
        ];
        (headers, worker)
    };
    Router::new().route(WORKER_PATH, get(serve_worker)).route(PAGE_PATH, get(serve_page))
}

async fn serve_page(RawQuery(query): RawQuery, headers: HeaderMap) -> impl IntoResponse {
    let lang = language::choose(query.as_deref(), &headers).lang;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY.as_str()),
        (VARY, "accept-language, cookie"),
    ];
    (headers, offline_page(words_of(lang), STYLE)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_looks_like_the_others() {
        let tokens = include_str!("../../../style/_tokens.scss");
        for token in STYLE.split(['{', '}', ';']).filter(|rule| rule.starts_with("--")) {
            let (name, value) = token.split_once(':').unwrap();
            assert!(tokens.contains(&format!("{name}: {value};")), "{token}");
        }
    }

    #[test]
    fn the_worker_has_the_name_of_its_build() {
        assert!(WORKER.contains("'parlor-BUILD'") && WORKER.matches(BUILD).count() == 1);
    }
}
