//! Settings of the listener by which a host watches the server.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// `[ops]`
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsConfig {
    /// Address and port to listen on; empty for no listener.
    pub address: String,
    /// Bearer token (RFC 6750) that requests must carry; empty for none.
    pub token: String,
}

impl OpsConfig {
    /// Parses `address`; `None` if there is no listener.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address.parse().ok()
    }
}

impl fmt::Debug for OpsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpsConfig").field("address", &self.address).finish_non_exhaustive()
    }
}
