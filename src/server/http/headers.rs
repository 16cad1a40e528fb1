//! Response headers for security and caching.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// A call needs a camera, a microphone, a screen, sound, and a screen that stays on. Only features that Chromium
/// knows on every system are listed, since it warns of others in the console.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), \
     fullscreen=(self), picture-in-picture=(self), screen-wake-lock=(self), clipboard-write=(self), \
     clipboard-read=(), geolocation=(), accelerometer=(), gyroscope=(), \
     magnetometer=(), midi=(), payment=(), usb=(), serial=(), hid=(), idle-detection=(), \
     local-fonts=(), publickey-credentials-get=(), xr-spatial-tracking=()";

/// Content-Security-Policy of responses that are not pages of the app.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// Content-Security-Policy (W3C CSP3) of a page whose own scripts carry `nonce`.
///
/// While `cargo leptos watch` runs, the page also listens to its reload socket on another port.
pub(crate) fn page_policy(nonce: &str, watched: bool) -> String {
    let reload = if watched { " ws:" } else { "" };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; media-src 'self' blob: mediastream:; font-src 'self'; \
         connect-src 'self'{reload}; manifest-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

/// Content-Security-Policy of a page that runs no script and has this style, which is known by its hash.
pub(crate) fn plain_policy(style: &str) -> String {
    let hash = BASE64.encode(&Sha256::digest(style));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Adds the security headers that every response has.
pub(crate) fn guard(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CORP, HeaderValue::from_static("same-origin"));
}

/// Adds the security and cache headers of pages and their files.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [(PERMISSIONS_POLICY, PERMISSIONS), (REFERRER_POLICY, "no-referrer")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    default(headers, CONTENT_SECURITY_POLICY, NO_PAGE);
    if is_html(headers) {
        default(headers, CACHE_CONTROL, "no-cache");
    }
    response
}

/// Lets browsers cache files for ever that lie in the folder of a build.
pub(crate) async fn immutable(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED) {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, value);
        // The same address answers in brotli, gzip or neither.
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_run_only_its_own_scripts_and_reach_only_its_own_server() {
        let policy = page_policy("abc", false);
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval';"));
        assert!(policy.contains("connect-src 'self';"));
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains("ws:")
        );
        assert!(page_policy("abc", true).contains("connect-src 'self' ws:;"));
    }

    #[test]
    fn the_fixed_headers_are_valid() {
        for value in [PERMISSIONS, NO_PAGE, &page_policy("x", true)] {
            assert!(HeaderValue::from_str(value).is_ok() && !value.contains("  "), "{value}");
        }
    }
}
