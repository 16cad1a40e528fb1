//! All clients of the relay and what goes between them: messages in, messages out, time as an argument.

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

use super::attributes::{self, Wish};
use super::auth::{Bearer, Gate};
use super::client::{Client, Core};
use super::message::{Kind, MAX_MESSAGE, binding_answer, error_answer};
use super::quota::{Holder, Holders};
use super::rate_limit::{Carrier, Strangers};
use super::stream_queue::Outbox;
use super::time::Now;
use crate::server::net::connection_limit::{Place, Places};

/// Ports of relayed addresses (RFC 8656 section 7.2).
const PORTS: std::ops::RangeInclusive<u16> = 49152..=65535;
/// Bytes counted for a message besides its own: heads of packets, and the work that an empty one makes too.
const PER_MESSAGE: usize = 48;
/// How often a free label is looked for; of four million, hardly one is taken.
const LABEL_TRIES: usize = 16;

/// How a client is reached, and so which client it is.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// By datagrams between its address and one of ours.
    Datagrams {
        /// As the system told it.
        peer: SocketAddr,
        /// The one that was asked, and that has to answer.
        local: Option<IpAddr>,
    },
    /// By a stream.
    Stream {
        /// As the system told it.
        peer: SocketAddr,
        /// What goes to the client, and to no other.
        outbox: Arc<Outbox>,
    },
}

impl Route {
    /// The client's address; an IPv4 address is one also on a socket for both.
    pub(super) fn peer(&self) -> SocketAddr {
        let (Self::Datagrams { peer, .. } | Self::Stream { peer, .. }) = self;
        SocketAddr::new(peer.ip().to_canonical(), peer.port())
    }

    fn carrier(&self) -> Carrier {
        match self {
            Self::Datagrams { .. } => Carrier::Datagram,
            Self::Stream { .. } => Carrier::Stream,
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

/// The exchange.
pub(super) struct Exchange {
    gate: Gate,
    strangers: Strangers,
    holders: Holders,
    /// For allocations.
    places: Arc<Places>,
    lines: RwLock<Lines>,
    /// The core with places left.
    core: Mutex<Arc<Core>>,
}

#[derive(Default)]
struct Lines {
    by_route: HashMap<Route, Arc<Line>>,
    by_label: HashMap<SocketAddrV4, Arc<Line>>,
}

/// One client, how to reach it, and on whose account.
struct Line {
    route: Route,
    client: Client,
    holder: Arc<Holder>,
    _place: Place,
    /// When it ends at the latest.
    until: Option<Duration>,
}

impl Exchange {
    /// Nobody yet.
    pub(super) fn new(gate: Gate, strangers: Strangers, holders: Holders, places: Arc<Places>) -> Self {
        let core = Mutex::new(Arc::new(Core::new()));
        Self { gate, strangers, holders, places, lines: RwLock::default(), core }
    }

    /// Takes one whole message from somewhere, and hands on what is to be sent because of it.
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

    /// Whether it has an allocation.
    pub(super) fn serves(&self, route: &Route) -> bool {
        self.line(route).is_some()
    }

    /// Allocations at this time.
    pub(super) fn allocations(&self) -> usize {
        self.lines.read().unwrap_or_else(PoisonError::into_inner).by_route.len()
    }

    /// Ends the allocation of a client that went away.
    pub(super) fn hang_up(&self, route: &Route, now: Duration) {
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        let Some(line) = lines.by_route.remove(route) else { return };
        lines.by_label.remove(&line.client.label());
        drop(lines);
        self.holders.end(&line.holder, now);
    }

    /// Ends the allocations whose time is over.
    pub(super) fn expire(&self, now: Duration) {
        let lines: Vec<_> = {
            let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
            lines.by_route.values().cloned().collect()
        };
        let is_over =
            |line: &Line| line.until.is_some_and(|until| until <= now) || line.client.has_ended(now);
        for line in lines.iter().filter(|line| is_over(line)) {
            self.hang_up(&line.route, now);
        }
        self.holders.forget(now);
        self.strangers.report(now);
    }

    /// Ends all allocations.
    pub(super) fn close(&self, now: Duration) {
        let lines = std::mem::take(&mut *self.lines.write().unwrap_or_else(PoisonError::into_inner));
        lines.by_route.values().for_each(|line| self.holders.end(&line.holder, now));
    }

    fn line(&self, route: &Route) -> Option<Arc<Line>> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner).by_route.get(route).cloned()
    }

    /// Data from one client to another, and to nobody else: a relayed address is found in the table or nowhere.
    fn carry(&self, now: Duration, from: &Route, message: &[u8]) -> Option<(Arc<Line>, Vec<u8>)> {
        let sender = self.line(from)?;
        if !self.holders.spend(&sender.holder, message.len() + PER_MESSAGE, now) {
            return None;
        }
        let (label, data) = sender.client.outgoing(message, now)?;
        let SocketAddr::V4(label) = label else { return None };
        let receiver =
            self.lines.read().unwrap_or_else(PoisonError::into_inner).by_label.get(&label).cloned()?;
        let message = receiver.client.incoming(sender.client.label(), data, now)?;
        Some((receiver, message))
    }

    fn answer(&self, now: Now, from: &Route, message: &[u8]) -> Option<Vec<u8>> {
        let request = Message::from_bytes(message).ok()?;
        let (line, peer) = (self.line(from), from.peer());
        let allowed = || self.strangers.allows(now.running, peer.ip(), from.carrier());
        // Before anything is computed for them.
        if line.is_none() && !allowed() {
            return None;
        }
        if request.has_method(BINDING) {
            return Some(match attributes::unknown(&request) {
                Some(unknown) => error_answer(&request, ErrorCode::UNKNOWN_ATTRIBUTE, &[&unknown], None),
                None => binding_answer(&request, peer),
            });
        }
        let bearer = match self.gate.admit(&request, peer, now.date) {
            Ok(bearer) => bearer,
            Err(why) => {
                let answered = line.is_none() || allowed();
                return answered.then(|| self.gate.challenge(&request, peer, now.date, why));
            }
        };
        if let Some(unknown) = attributes::unknown(&request) {
            return Some(bearer.refuse_unknown(&request, &unknown));
        }
        match line {
            Some(line) => {
                let (answer, ended) = line.client.request(&request, &bearer, now.running);
                if ended {
                    self.hang_up(from, now.running);
                }
                Some(answer)
            }
            None if request.has_method(ALLOCATE) => Some(self.allocate(now, from, &request, &bearer)),
            None => Some(bearer.refuse(&request, ErrorCode::ALLOCATION_MISMATCH)),
        }
    }

    fn allocate(&self, now: Now, route: &Route, request: &Message<'_>, bearer: &Bearer) -> Vec<u8> {
        let (until, now) = (bearer.until(now), now.running);
        let wish = match attributes::allocation(request) {
            Ok(wish) => wish,
            Err(code) => return bearer.refuse(request, code),
        };
        let full = || bearer.refuse(request, ErrorCode::INSUFFICIENT_CAPACITY);
        let Some(place) = self.places.take(route.peer().ip()) else { return full() };
        let Some(holder) = self.holders.begin(bearer.holder(), now) else {
            return bearer.refuse(request, ErrorCode::ALLOCATION_QUOTA_REACHED);
        };
        let (line, answer) = match self.free_label(wish) {
            Some(label) => {
                let core = self.core_for(route.peer());
                let (client, answer) = Client::allocate(core, request, bearer, route.peer(), label, now);
                let (route, holder) = (route.clone(), holder.clone());
                let line = client.map(|client| Line { route, client, holder, _place: place, until });
                (line, answer)
            }
            None => (None, full()),
        };
        let granted = line.is_some();
        if line.is_some_and(|line| self.connect(line)) {
            return answer;
        }
        self.holders.end(&holder, now);
        if granted { full() } else { answer }
    }

    /// A core with a place for a client at this address.
    fn core_for(&self, address: SocketAddr) -> Arc<Core> {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        if !core.admits(address) {
            *core = Arc::new(Core::new());
            // An empty one has places.
            core.admits(address);
        }
        core.clone()
    }

    fn free_label(&self, wish: Wish) -> Option<SocketAddrV4> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        (0..LABEL_TRIES).find_map(|_| random_label(wish).filter(|label| !lines.by_label.contains_key(label)))
    }

    /// Puts a client into the tables, unless another took its place meanwhile.
    fn connect(&self, line: Line) -> bool {
        let line = Arc::new(line);
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        let Lines { by_route, by_label } = &mut *lines;
        match (by_route.entry(line.route.clone()), by_label.entry(line.client.label())) {
            (Entry::Vacant(route), Entry::Vacant(label)) => {
                route.insert(line.clone());
                label.insert(line);
                true
            }
            _ => false,
        }
    }
}

/// An address of TEST-NET-1, which is nobody's (RFC 5737): it cannot be meant for anything but this relay.
fn random_label(wish: Wish) -> Option<SocketAddrV4> {
    let mut random = [0; 3];
    getrandom::fill(&mut random).ok()?;
    let [host, high, low] = random;
    let port = PORTS.start() | u16::from_be_bytes([high, low]);
    let port = if wish.even_port { port & !1 } else { port };
    (1..=254).contains(&host).then(|| SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, host), port))
}
