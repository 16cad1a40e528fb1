//! What a host who watches the server is told of its relay.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{channel_data, connect, soon};
use crate::program::Program;

/// Bytes that the quotas count for each message besides its own.
const PER_MESSAGE: usize = 48;

async fn metric(ops: SocketAddr, name: &str) -> usize {
    let mut stream = TcpStream::connect(ops).await.unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {ops}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon("the metrics", stream.read_to_string(&mut answer)).await.unwrap();
    let value = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name} in {answer}")).parse().unwrap()
}

#[tokio::test]
async fn allocations_and_bytes_are_told() {
    const RELAYED: &str = r#"parlor_relay_bytes_total{dropped="false"}"#;
    let program = Program::start(&["ops.address=127.0.0.1:0"]);
    let ops = program.ops();
    assert_eq!((metric(ops, "parlor_relay_allocations").await, metric(ops, RELAYED).await), (0, 0));
    let (mut one, mut other) = (program.udp_client("a").await, program.udp_client("b").await);
    connect(&mut one, &mut other).await;
    one.send(0x4000, b"hello").await;
    assert_eq!(other.coming().await, b"hello");
    let bytes = channel_data(0x4000, b"hello").len() + PER_MESSAGE;
    assert_eq!((metric(ops, "parlor_relay_allocations").await, metric(ops, RELAYED).await), (2, bytes));
    assert_eq!(metric(ops, r#"parlor_relay_bytes_total{dropped="true"}"#).await, 0);
    one.refresh(0).await.unwrap();
    assert_eq!(metric(ops, "parlor_relay_allocations").await, 1);
}
