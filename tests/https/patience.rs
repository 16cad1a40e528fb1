//! Handshakes that are slow, half-open or nonsense.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::authority::Authority;
use crate::lab::{Server, certified, get, handshake, seat, soon, tls, until};
use crate::process::Process;

/// The first bytes of a handshake that announces more.
const HALF_A_HELLO: [u8; 9] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc];

async fn ends(mut stream: impl tokio::io::AsyncRead + Unpin) {
    // How it ends does not matter: in order, or with a reset, or without a farewell of TLS.
    drop(soon("the end of a connection", stream.read_to_end(&mut Vec::new())).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_connections_end_and_nobody_else_notices() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.limits.request_timeout = Duration::from_secs(2);
    let server = Server::start(config);
    let (mut one, mut two) = (server.seat("1").await, server.seat("1").await);
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(server.https).await.unwrap();
        match number % 4 {
            0 => {}
            1 => stream.write_all(&HALF_A_HELLO).await.unwrap(),
            2 => stream.write_all(&HALF_A_HELLO[..1]).await.unwrap(),
            _ => stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap(),
        }
        slow.push(stream);
        if number % 20 == 0 {
            assert_eq!(server.get_tls("/healthz", &[]).await.status(), 200);
            one.reaches(2, &mut two, "still here").await;
        }
    }
    for stream in slow {
        ends(stream).await;
    }
    two.reaches(1, &mut one, "still here").await;
    server.ended().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_after_its_handshake_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.limits.request_timeout = Duration::from_millis(300);
    config.limits.requests = 2;
    let server = Server::start(config);
    for alpn in ["http/1.1", "h2", "stun.turn"] {
        ends(tls(server.https, &[alpn]).await.unwrap()).await;
        // One letter and then nothing: for HTTP/2 half of its first line.
        let mut stream = tls(server.https, &[alpn]).await.unwrap();
        stream.write_all(b"P").await.unwrap();
        ends(stream).await;
        // A binding request of STUN, where there is no relay.
        let mut stream = tls(server.https, &[alpn]).await.unwrap();
        stream.write_all(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]).await.unwrap();
        ends(stream).await;
    }
    assert_eq!(server.get_tls("/healthz", &[]).await.status(), 200);
    server.ended().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_slow_handshakes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(certified(&Authority::new(), folder.path()));
    let slow = TcpStream::connect(server.https).await.unwrap();
    let silent = tls(server.https, &["h2"]).await.unwrap();
    let began = std::time::Instant::now();
    server.ended().await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    ends(slow).await;
    ends(silent).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_half_open_handshakes_costs_few_files_and_little_memory() {
    /// At one time from one address.
    const PLACES: usize = 200;
    /// Files that other requests of this test may have meanwhile.
    const OTHERS: usize = 10;
    /// For each of them, in KiB: what rustls has read and a task.
    const MOST_EACH: i64 = 64;
    /// Which the allocator may keep after the first round.
    const MOST_GROWTH: i64 = 4 * 1024;

    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = Authority::new().make(1, 90).write(folder.path());
    let process = Process::start(
        folder.path(),
        &[
            ("PARLOR_TLS_CERTIFICATE", &certificate),
            ("PARLOR_TLS_KEY", &key),
            ("PARLOR_LIMITS_REQUESTS_PER_ADDRESS", &PLACES.to_string()),
            ("PARLOR_LIMITS_REQUEST_TIMEOUT", &"1"),
        ],
    );
    let address = process.address().await;
    let (mut one, mut two) = (seat(address, "1").await, seat(address, "1").await);
    let (files, memory) = (process.files(), process.memory());
    let mut after = Vec::new();
    for round in 0..6 {
        let mut slow = Vec::new();
        for _ in 0..3 * PLACES {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Those beyond the limit are closed at once.
            drop(stream.write_all(&HALF_A_HELLO).await);
            slow.push(stream);
        }
        let (open, grown) = (process.files(), process.memory() - memory);
        assert!(open <= files + PLACES + OTHERS, "{open} files, {files} before");
        assert!(grown <= PLACES as i64 * MOST_EACH, "{grown} KiB more in round {round}");
        // A neighbour gets in, and the call goes on.
        let neighbour = TcpSocket::new_v4().unwrap();
        neighbour.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let neighbour = handshake(neighbour.connect(address).await.unwrap(), &["http/1.1"]).await.unwrap();
        assert_eq!(get(neighbour, "localhost", "/healthz", &[]).await.status(), 200);
        one.reaches(2, &mut two, "still here").await;
        for stream in slow {
            ends(stream).await;
        }
        until("their files to be closed", async || process.files() <= files).await;
        after.push(process.memory());
    }
    assert!(after[5] - after[0] <= MOST_GROWTH, "KiB after each round: {after:?}");
    process.ended().await;
}
