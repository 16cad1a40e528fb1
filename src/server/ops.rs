//! The listener by which a host watches the server; nothing that the public reaches leads here.

mod access;
mod drain;
mod exposition;
mod process;
mod public_address;
mod rooms;
mod status;
mod watched;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::info;

use crate::server::config::Config;
use crate::server::http::accept::HttpServer;
use crate::server::http::health;
use crate::server::listeners::OpsListener;
use access::{Access, admit};
use exposition::Exposition;
pub(crate) use public_address::PublicAddress;
pub(crate) use watched::Watched;

/// Connections at one time.
pub(crate) const MOST_CONNECTIONS: usize = 32;

const METRICS_PATH: &str = "/metrics";
/// Path of the status as a page, or as JSON for those who ask for it.
const STATUS_PATH: &str = "/status";
/// Path of the status as JSON.
const STATUS_JSON_PATH: &str = "/api/v1/status";
/// Path of all rooms, to make the number of another one.
const ROOMS_PATH: &str = "/api/v1/rooms";
/// Path of one room.
const ROOM_PATH: &str = "/api/v1/rooms/{room}";
/// Path of draining.
const DRAIN_PATH: &str = "/api/v1/drain";

/// The server behind the listener. It accepts until it is stopped or dropped.
pub(crate) struct OpsServer {
    server: Arc<HttpServer>,
    accepting: AbortOnDropHandle<()>,
}

impl OpsServer {
    /// Serves the connections of `listener` as tasks of `tasks`.
    pub(crate) fn start(
        listener: OpsListener,
        config: &Config,
        watched: Watched,
        tasks: TaskTracker,
    ) -> Self {
        let access = Arc::new(Access::new(&config.ops, watched.event_log.clone()));
        let router =
            router(Arc::new(watched), !config.ops.token.is_empty()).layer(from_fn_with_state(access, admit));
        let mut config = config.clone();
        config.server.trusted_proxies.clear();
        config.limits.requests = MOST_CONNECTIONS;
        config.limits.requests_per_address = MOST_CONNECTIONS;
        let server = Arc::new(HttpServer::new(&config, router, None, None, tasks));
        info!(address = %listener.address(), "the host watches the server (ops.address)");
        let accepting = server.clone();
        let accepting = tokio::spawn(async move { accepting.accept_forever(&listener).await });
        Self { server, accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Closes the port, then starts the graceful shutdown of all connections.
    pub(crate) async fn stop(self) {
        self.accepting.abort();
        // The port is free once the task that holds the listener has ended.
        drop(self.accepting.await);
        self.server.stop();
    }
}

/// The routes. Without a token nobody looks for rooms, which any user of this machine could do by trying numbers, and
/// nobody acts on the server.
fn router(watched: Arc<Watched>, has_token: bool) -> Router {
    let readiness = watched.readiness.clone();
    let metrics = get(exposition::serve).with_state(Exposition::new(watched.clone()));
    let by_token = Router::new()
        .route(ROOMS_PATH, post(rooms::make))
        .route(ROOM_PATH, get(rooms::serve).delete(rooms::end))
        .route(DRAIN_PATH, post(drain::begin).delete(drain::take_back))
        .with_state(watched.clone());
    let source = status::Source::new(watched);
    health::routes(readiness)
        .merge(if has_token { by_token } else { Router::new() })
        .route(METRICS_PATH, metrics)
        .route(STATUS_PATH, get(status::serve).with_state(source.clone()))
        .route(STATUS_JSON_PATH, get(status::serve_json).with_state(source))
}
