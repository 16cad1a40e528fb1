//! A server whose log, answers or files nobody gives back: peers and readers that stand still.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::http::Request;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::authority::Authority;
use crate::lab::{Server, certified, get, handshake, introduction, plain, sealed, seat, soon};

/// A connection from another address of this machine; a peer that reads little has small buffers.
async fn connect_from(last: u8, server: SocketAddr, buffer: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    buffer.into_iter().for_each(|bytes| socket.set_recv_buffer_size(bytes).unwrap());
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into()).unwrap();
    soon("a connection", socket.connect(server)).await.unwrap()
}

/// A page for somebody at another address, and how long it took.
async fn visit(last: u8, server: SocketAddr) -> Duration {
    let began = Instant::now();
    let stream = connect_from(last, server, None).await;
    assert_eq!(get(stream, &server.to_string(), "/", &[]).await.status(), 200);
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_from_many_addresses_make_no_visitor_wait() {
    const EACH: u8 = 16;
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    (config.limits.requests, config.limits.requests_per_address) = (8 * EACH as usize, EACH as usize);
    // Not what the visitors are waiting for.
    config.limits.request_timeout = Duration::from_secs(60);
    let server = Server::start(config);
    let mut slow = Vec::new();
    for address in 10..18 {
        for number in 0..EACH {
            let door = if number % 2 == 0 { server.http } else { server.https };
            let mut stream = connect_from(address, door, None).await;
            stream.write_all(b"GET / HT").await.unwrap();
            slow.push(stream);
        }
    }
    for client in 100..119 {
        let began = Instant::now();
        let stream = handshake(connect_from(client, server.https, None).await, &["http/1.1"]).await.unwrap();
        assert_eq!(get(stream, "localhost", "/", &[]).await.status(), 200);
        assert!(began.elapsed() < Duration::from_secs(3), "client {client}: {:?}", began.elapsed());
    }
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_answers_that_are_not_taken_are_bounded_each_and_in_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.limits.requests = 20;
    config.limits.request_timeout = Duration::from_secs(60);
    let server = Server::start(config);
    // One whose windows are closed: its answers have a head and never a body.
    let closed = async |last: u8| {
        let stream = connect_from(last, server.https, None).await;
        let stream = handshake(stream, &["h2"]).await.unwrap();
        let (requests, connection) = h2::client::Builder::new()
            .initial_window_size(0)
            .handshake::<_, axum::body::Bytes>(stream)
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        let mut requests = requests.ready().await.unwrap();
        let mut answers: FuturesUnordered<_> = (0..20)
            .map(|_| {
                requests.send_request(Request::get("https://localhost/").body(()).unwrap(), true).unwrap().0
            })
            .collect();
        let mut held = Vec::new();
        while held.len() < 8 {
            held.push(soon("a head", answers.next()).await.unwrap().unwrap());
        }
        (connection, requests, answers, held)
    };
    let (connection, _requests, mut answers, mut held) = closed(20).await;
    for _ in 0..3 {
        visit_tls(30, server.https).await;
        assert!(futures::FutureExt::now_or_never(answers.next()).is_none(), "a ninth answer at one time");
    }
    drop(held.pop());
    held.push(soon("the next one", answers.next()).await.unwrap().unwrap());
    let others = (closed(21).await, closed(22).await);
    soon("the end of the first, which has most and was still for the longest time", connection)
        .await
        .unwrap()
        .unwrap_err();
    visit_tls(30, server.https).await;
    drop(others);
    server.ended().await;
}

/// A page by HTTP/2, read to its end.
async fn visit_tls(last: u8, server: SocketAddr) {
    let stream = handshake(connect_from(last, server, None).await, &["h2"]).await.unwrap();
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut requests = requests.ready().await.unwrap();
    let request = Request::get("https://localhost/").body(()).unwrap();
    let answer = soon("an answer", requests.send_request(request, true).unwrap().0).await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    while let Some(data) = soon("the rest", body.data()).await {
        body.flow_control().release_capacity(data.unwrap().len()).unwrap();
    }
    drop(requests);
    connection.abort();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{BufRead, BufReader, PipeReader};

    use futures::SinkExt;
    use parlor::protocol::{ClientMsg, PeerId, RoomId, ServerMsg};
    use tokio_tungstenite::tungstenite::Message;

    use super::*;
    use crate::lab::{Client, socket, until};
    use crate::process::{Process, address_in};

    /// What the system may hold of answers that one peer does not read.
    const MOST_UNREAD: usize = 256 * 1024;

    /// Bytes that the system still holds for the server's end of a connection; none if there is no such end.
    fn unread(server: SocketAddr, client: SocketAddr) -> Option<usize> {
        let name = |address: SocketAddr| match address.ip() {
            std::net::IpAddr::V4(ip) => {
                format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port())
            }
            std::net::IpAddr::V6(_) => unreachable!("these tests use IPv4"),
        };
        let ends = format!("{} {}", name(server), name(client));
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let line = table.lines().find(|line| line.contains(&ends))?;
        let queues = line.split_whitespace().nth(4).unwrap();
        Some(usize::from_str_radix(queues.split(':').next().unwrap(), 16).unwrap())
    }

    /// Waits until the server has given a connection up, and says how much was held for it at most.
    async fn most_unread(server: SocketAddr, client: SocketAddr) -> usize {
        let mut most = 0;
        until("nothing to be held any more", async || {
            let held = unread(server, client);
            most = most.max(held.unwrap_or_default());
            held.is_none()
        })
        .await;
        most
    }

    /// A server on plain HTTP that gives up who does not read within a second.
    fn impatient() -> (Server, SocketAddr) {
        let mut config = plain();
        config.limits.write_timeout = Duration::from_millis(500);
        // Here the sender may do what no page does.
        (config.limits.bytes_per_second, config.limits.byte_burst) = (u32::MAX, u32::MAX);
        let server = Server::start(config);
        let address = server.http;
        (server, address)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn pages_that_are_not_read_hold_little_and_are_reset() {
        let (server, address) = impatient();
        let mut deaf = connect_from(40, address, Some(4096)).await;
        let client = deaf.local_addr().unwrap();
        let requests = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3_000);
        drop(soon("the server to read on or end", deaf.write_all(requests.as_bytes())).await);
        let most = most_unread(address, client).await;
        assert!((16 * 1024..MOST_UNREAD).contains(&most), "{most} bytes");
        let fault = soon("the reset", deaf.read_to_end(&mut Vec::new())).await.unwrap_err();
        assert_eq!(fault.kind(), std::io::ErrorKind::ConnectionReset);
        server.ended().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_closed_in_order_and_is_not_read_is_not_held_for_long() {
        let (server, address) = impatient();
        let mut deaf = connect_from(41, address, Some(4096)).await;
        let client = deaf.local_addr().unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        deaf.write_all(request).await.unwrap();
        until("an answer", async || unread(address, client).is_some_and(|bytes| bytes > 0)).await;
        assert!(most_unread(address, client).await < MOST_UNREAD);
        server.ended().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sockets_that_do_not_read_hold_little_and_are_reset() {
        let (server, address) = impatient();
        let mut clients = Vec::new();
        for last in [42, 43] {
            let buffer = (last == 43).then_some(4096);
            let stream = connect_from(last, address, buffer).await;
            let from = stream.local_addr().unwrap();
            let mut client = socket(stream, &address.to_string(), &[]).await.unwrap();
            let room = RoomId::from_typed("1").unwrap();
            client
                .say(&ClientMsg::Join { room, introduction: introduction(), resume: None, reloaded: false })
                .await;
            client.next().await;
            client.say(&ClientMsg::Confirm).await;
            clients.push((client, from));
        }
        let (_deaf, deaf_address) = clients.pop().unwrap();
        let (mut one, _) = clients.pop().unwrap();
        let offer = ClientMsg::Signal { to: PeerId(2), sealed: sealed(&"v".repeat(59_000)) };
        let flood = async {
            loop {
                one.say(&offer).await;
                if let Some(ServerMsg::PeerAway { .. }) = heard(&mut one).await {
                    return;
                }
            }
        };
        let (most, ()) = tokio::join!(most_unread(address, deaf_address), soon("the cut", flood));
        assert!((16 * 1024..MOST_UNREAD).contains(&most), "{most} bytes");
        server.ended().await;
    }

    /// What has come already.
    async fn heard(client: &mut Client<TcpStream>) -> Option<ServerMsg> {
        tokio::select! {
            biased;
            message = client.next() => Some(message),
            () = tokio::task::yield_now() => None,
        }
    }

    /// Lines of a pipe until one holds `text`; all of them.
    async fn read_until(
        mut pipe: BufReader<PipeReader>,
        text: &'static str,
    ) -> (BufReader<PipeReader>, String) {
        let reading = tokio::task::spawn_blocking(move || {
            let mut read = String::new();
            while !read.lines().next_back().is_some_and(|line| line.contains(text)) {
                assert!(pipe.read_line(&mut read).unwrap() > 0, "it ended: {read}");
            }
            (pipe, read)
        });
        soon(text, reading).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_log_that_nobody_reads_stops_nothing_and_counts_what_is_dropped() {
        /// More lines than the pipe and the queue before it hold.
        const MESSAGES: usize = 12_000;
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = Authority::new().make(1, 90).write(folder.path());
        let (process, pipe) = Process::piped(
            folder.path(),
            &[
                ("PARLOR_TLS_CERTIFICATE", &certificate),
                ("PARLOR_TLS_KEY", &key),
                ("RUST_LOG", &"parlor=debug"),
                ("PARLOR_LIMITS_MESSAGES_PER_SECOND", &"1000000"),
                ("PARLOR_LIMITS_MESSAGE_BURST", &"1000000"),
                ("PARLOR_LIMITS_BYTES_PER_SECOND", &"1000000000"),
                ("PARLOR_LIMITS_BYTE_BURST", &"1000000000"),
            ],
        );
        let (pipe, head) = read_until(BufReader::new(pipe), "Parlor serves on ").await;
        let address = address_in(&head);
        let (mut one, mut two) = (seat(address, "1").await, seat(address, "1").await);
        for _ in 0..MESSAGES {
            one.reaches(2, &mut two, "x").await;
        }
        visit_tls(50, address).await;
        let (pipe, log) = read_until(pipe, "lines were dropped lines=").await;
        let (_, lines) = log.rsplit_once("lines=").unwrap();
        let lines: usize = lines.trim().parse().unwrap();
        assert!((1..MESSAGES).contains(&lines), "{lines}");
        // Nobody reads from here on.
        for _ in 0..MESSAGES {
            one.reaches(2, &mut two, "x").await;
        }
        visit_tls(50, address).await;
        let began = Instant::now();
        process.ended().await;
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        drop(pipe);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_last_lines_before_the_end_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(folder.path(), &[]);
        process.address().await;
        process.ended().await;
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains("stopping rooms=0"), "{log}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_start_with_few_files_says_so_and_keeps_some_for_pages() {
        const FILES: usize = 128;
        let folder = tempfile::tempdir().unwrap();
        // Sockets beyond the limit would be let in for a moment, in case they take a seat back.
        let none_return: [(&str, &dyn AsRef<std::ffi::OsStr>); 1] =
            [("PARLOR_LIMITS_RETURNING_SOCKETS", &"0")];
        let process = Process::with_files(FILES, folder.path(), &none_return);
        let address = process.address().await;
        process.says("the system allows 128 open files").await;
        // More sockets than there are files: one after the other is let in, until one is refused in words.
        let mut sockets = Vec::new();
        for number in 0..FILES {
            let stream = connect_from(60 + (number / 8) as u8, address, None).await;
            match soon("a socket or a refusal", socket(stream, &address.to_string(), &[])).await {
                Ok(client) => sockets.push(client),
                Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                    assert_eq!(answer.status(), 503);
                    break;
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!((20..FILES).contains(&sockets.len()), "{} sockets", sockets.len());
        // And slow heads, which take all other places.
        let mut slow = Vec::new();
        for number in 0..FILES {
            slow.push(connect_from(90 + (number / 8) as u8, address, None).await);
        }
        assert!(visit(120, address).await < Duration::from_secs(3));
        let healthy = get(connect_from(121, address, None).await, "x", "/healthz", &[]).await;
        assert_eq!(healthy.status(), 200);
        sockets[0].0.send(Message::Ping(Default::default())).await.unwrap();
        process.ended().await;
    }

    #[tokio::test]
    async fn a_connection_that_took_the_last_file_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(folder.path(), &[]);
        let address = process.address().await;
        // One number below the limit is free.
        let files = (0..).find(|number| !process.has_file(*number)).unwrap() + 1;
        rlimit::prlimit(process.id(), rlimit::Resource::NOFILE, Some((files, files)), None).unwrap();
        let mut stream = connect_from(121, address, None).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n").await.unwrap();
        process.says("no file is left for a connection").await;
        stream.write_all(b"Connection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        soon("an answer", stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        process.ended().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn when_files_run_out_it_is_said_once_and_health_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(
            folder.path(),
            &[
                ("PARLOR_RELAY_ENABLED", &"true"),
                ("PARLOR_RELAY_PORT", &"0"),
                ("PARLOR_RELAY_LISTEN", &"127.0.0.1"),
            ],
        );
        let address = process.address().await;
        process.says("relay (STUN, TURN)").await;
        let log = process.log();
        let (_, relay) = log.split_once(" tcp=").unwrap();
        let relay: u16 = relay.split_whitespace().next().unwrap().parse().unwrap();
        // A few more than it has open now, after its start.
        let files = process.files() as u64 + 4;
        rlimit::prlimit(process.id(), rlimit::Resource::NOFILE, Some((files, files)), None).unwrap();
        let mut slow = Vec::new();
        for _ in 0..40 {
            let mut stream = connect_from(122, address, None).await;
            stream.write_all(b"GET / HT").await.unwrap();
            slow.push(stream);
        }
        for last in 123..126 {
            let began = Instant::now();
            let healthy = get(connect_from(last, address, None).await, "x", "/healthz", &[]).await;
            assert_eq!(healthy.status(), 200);
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        }
        // The relay lets some in and turns the others away, and none hangs: whoever is let in and has nothing to say
        // is told so after ten seconds.
        let mut streams = Vec::new();
        for _ in 0..10 {
            streams.push(connect_from(126, ([127, 0, 0, 1], relay).into(), None).await);
        }
        for mut stream in streams {
            drop(soon("the end of a stream", stream.read_to_end(&mut Vec::new())).await);
        }
        process.says("no file is left for a connection").await;
        let lines = process.log().matches("no file is left for a connection").count();
        assert!((1..=2).contains(&lines), "once for pages and once for the relay: {}", process.log());
        process.ended().await;
    }
}
