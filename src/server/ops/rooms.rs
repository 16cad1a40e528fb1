//! Rooms, for programs that know a number and have the token: `GET /api/v1/rooms/N` tells how many are there, `DELETE`
//! ends their call. There is no list of rooms: a number is a key.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;

use super::watched::Watched;
use crate::protocol::RoomId;
use crate::server::net::clock::since_epoch;

/// A room in use.
#[derive(Debug, Serialize)]
pub(super) struct RoomStatus {
    /// Seats with somebody in them.
    present: usize,
    /// Seats that are kept for somebody whose connection was lost.
    away: usize,
    /// When the room came into use, in seconds since the Unix epoch; at the earliest the start of the server.
    since: u64,
}

/// Answers with the state of a room; 404 if nobody has a seat there.
pub(super) async fn serve(
    State(watched): State<Arc<Watched>>,
    Path(number): Path<String>,
) -> Result<Json<RoomStatus>, StatusCode> {
    let room = RoomId::from_typed(&number).map_err(|_| StatusCode::NOT_FOUND)?;
    let (taken, lasts) = watched.rooms.taken(&room).ok_or(StatusCode::NOT_FOUND)?;
    let since = since_epoch().saturating_sub(lasts).as_secs();
    Ok(Json(RoomStatus { present: taken.present, away: taken.away, since }))
}

/// Ends a call for everybody in the room: 204, or 404 if nobody has a seat there, or 400 if no room has such a number.
pub(super) async fn end(State(watched): State<Arc<Watched>>, Path(number): Path<String>) -> StatusCode {
    match RoomId::from_typed(&number) {
        Err(_) => StatusCode::BAD_REQUEST,
        Ok(room) if watched.rooms.end(&room) => StatusCode::NO_CONTENT,
        Ok(_) => StatusCode::NOT_FOUND,
    }
}
