//! The relay's UDP port receives in batches, and answers from the address that was asked.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::Type;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::consume_budget;
use tokio::time::sleep;
use tracing::{debug, info};

use super::allocations::Route;
use super::message::MAX_MESSAGE;
use crate::server::net::bind::bound;

/// Socket buffer of each direction. The usual 208 KiB lose the bursts of a few calls.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// Largest piece that the system returns when it has joined datagrams of one sender (GRO).
const MAX_PIECE: usize = 65_535;
/// Pause after a failed receive.
const PAUSE: Duration = Duration::from_millis(100);

/// The UDP port.
pub(super) struct Datagrams {
    socket: UdpSocket,
    state: UdpSocketState,
}

impl Datagrams {
    /// Opens the port on `host`.
    pub(super) fn bind(host: IpAddr, port: u16) -> io::Result<Self> {
        let socket = bound(Type::DGRAM, host, port)?;
        // The system silently grants less if its own limit is lower (net.core.rmem_max).
        socket.set_recv_buffer_size(SOCKET_BUFFER)?;
        socket.set_send_buffer_size(SOCKET_BUFFER)?;
        let (receive, send) = (socket.recv_buffer_size()?, socket.send_buffer_size()?);
        info!(receive, send, "bytes that the system buffers for the relay's UDP port");
        let socket = UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Self { socket, state })
    }

    /// Returns the address of the port.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends one datagram, or drops it if the system cannot take it now.
    pub(super) fn send(&self, peer: SocketAddr, local: Option<IpAddr>, contents: &[u8]) {
        let datagram = Transmit { destination: peer, ecn: None, contents, segment_size: None, src_ip: local };
        let sent =
            self.socket.try_io(Interest::WRITABLE, || self.state.try_send((&self.socket).into(), &datagram));
        if let Err(error) = sent {
            debug!(%error, "datagram dropped");
        }
    }

    /// Hands each received datagram to `take`.
    pub(super) async fn receive_forever(&self, take: impl Fn(&Route, &[u8])) {
        let size = (self.state.gro_segments() * MAX_MESSAGE / 2).clamp(MAX_MESSAGE, MAX_PIECE);
        let mut bytes = vec![0; BATCH_SIZE * size];
        let mut buffers: Vec<_> = bytes.chunks_mut(size).map(IoSliceMut::new).collect();
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        loop {
            let receive = || self.state.recv((&self.socket).into(), &mut buffers, &mut metas);
            let count = match self.socket.async_io(Interest::READABLE, receive).await {
                Ok(count) => count,
                Err(error) => {
                    debug!(%error, "no datagram received");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            for (buffer, meta) in buffers.iter().zip(&metas[..count]) {
                let from = Route::Datagrams { peer: meta.addr, local: meta.dst_ip };
                // Port 0 cannot be answered.
                if meta.addr.port() == 0 || meta.stride == 0 {
                    continue;
                }
                for datagram in buffer[..meta.len].chunks(meta.stride) {
                    take(&from, datagram);
                    // A batch may hold thousands, and other tasks wait for their turn.
                    consume_budget().await;
                }
            }
        }
    }
}
