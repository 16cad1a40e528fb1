//! Bad input: refused, bounded in memory, and calls of others go on.

use std::collections::BTreeMap;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use turn_types::attribute::{ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CONNECT, CONNECTION_BIND, CREATE_PERMISSION, REFRESH};
use turn_types::stun::attribute::{ErrorCode, RawAttribute};
use turn_types::stun::message::{BINDING, Message, Method, TransactionId};
use turn_types::stun::prelude::AttributeWrite;

use crate::client::{Client, Credentials, Link, Server, channel_data, connect, send_indication, soon};
use crate::program::Program;

/// Draws the same numbers each time (xorshift, Marsaglia 2003).
struct Draws(u64);

/// Types of attributes that somebody could send, each with a value that is good (RFC 8489, RFC 8656, RFC 6062).
const ATTRIBUTES: [(u16, &[u8]); 26] = [
    (0x000c, &[0x40, 1, 0, 0]),                            // CHANNEL-NUMBER
    (0x000c, &[0x40, 2, 0, 0]),                            // CHANNEL-NUMBER
    (0x000d, &[0, 0, 2, 0x58]),                            // LIFETIME
    (0x000d, &[0; 4]),                                     // LIFETIME
    (0x0012, &[0, 1, 0xe2, 0x42, 0xe1, 0x12, 0xa6, 0x4b]), // XOR-PEER-ADDRESS 192.0.2.9:50000
    (0x0012, &[0, 1, 0xe2, 0x42, 0xe1, 0x12, 0xa6, 0x48]), // XOR-PEER-ADDRESS 192.0.2.10:50000
    (0x0012, &[0, 1, 0x21, 0x27, 0x5e, 0x12, 0xa4, 0x43]), // XOR-PEER-ADDRESS 127.0.0.1:53
    (0x0012, &[0, 2, 0xe2, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]), // XOR-PEER-ADDRESS of IPv6
    (0x0013, &[7; 50]),                                                                   // DATA
    (0x0016, &[0, 1, 0xe2, 0x42, 0xe1, 0x12, 0xa6, 0x4b]), // XOR-RELAYED-ADDRESS
    (0x0017, &[1, 0, 0, 0]),                               // REQUESTED-ADDRESS-FAMILY
    (0x0017, &[2, 0, 0, 0]),                               // REQUESTED-ADDRESS-FAMILY
    (0x8000, &[2, 0, 0, 0]),                               // ADDITIONAL-ADDRESS-FAMILY
    (0x0018, &[0x80]),                                     // EVEN-PORT
    (0x0019, &[17, 0, 0, 0]),                              // REQUESTED-TRANSPORT
    (0x0019, &[6, 0, 0, 0]),                               // REQUESTED-TRANSPORT
    (0x001a, &[]),                                         // DONT-FRAGMENT
    (0x0022, &[1, 2, 3, 4, 5, 6, 7, 8]),                   // RESERVATION-TOKEN
    (0x002a, &[0, 0, 0, 1]),                               // CONNECTION-ID
    (0x0006, b"1795430701:alice"),                         // USERNAME
    (0x0014, b"elsewhere"),                                // REALM
    (0x0015, b"a nonce"),                                  // NONCE
    (0x001e, &[7; 32]),                                    // USERHASH
    (0x001d, &[0, 1, 0, 0]),                               // PASSWORD-ALGORITHM
    (0x0009, &[0, 0, 4, 1]),                               // ERROR-CODE
    (0x8022, b"SOFTWARE"),
];

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.below(256) as u8).collect()
    }

    /// Damages a message, or makes one up.
    fn spoil(&mut self, samples: &[Vec<u8>]) -> Vec<u8> {
        if self.below(4) == 0 {
            let mut message = self.bytes(600);
            if message.len() >= 20 && self.below(2) == 0 {
                let length = (message.len() - 20) as u16 & !3;
                message.truncate(20 + usize::from(length));
                message[0] &= 0x3f;
                message[2..4].copy_from_slice(&length.to_be_bytes());
                message[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
            }
            return message;
        }
        let mut message = samples[self.below(samples.len())].clone();
        for _ in 0..=self.below(6) {
            self.damage(&mut message);
        }
        message
    }

    fn damage(&mut self, message: &mut Vec<u8>) {
        if message.is_empty() {
            return;
        }
        let at = self.below(message.len());
        match self.below(6) {
            0 => message[at] = self.below(256) as u8,
            1 => message.truncate(at),
            2 => message.insert(at, self.below(256) as u8),
            3 => message[at] = [0, 0xff, 0x7f, 0x80][self.below(4)],
            4 if message.len() >= 4 => {
                message[2..4].copy_from_slice(&(self.below(65_536) as u16).to_be_bytes());
            }
            _ => {
                let more = self.below(message.len());
                message.extend_from_within(more..);
            }
        }
    }

    /// A request whose attributes are damaged, of the wrong kind, missing or there more than once, and which is signed
    /// all the same, so that it comes as far as one can.
    fn spoil_and_sign(&mut self, client: &Client) -> Vec<u8> {
        const METHODS: [Method; 8] = [
            ALLOCATE,
            REFRESH,
            REFRESH,
            CREATE_PERMISSION,
            CHANNEL_BIND,
            CHANNEL_BIND,
            CONNECT,
            CONNECTION_BIND,
        ];
        let method = match self.below(20) {
            0 => Method::new(self.below(0x1000) as u16),
            n => METHODS[n % METHODS.len()],
        };
        let count = if self.below(50) == 0 { 100 } else { self.below(6) };
        let attributes: Vec<_> = (0..count)
            .map(|_| -> Box<dyn AttributeWrite> {
                let (mut kind, value) = ATTRIBUTES[self.below(ATTRIBUTES.len())];
                let mut value = value.to_vec();
                match self.below(6) {
                    0 => (kind, value) = (self.unsigned_kind(), self.bytes(100)),
                    1 => self.damage(&mut value),
                    _ => {}
                }
                Box::new(RawAttribute::new_owned(kind.into(), value.into()))
            })
            .collect();
        client.request(method, u128::from(self.0).into(), &attributes)
    }

    /// Any but those that the signature itself is in.
    fn unsigned_kind(&mut self) -> u16 {
        match self.below(65_536) as u16 {
            0x0008 | 0x001c | 0x8028 => 0x0001,
            kind => kind,
        }
    }
}

/// All that a client with an allocation may say, signed and not.
fn samples(client: &Client) -> Vec<Vec<u8>> {
    let peer = || XorPeerAddress::new(([192, 0, 2, 9], 50_000).into(), 7.into());
    let mut samples = vec![
        channel_data(0x4000, &[7; 50]),
        channel_data(0x4001, &[7; 50]),
        send_indication(([192, 0, 2, 9], 50_000).into(), &[7; 50]),
    ];
    for client in [client, &unsigned(client)] {
        let attributes: [(_, Vec<Box<dyn AttributeWrite>>); 5] = [
            (BINDING, vec![]),
            (ALLOCATE, vec![Box::new(RequestedTransport::new(17)), Box::new(Lifetime::new(600))]),
            (REFRESH, vec![Box::new(Lifetime::new(600))]),
            (CREATE_PERMISSION, vec![Box::new(peer()), Box::new(peer())]),
            (CHANNEL_BIND, vec![Box::new(ChannelNumber::new(0x4001)), Box::new(peer())]),
        ];
        samples.extend(
            attributes.iter().map(|(method, attributes)| client.request(*method, 7.into(), attributes)),
        );
    }
    samples
}

/// One that says the same, without credentials, to nobody.
fn unsigned(client: &Client) -> Client {
    Client {
        link: Link::Stream(Box::new(tokio::io::empty()), Vec::new()),
        credentials: Credentials {
            username: client.credentials.username.clone(),
            password: client.credentials.password.clone(),
        },
        realm: client.realm.clone(),
        nonce: client.nonce.clone(),
        signs: false,
    }
}

/// The error of an answer, 0 if it is a success; nothing for what is none.
fn code(answer: &[u8]) -> Option<u16> {
    let answer = Message::from_bytes(answer).ok().filter(|answer| answer.class().is_response())?;
    Some(answer.attribute::<ErrorCode>().map_or(0, |error| error.code()))
}

#[tokio::test]
async fn spoiled_packets_by_the_hundred_thousand_harm_nobody() {
    let server = Program::start(&["relay.strangers_per_second=1000000"]);
    let (mut one, mut other) = (server.udp_client("a").await, server.tcp_client("b").await);
    connect(&mut one, &mut other).await;
    let mut member = server.udp_client("c").await;
    member.allocate().await.unwrap();
    let samples = samples(&member);
    let allocate = [Box::new(RequestedTransport::new(17)) as Box<dyn AttributeWrite>];
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let Link::Datagrams(socket) = &member.link else { unreachable!() };
    let mut draws = Draws(0x5eed);
    let (mut before, mut codes) = (0, BTreeMap::new());
    for round in 0..2_600_u32 {
        // Among the nonsense it may well have ended its allocation.
        drop(socket.send(&member.request(ALLOCATE, TransactionId::generate(), &allocate)).await);
        for n in 0..40 {
            let sent = match n % 3 {
                0 => stranger.send_to(&draws.spoil(&samples), server.udp).await,
                1 => socket.send(&draws.spoil(&samples)).await,
                _ => socket.send(&draws.spoil_and_sign(&member)).await,
            };
            drop(sent);
        }
        let mut answer = [0; 2048];
        while stranger.try_recv(&mut answer).is_ok() {}
        while let Ok(length) = socket.try_recv(&mut answer) {
            *codes.entry(code(&answer[..length])).or_insert(0) += 1;
        }
        if round % 2 == 0 {
            let mut stream = TcpStream::connect(server.tcp).await.unwrap();
            for _ in 0..10 {
                // The relay hangs up at the first that is no message.
                drop(stream.write_all(&draws.spoil(&samples)).await);
            }
        }
        if round == 100 {
            before = server.memory();
        }
        one.send(0x4000, &round.to_be_bytes()).await;
        assert_eq!(other.coming().await, round.to_be_bytes());
        other.send(0x4000, b"and back").await;
        assert_eq!(one.coming().await, b"and back");
    }
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
    assert!(!server.had_a_fault());
    // Success, and each reason to refuse: the nonsense came as far as it can.
    for code in [0, 400, 403, 420, 437, 443] {
        assert!(codes.get(&Some(code)).is_some_and(|count| *count > 10), "{code}: {codes:?}");
    }
}

/// Attributes that nobody has to understand.
fn pieces(count: usize) -> impl Fn(TransactionId) -> Vec<Box<dyn AttributeWrite>> {
    move |_| {
        (0..count)
            .map(|_| -> Box<dyn AttributeWrite> { Box::new(RawAttribute::new(0x8888.into(), &[])) })
            .collect()
    }
}

#[tokio::test]
async fn requests_of_a_great_many_pieces_are_refused_and_long_messages_not_read() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    one.ask(REFRESH, pieces(50)).await.unwrap();
    assert_eq!(one.ask(REFRESH, pieces(900)).await, Err(400));
    assert_eq!(server.udp_client("c").await.ask(ALLOCATE, pieces(900)).await, Err(400));
    let long = one.request(REFRESH, 7.into(), &pieces(1_100)(7.into()));
    for _ in 0..10 {
        one.write(&long).await;
        one.send(0x4000, &[7; 5_000]).await;
        one.send(0x4000, b"on").await;
        assert_eq!(other.coming().await, b"on");
    }
    let last = one.request(BINDING, 8.into(), &[]);
    one.write(&last).await;
    // Answered in order: what comes before this answer is all that there is.
    soon("the answer to the last question", async {
        loop {
            let message = one.read().await.unwrap();
            assert_ne!(message[8..20], long[8..20], "it was answered");
            if message[8..20] == last[8..20] {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn floods_of_strangers_leave_nothing_behind() {
    let server = Program::start(&[]);
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    let request: [Box<dyn AttributeWrite>; 1] = [Box::new(RequestedTransport::new(17))];
    let request = unsigned(&one).request(ALLOCATE, 7.into(), &request);
    let before = server.memory();
    for n in 0..4_000_u32 {
        // Each from an address of its own, which is as good as forged.
        let [.., high, low] = n.to_be_bytes();
        let stranger = UdpSocket::bind((std::net::Ipv4Addr::new(127, 1, high, low), 0)).await.unwrap();
        for _ in 0..5 {
            drop(stranger.send_to(&request, server.udp).await);
        }
        if n % 10 == 0 {
            one.send(0x4000, &n.to_be_bytes()).await;
            assert_eq!(other.coming().await, n.to_be_bytes());
        }
    }
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
}

#[tokio::test]
async fn a_flood_of_allocations_ends_at_the_quota() {
    let server =
        Server::with(|config| (config.allocations_per_seat, config.strangers_per_second) = (50, 1_000_000));
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    let mut granted = Vec::new();
    for _ in 0..500 {
        let mut client = server.udp_client("greedy").await;
        if client.allocate().await.is_ok() {
            granted.push(client);
        }
        one.send(0x4000, b"on").await;
        assert_eq!(other.coming().await, b"on");
    }
    assert_eq!((granted.len(), server.relay.allocations()), (50, 52));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_takes_little_memory() {
    let server = Program::start(&["relay.bytes_per_second_per_seat=4294967295"]);
    let (mut one, mut other) = (server.udp_client("a").await, server.tcp_client("b").await);
    connect(&mut one, &mut other).await;
    let (mut a, mut b) = (server.udp_client("c").await, server.tcp_client("d").await);
    connect(&mut a, &mut b).await;
    let before = server.memory();
    for n in 0..100_000_u32 {
        one.send(0x4000, &[7; 1000]).await;
        if n % 100 == 0 {
            a.send(0x4000, &n.to_be_bytes()).await;
            assert_eq!(b.coming().await, n.to_be_bytes());
        }
    }
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
}

#[tokio::test]
async fn half_open_and_slow_streams_hold_up_nobody() {
    let server = Server::with(|config| config.connections_per_address = 300);
    let mut held = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(server.tcp).await.unwrap();
        if n % 2 == 0 {
            stream.write_all(&[0x00, 0x03, 0x00]).await.unwrap();
        }
        held.push(stream);
    }
    let (mut one, mut other) = (server.tcp_client("a").await, server.tcp_client("b").await);
    connect(&mut one, &mut other).await;
    one.send(0x4000, b"through").await;
    assert_eq!(other.coming().await, b"through");
    let mut byte = [0];
    let first = &mut held[0];
    let ended = soon("the relay to lose patience", tokio::io::AsyncReadExt::read(first, &mut byte));
    assert!(matches!(ended.await, Ok(0) | Err(_)));
}
