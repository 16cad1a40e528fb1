//! The ICE servers a newcomer is told about; none unless the host configures some, so no third party is asked.

use crate::protocol::IceServer;

/// The list from the configuration.
#[derive(Clone, Debug, Default)]
pub struct IceServers(Vec<IceServer>);

impl IceServers {
    /// Takes the list as it was validated.
    pub fn new(servers: Vec<IceServer>) -> Self {
        Self(servers)
    }

    /// What one newcomer is told.
    pub fn for_newcomer(&self) -> Vec<IceServer> {
        self.0.clone()
    }
}
