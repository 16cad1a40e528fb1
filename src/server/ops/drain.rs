//! Draining, for programs with the token: `POST /api/v1/drain` has balancers send newcomers elsewhere, `DELETE` takes it
//! back. It only changes the readiness of the server: whoever comes all the same is served, and nothing is closed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use tracing::info;

use super::watched::Watched;

/// Begins to drain the server; 204, also if it is drained already.
pub(super) async fn begin(State(watched): State<Arc<Watched>>) -> StatusCode {
    if watched.readiness.drain(true) {
        info!("draining: balancers are told to send nobody new");
    }
    StatusCode::NO_CONTENT
}

/// Ends the draining; 204, also if there is none.
pub(super) async fn take_back(State(watched): State<Arc<Watched>>) -> StatusCode {
    if watched.readiness.drain(false) {
        info!("no longer draining");
    }
    StatusCode::NO_CONTENT
}
