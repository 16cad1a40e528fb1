//! Accepted connections: TLS handshakes, telling TURN from HTTP, HTTP/1.1 and HTTP/2, and a time limit for each step.
//! `axum::serve` does not limit how long a request may take to arrive.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use futures::future::BoxFuture;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::forwarded::{TransportInfo, TrustedProxies};
use super::idle_timeout::{Activity, ActivityStream};
use super::load_shedding::{SheddingLimit, SheddingPermit};
use crate::server::config::Config;
use crate::server::listeners::{Accept, Scheme};
use crate::server::net::file_reserve::{FileReserve, is_of_one_connection};
use crate::server::net::tcp::{ResettingStream, hold_media};
use crate::server::tls::{ALPN_ACME, ALPN_HTTP2, ALPN_STUN, ALPN_TURN, Tls};

/// Pause after an accept that failed, as when file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// File descriptors that each server keeps in reserve for when the system has no more; a page loads over as many.
pub(crate) const SPARE_FILES: usize = 6;
/// Largest head of a request.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Requests at one time within one HTTP/2 connection; a page asks for a handful of files.
const MAX_STREAMS: u32 = 32;
/// Resets of streams after which an HTTP/2 connection is closed (CVE-2023-44487): by the client before a stream is
/// accepted, and by the server for the client's errors.
const MAX_RESETS: usize = 32;
/// Responses in progress per HTTP/2 connection; further requests wait. A client with closed flow-control windows keeps
/// each of them, and the state behind it, in memory.
const MAX_ANSWERS: usize = 8;
/// HTTP/2 connections that may have all their responses in progress, however low `limits.requests` is.
const LEAST_ANSWERING: usize = 2;
/// Bytes per HTTP/2 stream that may wait to be written.
const MAX_SEND_BYTES: usize = 16 * 1024;
/// Time that an idle HTTP/2 connection has for its graceful shutdown.
const FAREWELL: Duration = Duration::from_secs(1);
/// Buffer for the bytes that tell the protocol; larger reads bypass it.
const LOOK_BYTES: usize = 64;
/// Bound below which the first byte of a connection means STUN (RFC 7983); HTTP requests begin with a letter.
/// ChannelData, whose first byte is not below it (RFC 8656, section 12), never comes first.
const FIRST_LETTER: u8 = 0x40;

/// A byte stream in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// TCP stream that records its activity and fails when one write takes too long.
type TimedStream = Pin<Box<TimeoutStream<ActivityStream<ResettingStream>>>>;

/// Takes over connections within TLS that speak STUN or TURN.
pub(crate) type ServeTurn = Arc<dyn Fn(Box<dyn Duplex>, SocketAddr) -> BoxFuture<'static, ()> + Send + Sync>;

/// Serves accepted connections over HTTP, or hands them to the TURN server.
pub(crate) struct HttpServer {
    http1: http1::Builder,
    http2: http2::Builder<Tracked>,
    router: Router,
    tls: Option<Arc<Tls>>,
    serve_turn: Option<ServeTurn>,
    tasks: TaskTracker,
    stopping: CancellationToken,
    /// Permits of connections; per network too, but for trusted proxies, whose connections serve many clients.
    limit: Arc<SheddingLimit>,
    /// Permits of the responses in progress on all HTTP/2 connections.
    answers: Arc<SheddingLimit>,
    proxies: TrustedProxies,
    patience: Duration,
    write_timeout: Duration,
}

impl HttpServer {
    /// Serves pages by `router`, and hands STUN and TURN to `serve_turn`.
    pub(crate) fn new(
        config: &Config,
        router: Router,
        tls: Option<Arc<Tls>>,
        serve_turn: Option<ServeTurn>,
        tasks: TaskTracker,
    ) -> Self {
        let limits = &config.limits;
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(limits.request_timeout)
            .max_buf_size(MAX_HEAD_BYTES);
        let mut http2 = http2::Builder::new(Tracked(tasks.clone()));
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_pending_accept_reset_streams(MAX_RESETS)
            .max_local_error_reset_streams(MAX_RESETS)
            .max_header_list_size(MAX_HEAD_BYTES as u32)
            .max_send_buf_size(MAX_SEND_BYTES);
        Self {
            http1,
            http2,
            router,
            tls,
            serve_turn,
            tasks,
            stopping: CancellationToken::new(),
            limit: Arc::new(SheddingLimit::new(
                limits.requests,
                limits.requests_per_address,
                limits.request_timeout / 2,
            )),
            // Enough that a connection with all its responses in progress never sheds itself.
            answers: Arc::new(SheddingLimit::new(
                limits.requests.max(LEAST_ANSWERING * MAX_ANSWERS),
                usize::MAX,
                Duration::ZERO,
            )),
            proxies: TrustedProxies::new(config),
            patience: limits.request_timeout,
            // A WebSocket's own write timeout must expire first, since it knows the reason to close with.
            write_timeout: 2 * limits.write_timeout,
        }
    }

    /// Accepts connections until the future is dropped; those beyond a limit are closed instead of queued.
    pub(crate) async fn accept_forever<A: Accept>(self: &Arc<Self>, listeners: &A) {
        let mut reserve = FileReserve::new(A::CONNECTIONS, SPARE_FILES);
        loop {
            match listeners.accept().await {
                Ok((stream, address, scheme)) => {
                    // The connection took a file of the reserve, for which another one pays.
                    if !reserve.refill() {
                        self.limit.shed();
                    }
                    self.admit(stream, TransportInfo { address, scheme });
                }
                Err(error) if is_of_one_connection(&error) => debug!(%error, "no connection accepted"),
                // The system says so without a file also where no connection waits: nobody is shed for that.
                Err(error) => {
                    if !reserve.spend(&error) {
                        self.limit.shed();
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
    }

    /// Serves a connection in its own task, if there is a permit for it.
    fn admit(self: &Arc<Self>, stream: TcpStream, transport: TransportInfo) {
        let (server, ip, activity) = (self.clone(), transport.address.ip(), Activity::default());
        let is_proxy = self.proxies.contains(ip);
        let Some(permit) = self.limit.take(ip, !is_proxy, &activity) else {
            return debug!(%ip, "too many connections from one address");
        };
        self.tasks.spawn(async move {
            let handed_over = tokio::select! {
                handed_over = server.serve(stream, transport, &activity) => handed_over,
                () = activity.until_shed() => None,
            };
            // Upgraded connections and those of TURN have limits of their own.
            drop(permit);
            if let Some(relay) = handed_over {
                server.stopping.run_until_cancelled(relay).await;
            }
        });
    }

    /// Starts the graceful shutdown of all connections.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Serves a connection until it ends or is upgraded; a TURN connection is returned as the future to go on with.
    async fn serve(
        &self,
        stream: TcpStream,
        transport: TransportInfo,
        activity: &Activity,
    ) -> Option<BoxFuture<'static, ()>> {
        // Signalling messages are small and urgent; if this fails, they only arrive a little later.
        drop(stream.set_nodelay(true));
        let stream = ActivityStream::new(ResettingStream::new(stream), activity.clone());
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(self.write_timeout));
        match (&self.tls, transport.scheme) {
            (Some(tls), Scheme::Https) => self.serve_tls(tls, stream, transport, activity).await,
            _ => {
                self.serve_http1(stream, transport, activity).await;
                None
            }
        }
    }

    async fn serve_tls(
        &self,
        tls: &Tls,
        stream: TimedStream,
        transport: TransportInfo,
        activity: &Activity,
    ) -> Option<BoxFuture<'static, ()>> {
        let stream = match self.soon(tls.acceptor().accept(stream)).await? {
            Ok(stream) => stream,
            Err(error) => {
                debug!(%error, "no handshake");
                return None;
            }
        };
        let alpn = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        let alpn = alpn.as_deref();
        // The authority has seen the certificate, which was all it came for (RFC 8737, section 3).
        if alpn == Some(ALPN_ACME) {
            return None;
        }
        let mut stream = BufReader::with_capacity(LOOK_BYTES, stream);
        let first = *self.soon(stream.fill_buf()).await?.ok()?.first()?;
        if matches!(alpn, Some(ALPN_TURN | ALPN_STUN)) || first < FIRST_LETTER {
            let serve_turn = self.serve_turn.as_ref()?;
            hold_media(stream.get_ref().get_ref().0.get_ref().get_ref().get_ref());
            return Some(serve_turn(Box::new(stream), transport.address));
        }
        if alpn == Some(ALPN_HTTP2) {
            self.serve_http2(stream, transport, activity).await;
        } else {
            self.serve_http1(stream, transport, activity).await;
        }
        None
    }

    /// Awaits a client's step; `None` if the request timeout passes or the server stops.
    async fn soon<T>(&self, step: impl Future<Output = T>) -> Option<T> {
        self.stopping.run_until_cancelled(timeout(self.patience, step)).await?.ok()
    }

    async fn serve_http1(
        &self,
        stream: impl Duplex + 'static,
        transport: TransportInfo,
        activity: &Activity,
    ) {
        let service = self.service(transport, activity);
        let connection = self.http1.serve_connection(TokioIo::new(stream), service).with_upgrades();
        self.until_done(connection, http1::UpgradeableConnection::graceful_shutdown, std::future::pending())
            .await;
    }

    /// Closes idle connections itself: hyper lets HTTP/2 be silent for ever, even before the first frame, and pings are
    /// no activity.
    async fn serve_http2(
        &self,
        stream: impl Duplex + 'static,
        transport: TransportInfo,
        activity: &Activity,
    ) {
        let service = self.service(transport, activity);
        let (answers, turns) = (self.answers.clone(), Arc::new(Semaphore::new(MAX_ANSWERS)));
        let (ip, requests) = (transport.address.ip(), activity.clone());
        let service = service_fn(move |request| {
            let answer = service.call(request);
            let (answers, turns, activity) = (answers.clone(), turns.clone(), requests.clone());
            async move {
                // The semaphore is never closed.
                let turn = turns.acquire_owned().await.ok();
                let permit = answers.take(ip, false, &activity);
                let held = (turn, permit);
                answer.await.map(|answer| answer.map(|body| Body::new(HeldAnswer { body, _held: held })))
            }
        });
        let connection = self.http2.serve_connection(TokioIo::new(stream), service);
        self.until_done(connection, http2::Connection::graceful_shutdown, activity.idle_for(self.patience))
            .await;
    }

    fn service(
        &self,
        transport: TransportInfo,
        activity: &Activity,
    ) -> impl Service<
        hyper::Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send + 'static,
    > + use<> {
        let router = TowerToHyperService::new(self.router.clone());
        let activity = activity.clone();
        service_fn(move |mut request: hyper::Request<Incoming>| {
            activity.beat();
            request.extensions_mut().insert(transport);
            router.call(request)
        })
    }

    /// Drives a connection to its end; `ask` shuts it down when the server stops or `useless` completes.
    async fn until_done<C>(&self, connection: C, ask: impl Fn(Pin<&mut C>), useless: impl Future<Output = ()>)
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = self.stopping.cancelled() => {
                ask(connection.as_mut());
                Some(connection.await)
            }
            () = useless => {
                ask(connection.as_mut());
                timeout(FAREWELL, connection).await.ok()
            }
        };
        if let Some(Err(error)) = ended {
            debug!(%error, "connection ended");
        }
    }
}

/// Runs HTTP/2 requests as tasks that the server waits for when it stops.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tracked {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

/// Body of an HTTP/2 response that keeps its permits until sent or dropped.
struct HeldAnswer {
    body: Body,
    _held: (Option<OwnedSemaphorePermit>, Option<SheddingPermit>),
}

impl HttpBody for HeldAnswer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
