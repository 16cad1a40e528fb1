//! The server under test, a client that speaks the wire, and a healthy pair to watch while others misbehave.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use parlor::protocol::{
    ClientMsg, CloseCode, ErrorCode, Introduction, PageLoad, PeerId, PeerInfo, RoomId, SealedBox, SeatToken,
    Seated, ServerMsg, socket_address,
};
use parlor::server::config::{Config, STATE_NONE};
use parlor::server::http::site::Site;
use parlor::server::listeners::Listeners;
use parlor::server::run;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

/// After this long without what a test waits for, it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a fact.
pub(crate) async fn soon<T>(what: &str, fact: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, fact).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Asks again and again until something is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    soon(what, async {
        while !so().await {
            pace.tick().await;
        }
    })
    .await;
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Where a host watches it.
    pub(crate) ops: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<std::io::Result<()>>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts with settings that differ from the defaults.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_at((Ipv4Addr::LOCALHOST, 0).into(), change).await
    }

    /// The same at an address of the test's choice.
    pub(crate) async fn with_at(address: SocketAddr, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.server.state = STATE_NONE.into();
        config.relay.enabled = false;
        change(&mut config);
        (config.server.host, config.server.port) = (address.ip(), address.port());
        let doors = Listeners::open(&config).unwrap();
        let (address, ops) = (doors.http(), doors.ops());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(run(config, doors, Site::default(), async move { drop(stopped.await) }));
        Self { address, ops, stop: Some(stop), task: Some(task) }
    }

    /// One that runs elsewhere, as in a process of its own.
    pub(crate) fn elsewhere(address: SocketAddr) -> Self {
        Self { address, ops: None, stop: None, task: None }
    }

    /// Asks the server to stop, as a signal of the system would.
    pub(crate) fn ask_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for the server's end.
    pub(crate) async fn ended(self) {
        soon("the end of the server", self.task.unwrap()).await.unwrap().unwrap();
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// One HTTP request on a connection of its own.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        Self::request(self.address, "GET", path, headers).await
    }

    /// The same where a host watches the server.
    pub(crate) async fn watch(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.act("GET", path, headers).await
    }

    /// A request of another method there.
    pub(crate) async fn act(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        Self::request(self.ops.unwrap(), method, path, headers).await
    }

    pub(crate) async fn request(
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if headers.iter().all(|(name, _)| *name != "host") {
            request += &format!("host: {address}\r\n");
        }
        headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
        stream.write_all((request + "\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        soon("an HTTP answer", stream.read_to_end(&mut answer)).await.unwrap();
        Answer(String::from_utf8_lossy(&answer).into_owned())
    }

    pub(crate) async fn connect(&self) -> Client {
        self.try_connect(&[]).await.unwrap()
    }

    pub(crate) async fn try_connect(
        &self,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, tungstenite::Error> {
        self.open(self.tcp().await, headers).await
    }

    /// The same from an address of the loopback network, as if from another machine.
    pub(crate) async fn try_connect_from(&self, from: u8) -> Result<Client, tungstenite::Error> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, from], 0).into()).unwrap();
        self.open(socket.connect(self.address).await?, &[]).await
    }

    pub(crate) async fn connect_from(&self, from: u8) -> Client {
        self.try_connect_from(from).await.unwrap()
    }

    /// Opens a socket at an address other than that of this version's pages.
    pub(crate) async fn connect_at(&self, address: &str) -> Client {
        self.open_at(address, self.tcp().await, &[]).await.unwrap()
    }

    async fn open(
        &self,
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, tungstenite::Error> {
        self.open_at(&socket_address(), stream, headers).await
    }

    async fn open_at(
        &self,
        address: &str,
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, tungstenite::Error> {
        let url = format!("ws://{}{address}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let (ws, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Client { ws })
    }

    /// Connects and takes a new seat.
    pub(crate) async fn seat(&self, room: &str) -> (Client, Seated) {
        let mut client = self.connect().await;
        let seated = client.join(room).await;
        (client, seated)
    }

    /// Two in a room; what each is told about the other is read.
    pub(crate) async fn pair(&self, room: &str) -> (Client, Client) {
        let (mut one, _) = self.seat(room).await;
        let (two, _) = self.seat(room).await;
        let ServerMsg::PeerJoined(_) = one.next().await else { panic!("no newcomer") };
        (one, two)
    }
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

/// One socket.
pub(crate) struct Client {
    pub(crate) ws: WebSocketStream<TcpStream>,
}

impl Client {
    pub(crate) async fn say(&mut self, message: &ClientMsg) {
        self.text(&serde_json::to_string(message).unwrap()).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.ws.send(Message::text(text)).await.unwrap();
    }

    /// The next message that is more than a sign of life.
    pub(crate) async fn next(&mut self) -> ServerMsg {
        loop {
            match self.message().await {
                ServerMsg::Heartbeat => {}
                other => return other,
            }
        }
    }

    pub(crate) async fn message(&mut self) -> ServerMsg {
        match soon("a message", self.frame()).await {
            Message::Text(text) => {
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
            }
            other => panic!("a message was expected, not {other:?}"),
        }
    }

    pub(crate) async fn frame(&mut self) -> Message {
        loop {
            match self.ws.next().await.unwrap().unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                other => return other,
            }
        }
    }

    /// Reads on until the server closes; anything but a close frame is a failure.
    pub(crate) async fn closed(&mut self) -> CloseCode {
        let close = async {
            loop {
                if let Message::Close(frame) = self.frame().await {
                    return frame;
                }
            }
        };
        let frame: Option<CloseFrame> = soon("a close", close).await;
        let frame = frame.expect("a close with a code");
        let code = CloseCode::from_code(frame.code.into()).unwrap_or_else(|| panic!("{frame:?}"));
        assert_eq!(frame.reason.as_str(), code.reason());
        code
    }

    /// The next message, or `None` if there is none because the connection ends, however it does.
    pub(crate) async fn answer(&mut self) -> Option<ServerMsg> {
        let message = async {
            loop {
                match self.ws.next().await?.ok()? {
                    Message::Text(text) => return serde_json::from_str(&text).ok(),
                    Message::Close(_) => return None,
                    _ => {}
                }
            }
        };
        soon("an answer or the end", message).await
    }

    /// Reads on until the connection is over, however it ends.
    pub(crate) async fn over(&mut self) {
        soon("the end of the connection", async { while let Some(Ok(_)) = self.ws.next().await {} }).await;
    }

    pub(crate) async fn join(&mut self, room: &str) -> Seated {
        self.say(&join(room)).await;
        self.seated().await
    }

    /// Reads the answer to a join and confirms it, as a page does.
    pub(crate) async fn seated(&mut self) -> Seated {
        match self.next().await {
            ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => {
                self.say(&ClientMsg::Confirm).await;
                seated
            }
            other => panic!("no seat: {other:?}"),
        }
    }

    pub(crate) async fn refused(&mut self, text: &str, code: ErrorCode) {
        self.text(text).await;
        match self.next().await {
            ServerMsg::Error { code: got, .. } => assert_eq!(got, code, "{text}"),
            other => panic!("{text} was answered with {other:?}"),
        }
    }

    /// What comes next from a peer; proves that nothing came before it.
    pub(crate) async fn hears(&mut self, from: u32, sealed: &SealedBox) {
        assert_eq!(self.next().await, ServerMsg::Signal { from: PeerId(from), sealed: sealed.clone() });
    }
}

/// What a page says of itself; the server reads nothing in it.
pub(crate) fn introduction() -> Introduction {
    let (hello, door) = ("2.of-a-page".to_owned(), "of-a-link".to_owned());
    Introduction { hello: hello.try_into().unwrap(), door: door.try_into().unwrap() }
}

/// A peer as the others are told of it.
pub(crate) fn info(peer: u32, page: u32) -> PeerInfo {
    let Introduction { hello, door } = introduction();
    PeerInfo { peer: PeerId(peer), page: PageLoad(page), hello: Some(hello), door: Some(door), away: false }
}

pub(crate) fn join(room: &str) -> ClientMsg {
    ClientMsg::Join {
        room: RoomId::from_typed(room).unwrap(),
        introduction: introduction(),
        resume: None,
        reloaded: false,
    }
}

pub(crate) fn resume(seated: &Seated, reloaded: bool) -> ClientMsg {
    let (room, resume) = (seated.room.clone(), Some(seated.resume.clone()));
    ClientMsg::Join { room, introduction: introduction(), resume, reloaded }
}

pub(crate) fn resume_with(room: &str, token: &str) -> ClientMsg {
    let resume = Some(SeatToken(token.to_owned()));
    ClientMsg::Join {
        room: RoomId::from_typed(room).unwrap(),
        introduction: introduction(),
        resume,
        reloaded: false,
    }
}

/// A box with a mark of its own; the server opens none.
pub(crate) fn sealed(mark: &str) -> SealedBox {
    let mark = mark.replace(|character: char| !character.is_ascii_alphanumeric(), "_");
    SealedBox::try_from("A".repeat(28) + &mark).unwrap()
}

pub(crate) fn to(peer: u32, sealed: SealedBox) -> ClientMsg {
    ClientMsg::Signal { to: PeerId(peer), sealed }
}

/// A pair whose signals bounce all the time, to prove that nobody else's doings reach it.
pub(crate) struct HealthyPair {
    rounds: watch::Receiver<u32>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Duration>,
}

impl HealthyPair {
    /// How long a round trip may take while others misbehave; a busy machine is slow, a stuck server slower.
    const PROMPT: Duration = Duration::from_secs(2);
    /// Rounds that must still work afterwards.
    const ROUNDS: u32 = 20;

    pub(crate) async fn start(server: &Server) -> Self {
        let (mut one, mut two) = server.pair("healthy").await;
        let (count, rounds) = watch::channel(0);
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut slowest = Duration::ZERO;
            // A pace, so that the pair stays below the server's rate limit.
            let mut pace = tokio::time::interval(Duration::from_millis(3));
            while stopped.try_recv().is_err() {
                pace.tick().await;
                let begun = Instant::now();
                let signal = sealed(&format!("round {}", *count.borrow()));
                one.say(&to(2, signal.clone())).await;
                two.hears(1, &signal).await;
                two.say(&to(1, signal.clone())).await;
                one.hears(2, &signal).await;
                slowest = slowest.max(begun.elapsed());
                count.send_modify(|count| *count += 1);
            }
            slowest
        });
        Self { rounds, stop, task }
    }

    /// Fails unless the pair's signals still go to and fro, and were prompt all along.
    pub(crate) async fn stays_well(mut self) {
        let goal = *self.rounds.borrow() + Self::ROUNDS;
        soon("rounds of the healthy pair", self.rounds.wait_for(|count| *count >= goal)).await.unwrap();
        let _ = self.stop.send(());
        let slowest = self.task.await.unwrap();
        assert!(slowest < Self::PROMPT, "a round trip took {slowest:?}");
    }
}
