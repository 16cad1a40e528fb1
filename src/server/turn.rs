//! The STUN and TURN server for browsers without a direct path (RFC 8489, RFC 8656).
//!
//! # Why this is no open proxy
//! The relay opens one UDP port, one TCP port and no others: a relayed address is only a row in a table here.
//! Data for a relayed address goes to the client that has it, if that client gave its permission; data for any other
//! address finds no row and is dropped, and permissions for such addresses are refused (403). No code path leads from
//! a client's bytes to a socket address of its choice, so loopback, private networks, this machine and the internet
//! are out of reach without a list of forbidden addresses.
//! Relayed addresses are in 192.0.2.0/24 (TEST-NET-1, RFC 5737), which no network uses, so none means another host.
//! The price: both ends of a call need credentials of this relay, and every page gets them.
//!
//! # Parts
//! | module | what | knows sockets |
//! |---|---|---|
//! | `message` | kinds and lengths of messages, simple answers | no |
//! | `attributes` | attributes of requests that are understood, and errors for the others | no |
//! | `auth` | credentials and nonces of requests | no |
//! | `rate_limit` | the limit of requests from clients without an allocation | no |
//! | `quota` | quotas and counters of the holders of credentials | no |
//! | `client` | the protocol of one client, by `turn-server-proto` | no |
//! | `allocations` | all allocations, and the data between them | no |
//! | `framing`, `stream_queue` | messages from and to a stream | no |
//! | `time` | the running time for rates, the date for credentials | no |
//! | `udp`, and this file | the sockets, the clock, the tasks | yes |

mod allocations;
mod attributes;
mod auth;
mod client;
mod framing;
mod message;
mod quota;
mod rate_limit;
mod stream_queue;
mod time;
mod udp;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpListener;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error};

use crate::server::config::RelayConfig;
use crate::server::event_log::EventLog;
use crate::server::ice::Secret;
use crate::server::net::bind::listener;
use crate::server::net::clock::since_epoch;
use crate::server::net::connection_limit::ConnectionLimit;
use crate::server::net::file_reserve::{FileReserve, is_of_one_connection};
use crate::server::net::tcp::{ResettingStream, hold_little, hold_media};
use allocations::{Allocations, Route};
use auth::Authenticator;
use framing::FrameReader;
pub(crate) use quota::Traffic;
use quota::{QuotaLimits, Quotas};
use rate_limit::UnauthenticatedLimit;
use stream_queue::StreamQueue;
use time::Now;
use udp::Datagrams;

/// How long a stream may be without an allocation, at the start or later.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a stream with an allocation may be silent. Its permissions have expired by then.
const SILENCE: Duration = Duration::from_secs(660);
/// Interval of the search for expired allocations.
const SWEEP: Duration = Duration::from_secs(1);
/// File descriptors in reserve for when the system has no more.
pub(crate) const SPARE_FILES: usize = 1;
/// Pause after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long one write to a stream may take. A slower client could not follow a call anyway.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// A handle of the relay; clones share one relay.
#[derive(Clone)]
pub struct TurnServer(Arc<Inner>);

impl fmt::Debug for TurnServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnServer").field("allocations", &self.allocations()).finish_non_exhaustive()
    }
}

struct Inner {
    allocations: Allocations,
    datagrams: Datagrams,
    listener: TcpListener,
    limit: Arc<ConnectionLimit>,
    started: Instant,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl TurnServer {
    /// Opens the ports on `host`; `::` is every address of both families. With port 0 the system chooses two.
    ///
    /// # Errors
    /// If a port is not available, or the system has no random numbers.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn open(config: &RelayConfig, secret: Secret, host: IpAddr) -> io::Result<Self> {
        let event_log = EventLog::default();
        let quotas = QuotaLimits {
            allocations_each: config.allocations_per_seat,
            bytes_per_second: config.bytes_per_second,
            bytes_per_second_each: config.bytes_per_second_per_seat,
        };
        let mut nonces = [0; 32];
        getrandom::fill(&mut nonces).map_err(io::Error::other)?;
        let authenticator = Authenticator::new(secret, Secret::new(nonces));
        let unauthenticated = UnauthenticatedLimit::new(config.strangers_per_second, event_log.clone());
        let limit = Arc::new(ConnectionLimit::new(config.allocations, config.allocations_per_address));
        let listener = listener(host, config.port)?;
        hold_little(&listener, 2 * WRITE_PATIENCE);
        Ok(Self(Arc::new(Inner {
            allocations: Allocations::new(
                authenticator,
                unauthenticated,
                Quotas::new(quotas, event_log),
                limit,
            ),
            datagrams: Datagrams::bind(host, config.port)?,
            listener,
            limit: Arc::new(ConnectionLimit::new(config.connections, config.connections_per_address)),
            started: Instant::now(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })))
    }

    /// Returns the address of the UDP port.
    ///
    /// # Errors
    /// If the system does not tell the address.
    pub fn udp_address(&self) -> io::Result<SocketAddr> {
        self.0.datagrams.address()
    }

    /// Returns the address of the TCP port.
    ///
    /// # Errors
    /// If the system does not tell the address.
    pub fn tcp_address(&self) -> io::Result<SocketAddr> {
        self.0.listener.local_addr()
    }

    /// Counts the allocations.
    pub fn allocations(&self) -> usize {
        self.0.allocations.allocations()
    }

    /// Returns the bytes relayed and dropped since the start.
    pub(crate) fn traffic(&self) -> Traffic {
        self.0.allocations.traffic()
    }

    /// Relays until `stop` is cancelled, then ends all its tasks and allocations.
    pub async fn run(&self, stop: CancellationToken) {
        let inner = &self.0;
        tokio::select! {
            () = stop.cancelled() => {}
            () = inner.keep("UDP port", |inner| async move { inner.receive_forever().await }) => {}
            () = inner.keep("TCP port", |inner| async move { inner.accept_forever().await }) => {}
            () = inner.keep("clock", |inner| async move { inner.expire_forever().await }) => {}
        }
        inner.stopping.cancel();
        inner.tasks.close();
        inner.tasks.wait().await;
        inner.allocations.close(inner.now().running);
    }

    /// Serves a client on a stream, such as one accepted at the HTTPS port.
    ///
    /// Ends when either end closes the stream, the client stays idle, or the relay stops.
    pub async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin>(&self, stream: S, peer: SocketAddr) {
        let inner = &self.0;
        let Some(_permit) = inner.limit.take(peer.ip()) else {
            return debug!("too many streams to the relay");
        };
        let outbox = Arc::new(StreamQueue::default());
        let route = Route::Stream { peer, outbox: outbox.clone() };
        let client = Stream { inner, route, heard: AtomicBool::new(false) };
        let (reader, writer) = tokio::io::split(stream);
        tokio::select! {
            () = inner.stopping.cancelled() => {}
            () = client.lose_patience() => {}
            ended = client.read(reader) => debug!(?ended, "stream to the relay ended"),
            ended = write(writer, &outbox) => debug!(?ended, "stream to the relay ended"),
        }
    }
}

impl Inner {
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        task: impl FnOnce(Arc<Self>) -> F,
    ) -> tokio::task::JoinHandle<Option<()>> {
        self.tasks.spawn(self.stopping.clone().run_until_cancelled_owned(task(self.clone())))
    }

    /// Restarts an endless task whenever it panics. A single packet must not end the relay.
    async fn keep<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        part: &str,
        task: impl Fn(Arc<Self>) -> F,
    ) {
        loop {
            let ended = self.spawn(&task).await;
            error!(?ended, "the relay's {part} had a fault and starts again");
        }
    }

    fn now(&self) -> Now {
        Now { running: self.started.elapsed(), date: since_epoch() }
    }

    fn receive(&self, now: Now, from: &Route, message: &[u8]) {
        self.allocations.receive(now, from, message, |to, message| match to {
            Route::Datagrams { peer, local } => self.datagrams.send(*peer, *local, message),
            Route::Stream { outbox, .. } => outbox.push(message),
        });
    }

    async fn receive_forever(&self) {
        self.datagrams.receive_forever(|from, message| self.receive(self.now(), from, message)).await;
    }

    async fn accept_forever(self: Arc<Self>) {
        let mut reserve = FileReserve::new("the relay", SPARE_FILES);
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // A connection that took the last file is closed: its client tries another transport at once.
                    if !reserve.refill() {
                        continue;
                    }
                    // Without the option a call still works.
                    drop(stream.set_nodelay(true));
                    hold_media(&stream);
                    let stream = ResettingStream::new(stream);
                    self.spawn(|inner| async move { TurnServer(inner).serve(stream, peer).await });
                }
                Err(error) if is_of_one_connection(&error) => {
                    debug!(%error, "no connection to the relay accepted");
                }
                Err(error) => {
                    if !reserve.spend(&error) {
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
    }

    async fn expire_forever(&self) {
        let mut sweeps = interval(SWEEP);
        loop {
            sweeps.tick().await;
            self.allocations.expire(self.now().running);
        }
    }
}

/// The stream of a client; its allocation ends with it.
struct Stream<'a> {
    inner: &'a Inner,
    route: Route,
    heard: AtomicBool,
}

impl Stream<'_> {
    async fn read(&self, mut reader: ReadHalf<impl AsyncRead>) -> io::Result<()> {
        let mut inbox = FrameReader::new();
        loop {
            let length = reader.read(inbox.room()).await?;
            if length == 0 {
                return Ok(());
            }
            inbox.came(length);
            self.heard.store(true, Ordering::Relaxed);
            let now = self.inner.now();
            while let Some(message) = inbox.take().map_err(|_| io::ErrorKind::InvalidData)? {
                self.inner.receive(now, &self.route, message);
            }
        }
    }

    /// Waits until the stream has been silent, or without an allocation, for too long.
    async fn lose_patience(&self) {
        let mut silence = Duration::ZERO;
        while silence < SILENCE {
            sleep(PATIENCE).await;
            if !self.inner.allocations.serves(&self.route) {
                return;
            }
            silence =
                if self.heard.swap(false, Ordering::Relaxed) { Duration::ZERO } else { silence + PATIENCE };
        }
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.inner.allocations.hang_up(&self.route, self.inner.now().running);
    }
}

async fn write(mut writer: WriteHalf<impl AsyncWrite>, outbox: &StreamQueue) -> io::Result<()> {
    let mut messages = Vec::new();
    loop {
        poll_fn(|context| outbox.poll_take(context, &mut messages)).await;
        let written = async {
            writer.write_all(&messages).await?;
            writer.flush().await
        };
        timeout(WRITE_PATIENCE, written).await??;
    }
}
