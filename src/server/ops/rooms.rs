//! Rooms, for programs with the token: `GET /api/v1/rooms/N` tells how many are in one, `DELETE` ends their call, and
//! `POST /api/v1/rooms` makes a number. There is no list of rooms: a number is a key.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Serialize;

use super::watched::Watched;
use crate::protocol::RoomId;
use crate::server::net::clock::since_epoch;
use crate::server::net::random::random;

/// One more than the largest number that is made: twelve digits, as those of the pages.
const NUMBERS: u64 = 1_000_000_000_000;

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

/// A room that nobody knows yet.
#[derive(Debug, Serialize)]
pub(super) struct NewRoom {
    room: RoomId,
    /// Where pages enter it, if the server knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Answers with the number of a room that nobody is in, and that nobody can guess. Nothing is kept: it is a room like any
/// other, and comes to be when the first one enters it.
pub(super) async fn make(State(watched): State<Arc<Watched>>) -> Result<impl IntoResponse, StatusCode> {
    let room = loop {
        let number = number(u64::from_ne_bytes(random()));
        let room = RoomId::from_typed(&number).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        if watched.rooms.taken(&room).is_none() {
            break room;
        }
    };
    let url = watched.public.room(&room);
    Ok((StatusCode::CREATED, Json(NewRoom { room, url })))
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

/// The twelve digits that a random number stands for; that 2^64 is no multiple of 10^12 favours none by more than a
/// ten-millionth.
fn number(random: u64) -> String {
    format!("{:012}", random % NUMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_made_has_twelve_digits() {
        for (random, digits) in [
            (0, "000000000000"),
            (7, "000000000007"),
            (NUMBERS - 1, "999999999999"),
            (u64::MAX, "073709551615"),
        ] {
            assert_eq!(number(random), digits);
            assert_eq!(RoomId::from_typed(digits).unwrap().as_str(), digits);
        }
    }
}
