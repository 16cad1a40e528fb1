//! `GET /ice`: what a page without a seat needs to test its connection.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::{Extension, Json};

use super::forwarded::ClientInfo;
use crate::protocol::IceOffer;
use crate::server::ice::IceServers;
use crate::server::net::clock::since_epoch;
use crate::server::net::connection_limit::network;

/// Credentials for a minute, and little to be done with them at the relay inside: see its quotas. Those of other
/// servers are theirs to limit; whoever joins any room is given as much.
pub(crate) async fn offer(
    State(ice): State<Arc<IceServers>>,
    Extension(client): Extension<ClientInfo>,
) -> ([(HeaderName, &'static str); 1], Json<IceOffer>) {
    let ice_servers = ice.for_tester(client.known_as(), network(client.address), since_epoch());
    ([(CACHE_CONTROL, "no-store")], Json(IceOffer { ice_servers }))
}
