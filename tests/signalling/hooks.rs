//! What webhooks are told, and that one that fails harms nobody.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, UNIX_EPOCH};

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use parlor::server::config::{Config, HookConfig, HookEvent};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::lab::{HealthyPair, Server, soon};
use crate::ops::becomes;

const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// What waits for a try that hangs takes longer, since such a try takes ten seconds.
const PROMPT: Duration = Duration::from_secs(6);
/// The server waits one second for webhooks, and at most four for all that it ends.
const STOP: Duration = Duration::from_secs(3);

/// How a receiver answers.
#[derive(Clone)]
enum Answers {
    /// With this text.
    Text(String),
    /// With the first text once, then that it has received.
    First(&'static str),
    /// Never.
    Not,
    /// That it has received, once it may.
    Once(watch::Receiver<bool>),
}

/// A program that listens to a webhook.
struct Receiver {
    url: String,
    news: mpsc::UnboundedReceiver<News>,
}

/// A message as it came.
struct News {
    id: String,
    body: Value,
}

impl Receiver {
    async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?of=parlor", listener.local_addr().unwrap());
        let (told, news) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut first = true;
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let Some(heard) = News::read(&mut stream).await else { continue };
                if told.send(heard).is_err() {
                    return;
                }
                let is_first = std::mem::replace(&mut first, false);
                let answers = answers.clone();
                tokio::spawn(async move {
                    let text = match answers {
                        Answers::Not => return std::future::pending().await,
                        Answers::Text(text) => text,
                        Answers::First(text) if is_first => text.to_owned(),
                        Answers::First(_) => received(),
                        Answers::Once(mut may) => {
                            may.wait_for(|may| *may).await.unwrap();
                            received()
                        }
                    };
                    drop(stream.write_all(text.as_bytes()).await);
                });
            }
        });
        Self { url, news }
    }

    fn hook(&self) -> HookConfig {
        HookConfig { url: self.url.clone(), secret: format!("whsec_{SECRET}"), events: all() }
    }

    async fn next(&mut self) -> News {
        soon("news", self.news.recv()).await.unwrap()
    }

    async fn event(&mut self) -> (String, u64) {
        self.next().await.event()
    }
}

impl News {
    /// Reads one request, whose signature must be right.
    async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("POST /hook?of=parlor HTTP/1.1\r\n"), "{head}");
        let header = |name: &str| {
            let value =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(|_| line));
            value.unwrap_or_else(|| panic!("no {name} in {head}"))[name.len()..].trim().to_owned()
        };
        assert_eq!(header("content-type:"), "application/json");
        let mut body = vec![0; header("content-length:").parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        let (id, timestamp) = (header("webhook-id:"), header("webhook-timestamp:"));
        let key = BASE64.decode(SECRET.as_bytes()).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let mac = mac.chain_update(format!("{id}.{timestamp}.{body}")).finalize().into_bytes();
        assert_eq!(header("webhook-signature:"), format!("v1,{}", BASE64.encode(&mac)));
        let now = UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!((now - 60..=now).contains(&timestamp.parse().unwrap()), "{timestamp}");
        Some(Self { id, body: serde_json::from_str(&body).unwrap() })
    }

    /// What has happened, and how many seats are taken after it.
    fn event(&self) -> (String, u64) {
        (self.body["type"].as_str().unwrap().to_owned(), self.body["data"]["seats"].as_u64().unwrap())
    }
}

fn received() -> String {
    "HTTP/1.1 204 No Content\r\n\r\n".into()
}

fn all() -> Vec<HookEvent> {
    vec![HookEvent::RoomOpened, HookEvent::RoomClosed, HookEvent::SeatTaken, HookEvent::SeatLeft]
}

/// A server that tells these.
async fn telling(hooks: Vec<HookConfig>) -> Server {
    Server::with(|config: &mut Config| {
        config.ops.address = "127.0.0.1:0".into();
        config.ops.hooks = hooks;
    })
    .await
}

fn told(how: &str) -> String {
    format!("parlor_hooks_total{{how=\"{how}\"}}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_and_its_seats_are_told_in_order_and_without_its_number() {
    let mut receiver = Receiver::start(Answers::Text(received())).await;
    let server = telling(vec![receiver.hook()]).await;
    let (one, two) = server.pair("48291377").await;
    for mut client in [one, two] {
        client.text(r#"{"type":"leave"}"#).await;
        client.message().await;
    }
    let mut news = Vec::new();
    for event in [
        ("room.opened", 1),
        ("seat.taken", 1),
        ("seat.taken", 2),
        ("seat.left", 1),
        ("seat.left", 0),
        ("room.closed", 0),
    ] {
        let next = receiver.next().await;
        assert_eq!(next.event(), (event.0.to_owned(), event.1));
        news.push(next);
    }
    let ids: BTreeSet<_> = news.iter().map(|news| &news.id).collect();
    assert_eq!(ids.len(), news.len());
    let rooms: BTreeSet<_> = news.iter().map(|news| news.body["data"]["room"].as_str().unwrap()).collect();
    let room = rooms.first().unwrap();
    assert!(rooms.len() == 1 && room.len() == 8 && room.bytes().all(|digit| digit.is_ascii_hexdigit()));
    for News { body, .. } in &news {
        assert!(!body.to_string().contains("48291377"), "{body}");
        let timestamp = body["timestamp"].as_str().unwrap();
        assert!(timestamp.len() == "2026-11-30T23:14:37Z".len() && timestamp.ends_with('Z'), "{timestamp}");
        assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    }
    becomes(&server, &told("sent"), 6.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_what_it_asks_for_and_a_call_that_is_ended_is_closed() {
    let mut closed = Receiver::start(Answers::Text(received())).await;
    let mut seats = Receiver::start(Answers::Text(received())).await;
    let hooks = vec![
        HookConfig { events: vec![HookEvent::RoomClosed], ..closed.hook() },
        HookConfig { events: vec![HookEvent::SeatTaken, HookEvent::SeatLeft], ..seats.hook() },
    ];
    let server = Server::with(|config: &mut Config| {
        config.ops.address = "127.0.0.1:0".into();
        config.ops.token = crate::ops::TOKEN.into();
        config.ops.hooks = hooks;
    })
    .await;
    let _pair = server.pair("4711").await;
    let token = format!("Bearer {}", crate::ops::TOKEN);
    assert_eq!(server.act("DELETE", "/api/v1/rooms/4711", &[("authorization", &token)]).await.status(), 204);
    assert_eq!(closed.event().await, ("room.closed".to_owned(), 0));
    for (event, count) in [("seat.taken", 1), ("seat.taken", 2), ("seat.left", 1), ("seat.left", 0)] {
        assert_eq!(seats.event().await, (event.to_owned(), count));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_received_is_sent_again() {
    let mut receiver = Receiver::start(Answers::First("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n")).await;
    let events = vec![HookEvent::RoomOpened];
    let server = telling(vec![HookConfig { events, ..receiver.hook() }]).await;
    let _one = server.seat("4711").await;
    let (first, again) = (receiver.next().await, receiver.next().await);
    assert_eq!((first.id, first.body), (again.id, again.body), "the same message");
    becomes(&server, &told("sent"), 1.0).await;
    becomes(&server, &told("failed"), 0.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_fail_delay_neither_the_others_nor_a_join() {
    let mut trap = Receiver::start(Answers::Text(received())).await;
    let redirect = format!("HTTP/1.1 307 x\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", trap.url);
    let mut bad = Vec::new();
    for answers in [
        Answers::Not,
        Answers::Text(redirect),
        Answers::Text("220 smtp.example ESMTP\r\n".into()),
        Answers::Text(String::new()),
    ] {
        bad.push(Receiver::start(answers).await);
    }
    let mut good = Receiver::start(Answers::Text(received())).await;
    let mut hooks: Vec<_> = bad.iter().map(Receiver::hook).collect();
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    hooks.push(HookConfig { url: format!("http://{nowhere}/"), ..good.hook() });
    hooks.push(HookConfig { url: "https://nowhere.invalid/".into(), ..good.hook() });
    hooks.push(good.hook());
    let server = telling(hooks).await;
    let pair = HealthyPair::start(&server).await;
    let begun = Instant::now();
    let mut seats = Vec::new();
    for room in 0..50 {
        seats.push(server.seat(&format!("room-{room}")).await);
    }
    let joined = begun.elapsed();
    assert!(joined < PROMPT, "50 joins took {joined:?}");
    // The pair's room with two seats, and fifty with one.
    let heard = timeout(PROMPT, async {
        for _ in 0..3 + 2 * 50 {
            good.next().await;
        }
    });
    assert!(heard.await.is_ok(), "one that hangs holds up another");
    for receiver in &mut bad {
        receiver.next().await;
    }
    pair.stays_well().await;
    assert!(trap.news.try_recv().is_err(), "a redirect was followed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_tells_the_last_news_and_does_not_wait_long_for_those_who_hang() {
    let (permit, may) = watch::channel(false);
    let mut slow = Receiver::start(Answers::Once(may)).await;
    let mut hanging = Receiver::start(Answers::Not).await;
    let mut server = telling(vec![slow.hook(), hanging.hook()]).await;
    drop(server.pair("4711").await);
    // Each has the first, and has not answered; two more wait.
    for receiver in [&mut slow, &mut hanging] {
        assert_eq!(receiver.event().await, ("room.opened".to_owned(), 1));
    }
    let begun = Instant::now();
    server.ask_to_stop();
    permit.send_replace(true);
    for seats in [1, 2] {
        assert_eq!(slow.event().await, ("seat.taken".to_owned(), seats));
    }
    server.ended().await;
    let lasted = begun.elapsed();
    assert!(lasted < STOP, "the stop took {lasted:?}");
}
