//! Bound sockets, for IPv4 and IPv6 where the system has both.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;

/// Connections that may wait to be accepted: as many as Linux allows by default (`net.core.somaxconn`), for the moment in
/// which all come back at once.
const BACKLOG: i32 = 4096;

/// Binds a socket to a port; `::` means every address of this machine, of IPv4 too.
///
/// # Errors
/// If the port cannot be bound.
pub(crate) fn bound(kind: Type, host: IpAddr, port: u16) -> io::Result<Socket> {
    match bound_at(kind, SocketAddr::new(host, port)) {
        // Without IPv6 the system refuses such a socket or its address.
        Err(fault) if host == IpAddr::V6(Ipv6Addr::UNSPECIFIED) && !is_refusal(&fault) => {
            bound_at(kind, (Ipv4Addr::UNSPECIFIED, port).into())
        }
        result => result,
    }
}

/// Listens for TCP connections on a port.
///
/// # Errors
/// If the port cannot be bound.
///
/// # Panics
/// Outside of a Tokio runtime.
pub(crate) fn listener(host: IpAddr, port: u16) -> io::Result<TcpListener> {
    let socket = bound(Type::STREAM, host, port)?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn bound_at(kind: Type, address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    if kind == Type::STREAM {
        // A stopped server can be started again at once. On Windows the option would also let others take the port.
        socket.set_reuse_address(cfg!(unix))?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn is_refusal(fault: &io::Error) -> bool {
    matches!(fault.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn more_than_a_thousand_may_wait_to_be_accepted() {
        const CONNECTIONS: usize = 1_100;
        rlimit::increase_nofile_limit(2 * CONNECTIONS as u64).unwrap();
        let most = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let most: usize = most.trim().parse().unwrap();
        let listener = listener(Ipv4Addr::LOCALHOST.into(), 0).unwrap();
        let address = listener.local_addr().unwrap();
        // One too many would have to ask again after a second, and again.
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_secs(2));
        let waiting: io::Result<Vec<_>> = (0..CONNECTIONS.min(most)).map(connect).collect();
        assert_eq!(waiting.map(|waiting| waiting.len()).unwrap(), CONNECTIONS.min(most));
    }
}
