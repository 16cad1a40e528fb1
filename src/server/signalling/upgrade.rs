//! The upgrade of a request to a WebSocket, after checks of its origin and of the socket limits.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use super::connections::Refused;
use super::socket::{Socket, Sockets};
use crate::protocol::version_in;
use crate::server::http::forwarded::ClientInfo;
use crate::server::http::origin::refusal;
use crate::server::metrics::Refusal;

/// Answers `GET /ws` and starts the socket's task.
pub(crate) async fn open(
    State(sockets): State<Sockets>,
    Extension(client): Extension<ClientInfo>,
    mut request: Request,
) -> Response {
    let Ok(response) = create_response_with_body(&request, Body::empty) else {
        return (StatusCode::BAD_REQUEST, "this address is for WebSockets").into_response();
    };
    if let Some(why) = refusal(request.headers(), &client.authority, &sockets.rules.origins) {
        sockets.metrics.refused(Refusal::Origin);
        sockets.event_log.remark("socket refused", &why, 1);
        return (StatusCode::FORBIDDEN, "this page may not connect here").into_response();
    }
    let connection = match sockets.connections.enter(client.counted_as()) {
        Ok(connection) => connection,
        Err(Refused::Stopping) => {
            sockets.metrics.refused(Refusal::Stopping);
            return (StatusCode::SERVICE_UNAVAILABLE, "this server is stopping").into_response();
        }
        Err(Refused::Full) => {
            sockets.metrics.refused(Refusal::Sockets);
            sockets.event_log.remark("socket refused", "too many sockets", 1);
            return (StatusCode::SERVICE_UNAVAILABLE, "too many connections").into_response();
        }
    };
    let host = client.known_as().to_owned();
    let version = version_in(request.uri().query().unwrap_or_default());
    let upgrade = hyper::upgrade::on(&mut request);
    let tasks = sockets.tasks.clone();
    tasks.spawn(async move {
        // The connection may have ended before the response was written.
        let Ok(stream) = upgrade.await else { return };
        // Boxed, so that the task does not keep room for what is needed at the beginning only.
        let socket = Box::pin(Socket::open(TokioIo::new(stream), connection, host, &sockets)).await;
        socket.run(version).await;
    });
    response
}
