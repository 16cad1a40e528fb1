//! The server: signalling at `/ws`, pages, files, `/healthz`, `/readyz`; and how it starts and stops.
//!
//! [`signalling::room`] holds the rules and does no I/O; `signalling::registry` locks rooms and delivers frames;
//! `signalling::socket` serves one browser.

pub mod check;
pub mod config;
pub mod event_log;
mod hooks;
pub mod http;
pub mod ice;
pub mod listeners;
pub mod log;
pub mod metrics;
mod net;
pub mod open_files;
mod ops;
pub mod signalling;
pub mod tls;
pub mod turn;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::{info, warn};

use config::{Config, IceServerConfig};
use event_log::EventLog;
use hooks::{Deliveries, Hooks};
use http::accept::{HttpServer, ServeTurn};
use http::admission::{Admission, admit};
use http::health::{self, Readiness};
use http::site::Site;
use http::{ice_servers, pages};
use ice::{IceServers, Login, OtherServer, OwnRelay, Secret, secret};
use listeners::Listeners;
use metrics::Metrics;
use net::rate::Rate;
use net::{clock, private_file};
use ops::{OpsServer, PublicAddress, Watched};
use signalling::connections::{Connections, SocketLimit};
use signalling::directory::OneNode;
use signalling::frame_meter::FrameLimit;
use signalling::heartbeat::Rhythm;
use signalling::join_limit::JoinLimit;
use signalling::outbox::QueueLimit;
use signalling::registry::Registry;
use signalling::room::{RoomRecord, Rules};
use signalling::session::SessionRules;
use signalling::socket::{SocketRules, Sockets};
use signalling::store::RoomStore;
use signalling::store::file::SeatStore;
use signalling::upgrade;
use tls::Tls;

use crate::protocol::{ICE_PATH, SOCKET_PATH};

/// How long all connections together may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(4);
/// How much of that the sockets may take. Until they have ended, the server answers that it is not ready.
const SOCKETS_STOP_WITHIN: Duration = Duration::from_secs(2);
/// How much of that may pass before the last of them is told to close. The pages told first come back after about as
/// long, and are not to meet a server that is still busy with the others.
const SOCKETS_CLOSE_WITHIN: Duration = Duration::from_millis(300);
/// How long webhooks may take after that to get the last news.
const NEWS_WITHIN: Duration = Duration::from_secs(1);
/// How long the seat store may take after that to write its last records.
const WRITE_WITHIN: Duration = Duration::from_secs(1);

/// Serves pages with the files of `site`, and their signalling, until `stop` completes; then closes every socket so
/// that browsers know to come back.
///
/// # Errors
/// If the certificate or a webhook cannot be used, the clock stands before 1970, or the system has no random numbers for seat
/// tokens.
pub async fn run(
    config: Config,
    mut listeners: Listeners,
    site: Site,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    getrandom::fill(&mut [0; 1]).map_err(io::Error::other)?;
    clock::check(SystemTime::now())?;
    let tls = Tls::open(&config).map_err(io::Error::other)?.map(Arc::new);
    let (store, records) = open_store(&config, listeners.http());
    let ice = Arc::new(ice_servers(&config, &listeners)?);
    let sockets = sockets(&config, ice.clone(), (store.clone(), records));
    let (hooks, deliveries) = Hooks::start(&config.ops.hooks, &sockets.event_log, &sockets.metrics)?;
    sockets.rooms.tell(hooks);
    let _expiry = AbortOnDropHandle::new(tokio::spawn({
        let rooms = sockets.rooms.clone();
        async move { rooms.expire_forever().await }
    }));
    let _certificate =
        tls.clone().map(|tls| AbortOnDropHandle::new(tokio::spawn(async move { tls.keep().await })));
    let https = tls.clone().zip(listeners.https_port());
    announce(&listeners, tls.as_deref());
    let admission =
        Arc::new(Admission::new(&config, https.clone(), sockets.event_log.clone(), sockets.metrics.clone()));
    let readiness = Arc::new(Readiness::new(tls.clone()));
    let router = router(&site, sockets.clone(), ice, admission, readiness.clone());
    let relay = listeners.relay().map(|(relay, _)| relay.clone());
    let relaying = relay.clone().map(|relay| -> ServeTurn {
        Arc::new(move |stream, from| {
            let relay = relay.clone();
            Box::pin(async move { relay.serve(stream, from).await })
        })
    });
    let tasks = TaskTracker::new();
    let server = Arc::new(HttpServer::new(&config, router, tls, relaying, tasks.clone()));
    let ops = listeners.take_ops().map(|listener| {
        let watched = Watched {
            readiness: readiness.clone(),
            event_log: sockets.event_log.clone(),
            metrics: sockets.metrics.clone(),
            connections: sockets.connections.clone(),
            rooms: sockets.rooms.clone(),
            relay: relay.clone(),
            public: PublicAddress::new(https, &config),
            lacks_store: store.is_none() && config.server.state_folder().is_some(),
            store: store.clone(),
        };
        OpsServer::start(listener, &config, watched, tasks.clone())
    });
    let stopping = CancellationToken::new();
    if let Some(relay) = relay {
        let stopping = stopping.clone();
        tasks.spawn(async move { relay.run(stopping).await });
    }
    tokio::select! {
        () = server.accept_forever(&listeners) => {}
        () = stop => {}
    }
    info!(rooms = sockets.rooms.count(), "stopping");
    let begun = Instant::now();
    readiness.stop();
    sockets.rooms.stop();
    let closing = sockets.connections.stop();
    sockets.tasks.close();
    let closed = async {
        closing.run(SOCKETS_CLOSE_WITHIN).await;
        sockets.tasks.wait().await;
    };
    tokio::select! {
        () = server.accept_forever(&listeners) => {}
        _ = timeout_at(begun + SOCKETS_STOP_WITHIN, closed) => {}
    }
    if let Some(store) = &store {
        store.let_go();
    }
    drop(listeners);
    if let Some(ops) = ops {
        ops.stop().await;
    }
    server.stop();
    // It holds the relay, whose ports are to be free as soon as its tasks have ended.
    drop(server);
    stopping.cancel();
    tasks.close();
    if !all_end(begun, &sockets.tasks, &tasks, deliveries).await {
        warn!("some connections did not end in time");
    }
    if let Some(store) = store {
        store.close(WRITE_WITHIN);
    }
    Ok(())
}

/// Waits for the tasks of the sockets, those of the other connections and the last news, all within [`STOP_WITHIN`] of
/// the begin of the stop. Returns whether all have ended.
async fn all_end(
    begun: Instant,
    sockets: &TaskTracker,
    others: &TaskTracker,
    deliveries: Deliveries,
) -> bool {
    let news = async {
        // Sockets may be the last news, but leave time to send them.
        _ = timeout_at(begun + STOP_WITHIN - NEWS_WITHIN, sockets.wait()).await;
        deliveries.finish(NEWS_WITHIN).await;
    };
    let ended = async { tokio::join!(news, sockets.wait(), others.wait()) };
    timeout_at(begun + STOP_WITHIN, ended).await.is_ok()
}

/// Logs the URLs of the server and the ports of the relay.
fn announce(listeners: &Listeners, tls: Option<&Tls>) {
    match tls {
        Some(tls) => {
            let mut urls = listeners.urls(&tls.hosts());
            if urls.is_empty() {
                urls = listeners.urls(&["localhost".into()]);
            }
            info!("Parlor serves on {}", urls.join(" "));
        }
        None => info!("Parlor serves on {}", listeners.url()),
    }
    if let Some((udp, tcp)) = listeners.relay_ports() {
        info!(udp = udp.port(), tcp = tcp.port(), tls = listeners.https_port(), "relay (STUN, TURN)");
    }
}

/// Opens the seat store; without one calls still work, but a restart loses their seats.
fn open_store(config: &Config, address: SocketAddr) -> (Option<SeatStore>, Vec<RoomRecord>) {
    let Some(folder) = config.server.state_folder() else {
        info!("no folder for what outlives a restart (server.state): a restart will take the seats away");
        return Default::default();
    };
    // Servers on other ports of this machine may use the same folder.
    let name = address.to_string().replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
    let file = folder.join(format!("seats-{name}.jsonl"));
    private_file::warn_if_open("server.state", &folder);
    match SeatStore::open(file.clone()) {
        Ok((store, records)) => {
            info!(file = %file.display(), rooms = records.len(), "seats outlive a restart");
            (Some(store), records)
        }
        Err(error) => {
            warn!(%error, file = %file.display(), "seats cannot be written down; they will not outlive a restart");
            Default::default()
        }
    }
}

/// The ICE servers for browsers: the server's own relay and those of the settings.
fn ice_servers(config: &Config, listeners: &Listeners) -> io::Result<IceServers> {
    let own = listeners.relay().zip(listeners.relay_ports()).map(|((_, secret), (udp, tcp))| OwnRelay {
        host: Some(config.relay.host.clone()).filter(|host| !host.is_empty()),
        udp: udp.port(),
        tcp: tcp.port(),
        tls: listeners.https_port(),
        secret: secret.clone(),
    });
    let login = |server: &IceServerConfig| match (&server.secret, &server.username, &server.credential) {
        (Some(secret), ..) => Login::Derived(Secret::new(secret.as_bytes())),
        (None, Some(username), Some(credential)) => {
            Login::Fixed { username: username.clone(), credential: credential.clone() }
        }
        _ => Login::None,
    };
    let other = |server: &IceServerConfig| OtherServer { urls: server.urls.clone(), login: login(server) };
    let others = config.ice.servers.iter().map(other).collect();
    let key = match &own {
        Some(own) => own.secret.clone(),
        None => Secret::new(secret::random()?),
    };
    Ok(IceServers { own, others, lifetime: config.relay.credential_lifetime, key })
}

fn sockets(
    config: &Config,
    ice: Arc<IceServers>,
    (store, records): (Option<SeatStore>, Vec<RoomRecord>),
) -> Sockets {
    let (rooms, limits) = (&config.rooms, &config.limits);
    let store = store.map(|store| -> Arc<dyn RoomStore> { Arc::new(store) });
    let (event_log, metrics) = (EventLog::new(config.log.format), Metrics::default());
    let rules = Rules { capacity: rooms.capacity, grace: rooms.grace, unload_grace: rooms.unload_grace };
    let queue = QueueLimit { frames: limits.queue_frames, bytes: limits.queue_bytes };
    let rules_of_sockets = SocketRules {
        origins: config.server.origins.clone(),
        frames: FrameLimit {
            frames: Rate::new(limits.messages_per_second, limits.message_burst),
            bytes: Rate::new(limits.bytes_per_second, limits.byte_burst),
        },
        session: SessionRules {
            bad_messages: limits.bad_messages,
            rhythm: Rhythm { ping: limits.ping, silent: limits.silent, idle: limits.idle },
            renew_ice: ice.renewed_after(),
        },
        write_timeout: limits.write_timeout,
    };
    let joins = Rate::per_minute(limits.joins_per_minute_per_address, limits.join_burst_per_address);
    let socket_limit = SocketLimit {
        all: limits.sockets,
        each: limits.sockets_per_address,
        returning: limits.returning_sockets,
    };
    Sockets {
        rules: Arc::new(rules_of_sockets),
        rooms: Registry::new(
            OneNode::new(),
            rules,
            limits.rooms,
            ice,
            event_log.clone(),
            metrics.clone(),
            (store, records),
        ),
        connections: Connections::new(socket_limit, queue),
        joins: JoinLimit::new(joins),
        tasks: TaskTracker::new(),
        event_log,
        metrics,
    }
}

fn router(
    site: &Site,
    sockets: Sockets,
    ice: Arc<IceServers>,
    admission: Arc<Admission>,
    readiness: Arc<Readiness>,
) -> Router {
    let test_servers = Router::new().route(ICE_PATH, get(ice_servers::for_tester)).with_state(ice);
    Router::new()
        .route(SOCKET_PATH, get(upgrade::open))
        .with_state(sockets)
        .merge(test_servers)
        .merge(health::routes(readiness))
        .merge(pages::router(site))
        .layer(from_fn_with_state(admission, admit))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_all_alike_and_tells_whether_one_outlasts_it() {
        let within = STOP_WITHIN.as_millis();
        for (socket, other, ends, after) in [
            (0, 0, true, 0),
            (within - 10, 0, true, within - 10),
            (0, within - 10, true, within - 10),
            (within + 100, 0, false, within),
            (0, within + 100, false, within),
        ] {
            let lasting = |millis: u128| {
                let tasks = TaskTracker::new();
                tasks.spawn(tokio::time::sleep(Duration::from_millis(millis as u64)));
                tasks.close();
                tasks
            };
            let (_, deliveries) = Hooks::start(&[], &EventLog::default(), &Metrics::default()).unwrap();
            let begun = Instant::now();
            assert_eq!(all_end(begun, &lasting(socket), &lasting(other), deliveries).await, ends);
            let took = begun.elapsed().as_millis();
            assert!(took.abs_diff(after) <= 2, "{socket} and {other}: {took}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_port_of_those_who_watch_is_free_once_they_are_stopped() {
        let mut config = Config::default();
        (config.server.port, config.relay.enabled) = (0, false);
        config.ops.address = "127.0.0.1:0".into();
        let mut listeners = Listeners::open(&config).unwrap();
        let address = listeners.ops().unwrap();
        let ice = Arc::new(ice_servers(&config, &listeners).unwrap());
        let sockets = sockets(&config, ice, Default::default());
        let watched = Watched {
            readiness: Arc::new(Readiness::new(None)),
            event_log: sockets.event_log,
            metrics: sockets.metrics,
            connections: sockets.connections,
            rooms: sockets.rooms,
            relay: None,
            public: PublicAddress::new(None, &config),
            store: None,
            lacks_store: false,
        };
        let tasks = TaskTracker::new();
        let ops = OpsServer::start(listeners.take_ops().unwrap(), &config, watched, tasks.clone());
        let mut open = TcpStream::connect(address).await.unwrap();
        open.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        open.read_exact(&mut [0; 12]).await.unwrap();
        ops.stop().await;
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        config.ops.address = address.to_string();
        Listeners::open(&config).expect("the next server's listeners");
        open.read_to_end(&mut Vec::new()).await.expect("the end of a connection");
        tasks.close();
        tasks.wait().await;
    }
}
