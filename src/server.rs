//! The server: signalling at `/ws`, pages, files, `/healthz`; and how it starts and stops.
//!
//! [`room`] holds the rules and touches nothing; `rooms` locks and delivers; `socket` talks to one browser.

pub mod check;
pub mod config;
mod connections;
mod headers;
mod heartbeat;
pub mod ice;
mod journal;
mod language;
mod ledger;
mod origin;
mod outbox;
mod pages;
mod rate;
pub mod room;
mod rooms;
mod secret;
pub(crate) mod site;
mod socket;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use config::{Config, IceServerConfig};
use connections::Connections;
use heartbeat::Rhythm;
use ice::{IceServers, Login, OtherServer, Secret};
use journal::Journal;
use ledger::Ledger;
use outbox::QueueLimit;
use rate::Rate;
use room::{RoomRecord, Rules};
use rooms::Rooms;
use secret::relay_secret;
use socket::{SocketRules, Sockets};

use crate::protocol::SOCKET_PATH;

/// How long everything together may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(4);
/// How much of it the disk may take.
const WRITE_WITHIN: Duration = Duration::from_secs(1);
/// Pause before another try when a connection could not be accepted, as when files have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Largest head of a request.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Serves until `stop` is done, then closes every socket so that browsers know to come back.
///
/// # Errors
/// If the system has no random numbers for seat tokens.
pub async fn run(config: Config, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    getrandom::fill(&mut [0; 1]).map_err(io::Error::other)?;
    let (ledger, records) = open_ledger(&config, listener.local_addr()?);
    let ice = Arc::new(ice_servers(&config)?);
    let sockets = sockets(&config, ice, (ledger.clone(), records));
    let expiry = tokio::spawn({
        let rooms = sockets.rooms.clone();
        async move { rooms.expire_forever().await }
    });
    let front = Front::new(&config, router(sockets.clone()), sockets.tasks.clone());
    tokio::select! {
        () = front.accept_forever(&listener) => {}
        () = stop => {}
    }
    drop(listener);
    info!(rooms = sockets.rooms.count(), "stopping");
    sockets.connections.stop();
    front.stopping.cancel();
    sockets.tasks.close();
    if timeout(STOP_WITHIN, sockets.tasks.wait()).await.is_err() {
        warn!("some connections did not end in time");
    }
    expiry.abort();
    ledger.close(WRITE_WITHIN);
    Ok(())
}

/// Without it calls are made all the same, but a restart takes the seats away.
fn open_ledger(config: &Config, address: SocketAddr) -> (Ledger, Vec<RoomRecord>) {
    let Some(folder) = config.server.state_folder() else {
        info!("no folder for what outlives a restart (server.state): a restart will take the seats away");
        return Default::default();
    };
    // Servers on other ports of this machine may have the same folder.
    let name = address.to_string().replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
    let file = folder.join(format!("seats-{name}.jsonl"));
    match Ledger::open(file.clone()) {
        Ok((ledger, records)) => {
            info!(file = %file.display(), rooms = records.len(), "seats outlive a restart");
            (ledger, records)
        }
        Err(error) => {
            warn!(%error, file = %file.display(), "seats cannot be written down; they will not outlive a restart");
            Default::default()
        }
    }
}

/// What browsers are told to find a way with.
fn ice_servers(config: &Config) -> io::Result<IceServers> {
    let folder = config.server.state_folder();
    let secret = relay_secret(&config.relay.secret, folder.as_deref())?;
    let login = |server: &IceServerConfig| match (&server.secret, &server.username, &server.credential) {
        (Some(secret), ..) => Login::Derived(Secret::new(secret.as_bytes())),
        (None, Some(username), Some(credential)) => {
            Login::Fixed { username: username.clone(), credential: credential.clone() }
        }
        _ => Login::None,
    };
    let other = |server: &IceServerConfig| OtherServer { urls: server.urls.clone(), login: login(server) };
    let others = config.ice.servers.iter().map(other).collect();
    Ok(IceServers { own: None, others, lifetime: config.relay.credential_lifetime, key: secret })
}

fn sockets(config: &Config, ice: Arc<IceServers>, recorded: (Ledger, Vec<RoomRecord>)) -> Sockets {
    let (rooms, limits) = (&config.rooms, &config.limits);
    let journal = Journal::default();
    let rules = Rules { capacity: rooms.capacity, grace: rooms.grace, unload_grace: rooms.unload_grace };
    let queue = QueueLimit { frames: limits.queue_frames, bytes: limits.queue_bytes };
    let rules_of_sockets = SocketRules {
        origins: config.server.origins.clone(),
        messages: Rate::new(limits.messages_per_second, limits.message_burst),
        bytes: Rate::new(limits.bytes_per_second, limits.byte_burst),
        bad_messages: limits.bad_messages,
        rhythm: Rhythm { ping: limits.ping, silent: limits.silent, idle: limits.idle },
        write_timeout: limits.write_timeout,
        renew_ice: ice.renewed_after(),
    };
    Sockets {
        rules: Arc::new(rules_of_sockets),
        rooms: Rooms::new(rules, limits.rooms, ice, journal.clone(), recorded),
        connections: Connections::new(limits.sockets, queue),
        tasks: TaskTracker::new(),
        journal,
    }
}

fn router(sockets: Sockets) -> Router {
    Router::new()
        .route(SOCKET_PATH, get(socket::open))
        .with_state(sockets)
        .route("/healthz", get(async || "ok"))
        .merge(pages::router())
}

/// Where connections come in. `axum::serve` has no limit on how long a request may take to arrive.
struct Front {
    http: http1::Builder,
    router: Router,
    tasks: TaskTracker,
    stopping: CancellationToken,
    places: Arc<Semaphore>,
    write_timeout: Duration,
}

impl Front {
    fn new(config: &Config, router: Router, tasks: TaskTracker) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(config.limits.request_timeout)
            .max_buf_size(MAX_HEAD_BYTES);
        let places = Arc::new(Semaphore::new(config.limits.requests));
        // A socket has a limit of its own, which must be the first to be reached: it knows what to say.
        let write_timeout = 2 * config.limits.write_timeout;
        Self { http, router, tasks, stopping: CancellationToken::new(), places, write_timeout }
    }

    async fn accept_forever(&self, listener: &TcpListener) {
        // The semaphore is never closed.
        while let Ok(place) = self.places.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let connection = self.serve(stream);
                    self.tasks.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    debug!(%error, "no connection accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// One connection, until it ends or has become a socket.
    fn serve(&self, stream: TcpStream) -> impl Future<Output = ()> + use<> {
        // Signals are small and urgent; without the option they only wait a little.
        drop(stream.set_nodelay(true));
        let service = TowerToHyperService::new(self.router.clone());
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(self.write_timeout));
        let connection = self.http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let stopping = self.stopping.clone();
        async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                debug!(%error, "connection ended");
            }
        }
    }
}
