//! The memory that sockets take in the server, by an allocator that counts. The clients keep nothing of their own in it.
//!
//! The allocator counts for the whole process: a second test in this file would run beside the first one and make every
//! figure wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use cap::Cap;
use parlor::protocol::socket_address;
use parlor::server::config::{Config, STATE_NONE};
use parlor::server::http::site::Site;
use parlor::server::listeners::Listeners;
use parlor::server::run;
use tokio::runtime::Runtime;
use tokio::time::{interval, timeout};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Sockets, in pairs; each takes two open files.
const SOCKETS: usize = 400;
/// Looks in a row that find the same, after which what is allocated stands still.
const STILL: u32 = 50;
/// After this long without what the test waits for, it fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an offer, sealed.
const OFFER: usize = 3_500;
/// Bytes of a candidate, sealed.
const CANDIDATE: usize = 300;
const CANDIDATES: usize = 6;
/// Most bytes for a socket in the server, which measured 4,870.
const UNSEATED: usize = 5_400;
/// Most bytes with a seat and its share of a room for two, which measured 5,490.
const SEATED: usize = 6_000;

/// A socket that speaks the wire with no buffer of its own.
struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            socket_address()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        Self(stream)
    }

    /// Sends a text, under a mask of zeros.
    fn say(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(length.to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).unwrap();
    }

    /// Reads on to the next text of this type.
    fn hear(&mut self, kind: &str) {
        let start = format!(r#"{{"type":"{kind}""#);
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).unwrap();
            let length = match head[1] {
                126 => {
                    let mut length = [0; 2];
                    self.0.read_exact(&mut length).unwrap();
                    u16::from_be_bytes(length).into()
                }
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).unwrap();
            if payload.starts_with(start.as_bytes()) {
                return;
            }
        }
    }
}

fn server(runtime: &Runtime) -> SocketAddr {
    let mut config = Config::default();
    config.server.state = STATE_NONE.into();
    (config.server.host, config.server.port) = (Ipv4Addr::LOCALHOST.into(), 0);
    config.relay.enabled = false;
    config.limits.sockets_per_address = 2 * SOCKETS;
    config.limits.requests_per_address = config.limits.requests;
    (config.limits.joins_per_minute_per_address, config.limits.join_burst_per_address) = (60_000, 60_000);
    (config.limits.ping, config.limits.silent) = (Duration::from_millis(500), Duration::from_secs(600));
    let _entered = runtime.enter();
    let listeners = Listeners::open(&config).unwrap();
    let address = listeners.http();
    runtime.spawn(run(config, listeners, Site::default(), std::future::pending()));
    address
}

/// Waits until what is allocated stands still, and returns it.
fn at_rest(runtime: &Runtime) -> usize {
    runtime.block_on(async {
        let mut pace = interval(Duration::from_millis(5));
        let still = async {
            let (mut last, mut looks) = (ALLOCATOR.allocated(), 0);
            while looks < STILL {
                pace.tick().await;
                let now = ALLOCATOR.allocated();
                looks = if now == last { looks + 1 } else { 0 };
                last = now;
            }
            last
        };
        timeout(PATIENCE, still).await.unwrap()
    })
}

/// Waits until the sockets take at most this many bytes each, besides what was taken without them.
fn take_at_most(runtime: &Runtime, bytes: usize, without: usize, what: &str) {
    let each = || ALLOCATOR.allocated().saturating_sub(without) / SOCKETS;
    // What has just ended is still being cleared away.
    let taken = runtime.block_on(async {
        let mut pace = interval(Duration::from_millis(5));
        timeout(PATIENCE, async {
            while each() > bytes {
                pace.tick().await;
            }
        })
        .await
    });
    assert!(taken.is_ok(), "{what}: {} bytes each, and not {bytes}", each());
    println!("{what}: {} bytes each", each());
}

#[test]
fn an_idle_socket_takes_little_memory_and_again_little_after_a_negotiation() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let address = server(&runtime);
    // What the first connection of all needs stays.
    drop(Client::connect(address));
    let mut clients = Vec::with_capacity(SOCKETS);
    let empty = at_rest(&runtime);
    clients.extend((0..SOCKETS).map(|_| Client::connect(address)));
    take_at_most(&runtime, UNSEATED, empty, "without a seat");
    for (index, client) in clients.iter_mut().enumerate() {
        client.say(&format!(r#"{{"type":"join","room":"{}","hello":"2.hello","door":"door"}}"#, index / 2));
        client.hear(if index % 2 == 0 { "room_created" } else { "room_joined" });
        client.say(r#"{"type":"confirm"}"#);
    }
    clients.chunks_exact_mut(2).for_each(|pair| pair[0].hear("peer_joined"));
    take_at_most(&runtime, SEATED, empty, "with a seat");
    let lengths = std::iter::once(OFFER).chain(std::iter::repeat_n(CANDIDATE, CANDIDATES));
    for pair in clients.chunks_exact_mut(2) {
        for (from, to) in [(0, 1), (1, 0)] {
            for length in lengths.clone() {
                let sealed = "A".repeat(length);
                pair[from].say(&format!(r#"{{"type":"signal","to":{},"sealed":"{sealed}"}}"#, to + 1));
            }
            lengths.clone().for_each(|_| pair[to].hear("signal"));
        }
    }
    take_at_most(&runtime, SEATED, empty, "after a negotiation");
}
