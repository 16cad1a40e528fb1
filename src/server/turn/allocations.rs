//! All allocations of the relay and the data between them. Time is an argument.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use turn_types::message::ALLOCATE;
use turn_types::stun::attribute::ErrorCode;
use turn_types::stun::message::{BINDING, Message};

use super::attributes::{self, AllocateRequest};
use super::auth::{Authenticator, Credentials};
use super::client::{Client, Core};
use super::message::{Kind, MAX_MESSAGE, binding_answer, error_answer};
use super::quota::{QuotaHolder, Quotas, Traffic};
use super::rate_limit::{Transport, UnauthenticatedLimit};
use super::stream_queue::StreamQueue;
use super::time::Now;
use crate::server::net::connection_limit::{ConnectionLimit, ConnectionPermit};

/// Ports of relayed addresses (RFC 8656 section 7.2).
const PORTS: std::ops::RangeInclusive<u16> = 49152..=65535;
/// Bytes counted for each message besides its own. They stand for packet headers, and the work that an empty one makes.
const PER_MESSAGE: usize = 48;
/// Most tries to find a free relayed address; of four million, few are taken.
const ADDRESS_TRIES: usize = 16;

/// The way to a client, by which it is also identified.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// Datagrams between the client's address and one of ours.
    Datagrams {
        /// The client's address, as the system gives it.
        peer: SocketAddr,
        /// Our address that was asked, and that has to answer.
        local: Option<IpAddr>,
    },
    /// A stream.
    Stream {
        /// The client's address, as the system gives it.
        peer: SocketAddr,
        /// The queue of this stream alone.
        outbox: Arc<StreamQueue>,
    },
}

impl Route {
    /// Returns the client's address; IPv4-mapped addresses of a dual-stack socket become IPv4.
    pub(super) fn peer(&self) -> SocketAddr {
        let (Self::Datagrams { peer, .. } | Self::Stream { peer, .. }) = self;
        SocketAddr::new(peer.ip().to_canonical(), peer.port())
    }

    fn carrier(&self) -> Transport {
        match self {
            Self::Datagrams { .. } => Transport::Datagram,
            Self::Stream { .. } => Transport::Stream,
        }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Datagrams { peer, local }, Self::Datagrams { peer: other, local: asked }) => {
                peer == other && local == asked
            }
            (Self::Stream { outbox, .. }, Self::Stream { outbox: other, .. }) => Arc::ptr_eq(outbox, other),
            _ => false,
        }
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Datagrams { peer, local } => (peer, local).hash(state),
            Self::Stream { outbox, .. } => Arc::as_ptr(outbox).hash(state),
        }
    }
}

/// All allocations, with the limits that apply to them.
pub(super) struct Allocations {
    authenticator: Authenticator,
    unauthenticated: UnauthenticatedLimit,
    quotas: Quotas,
    /// Limit of allocations, in all and for each address.
    limit: Arc<ConnectionLimit>,
    allocations: RwLock<Table>,
    /// The core that new clients get until it is full.
    core: Mutex<Arc<Core>>,
}

#[derive(Default)]
struct Table {
    by_route: HashMap<Route, Arc<Allocation>>,
    by_relayed_address: HashMap<SocketAddrV4, Arc<Allocation>>,
}

/// An allocation: its route, TURN state and quota holder.
struct Allocation {
    route: Route,
    client: Client,
    holder: Arc<QuotaHolder>,
    _permit: ConnectionPermit,
    /// The time at which it ends at the latest.
    until: Option<Duration>,
}

impl Allocations {
    /// Starts without allocations.
    pub(super) fn new(
        authenticator: Authenticator,
        unauthenticated: UnauthenticatedLimit,
        quotas: Quotas,
        limit: Arc<ConnectionLimit>,
    ) -> Self {
        let core = Mutex::new(Arc::new(Core::new()));
        Self { authenticator, unauthenticated, quotas, limit, allocations: RwLock::default(), core }
    }

    /// Handles one whole message, and hands the message that follows from it to `send`.
    pub(super) fn receive(&self, now: Now, from: &Route, message: &[u8], send: impl FnOnce(&Route, &[u8])) {
        match Kind::of(message).filter(|_| message.len() <= MAX_MESSAGE) {
            Some(Kind::Data) => {
                if let Some((to, message)) = self.carry(now.running, from, message) {
                    send(&to.route, &message);
                }
            }
            Some(Kind::Request) => match self.answer(now, from, message) {
                Some(answer) if !answer.is_empty() => send(from, &answer),
                _ => {}
            },
            None => {}
        }
    }

    /// Whether the client has an allocation.
    pub(super) fn serves(&self, route: &Route) -> bool {
        self.allocation(route).is_some()
    }

    /// Counts the allocations.
    pub(super) fn allocations(&self) -> usize {
        self.allocations.read().unwrap_or_else(PoisonError::into_inner).by_route.len()
    }

    /// Returns the bytes relayed and dropped since the start.
    pub(super) fn traffic(&self) -> Traffic {
        self.quotas.traffic()
    }

    /// Ends the allocation of a client, if it has one.
    pub(super) fn hang_up(&self, route: &Route, now: Duration) {
        let mut allocations = self.allocations.write().unwrap_or_else(PoisonError::into_inner);
        let Some(allocation) = allocations.by_route.remove(route) else { return };
        allocations.by_relayed_address.remove(&allocation.client.relayed_address());
        drop(allocations);
        self.quotas.end(&allocation.holder, now);
    }

    /// Ends expired allocations, drops idle quota holders, and logs unanswered requests.
    pub(super) fn expire(&self, now: Duration) {
        let allocations: Vec<_> = {
            let allocations = self.allocations.read().unwrap_or_else(PoisonError::into_inner);
            allocations.by_route.values().cloned().collect()
        };
        let is_over = |allocation: &Allocation| {
            allocation.until.is_some_and(|until| until <= now) || allocation.client.has_ended(now)
        };
        for allocation in allocations.iter().filter(|allocation| is_over(allocation)) {
            self.hang_up(&allocation.route, now);
        }
        self.quotas.forget(now);
        self.unauthenticated.report(now);
    }

    /// Ends all allocations.
    pub(super) fn close(&self, now: Duration) {
        let allocations =
            std::mem::take(&mut *self.allocations.write().unwrap_or_else(PoisonError::into_inner));
        allocations.by_route.values().for_each(|allocation| self.quotas.end(&allocation.holder, now));
    }

    fn allocation(&self, route: &Route) -> Option<Arc<Allocation>> {
        self.allocations.read().unwrap_or_else(PoisonError::into_inner).by_route.get(route).cloned()
    }

    /// Relays data from one client to another. A relayed address that is not in the table leads nowhere.
    fn carry(&self, now: Duration, from: &Route, message: &[u8]) -> Option<(Arc<Allocation>, Vec<u8>)> {
        let sender = self.allocation(from)?;
        if !self.quotas.spend(&sender.holder, message.len() + PER_MESSAGE, now) {
            return None;
        }
        let (relayed_address, data) = sender.client.outgoing(message, now)?;
        let SocketAddr::V4(relayed_address) = relayed_address else { return None };
        let receiver = self
            .allocations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_relayed_address
            .get(&relayed_address)
            .cloned()?;
        let message = receiver.client.incoming(sender.client.relayed_address(), data, now)?;
        Some((receiver, message))
    }

    fn answer(&self, now: Now, from: &Route, message: &[u8]) -> Option<Vec<u8>> {
        let request = Message::from_bytes(message).ok()?;
        let (allocation, peer) = (self.allocation(from), from.peer());
        let allowed = || self.unauthenticated.allows(now.running, peer.ip(), from.carrier());
        // Requests without an allocation are limited before anything is computed for them.
        if allocation.is_none() && !allowed() {
            return None;
        }
        if request.has_method(BINDING) {
            return Some(match attributes::unknown(&request) {
                Some(unknown) => error_answer(&request, ErrorCode::UNKNOWN_ATTRIBUTE, &[&unknown], None),
                None => binding_answer(&request, peer),
            });
        }
        let credentials = match self.authenticator.admit(&request, peer, now.date) {
            Ok(credentials) => credentials,
            Err(why) => {
                let answered = allocation.is_none() || allowed();
                return answered.then(|| self.authenticator.challenge(&request, peer, now.date, why));
            }
        };
        if let Some(unknown) = attributes::unknown(&request) {
            return Some(credentials.refuse_unknown(&request, &unknown));
        }
        match allocation {
            Some(allocation) => {
                let (answer, ended) = allocation.client.request(&request, &credentials, now.running);
                if ended {
                    self.hang_up(from, now.running);
                }
                Some(answer)
            }
            None if request.has_method(ALLOCATE) => Some(self.allocate(now, from, &request, &credentials)),
            None => Some(credentials.refuse(&request, ErrorCode::ALLOCATION_MISMATCH)),
        }
    }

    fn allocate(&self, now: Now, route: &Route, request: &Message<'_>, credentials: &Credentials) -> Vec<u8> {
        let (until, now) = (credentials.until(now), now.running);
        let wanted = match attributes::allocation(request) {
            Ok(wanted) => wanted,
            Err(code) => return credentials.refuse(request, code),
        };
        let full = || credentials.refuse(request, ErrorCode::INSUFFICIENT_CAPACITY);
        let Some(place) = self.limit.take(route.peer().ip()) else { return full() };
        let Some(holder) = self.quotas.begin(credentials.holder(), now) else {
            return credentials.refuse(request, ErrorCode::ALLOCATION_QUOTA_REACHED);
        };
        let (allocation, answer) = match self.free_label(wanted) {
            Some(relayed_address) => {
                let core = self.core_for(route.peer());
                let (client, answer) =
                    Client::allocate(core, request, credentials, route.peer(), relayed_address, now);
                let (route, holder) = (route.clone(), holder.clone());
                let allocation =
                    client.map(|client| Allocation { route, client, holder, _permit: place, until });
                (allocation, answer)
            }
            None => (None, full()),
        };
        let granted = allocation.is_some();
        if allocation.is_some_and(|allocation| self.connect(allocation)) {
            return answer;
        }
        self.quotas.end(&holder, now);
        if granted { full() } else { answer }
    }

    /// Finds or makes a core with a place for a client at this address.
    fn core_for(&self, address: SocketAddr) -> Arc<Core> {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        if !core.admits(address) {
            *core = Arc::new(Core::new());
            // An empty core has room.
            core.admits(address);
        }
        core.clone()
    }

    fn free_label(&self, wanted: AllocateRequest) -> Option<SocketAddrV4> {
        let allocations = self.allocations.read().unwrap_or_else(PoisonError::into_inner);
        (0..ADDRESS_TRIES).find_map(|_| {
            random_relayed_address(wanted)
                .filter(|relayed_address| !allocations.by_relayed_address.contains_key(relayed_address))
        })
    }

    /// Adds an allocation, unless its route or relayed address was taken meanwhile.
    fn connect(&self, allocation: Allocation) -> bool {
        let allocation = Arc::new(allocation);
        let mut allocations = self.allocations.write().unwrap_or_else(PoisonError::into_inner);
        let Table { by_route, by_relayed_address } = &mut *allocations;
        match (
            by_route.entry(allocation.route.clone()),
            by_relayed_address.entry(allocation.client.relayed_address()),
        ) {
            (Entry::Vacant(route), Entry::Vacant(relayed_address)) => {
                route.insert(allocation.clone());
                relayed_address.insert(allocation);
                true
            }
            _ => false,
        }
    }
}

/// Draws an address of TEST-NET-1 (RFC 5737), which belongs to no other host.
fn random_relayed_address(wanted: AllocateRequest) -> Option<SocketAddrV4> {
    let mut random = [0; 3];
    getrandom::fill(&mut random).ok()?;
    let [host, high, low] = random;
    let port = PORTS.start() | u16::from_be_bytes([high, low]);
    let port = if wanted.even_port { port & !1 } else { port };
    (1..=254).contains(&host).then(|| SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, host), port))
}
