//! Checks that every request passes before its handler: client, name of the server, HTTPS, path.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::warn;

use super::forwarded::{ClientInfo, TransportInfo, TrustedProxies};
use super::headers::guard;
use super::health::is_check;
use super::https_redirect::HttpsRedirect;
use super::path_prefix::PathPrefix;
use super::server_names::ServerNames;
use crate::server::config::Config;
use crate::server::event_log::EventLog;
use crate::server::listeners::Scheme;
use crate::server::metrics::{Metrics, Refusal};
use crate::server::tls::Tls;

/// The checks, and what they need to know of the server.
pub(crate) struct Admission {
    proxies: TrustedProxies,
    names: ServerNames,
    https: HttpsRedirect,
    prefix: PathPrefix,
    event_log: EventLog,
    metrics: Metrics,
    told_of_proxy: AtomicBool,
}

impl Admission {
    /// Takes proxies and names from the settings; redirects to the port of `https`, if there is one.
    pub(crate) fn new(
        config: &Config,
        https: Option<(Arc<Tls>, u16)>,
        event_log: EventLog,
        metrics: Metrics,
    ) -> Self {
        Self {
            proxies: TrustedProxies::new(config),
            names: ServerNames::new(config),
            https: HttpsRedirect::new(https),
            prefix: PathPrefix::default(),
            event_log,
            metrics,
            told_of_proxy: AtomicBool::new(false),
        }
    }
}

/// Passes a request on to its handler, with its [`ClientInfo`], or answers it.
pub(crate) async fn admit(State(admission): State<Arc<Admission>>, request: Request, next: Next) -> Response {
    let mut response = admission.check(request, next).await;
    // An upgraded connection has no content that the headers could be about.
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        guard(response.headers_mut());
    }
    response
}

impl Admission {
    async fn check(&self, request: Request, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let Some(transport) = parts.extensions.get::<TransportInfo>().copied() else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let client = ClientInfo::of(&parts, transport, &self.proxies);
        let is_check = is_check(parts.uri.path());
        if !is_check {
            if !self.names.contains(&client) {
                self.metrics.refused(Refusal::Name);
                self.event_log.remark(
                    "request refused: no name of this server (server.names)",
                    &client.host,
                    1,
                );
                return self.names.misdirected(&client.host);
            }
            if let Some(redirect) = self.https.of(&client, &parts.uri) {
                return redirect;
            }
        }
        let by_proxy = self.proxies.contains(transport.address.ip());
        if !by_proxy {
            self.look_for_proxy(&parts.headers, transport.address.ip());
        }
        if let Some(refusal) = PathPrefix::refusal(&parts.headers).filter(|_| by_proxy && !is_check) {
            return refusal;
        }
        let page = (by_proxy && PathPrefix::asks_for_page(&parts)).then(|| parts.uri.path().to_owned());
        parts.extensions.insert(client);
        let mut response = next.run(Request::from_parts(parts, body)).await;
        if let Some(path) = page {
            self.prefix.look(&path, response.status());
        }
        if transport.scheme == Scheme::Https {
            self.https.insist(response.headers_mut());
        }
        response
    }

    /// Warns, once, of a proxy nearby whose clients would all count as one address.
    fn look_for_proxy(&self, headers: &HeaderMap, from: IpAddr) {
        if is_near(from)
            && headers.contains_key("x-forwarded-for")
            && !self.told_of_proxy.swap(true, Ordering::Relaxed)
        {
            warn!(
                %from,
                "requests come through a proxy that is not in server.trusted_proxies: all its clients share what one \
                 address may have"
            );
        }
    }
}

/// Whether an address is of this machine or of a network of one's own (RFC 1918, RFC 4193).
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}
