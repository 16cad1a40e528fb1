//! Settings of the webhooks.

use std::fmt;
use std::ops::RangeInclusive;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// What stands before the base64 of a secret (Standard Webhooks, section "Signature scheme").
const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret (likewise).
pub(super) const SECRET_BYTES: RangeInclusive<usize> = 24..=64;

/// An entry of `ops.hooks`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookConfig {
    /// URL that the news are posted to.
    pub url: String,
    /// Secret that signs them: `whsec_`, and the secret in base64.
    pub secret: String,
    /// The news that are told.
    #[serde(default = "HookEvent::all")]
    pub events: Vec<HookEvent>,
}

/// News of a room or a seat, as a webhook may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookEvent {
    /// The first seat of a room is taken.
    #[serde(rename = "room.opened")]
    RoomOpened,
    /// The last seat of a room is given up.
    #[serde(rename = "room.closed")]
    RoomClosed,
    /// A seat is taken by somebody who did not have it before.
    #[serde(rename = "seat.taken")]
    SeatTaken,
    /// A seat is given up.
    #[serde(rename = "seat.left")]
    SeatLeft,
}

impl HookEvent {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        vec![Self::RoomOpened, Self::RoomClosed, Self::SeatTaken, Self::SeatLeft]
    }
}

impl HookConfig {
    /// Decodes the secret; `None` if it is none.
    pub(crate) fn key(&self) -> Option<Vec<u8>> {
        let key = BASE64.decode(self.secret.strip_prefix(SECRET_PREFIX)?.as_bytes()).ok()?;
        Some(key).filter(|key| SECRET_BYTES.contains(&key.len()))
    }
}

impl fmt::Debug for HookConfig {
    /// The path of the URL may be a secret, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookConfig").field("events", &self.events).finish_non_exhaustive()
    }
}
