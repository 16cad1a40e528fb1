//! Bad input: refused, bounded in memory, and calls of others go on.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use turn_types::attribute::{ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};
use turn_types::stun::attribute::RawAttribute;
use turn_types::stun::message::{BINDING, TransactionId};
use turn_types::stun::prelude::AttributeWrite;

use crate::client::{Client, Link, Server, channel_data, connect, send_indication, soon};

/// Memory that this process, the relay with it, has in use.
fn memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Draws the same numbers each time (xorshift, Marsaglia 2003).
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Damages a message, or makes one up.
    fn spoil(&mut self, samples: &[Vec<u8>]) -> Vec<u8> {
        if self.below(4) == 0 {
            let mut message: Vec<u8> = (0..self.below(600)).map(|_| self.below(256) as u8).collect();
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
            if message.is_empty() {
                break;
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
        message
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
    let unsigned =
        Client { link: Link::Stream(Box::new(tokio::io::empty()), Vec::new()), signs: false, ..copy(client) };
    for client in [client, &unsigned] {
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

fn copy(client: &Client) -> Client {
    Client {
        link: Link::Stream(Box::new(tokio::io::empty()), Vec::new()),
        credentials: crate::client::Credentials {
            username: client.credentials.username.clone(),
            password: client.credentials.password.clone(),
        },
        realm: client.realm.clone(),
        nonce: client.nonce.clone(),
        signs: client.signs,
    }
}

#[tokio::test]
async fn spoiled_packets_by_the_hundred_thousand_harm_nobody() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.tcp_client("b").await);
    connect(&mut one, &mut other).await;
    let mut member = server.udp_client("c").await;
    member.allocate().await.unwrap();
    let samples = samples(&member);
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let Link::Datagrams(member) = &member.link else { unreachable!() };
    let mut draws = Draws(0x5eed);
    let mut before = 0;
    for round in 0..2_600_u32 {
        for n in 0..40 {
            let packet = draws.spoil(&samples);
            let sent = if n % 2 == 0 {
                stranger.send_to(&packet, server.udp).await
            } else {
                member.send(&packet).await
            };
            drop(sent);
        }
        for socket in [&stranger, member] {
            while socket.try_recv(&mut [0; 2048]).is_ok() {}
        }
        if round % 2 == 0 {
            let mut stream = TcpStream::connect(server.tcp).await.unwrap();
            for _ in 0..10 {
                // The relay hangs up at the first that is no message.
                drop(stream.write_all(&draws.spoil(&samples)).await);
            }
        }
        if round == 100 {
            before = memory();
        }
        one.send(0x4000, &round.to_be_bytes()).await;
        assert_eq!(other.coming().await, round.to_be_bytes());
        other.send(0x4000, b"and back").await;
        assert_eq!(one.coming().await, b"and back");
    }
    let grown = memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
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
    while let Ok(message) = tokio::time::timeout(Duration::from_millis(1), one.read()).await {
        assert_ne!(message.unwrap()[8..20], long[8..20], "it was answered");
    }
}

#[tokio::test]
async fn floods_of_strangers_leave_nothing_behind() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    let request: [Box<dyn AttributeWrite>; 1] = [Box::new(RequestedTransport::new(17))];
    let request =
        Client { link: Link::Stream(Box::new(tokio::io::empty()), Vec::new()), signs: false, ..copy(&one) }
            .request(ALLOCATE, 7.into(), &request);
    let before = memory();
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
    let grown = memory().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
    assert_eq!(server.relay.allocations(), 2);
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
    let server = Server::with(|config| config.bytes_per_second_per_seat = u32::MAX);
    let (mut one, mut other) = (server.udp_client("a").await, server.tcp_client("b").await);
    connect(&mut one, &mut other).await;
    let (mut a, mut b) = (server.udp_client("c").await, server.tcp_client("d").await);
    connect(&mut a, &mut b).await;
    let before = memory();
    for n in 0..100_000_u32 {
        one.send(0x4000, &[7; 1000]).await;
        if n % 100 == 0 {
            a.send(0x4000, &n.to_be_bytes()).await;
            assert_eq!(b.coming().await, n.to_be_bytes());
        }
    }
    let grown = memory().saturating_sub(before);
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
