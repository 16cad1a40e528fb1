//! Health check of a running server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Time within which a healthy server answers.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes that are read of the response; a Parlor's has fewer.
const MOST_BYTES: u64 = 8 * 1024;

/// Whether a Parlor that listens on `address` answers its health check.
pub async fn is_well(address: SocketAddr) -> bool {
    for ip in to_ask(address.ip()) {
        if let Ok(Ok(true)) = timeout(PATIENCE, ask(SocketAddr::new(ip, address.port()))).await {
            return true;
        }
    }
    false
}

/// Addresses to ask at: loopback for a server that listens on all.
fn to_ask(ip: IpAddr) -> Vec<IpAddr> {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => vec![Ipv4Addr::LOCALHOST.into()],
        IpAddr::V6(ip) if ip.is_unspecified() => vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()],
        ip => vec![ip],
    }
}

async fn ask(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"\r\n\r\nok"))
}
