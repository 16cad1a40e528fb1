//! Settings of what a host and its programs learn of the server.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::hooks::HookConfig;

/// `[ops]`
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsConfig {
    /// Address and port to listen on; empty for no listener.
    pub address: String,
    /// Bearer token (RFC 6750) that requests must carry; empty for none.
    pub token: String,
    /// Webhooks that are told of rooms and seats; they need no listener.
    pub hooks: Vec<HookConfig>,
}

impl OpsConfig {
    /// Parses `address`; `None` if there is no listener.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address.parse().ok()
    }
}

impl fmt::Debug for OpsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpsConfig")
            .field("address", &self.address)
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}
