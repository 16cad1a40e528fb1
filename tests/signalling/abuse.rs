//! Bad input and bad manners: each is answered to that socket alone, while a healthy pair goes on.

use std::time::{Duration, Instant};

use futures::{FutureExt, SinkExt, StreamExt};
use parlor::protocol::sealed::MAX_BOX_CHARS;
use parlor::protocol::{CloseCode, ErrorCode, MAX_FRAME_BYTES, PeerId, ServerMsg};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::lab::{HealthyPair, PATIENCE, Server, join, sealed, soon, to, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_messages_are_answered_with_their_error_and_change_nothing() {
    let server = Server::with(|config| config.limits.bad_messages = 100).await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, mut two) = server.pair("1").await;
    let long = format!(r#"{{"type":"join","room":"{}"}}"#, "7".repeat(65));
    let deep = format!(r#"{{"type":"join","room":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (text, code) in [
        ("", ErrorCode::BadMessage),
        ("hello", ErrorCode::BadMessage),
        ("{", ErrorCode::BadMessage),
        ("null", ErrorCode::BadMessage),
        ("[]", ErrorCode::BadMessage),
        ("42[\"signal\"]", ErrorCode::BadMessage),
        ("{}", ErrorCode::BadMessage),
        (r#"{"type":null}"#, ErrorCode::BadMessage),
        (&deep, ErrorCode::BadRoom),
        (r#"{"type":"toString"}"#, ErrorCode::UnknownType),
        (r#"{"type":"room_joined"}"#, ErrorCode::UnknownType),
        (r#"{"type":"signal"}"#, ErrorCode::BadMessage),
        (r#"{"type":"signal","to":2}"#, ErrorCode::BadMessage),
        (r#"{"type":"signal","sealed":{}}"#, ErrorCode::BadMessage),
        (r#"{"type":"signal","to":"2","sealed":{}}"#, ErrorCode::BadMessage),
        (r#"{"type":"signal","to":-1,"sealed":{}}"#, ErrorCode::BadMessage),
        (r#"{"type":"signal","to":1e99,"sealed":{}}"#, ErrorCode::BadMessage),
        (r#"{"type":"join"}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":""}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":4711}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":"../../etc"}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":"a+b"}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":"\u0000"}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":"<b>x</b>"}"#, ErrorCode::BadRoom),
        (r#"{"type":"join","room":"방"}"#, ErrorCode::BadRoom),
        (&long, ErrorCode::BadRoom),
        (r#"{"type":"join","room":"9","hello":"a\nb","door":"d"}"#, ErrorCode::BadMessage),
        (r#"{"type":"join","room":"9","hello":"h","door":5}"#, ErrorCode::BadMessage),
    ] {
        one.refused(text, code).await;
    }
    one.say(&to(2, sealed("x"))).await;
    two.hears(1, &sealed("x")).await;
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_bad_messages_close_that_socket() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, mut two) = server.pair("1").await;
    for _ in 0..20 {
        two.refused("{", ErrorCode::BadMessage).await;
    }
    two.text("{").await;
    assert_eq!(two.closed().await, CloseCode::BadMessages);
    assert_eq!(one.next().await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_that_a_newer_page_knows_are_no_abuse() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, mut two) = server.pair("1").await;
    for _ in 0..100 {
        one.refused(r#"{"type":"wave","to":["all"],"room":7,"hand":{"left":true}}"#, ErrorCode::UnknownType)
            .await;
    }
    one.say(&to(2, sealed("x"))).await;
    two.hears(1, &sealed("x")).await;
    // They are messages like others.
    for _ in 0..2_000 {
        one.text(r#"{"type":"wave"}"#).await;
    }
    assert_eq!(one.closed().await, CloseCode::TooManyMessages);
    pair.stays_well().await;
}

/// A frame as a browser masks it.
fn masked(mut frame: Frame) -> Vec<u8> {
    frame.header_mut().mask = Some([0; 4]);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_without_end_close_that_socket_within_a_second() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let part = |opcode, text: &'static str| masked(Frame::message(text, OpCode::Data(opcode), false));
    let begun = part(Data::Text, "");
    let more = |text| part(Data::Continue, text);
    let (ping, pong) = (masked(Frame::ping("")), masked(Frame::pong("")));
    let floods = [
        (&begun[..], more("")),
        (&begun, more("{")),
        (&begun, [more(""), ping.clone()].concat()),
        (b"", ping),
        (b"", pong),
    ];
    for (room, (first, flood)) in floods.into_iter().enumerate() {
        let (mut one, mut two) = server.pair(&room.to_string()).await;
        two.ws.get_mut().write_all(first).await.unwrap();
        let flood = flood.repeat(10_000);
        let begun = Instant::now();
        let ended = async {
            loop {
                // One that is cut may be reset as well.
                if two.ws.get_mut().write_all(&flood).await.is_err() {
                    break;
                }
                if let Some(Some(Ok(Message::Close(close)))) = two.ws.next().now_or_never() {
                    let code = close.map(|close| close.code.into()).and_then(CloseCode::from_code);
                    assert_eq!(code, Some(CloseCode::TooManyMessages));
                    break;
                }
            }
        };
        soon("the end of the flood", ended).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?} after {:?}", begun.elapsed(), &flood[..12]);
        assert_eq!(one.next().await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
    }
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_no_text_close_that_socket() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let broken = Frame::message(Bytes::from_static(b"\xff\xfe{}"), OpCode::Data(Data::Text), true);
    for frame in [Message::binary(&b"{\"type\":\"leave\"}"[..]), Message::Frame(broken)] {
        let mut client = server.connect().await;
        client.ws.send(frame).await.unwrap();
        assert_eq!(client.closed().await, CloseCode::NotText);
    }
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_frame_passes_and_one_byte_more_closes_that_socket() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let offer = |bytes: usize| {
        let around = r#"{"type":"signal","to":2,"sealed":""}"#.len();
        format!(r#"{{"type":"signal","to":2,"sealed":"{}"}}"#, "v".repeat(bytes - around))
    };
    let (mut one, mut two) = server.pair("1").await;
    one.text(&offer(MAX_FRAME_BYTES)).await;
    let Message::Text(passed) = two.frame().await else { panic!("no frame") };
    assert_eq!(passed.len(), MAX_FRAME_BYTES + r#""from""#.len() - r#""to""#.len());
    for bytes in [MAX_FRAME_BYTES + 1, 300_000] {
        let mut client = server.connect().await;
        client.text(&offer(bytes)).await;
        assert_eq!(client.closed().await, CloseCode::TooBig);
    }
    // In pieces it is just as large.
    let piece = |opcode, last| Message::Frame(Frame::message(vec![b' '; 40_000], OpCode::Data(opcode), last));
    one.ws.send(piece(Data::Text, false)).await.unwrap();
    one.ws.send(piece(Data::Continue, true)).await.unwrap();
    assert_eq!(one.closed().await, CloseCode::TooBig);
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_messages_closes_that_socket() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, two) = server.pair("1").await;
    let (mut sink, stream) = two.ws.split();
    let flood = tokio::spawn(async move {
        let frame = Message::text(serde_json::to_string(&to(1, sealed("flood"))).unwrap());
        // As fast as it goes; ends with the connection.
        while sink.send(frame.clone()).await.is_ok() {}
        sink
    });
    let mut passed = 0;
    let away = async {
        while let ServerMsg::Signal { .. } = one.next().await {
            passed += 1;
        }
    };
    soon("the end of the flood", away).await;
    let close = stream.filter_map(async |message| match message {
        Ok(Message::Close(frame)) => frame,
        _ => None,
    });
    let frame = soon("a close", std::pin::pin!(close).next()).await.expect("a close with a code");
    assert_eq!(CloseCode::from_code(frame.code.into()), Some(CloseCode::TooManyMessages));
    assert!(passed >= 1_000, "only {passed} passed");
    drop(flood.await);
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_bytes_closes_its_sender_and_not_its_reader() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let long = sealed(&"x".repeat(MAX_BOX_CHARS - 28));
    let text = serde_json::to_string(&to(1, long.clone())).unwrap();
    let flood = async {
        // Ends with the connection; far fewer messages than one may send.
        for _ in 0..200 {
            if two.ws.send(Message::text(text.as_str())).await.is_err() {
                break;
            }
        }
        two.closed().await
    };
    let reads = async {
        while let ServerMsg::Signal { from: PeerId(2), sealed } = one.next().await {
            assert_eq!(sealed, long);
        }
    };
    let (code, ()) = tokio::join!(flood, reads);
    assert_eq!(code, CloseCode::TooManyMessages);
    one.refused(r#"{"type":"dance"}"#, ErrorCode::UnknownType).await;
}

#[tokio::test]
async fn pages_asked_for_and_never_read_do_not_keep_others_out_for_ever() {
    let server = Server::with(|config| {
        config.limits.requests = 2;
        config.limits.write_timeout = Duration::from_millis(100);
    })
    .await;
    let mut deaf = [server.tcp().await, server.tcp().await];
    for stream in &mut deaf {
        // More answers than the buffers of both sides hold.
        let requests = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10_000);
        let (_, mut writing) = stream.split();
        let sent = tokio::time::timeout(PATIENCE, writing.write_all(requests.as_bytes())).await;
        drop(sent.expect("the server reads on, or ends the connection"));
    }
    assert_eq!(server.get("/healthz", &[]).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_joins_closes_that_socket() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let mut client = server.connect().await;
    for _ in 0..100 {
        client.text(r#"{"type":"join","room":"healthy"}"#).await;
    }
    assert_eq!(client.closed().await, CloseCode::TooManyMessages);
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_too_slow_for_its_signals_is_cut_and_the_sender_goes_on() {
    let server = Server::with(|config| {
        config.limits.queue_bytes = 2 * MAX_FRAME_BYTES;
        // Here the sender may do what no page does.
        config.limits.byte_burst = u32::MAX;
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, mut two) = server.pair("1").await;
    let offer = to(2, sealed(&"v".repeat(59_000)));
    // `two` reads nothing, so the kernel's buffers fill up, then its queue.
    let away = async {
        loop {
            one.say(&offer).await;
            tokio::select! {
                biased;
                message = one.next() => return message,
                () = tokio::task::yield_now() => {}
            }
        }
    };
    assert_eq!(soon("the cut", away).await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
    two.over().await;
    let (_, seated) = server.seat("2").await;
    assert_eq!(seated.peer, PeerId(1));
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_sites_may_not_connect() {
    let server = Server::with(|config| config.server.origins = vec!["https://friend.example".into()]).await;
    let own = format!("http://{}", server.address);
    for origins in [
        &["https://evil.example"][..],
        &["null"],
        &["http://localhost"],
        &["https://friend.example.evil"],
        &[own.as_str(), "https://evil.example"],
        &[own.as_str(), own.as_str()],
    ] {
        let headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
        let refused = server.try_connect(&headers).await;
        let Err(tokio_tungstenite::tungstenite::Error::Http(answer)) = refused else {
            panic!("{origins:?} connected")
        };
        assert_eq!(answer.status(), 403, "{origins:?}");
    }
    for origin in [own.as_str(), "https://friend.example"] {
        let mut client = server.try_connect(&[("origin", origin)]).await.unwrap();
        client.say(&join("1")).await;
        client.seated().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_socket_too_many_is_refused_until_another_has_gone() {
    let server = Server::with(|config| {
        config.limits.sockets = 3;
        config.limits.returning_sockets = 0;
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let last = server.connect().await;
    let Err(tokio_tungstenite::tungstenite::Error::Http(answer)) = server.try_connect(&[]).await else {
        panic!("one too many")
    };
    assert_eq!(answer.status(), 503);
    drop(last);
    soon("a free place", async { while server.try_connect(&[]).await.is_err() {} }).await;
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_do_not_arrive_are_dropped() {
    let server = Server::with(|config| config.limits.request_timeout = Duration::from_millis(100)).await;
    let pair = HealthyPair::start(&server).await;
    for head in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "\u{0}\u{1}\u{2}\r\n\r\n"] {
        let mut stream = server.tcp().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // A reset is as good an end as any.
        drop(
            tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the connection ends"),
        );
    }
    pair.stays_well().await;
}

#[tokio::test]
async fn one_address_cannot_hold_all_places() {
    let server = Server::with(|config| config.limits.requests_per_address = 2).await;
    let well = async || {
        let mut stream = server.tcp().await;
        let mut answer = Vec::new();
        let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        // One that is refused may be cut at any step.
        let _ = stream.write_all(request).await;
        let _ = soon("an answer or the end", stream.read_to_end(&mut answer)).await;
        answer.starts_with(b"HTTP/1.1 200")
    };
    let held = [server.tcp().await, server.tcp().await];
    until("the places to be taken", async || !well().await).await;
    assert!(!well().await);
    drop(held);
    until("a place", well).await;
}
