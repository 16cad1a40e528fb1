//! Limits that browser and server share.

use std::time::Duration;

/// The server's longest silence on a socket with a seat.
pub const HEARTBEAT_WITHIN: Duration = Duration::from_secs(15);
/// Largest frame either side accepts, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// Longest room number, in characters.
pub const MAX_ROOM_CHARS: usize = 64;
/// Longest display name, in characters.
pub const MAX_NAME_CHARS: usize = 40;
/// Longest text of a chat message, in characters. In JSON it fits into a message between pages, whatever it is made of.
pub const MAX_CHAT_CHARS: usize = 4_000;
/// Fewest and most seats a room can be given.
pub const CAPACITY_RANGE: std::ops::RangeInclusive<usize> = 2..=8;
