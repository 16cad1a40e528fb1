//! How long things last, in virtual time.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::advance;
use turn_types::stun::message::BINDING;

use crate::client::{Client, Link, SECRET, Server, connect, credentials_until, now, soon, until};

const SECOND: Duration = Duration::from_secs(1);

fn over_stream(server: &Server, holder: &str) -> Client {
    server.stream_client(holder, "192.168.1.1")
}

async fn arrives(one: &mut Client, other: &mut Client) -> bool {
    one.send(0x4000, b"still there?").await;
    one.binding().await;
    other.data().await.is_some()
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_while_it_is_refreshed_and_ends_when_it_is_not() {
    let server = Server::start();
    let (mut one, mut other) = (over_stream(&server, "a"), over_stream(&server, "b"));
    let (here, there) = connect(&mut one, &mut other).await;
    for _ in 0..20 {
        advance(240 * SECOND).await;
        for (client, peer) in [(&mut one, there), (&mut other, here)] {
            client.refresh(600).await.unwrap();
            client.bind(0x4000, peer).await.unwrap();
        }
        assert!(arrives(&mut one, &mut other).await && arrives(&mut other, &mut one).await);
    }
    advance(299 * SECOND).await;
    assert!(arrives(&mut one, &mut other).await);
    advance(2 * SECOND).await;
    assert!(!arrives(&mut one, &mut other).await, "a permission lasts five minutes");
    advance(301 * SECOND).await;
    until("the end of the allocations", || server.relay.allocations() == 0).await;
    advance(11 * SECOND).await;
    assert_eq!(soon("the end of the stream", one.read()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_an_allocation_is_closed_soon() {
    let server = Server::start();
    let (mut silent, mut asking) = (over_stream(&server, "a"), over_stream(&server, "b"));
    let mut allocated = over_stream(&server, "c");
    asking.binding().await;
    allocated.allocate().await.unwrap();
    advance(9 * SECOND).await;
    asking.binding().await;
    advance(2 * SECOND).await;
    assert_eq!(soon("the end", silent.read()).await, None);
    assert_eq!(soon("the end", asking.read()).await, None);
    allocated.binding().await;
    allocated.refresh(0).await.unwrap();
    advance(11 * SECOND).await;
    assert_eq!(soon("the end", allocated.read()).await, None);
}

/// In real time, as credentials end by the clock of the day.
#[tokio::test]
async fn a_test_ends_with_its_credentials_and_a_call_does_not() {
    let server = Server::start();
    let soon_over = |holder| credentials_until(now() + 2 * SECOND, holder, SECRET);
    let mut tester = Client::over_udp(server.udp, soon_over("test-1")).await;
    let mut caller = Client::over_udp(server.udp, soon_over("a")).await;
    for client in [&mut tester, &mut caller] {
        client.allocate().await.unwrap();
        client.refresh(3600).await.unwrap();
    }
    assert_eq!(server.relay.allocations(), 2);
    until("the end of the test", || server.relay.allocations() == 1).await;
    assert_eq!(tester.refresh(3600).await, Err(437));
    assert_eq!(tester.allocate().await, Err(401));
    caller.refresh(3600).await.unwrap();
    caller.refresh(0).await.unwrap();
    assert_eq!(caller.allocate().await, Err(401), "but nothing new is begun");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_read_is_closed_soon_however_much_it_says() {
    let server = Server::start();
    let (mut one, mut other) = (over_stream(&server, "a"), over_stream(&server, "b"));
    connect(&mut one, &mut other).await;
    for _ in 0..200 {
        one.send(0x4000, &[7; 1_000]).await;
    }
    one.binding().await;
    assert_eq!(server.relay.allocations(), 2);
    for _ in 0..11 {
        advance(SECOND).await;
        let question = other.request(BINDING, 1.into(), &[]);
        let Link::Stream(stream, _) = &mut other.link else { unreachable!() };
        drop(stream.write_all(&question).await);
        one.binding().await;
    }
    until("the end of the allocation", || server.relay.allocations() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_for_long_gets_an_hour() {
    let server = Server::start();
    let mut client = over_stream(&server, "a");
    client.allocate().await.unwrap();
    client.refresh(u32::MAX).await.unwrap();
    for _ in 0..59 {
        advance(60 * SECOND).await;
        client.binding().await;
        assert_eq!(server.relay.allocations(), 1);
    }
    advance(61 * SECOND).await;
    until("the end of the allocation", || server.relay.allocations() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_closed_long_before_its_allocation_ends() {
    let server = Server::start();
    let mut client = over_stream(&server, "a");
    client.allocate().await.unwrap();
    client.refresh(u32::MAX).await.unwrap();
    for _ in 0..65 {
        advance(10 * SECOND).await;
    }
    assert_eq!(server.relay.allocations(), 1);
    // All of it is less than its hour.
    for _ in 0..200 {
        advance(10 * SECOND).await;
    }
    assert_eq!(server.relay.allocations(), 0);
    assert_eq!(soon("the end of the stream", client.read()).await, None);
}
