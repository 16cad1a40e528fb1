//! One client's side of the protocol (RFC 8656), without any sockets, by a core of `turn-server-proto` that it shares
//! with a few others.
//!
//! Why only a few: a core looks its lists through for every packet and never forgets a nonce or a user, so that one for
//! everybody would get slow and big. Why not one for each: the lists of an idle core take three times what one
//! client's entries do. A core serves so many clients in all, and ends with the last of them.
//! The core believes in UDP also where a stream leads to the client, as messages come whole: its own way with
//! streams trips over the padding of ChannelData.

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

/// Where the core believes to listen. As relayed addresses, of a network that is nobody's (RFC 5737).
const SERVER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 0), 3478));
/// A core's nonces stay good: who may ask is decided before.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// Clients that one core serves, those that have left included.
const CLIENTS: usize = 8;
/// Numbers of channels, as RFC 5766 had them; RFC 8656 uses the first quarter.
const CHANNELS: RangeInclusive<u16> = 0x4000..=0x7fff;
/// A channel lasts so long without being bound again (RFC 8656 section 12).
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// Channels at one time; a call needs one for each peer.
const MAX_CHANNELS: usize = 256;

/// Whether an address is one that this relay hands out, in its own network that is nobody's.
fn is_label(address: Option<SocketAddr>) -> bool {
    matches!(address, Some(SocketAddr::V4(address)) if address.ip().octets()[..3] == [192, 0, 2])
}

/// A core, and whom it has served.
#[derive(Debug)]
pub(super) struct Core(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    server: TurnServer,
    /// Of all clients that it ever served: what it knows them by.
    addresses: Vec<SocketAddr>,
    /// Allocations that are over.
    ended: Vec<SocketAddr>,
}

/// One client that has an allocation.
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
    /// One that serves nobody yet.
    pub(super) fn new() -> Self {
        let mut server = TurnServer::new(TransportType::Udp, SERVER, REALM.to_owned());
        server.set_nonce_expiry_duration(FOREVER);
        Self(Mutex::new(Inner { server, addresses: Vec::new(), ended: Vec::new() }))
    }

    /// Takes a place for a client at `address`, unless all are taken or the core could take it for another.
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
    /// What the core answers at once to a message of a client.
    fn received(&mut self, from: SocketAddr, message: &[u8], now: Duration) -> Option<Vec<u8>> {
        let transmit = Transmit::new(message, TransportType::Udp, from, SERVER);
        self.server.recv(transmit, instant(now)).map(|answer| answer.data.build())
    }

    fn has_ended(&mut self, relayed_address: SocketAddrV4, now: Duration) -> bool {
        loop {
            match self.server.poll(instant(now)) {
                TurnServerPollRet::SocketClose { listen_addr, .. } => self.ended.push(listen_addr),
                TurnServerPollRet::TcpClose { .. } => {}
                // The core waits for nothing else: its requests are settled when they are made.
                _ => return self.ended.contains(&relayed_address.into()),
            }
        }
    }
}

impl Client {
    /// Carries an Allocate request out, for which `core` has a place: the client, if it was granted, and the answer.
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
        // The core tells its nonce to whoever asks without one.
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

    /// The relayed address.
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
            // Its answer was lost on the way: asked again, answered again (RFC 8656 section 7.2).
            ALLOCATE if self.granted.0 == request.transaction_id() => {
                return (self.granted.1.to_vec(), false);
            }
            // The core would take it for that of a new client if it has just ended this one's.
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

    /// Takes data that the client wants sent: the relayed address it is for, and the data itself.
    pub(super) fn outgoing<'a>(&self, message: &'a [u8], now: Duration) -> Option<(SocketAddr, &'a [u8])> {
        let transmit = Transmit::new(message, TransportType::Udp, self.address, SERVER);
        let sent = self.core.lock().server.recv(transmit, instant(now))?;
        match sent.data {
            DelayedMessageOrChannelSend::Range(message, range) => Some((sent.to, message.get(range)?)),
            _ => None,
        }
    }

    /// Takes data from another relayed address: the message that brings it to the client, if it gave its permission.
    pub(super) fn incoming(&self, from: SocketAddrV4, data: &[u8], now: Duration) -> Option<Vec<u8>> {
        let transmit = Transmit::new(data, TransportType::Udp, from.into(), self.relayed_address.into());
        let sent = self.core.lock().server.recv(transmit, instant(now))?;
        Some(sent.data.build())
    }

    /// Lets time pass, and tells whether the allocation has ended.
    pub(super) fn has_ended(&self, now: Duration) -> bool {
        self.core.lock().has_ended(self.relayed_address, now)
    }

    /// Keeps to what the core does not check: a channel has one peer, and they are not without number.
    fn bind(&self, request: &Message<'_>, now: Duration) -> Result<(), u16> {
        let (numbers, peers) = (attributes(request, ChannelNumber::TYPE).count(), peers(request));
        // Of several the core would take the last.
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

/// Settles what an Allocate request asks the system for: one relayed address, IPv4 and for datagrams.
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

/// The request with the nonce that the core knows and without what does not belong into it, which the core would refuse,
/// signed again; nothing for one that no client would send.
///
/// To answer 438 to a nonce from before would be the way of the RFC, but Chrome gives an Allocate up then.
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

/// The peers that a request names; nothing for one that cannot be read.
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
