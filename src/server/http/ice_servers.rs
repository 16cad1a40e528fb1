//! `GET /ice`: the ICE servers with which a page without a seat tests its connection.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::{Extension, Json};

use super::forwarded::ClientInfo;
use crate::protocol::IceServersReply;
use crate::server::ice::IceServers;
use crate::server::net::clock::since_epoch;
use crate::server::net::connection_limit::network;

/// Answers with ICE servers and credentials for a minute. The built-in TURN server grants testers a small quota only;
/// other servers have to limit theirs themselves, and a join of any room yields as much.
pub(crate) async fn for_tester(
    State(ice): State<Arc<IceServers>>,
    Extension(client): Extension<ClientInfo>,
) -> ([(HeaderName, &'static str); 1], Json<IceServersReply>) {
    let ice_servers = ice.for_tester(client.known_as(), network(client.address), since_epoch());
    ([(CACHE_CONTROL, "no-store")], Json(IceServersReply { ice_servers }))
}
