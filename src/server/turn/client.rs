//! The protocol of one client (RFC 8656), without sockets, by a shared core.
//!
//! The core is a server of `turn-server-proto` that a few clients share.
//! Why only a few: a core searches its lists for every packet and never forgets a nonce or a user, so one core for all
//! clients would get slow and big. Why not one for each: the lists of an idle core take three times the memory of one
//! client's entries. A core serves a fixed number of clients in its life, and is dropped after the last of them.
//! Streams are UDP to the core, as messages come whole: its own handling of streams fails at the padding of
//! ChannelData.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use turn_server_proto::api::{
    DelayedMessageOrChannelSend, SocketAllocateError, TcpConnectError, Transmit, TurnServerApi,
    TurnServerPollRet,
};
use turn_server_proto::server::TurnServer;
use turn_types::attribute::{ChannelNumber, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};
use turn_types::prelude::DelayedTransmitBuild;
use turn_types::stun::attribute::{AttributeType, ErrorCode, Nonce, RawAttribute};
use turn_types::stun::message::{IntegrityAlgorithm, Message, MessageWriteVec, TransactionId};
use turn_types::stun::prelude::{
    Attribute, AttributeFromRaw, AttributeStaticType, MessageWrite, MessageWriteExt,
};
use turn_types::{AddressFamily, Instant, TransportType};

use super::attributes::{self, MAX_ATTRIBUTES, belongs};
use super::auth::{Credentials, REALM};

/// The address on which a core believes to listen. It is in TEST-NET-1 (RFC 5737), as relayed addresses are.
const SERVER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 0), 3478));
/// Life of a core's nonces. It is unlimited, as the authenticator has checked the request's own nonce before.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// Clients that one core serves, those that have left included.
const CLIENTS: usize = 8;
/// Numbers of channels, as RFC 5766 had them; RFC 8656 uses the first quarter.
const CHANNELS: RangeInclusive<u16> = 0x4000..=0x7fff;
/// Life of a channel that is not bound again (RFC 8656 section 12).
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// Most channels of one client; a call needs one for each peer.
const MAX_CHANNELS: usize = 256;

/// Whether an address is in the network of this relay's relayed addresses, TEST-NET-1.
fn is_label(address: Option<SocketAddr>) -> bool {
    matches!(address, Some(SocketAddr::V4(address)) if address.ip().octets()[..3] == [192, 0, 2])
}

/// A core, and the clients that it has served.
#[derive(Debug)]
pub(super) struct Core(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    server: TurnServer,
    /// Addresses of all clients that it ever served, by which it tells them apart.
    addresses: Vec<SocketAddr>,
    /// Relayed addresses of ended allocations.
    ended: Vec<SocketAddr>,
}

/// A client with an allocation.
#[derive(Debug)]
pub(super) struct Client {
    core: Arc<Core>,
    address: SocketAddr,
    username: Box<str>,
    relayed_address: SocketAddrV4,
    nonce: Box<str>,
    granted: (TransactionId, Box<[u8]>),
    channels: Mutex<Vec<Channel>>,
}

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    until: Duration,
}

impl Core {
    /// Makes a core without clients.
    pub(super) fn new() -> Self {
        let mut server = TurnServer::new(TransportType::Udp, SERVER, REALM.to_owned());
        server.set_nonce_expiry_duration(FOREVER);
        Self(Mutex::new(Inner { server, addresses: Vec::new(), ended: Vec::new() }))
    }

    /// Takes a place for a client, unless the core is full or has served `address`.
    pub(super) fn admits(&self, address: SocketAddr) -> bool {
        let mut inner = self.lock();
        let admitted = inner.addresses.len() < CLIENTS && !inner.addresses.contains(&address);
        if admitted {
            inner.addresses.push(address);
        }
        admitted
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Hands a client's message to the core, and returns its immediate answer.
    fn received(&mut self, from: SocketAddr, message: &[u8], now: Duration) -> Option<Vec<u8>> {
        let transmit = Transmit::new(message, TransportType::Udp, from, SERVER);
        self.server.recv(transmit, instant(now)).map(|answer| answer.data.build())
    }

    fn has_ended(&mut self, relayed_address: SocketAddrV4, now: Duration) -> bool {
        loop {
            match self.server.poll(instant(now)) {
                TurnServerPollRet::SocketClose { listen_addr, .. } => self.ended.push(listen_addr),
                TurnServerPollRet::TcpClose { .. } => {}
                // The core waits for nothing else: its requests for sockets are settled as they are made.
                _ => return self.ended.contains(&relayed_address.into()),
            }
        }
    }
}

impl Client {
    /// Carries out an Allocate request on a core with a place for its client.
    ///
    /// Returns the client, if the allocation was granted, and the answer.
    pub(super) fn allocate(
        core: Arc<Core>,
        request: &Message<'_>,
        credentials: &Credentials,
        address: SocketAddr,
        relayed_address: SocketAddrV4,
        now: Duration,
    ) -> (Option<Self>, Vec<u8>) {
        let mut inner = core.lock();
        inner.server.add_user(credentials.username.clone(), credentials.password.clone());
        // The core's nonce is in its answer to a request without one.
        let bare = Message::builder_request(ALLOCATE, MessageWriteVec::new()).finish();
        let told = inner.received(address, &bare, now).unwrap_or_default();
        let Some(nonce) = Message::from_bytes(&told).ok().and_then(|told| told.attribute::<Nonce>().ok())
        else {
            return (None, credentials.refuse(request, ErrorCode::SERVER_ERROR));
        };
        let Some(signed) = signed_again(request, credentials, nonce.nonce()) else {
            return (None, credentials.refuse(request, ErrorCode::BAD_REQUEST));
        };
        let answer = match inner.received(address, &signed, now) {
            Some(refusal) => refusal,
            None => {
                give_relayed_address(&mut inner.server, relayed_address, now);
                inner.server.poll_transmit(instant(now)).map(|transmit| transmit.data).unwrap_or_default()
            }
        };
        drop(inner);
        if Message::from_bytes(&answer).is_ok_and(|answer| !answer.has_attribute(ErrorCode::TYPE)) {
            let client = Self {
                core,
                address,
                username: credentials.username.as_str().into(),
                relayed_address,
                nonce: nonce.nonce().into(),
                granted: (request.transaction_id(), answer.as_slice().into()),
                channels: Mutex::default(),
            };
            (Some(client), answer)
        } else {
            (None, answer)
        }
    }

    /// Returns the relayed address of the allocation.
    pub(super) fn relayed_address(&self) -> SocketAddrV4 {
        self.relayed_address
    }

    /// Answers a request, and tells whether the allocation has ended.
    pub(super) fn request(
        &self,
        request: &Message<'_>,
        credentials: &Credentials,
        now: Duration,
    ) -> (Vec<u8>, bool) {
        let refuse = |code| (credentials.refuse(request, code), false);
        if *self.username != credentials.username {
            return refuse(ErrorCode::WRONG_CREDENTIALS);
        }
        match request.method() {
            // A retransmission, as the answer was lost: the same answer again (RFC 8656 section 7.2).
            ALLOCATE if self.granted.0 == request.transaction_id() => {
                return (self.granted.1.to_vec(), false);
            }
            // The core would take it for a new client's request if it has just ended this allocation.
            ALLOCATE => {
                let ended = self.has_ended(now);
                return (credentials.refuse(request, ErrorCode::ALLOCATION_MISMATCH), ended);
            }
            REFRESH => {
                if let Err(code) = attributes::refresh(request) {
                    return refuse(code);
                }
            }
            CREATE_PERMISSION | CHANNEL_BIND if !peers(request).into_iter().all(is_label) => {
                return refuse(ErrorCode::FORBIDDEN);
            }
            CREATE_PERMISSION => {}
            CHANNEL_BIND => {
                if let Err(code) = self.bind(request, now) {
                    return refuse(code);
                }
            }
            _ => return refuse(ErrorCode::BAD_REQUEST),
        }
        let Some(signed) = signed_again(request, credentials, &self.nonce) else {
            return refuse(ErrorCode::BAD_REQUEST);
        };
        let mut core = self.core.lock();
        let answer = core.received(self.address, &signed, now).unwrap_or_default();
        let ended = request.has_method(REFRESH) && core.has_ended(self.relayed_address, now);
        (answer, ended)
    }

    /// Unwraps data that the client sends: the relayed address of its peer, and the payload.
    pub(super) fn outgoing<'a>(&self, message: &'a [u8], now: Duration) -> Option<(SocketAddr, &'a [u8])> {
        let transmit = Transmit::new(message, TransportType::Udp, self.address, SERVER);
        let sent = self.core.lock().server.recv(transmit, instant(now))?;
        match sent.data {
            DelayedMessageOrChannelSend::Range(message, range) => Some((sent.to, message.get(range)?)),
            _ => None,
        }
    }

    /// Wraps data from another relayed address for the client, if the client gave its permission.
    pub(super) fn incoming(&self, from: SocketAddrV4, data: &[u8], now: Duration) -> Option<Vec<u8>> {
        let transmit = Transmit::new(data, TransportType::Udp, from.into(), self.relayed_address.into());
        let sent = self.core.lock().server.recv(transmit, instant(now))?;
        Some(sent.data.build())
    }

    /// Lets the core's time pass, and tells whether the allocation has ended.
    pub(super) fn has_ended(&self, now: Duration) -> bool {
        self.core.lock().has_ended(self.relayed_address, now)
    }

    /// Checks a ChannelBind request where the core does not: the peer of a channel, and the number of channels.
    fn bind(&self, request: &Message<'_>, now: Duration) -> Result<(), u16> {
        let (numbers, peers) = (attributes(request, ChannelNumber::TYPE).count(), peers(request));
        // Of several attributes the core would take the last.
        let (Ok(number), 1, [Some(peer)]) = (request.attribute::<ChannelNumber>(), numbers, &*peers) else {
            return Err(ErrorCode::BAD_REQUEST);
        };
        let (number, peer, until) = (number.channel(), *peer, now + CHANNEL_LIFETIME);
        if !CHANNELS.contains(&number) {
            return Err(ErrorCode::BAD_REQUEST);
        }
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|channel| channel.until >= now);
        if let Some(channel) =
            channels.iter_mut().find(|channel| channel.number == number || channel.peer == peer)
        {
            if (channel.number, channel.peer) != (number, peer) {
                return Err(ErrorCode::BAD_REQUEST);
            }
            channel.until = until;
        } else if channels.len() < MAX_CHANNELS {
            channels.push(Channel { number, peer, until });
        } else {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        Ok(())
    }
}

fn instant(now: Duration) -> Instant {
    Instant::ZERO + now
}

/// Settles the core's requests for sockets: one relayed address, by IPv4 and UDP.
fn give_relayed_address(core: &mut TurnServer, relayed_address: SocketAddrV4, now: Duration) {
    loop {
        match core.poll(instant(now)) {
            TurnServerPollRet::AllocateSocket {
                transport,
                listen_addr,
                client_addr,
                allocation_transport,
                family,
            } => {
                let socket = match (allocation_transport, family) {
                    (TransportType::Udp, AddressFamily::IPV4) => Ok(relayed_address.into()),
                    (TransportType::Udp, _) => Err(SocketAllocateError::AddressFamilyNotSupported),
                    _ => Err(SocketAllocateError::InsufficientCapacity),
                };
                let now = instant(now);
                core.allocated_socket(
                    transport,
                    listen_addr,
                    client_addr,
                    allocation_transport,
                    family,
                    socket,
                    now,
                );
            }
            TurnServerPollRet::TcpConnect { relayed_addr, peer_addr, listen_addr, client_addr } => {
                let refused = Err(TcpConnectError::Forbidden);
                core.tcp_connected(relayed_addr, peer_addr, listen_addr, client_addr, refused, instant(now));
            }
            _ => return,
        }
    }
}

/// Signs a request again for the core, with the core's nonce.
///
/// Attributes that the core would refuse are left out. Returns `None` for a request that no client would send. By the
/// RFC a nonce that the core does not know would be answered with 438, but Chrome then gives up its Allocate.
fn signed_again(request: &Message<'_>, credentials: &Credentials, nonce: &str) -> Option<Vec<u8>> {
    if request.iter_attributes().nth(MAX_ATTRIBUTES).is_some() {
        return None;
    }
    let room = MessageWriteVec::with_capacity(request.as_bytes().len() + 64);
    let mut signed = Message::builder(request.get_type(), request.transaction_id(), room);
    for (_, attribute) in request.iter_attributes() {
        match attribute.get_type() {
            Nonce::TYPE => signed.add_attribute(&Nonce::new(nonce).ok()?).ok()?,
            kind if belongs(kind, request.method()) => signed.add_attribute(&attribute).ok()?,
            _ => {}
        }
    }
    signed.add_message_integrity_with_key(&credentials.key, IntegrityAlgorithm::Sha1).ok()?;
    Some(signed.finish())
}

/// Lists the peer addresses of a request; `None` stands for one that cannot be read.
fn peers(request: &Message<'_>) -> Vec<Option<SocketAddr>> {
    let read =
        |attribute| XorPeerAddress::from_raw(attribute).ok().map(|peer| peer.addr(request.transaction_id()));
    attributes(request, XorPeerAddress::TYPE).map(read).collect()
}

fn attributes<'a>(request: &'a Message<'_>, kind: AttributeType) -> impl Iterator<Item = RawAttribute<'a>> {
    request
        .iter_attributes()
        .map(|(_, attribute)| attribute)
        .filter(move |attribute| attribute.get_type() == kind)
}
