//! The connection test at the border of a call: what is tried, and what is found.

use strum::IntoStaticStr;

use crate::protocol::IceServer;

/// A test's number; findings of earlier tests are dropped. The default belongs to no test: it asks for the servers only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTestId(pub u32);

/// A transport out of this network, in the order in which connections prefer them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// STUN tells the own address as others see it, so that they can be reached directly.
    Direct,
    /// TURN over UDP.
    Udp,
    /// TURN over TCP.
    Tcp,
    /// TURN over TLS.
    Tls,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Udp, Self::Tcp, Self::Tls];

    /// The transport of a STUN or TURN URL (RFC 7064, RFC 7065).
    pub fn of(url: &str) -> Option<Self> {
        let is_tcp = url.split_once('?').is_some_and(|(_, query)| query.contains("transport=tcp"));
        match url.split(':').next()? {
            "stun" => Some(Self::Direct),
            "turn" => Some(if is_tcp { Self::Tcp } else { Self::Udp }),
            "turns" => Some(Self::Tls),
            _ => None,
        }
    }
}

/// The finding about one transport; of several relays the greatest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Finding {
    /// Nothing yet.
    #[default]
    Trying,
    /// The server does not offer it.
    NotOffered,
    /// It does not work, within the time it may take.
    Blocked,
    /// The browser could not try it.
    NotTried,
    /// The server is reached and refuses: too many at once, or unknown credentials.
    Refused,
    /// It works.
    Works,
}

/// An event of the connection test.
#[derive(Clone, Debug, PartialEq)]
pub enum ConnectionTestEvent {
    /// The server's ICE servers; nothing if it did not answer.
    IceServers {
        /// Its ICE servers.
        ice_servers: Option<Vec<IceServer>>,
        /// The page comes from a loopback address.
        same_computer: bool,
    },
    /// A transport was tried.
    Tried(Transport, Finding),
    /// Data was sent through the relay.
    Relayed(Finding),
}

/// The connection test, running or ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTestView {
    /// The finding of each transport, in the order of [`Transport::ALL`].
    pub transports: [Finding; 4],
    /// Data has gone through the relay and back.
    pub relayed: Finding,
    /// The result of a test that has ended.
    pub verdict: Option<Verdict>,
}

/// The result of a connection test, for calls from this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// Calls work with everybody.
    Everywhere,
    /// Calls work with everybody, by a relay that is reached over TCP or TLS, as nothing passes by UDP.
    ByTcp,
    /// Calls probably work with most networks; there is no relay for the others.
    WithoutRelay,
    /// Calls probably work with most networks; the relay for the others cannot be used from here.
    RelayBlocked,
    /// Calls to other networks do not work.
    Blocked,
    /// Something could not be tested.
    Unclear,
    /// The server offers nothing that could be tried.
    NothingOffered,
    /// The server does not answer.
    NoServer,
    /// The page comes from this very computer, where browsers gather nothing.
    SameComputer,
}
