//! The server under test, and clients for each of its ways in.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use parlor::protocol::{ClientMsg, Introduction, PeerId, RoomId, SealedBox, ServerMsg, socket_address};
use parlor::server::config::{Config, STATE_NONE};
use parlor::server::http::site::Site;
use parlor::server::listeners::Listeners;
use parlor::server::run;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use x509_parser::parse_x509_certificate;

use crate::authority::{Authority, client};

/// After this long without what a test waits for, it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for a fact.
pub(crate) async fn soon<T>(what: &str, fact: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, fact).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Asks again and again until something is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    soon(what, async {
        while !so().await {
            pace.tick().await;
        }
    })
    .await;
}

/// Settings for a server on free ports of this machine only, without HTTPS.
pub(crate) fn plain() -> Config {
    let mut config = Config::default();
    config.relay.enabled = false;
    config.server.host = Ipv4Addr::LOCALHOST.into();
    (config.server.port, config.tls.port) = (0, 0);
    config.server.state = STATE_NONE.into();
    config
}

/// The same with a certificate that `authority` signed.
pub(crate) fn certified(authority: &Authority, folder: &Path) -> Config {
    let mut config = plain();
    (config.tls.certificate, config.tls.key) = authority.make(1, 90).write(folder);
    config
}

/// A running server.
pub(crate) struct Server {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) fn start(config: Config) -> Self {
        let doors = Listeners::open(&config).unwrap();
        let (http, https) = (doors.http(), doors.https().unwrap_or(doors.http()));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(run(config, doors, Site::default(), async move { drop(stopped.await) }));
        Self { http, https, stop: Some(stop), task }
    }

    /// Stops it and waits for its end.
    pub(crate) async fn ended(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        soon("the end of the server", self.task).await.unwrap().unwrap();
    }

    /// What it says if it does not start.
    pub(crate) async fn fault(self) -> String {
        soon("the end of the server", self.task).await.unwrap().unwrap_err().to_string()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let stream = TcpStream::connect(self.http).await.unwrap();
        get(stream, &self.http.to_string(), path, headers).await
    }

    pub(crate) async fn get_tls(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        get(tls(self.https, &["http/1.1"]).await.unwrap(), &self.https.to_string(), path, headers).await
    }

    /// Takes a seat through TLS.
    pub(crate) async fn seat(&self, room: &str) -> Client<TlsStream<TcpStream>> {
        seat(self.https, room).await
    }
}

/// Makes a handshake.
pub(crate) async fn tls(address: SocketAddr, alpn: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    handshake(TcpStream::connect(address).await?, alpn).await
}

/// The same on a connection that is there.
pub(crate) async fn handshake(stream: TcpStream, alpn: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    soon("a handshake", TlsConnector::from(client(alpn)).connect(name, stream)).await
}

/// The number of the certificate that a new connection gets, and its names.
pub(crate) async fn shown(address: SocketAddr) -> Option<(String, String)> {
    let stream = tls(address, &[]).await.ok()?;
    let certificate = &stream.get_ref().1.peer_certificates().unwrap()[0];
    let (_, about) = parse_x509_certificate(certificate).unwrap();
    let names = about.subject_alternative_name().unwrap().map(|names| format!("{:?}", names.value));
    Some((about.raw_serial_as_string(), names.unwrap_or_default()))
}

/// One HTTP request on a connection of its own.
pub(crate) async fn get(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n");
    if headers.iter().all(|(name, _)| *name != "host") {
        request += &format!("host: {host}\r\n");
    }
    headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
    stream.write_all((request + "\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    soon("an HTTP answer", stream.read_to_end(&mut answer)).await.unwrap();
    Answer(String::from_utf8_lossy(&answer).into_owned())
}

/// An HTTP response, as text.
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{}", self.0))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = self.0.split("\r\n\r\n").next()?;
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// One WebSocket.
pub(crate) struct Client<S>(pub(crate) WebSocketStream<S>);

/// Opens a WebSocket on `stream` as a page of `origin` does.
pub(crate) async fn socket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    headers: &[(&'static str, &str)],
) -> Result<Client<S>, tungstenite::Error> {
    let mut request = format!("ws://{host}{}", socket_address()).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Ok(Client(client_async(request, stream).await?.0))
}

/// Takes a seat through TLS, as a page of that server does.
pub(crate) async fn seat(address: SocketAddr, room: &str) -> Client<TlsStream<TcpStream>> {
    let stream = tls(address, &["http/1.1"]).await.unwrap();
    let origin = format!("https://{address}");
    let mut client = socket(stream, &address.to_string(), &[("origin", &origin)]).await.unwrap();
    let room = RoomId::from_typed(room).unwrap();
    client.say(&ClientMsg::Join { room, introduction: introduction(), resume: None, reloaded: false }).await;
    match client.next().await {
        ServerMsg::RoomCreated(_) | ServerMsg::RoomJoined(_) => {}
        other => panic!("no seat: {other:?}"),
    }
    client.say(&ClientMsg::Confirm).await;
    client
}

/// What a page says of itself; the server reads nothing in it.
pub(crate) fn introduction() -> Introduction {
    let (hello, door) = ("2.of-a-page".to_owned(), "of-a-link".to_owned());
    Introduction { hello: hello.try_into().unwrap(), door: door.try_into().unwrap() }
}

/// A box with a mark of its own; the server opens none.
pub(crate) fn sealed(mark: &str) -> SealedBox {
    let mark = mark.replace(|character: char| !character.is_ascii_alphanumeric(), "_");
    SealedBox::try_from("A".repeat(28) + &mark).unwrap()
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn say(&mut self, message: &ClientMsg) {
        self.0.send(Message::text(serde_json::to_string(message).unwrap())).await.unwrap();
    }

    /// The next message that is more than a sign of life.
    pub(crate) async fn next(&mut self) -> ServerMsg {
        soon("a message", async {
            loop {
                if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                    match serde_json::from_str(&text).unwrap() {
                        ServerMsg::Heartbeat => {}
                        other => return other,
                    }
                }
            }
        })
        .await
    }

    /// Sends a box to a peer, and has it heard there.
    pub(crate) async fn reaches(&mut self, peer: u32, other: &mut Self, text: &str) {
        let sealed = sealed(text);
        self.say(&ClientMsg::Signal { to: PeerId(peer), sealed: sealed.clone() }).await;
        loop {
            match other.next().await {
                ServerMsg::Signal { sealed: heard, .. } => return assert_eq!(heard, sealed),
                ServerMsg::PeerJoined(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
