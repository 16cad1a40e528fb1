//! A TURN client as browsers have one, over datagrams or any stream, and the relay under test.

use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parlor::server::config::RelayConfig;
use parlor::server::ice::{Secret, username};
use parlor::server::turn::TurnServer;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use turn_types::attribute::{
    ChannelNumber, Data, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};
use turn_types::stun::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use turn_types::stun::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWriteVec,
    Method, TransactionId,
};
use turn_types::stun::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};

pub(crate) const SECRET: &str = "the secret of these tests";
/// After this long without what a test waits for, it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a fact.
pub(crate) async fn soon<T>(what: &str, fact: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, fact).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Asks again and again until something is so.
pub(crate) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    soon(what, async {
        while !so() {
            pace.tick().await;
        }
    })
    .await;
}

/// A running relay; stops when dropped.
pub(crate) struct Server {
    pub(crate) relay: TurnServer,
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut RelayConfig)) -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into(), change)
    }

    pub(crate) fn at(host: IpAddr, change: impl FnOnce(&mut RelayConfig)) -> Self {
        let mut config = RelayConfig { port: 0, ..RelayConfig::default() };
        change(&mut config);
        let relay = TurnServer::open(&config, Secret::new(SECRET), host).unwrap();
        let (udp, tcp) = (relay.udp_address().unwrap(), relay.tcp_address().unwrap());
        let stop = CancellationToken::new();
        let task = tokio::spawn({
            let (relay, stop) = (relay.clone(), stop.clone());
            async move { relay.run(stop).await }
        });
        Self { relay, udp, tcp, stop, task }
    }

    pub(crate) async fn udp_client(&self, holder: &str) -> Client {
        Client::over_udp(self.udp, credentials(holder)).await
    }

    /// One on a stream that is no socket, from wherever a test says; it knows no time but that of the test.
    pub(crate) fn stream_client(&self, holder: &str, from: &str) -> Client {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (relay, from) = (self.relay.clone(), SocketAddr::new(from.parse().unwrap(), 5000));
        tokio::spawn(async move { relay.serve(far, from).await });
        Client::over_stream(near, credentials(holder))
    }

    pub(crate) async fn tcp_client(&self, holder: &str) -> Client {
        Client::over_tcp(self.tcp, credentials(holder)).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: String,
}

pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

pub(crate) fn credentials(holder: &str) -> Credentials {
    credentials_until(now() + Duration::from_secs(3600), holder, SECRET)
}

pub(crate) fn credentials_until(expiry: Duration, holder: &str, secret: &str) -> Credentials {
    let username = username(expiry, holder);
    let password = Secret::new(secret).password(&username);
    Credentials { username, password }
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) enum Link {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>, Vec<u8>),
}

pub(crate) struct Client {
    pub(crate) link: Link,
    pub(crate) credentials: Credentials,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    /// Whether requests are signed, as they are once the server has asked for it.
    pub(crate) signs: bool,
}

impl Client {
    pub(crate) async fn over_udp(server: SocketAddr, credentials: Credentials) -> Self {
        let any = if server.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        Self::over_udp_from(any, server, credentials).await
    }

    /// From one of the many addresses of loopback.
    pub(crate) async fn over_udp_from(from: IpAddr, server: SocketAddr, credentials: Credentials) -> Self {
        let socket = UdpSocket::bind((from, 0)).await.unwrap();
        socket.connect(server).await.unwrap();
        Self::over(Link::Datagrams(socket), credentials)
    }

    pub(crate) async fn over_tcp(server: SocketAddr, credentials: Credentials) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over_stream(stream, credentials)
    }

    pub(crate) fn over_stream(stream: impl Stream + 'static, credentials: Credentials) -> Self {
        Self::over(Link::Stream(Box::new(stream), Vec::new()), credentials)
    }

    fn over(link: Link, credentials: Credentials) -> Self {
        Self { link, credentials, realm: String::new(), nonce: String::new(), signs: false }
    }

    pub(crate) async fn write(&mut self, message: &[u8]) {
        match &mut self.link {
            Link::Datagrams(socket) => drop(socket.send(message).await),
            Link::Stream(stream, _) => {
                let mut message = message.to_vec();
                message.resize(message.len().next_multiple_of(4), 0);
                stream.write_all(&message).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    }

    /// The next whole message; nothing once the stream has ended.
    pub(crate) async fn read(&mut self) -> Option<Vec<u8>> {
        match &mut self.link {
            Link::Datagrams(socket) => {
                let mut message = vec![0; 8192];
                let length = socket.recv(&mut message).await.ok()?;
                message.truncate(length);
                Some(message)
            }
            Link::Stream(stream, waiting) => loop {
                if let Some(message) = whole_message(waiting) {
                    return Some(message);
                }
                if stream.read_buf(waiting).await.unwrap_or(0) == 0 {
                    return None;
                }
            },
        }
    }

    /// Whether a datagram is here already, as the system knows it.
    pub(crate) fn has_arrived(&self) -> bool {
        let Link::Datagrams(socket) = &self.link else { panic!("only datagrams arrive whole") };
        match SockRef::from(socket).peek(&mut [MaybeUninit::uninit()]) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// What the relay answers to a request; credentials are shown when it asks for them.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        attributes: impl Fn(TransactionId) -> Vec<Box<dyn AttributeWrite>>,
    ) -> Result<Vec<u8>, u16> {
        for _ in 0..3 {
            let transaction = TransactionId::generate();
            let request = self.request(method, transaction, &attributes(transaction));
            let answer = self.exchange(&request).await;
            let message = Message::from_bytes(&answer).unwrap();
            let Ok(error) = message.attribute::<ErrorCode>() else { return Ok(answer) };
            let stale = error.code() == ErrorCode::STALE_NONCE;
            if !stale && (self.signs || error.code() != ErrorCode::UNAUTHORIZED) {
                return Err(error.code());
            }
            self.realm = message.attribute::<Realm>().unwrap().realm().to_owned();
            self.nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
            self.signs = true;
        }
        panic!("asked for credentials again and again");
    }

    /// Sends a request and waits for its answer; what comes meanwhile is lost.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Vec<u8> {
        self.write(request).await;
        soon("an answer", async {
            loop {
                let message = self.read().await.expect("the stream goes on");
                if message[0] < 0x40 && message[8..20] == request[8..20] {
                    return message;
                }
            }
        })
        .await
    }

    pub(crate) fn request(
        &self,
        method: Method,
        transaction: TransactionId,
        attributes: &[Box<dyn AttributeWrite>],
    ) -> Vec<u8> {
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
        for attribute in attributes {
            message.add_attribute(attribute.as_ref()).unwrap();
        }
        if self.signs {
            let Credentials { username, password } = &self.credentials;
            message.add_attribute(&Username::new(username).unwrap()).unwrap();
            message.add_attribute(&Realm::new(&self.realm).unwrap()).unwrap();
            message.add_attribute(&Nonce::new(&self.nonce).unwrap()).unwrap();
            let key = LongTermKeyCredentials::new(username.clone(), password.clone(), self.realm.clone());
            message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).unwrap();
        }
        message.finish()
    }

    pub(crate) async fn binding(&mut self) -> SocketAddr {
        let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
        let answer = self.exchange(&request).await;
        let answer = Message::from_bytes(&answer).unwrap();
        answer.attribute::<XorMappedAddress>().unwrap().addr(answer.transaction_id())
    }

    pub(crate) async fn allocate(&mut self) -> Result<SocketAddr, u16> {
        let answer = self.ask(ALLOCATE, |_| vec![Box::new(RequestedTransport::new(17))]).await?;
        Ok(relayed_address(&answer))
    }

    pub(crate) async fn permit(&mut self, peer: SocketAddr) -> Result<(), u16> {
        let attributes = |transaction| -> Vec<Box<dyn AttributeWrite>> {
            vec![Box::new(XorPeerAddress::new(peer, transaction))]
        };
        self.ask(CREATE_PERMISSION, attributes).await.map(drop)
    }

    pub(crate) async fn bind(&mut self, channel: u16, peer: SocketAddr) -> Result<(), u16> {
        let attributes = |transaction| -> Vec<Box<dyn AttributeWrite>> {
            vec![Box::new(ChannelNumber::new(channel)), Box::new(XorPeerAddress::new(peer, transaction))]
        };
        self.ask(CHANNEL_BIND, attributes).await.map(drop)
    }

    pub(crate) async fn refresh(&mut self, seconds: u32) -> Result<(), u16> {
        self.ask(REFRESH, |_| vec![Box::new(Lifetime::new(seconds))]).await.map(drop)
    }

    pub(crate) async fn send(&mut self, channel: u16, data: &[u8]) {
        self.write(&channel_data(channel, data)).await;
    }

    pub(crate) async fn send_to(&mut self, peer: SocketAddr, data: &[u8]) {
        let message = send_indication(peer, data);
        self.write(&message).await;
    }

    /// The data of the next message that carries any; nothing if the answer to a question put later comes first.
    pub(crate) async fn data(&mut self) -> Option<Vec<u8>> {
        let question = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
        self.write(&question).await;
        soon("data or an answer", async {
            loop {
                let message = self.read().await.expect("the stream goes on");
                if message[0] >= 0x40 || message[1] == 0x17 {
                    return Some(carried(&message));
                } else if message[8..20] == question[8..20] {
                    return None;
                }
            }
        })
        .await
    }

    /// The data of the next message that carries any.
    pub(crate) async fn coming(&mut self) -> Vec<u8> {
        soon("data", async {
            loop {
                let message = self.read().await.expect("the stream goes on");
                if message[0] >= 0x40 || message[1] == 0x17 {
                    return carried(&message);
                }
            }
        })
        .await
    }
}

/// Allocates for two clients and binds them to each other by channel 0x4000; their relayed addresses.
pub(crate) async fn connect(one: &mut Client, other: &mut Client) -> (SocketAddr, SocketAddr) {
    let (here, there) = (one.allocate().await.unwrap(), other.allocate().await.unwrap());
    one.bind(0x4000, there).await.unwrap();
    other.bind(0x4000, here).await.unwrap();
    (here, there)
}

pub(crate) fn relayed_address(answer: &[u8]) -> SocketAddr {
    let answer = Message::from_bytes(answer).unwrap();
    answer.attribute::<XorRelayedAddress>().unwrap().addr(answer.transaction_id())
}

pub(crate) fn send_indication(peer: SocketAddr, data: &[u8]) -> Vec<u8> {
    let mut message = Message::builder_indication(SEND, MessageWriteVec::new());
    message.add_attribute(&XorPeerAddress::new(peer, message.transaction_id())).unwrap();
    message.add_attribute(&Data::new(data)).unwrap();
    message.finish()
}

pub(crate) fn channel_data(channel: u16, data: &[u8]) -> Vec<u8> {
    [&channel.to_be_bytes()[..], &(data.len() as u16).to_be_bytes(), data].concat()
}

fn carried(message: &[u8]) -> Vec<u8> {
    if message[0] >= 0x40 {
        let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
        return message[4..4 + length].to_vec();
    }
    Message::from_bytes(message).unwrap().attribute::<Data>().unwrap().data().to_vec()
}

fn whole_message(waiting: &mut Vec<u8>) -> Option<Vec<u8>> {
    let head = waiting.first_chunk::<4>()?;
    let said = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let whole = if head[0] < 0x40 { 20 + said } else { (4 + said).next_multiple_of(4) };
    (waiting.len() >= whole).then(|| waiting.drain(..whole).collect())
}
