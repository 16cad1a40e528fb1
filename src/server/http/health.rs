//! `GET /healthz`: the process answers. `GET /readyz`: whether it takes people, and if not, why.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::server::tls::Tls;

/// Path of the health check, which depends on nothing.
pub(super) const HEALTH_PATH: &str = "/healthz";
/// Path of the readiness check, by which balancers choose servers for new connections.
pub(super) const READY_PATH: &str = "/readyz";
const NOT_STORED: (HeaderName, &str) = (CACHE_CONTROL, "no-store");

/// Whether a path is one of the two, which are open by any scheme and name: monitoring asks by address, and by HTTP.
pub(super) fn is_check(path: &str) -> bool {
    path == HEALTH_PATH || path == READY_PATH
}

/// Whether the server takes new people.
pub(crate) struct Readiness {
    tls: Option<Arc<Tls>>,
    stopping: AtomicBool,
    draining: AtomicBool,
}

/// A reason to send people elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotReady {
    /// The server stops.
    Stopping,
    /// The host drains the server.
    Draining,
    /// HTTPS is configured, and there is no certificate yet.
    NoCertificate,
}

/// The answer to a readiness check.
#[derive(Debug, Serialize)]
struct Answer {
    ready: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<NotReady>,
}

impl Readiness {
    /// Begins ready, once there is a certificate where `tls` needs one.
    pub(crate) fn new(tls: Option<Arc<Tls>>) -> Self {
        Self { tls, stopping: AtomicBool::new(false), draining: AtomicBool::new(false) }
    }

    /// Notes that the server stops.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Begins to drain the server or takes it back. Returns whether that changed anything.
    pub(crate) fn drain(&self, draining: bool) -> bool {
        self.draining.swap(draining, Ordering::Relaxed) != draining
    }

    /// Whether the host drains the server.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Lists the reasons to send people elsewhere; none if the server is ready.
    pub(crate) fn reasons(&self) -> Vec<NotReady> {
        let lacks_certificate = self.tls.as_ref().is_some_and(|tls| tls.certificate().is_none());
        let reasons = [
            (NotReady::Stopping, self.is_stopping()),
            (NotReady::Draining, self.is_draining()),
            (NotReady::NoCertificate, lacks_certificate),
        ];
        reasons.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| reason).collect()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Readiness").field(&self.reasons()).finish()
    }
}

/// The routes of both checks.
pub(crate) fn routes(readiness: Arc<Readiness>) -> Router {
    let ready = Router::new().route(READY_PATH, get(readyz)).with_state(readiness);
    Router::new().route(HEALTH_PATH, get(async || ([NOT_STORED], "ok"))).merge(ready)
}

async fn readyz(State(readiness): State<Arc<Readiness>>) -> impl IntoResponse {
    let why = readiness.reasons();
    let status = if why.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [NOT_STORED], Json(Answer { ready: why.is_empty(), why }))
}
