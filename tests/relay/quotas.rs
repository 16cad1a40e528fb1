//! How much one holder, and all together, may have.

use std::time::Duration;

use turn_types::attribute::Lifetime;
use turn_types::message::REFRESH;
use turn_types::stun::message::BINDING;
use turn_types::stun::prelude::AttributeWrite;

use crate::client::{Client, Server, connect, credentials, soon};

#[tokio::test]
async fn allocations_are_limited_for_one_holder_and_for_all() {
    let server = Server::with(|config| (config.allocations, config.allocations_per_seat) = (6, 4));
    let mut held = Vec::new();
    for (holder, expected) in [
        ("a", Ok(())),
        ("a", Ok(())),
        ("a", Ok(())),
        ("a", Ok(())),
        ("a", Err(486)),
        ("b", Ok(())),
        ("b", Ok(())),
        ("c", Err(508)),
    ] {
        let mut client = server.udp_client(holder).await;
        assert_eq!(client.allocate().await.map(drop), expected, "{holder}");
        held.push(client);
    }
    held[0].refresh(0).await.unwrap();
    server.udp_client("a").await.allocate().await.unwrap();
}

#[tokio::test]
async fn many_holders_at_one_address_leave_allocations_to_others() {
    let server = Server::with(|config| config.allocations_per_address = 5);
    let (mut held, mut granted) = (Vec::new(), 0);
    for n in 0..8 {
        let holder = format!("holder {n}");
        let mut client =
            if n % 2 == 0 { server.udp_client(&holder).await } else { server.tcp_client(&holder).await };
        match client.allocate().await {
            Ok(_) => granted += 1,
            Err(code) => assert_eq!(code, 508),
        }
        held.push(client);
    }
    assert_eq!((granted, server.relay.allocations()), (5, 5));
    let elsewhere = "127.0.0.2".parse().unwrap();
    Client::over_udp_from(elsewhere, server.udp, credentials("z")).await.allocate().await.unwrap();
    held[0].refresh(0).await.unwrap();
    held[7].allocate().await.unwrap();
}

/// How much of two megabytes, sent at once, arrives.
async fn arrives(server: &Server, holder: &str) -> usize {
    let (mut one, mut other) = (server.tcp_client(holder).await, server.udp_client("receiver").await);
    connect(&mut one, &mut other).await;
    let mut arrived = 0;
    for _ in 0..200 {
        for _ in 0..10 {
            one.send(0x4000, &[7; 1000]).await;
        }
        one.binding().await;
        while let Some(data) = other.data().await {
            arrived += data.len();
            // The answer to the question that came with it is passed over by the next.
        }
    }
    arrived
}

#[tokio::test]
async fn bytes_beyond_the_rate_are_dropped() {
    let server = Server::with(|config| config.bytes_per_second_per_seat = 500_000);
    let started = std::time::Instant::now();
    let arrived = arrives(&server, "a").await;
    let most = 500_000.0 * (1.0 + started.elapsed().as_secs_f64());
    assert!((470_000..=most as usize).contains(&arrived), "{arrived} of at most {most}");
    let tested = arrives(&server, "test-1").await;
    assert!(tested < arrived && tested >= 60_000, "{tested}: a test of the connection gets less");
}

#[tokio::test]
async fn all_allocations_of_a_holder_have_one_rate_and_so_have_those_that_come_after() {
    let server = Server::with(|config| config.bytes_per_second_per_seat = 200_000);
    let (started, mut arrived) = (std::time::Instant::now(), 0);
    for _ in 0..3 {
        let mut receiver = server.udp_client("receiver").await;
        let there = receiver.allocate().await.unwrap();
        let mut senders = [server.tcp_client("a").await, server.udp_client("a").await];
        for (channel, sender) in (0x4000..).zip(&mut senders) {
            let here = sender.allocate().await.unwrap();
            sender.bind(0x4000, there).await.unwrap();
            receiver.bind(channel, here).await.unwrap();
        }
        for _ in 0..30 {
            for sender in &mut senders {
                for _ in 0..10 {
                    sender.send(0x4000, &[7; 1000]).await;
                }
                sender.binding().await;
            }
            while let Some(data) = receiver.data().await {
                arrived += data.len();
            }
        }
        for sender in &mut senders {
            sender.refresh(0).await.unwrap();
        }
    }
    let most = 200_000.0 * (1.0 + started.elapsed().as_secs_f64());
    assert!((180_000..=most as usize).contains(&arrived), "{arrived} of at most {most}");
}

#[tokio::test]
async fn empty_messages_and_those_to_nobody_count() {
    let server = Server::with(|config| config.bytes_per_second_per_seat = 5_200);
    let nobody = ([192, 0, 2, 9], 50_000).into();
    for (holder, channel) in [("a", 0x4000), ("b", 0x4001), ("c", 0x4002)] {
        let (mut one, mut other) = (server.udp_client(holder).await, server.udp_client("receiver").await);
        connect(&mut one, &mut other).await;
        one.bind(0x4001, nobody).await.unwrap();
        for _ in 0..200 {
            // To the other, to nobody, and by a channel that there is not.
            one.send(channel, &[]).await;
        }
        one.send(0x4000, &[7; 3_900]).await;
        one.binding().await;
        let (mut empty, mut long) = (0, 0);
        while let Some(data) = other.data().await {
            *if data.is_empty() { &mut empty } else { &mut long } += 1;
        }
        assert!(empty < 150 && long == 0, "{holder}: {empty} {long}");
    }
}

#[tokio::test]
async fn streams_are_limited_for_one_address_and_for_all() {
    for limits in [(3, 100), (100, 3)] {
        let server = Server::with(|config| (config.connections, config.connections_per_address) = limits);
        let mut held = Vec::new();
        for n in 0..5 {
            let mut client = server.tcp_client("a").await;
            if n < 3 {
                client.binding().await;
            } else {
                assert_eq!(soon("the end of the stream", client.read()).await, None);
            }
            held.push(client);
        }
        drop(held);
        // A place is free again once the relay has noticed.
        soon("a place", async {
            loop {
                let mut client = server.tcp_client("a").await;
                let question = client.request(BINDING, 1.into(), &[]);
                client.write(&question).await;
                if client.read().await.is_some() {
                    return;
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn streams_of_one_ipv6_customer_share_places() {
    let server = Server::with(|config| config.connections_per_address = 2);
    let mut held = ["2001:db8::1", "2001:db8::2"].map(|from| server.stream_client("a", from));
    for client in &mut held {
        client.binding().await;
    }
    let mut third = server.stream_client("a", "2001:db8::3");
    assert_eq!(soon("the end of the stream", third.read()).await, None);
    server.stream_client("a", "2001:db8:0:1::1").binding().await;
}

/// How many answers came to what was asked before `last`, which is asked again and again until it is answered.
async fn answers_before(last: &[u8], client: &mut Client) -> usize {
    let mut answers = 0;
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    soon("an answer to what came last", async {
        loop {
            tokio::select! {
                _ = pace.tick() => client.write(last).await,
                answer = client.read() => match answer.unwrap()[8..20] == last[8..20] {
                    true => return answers,
                    false => answers += 1,
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn strangers_get_so_many_answers_and_members_all() {
    let server = Server::with(|config| config.strangers_per_second = 30);
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    let mut stranger = Client::over_udp(server.udp, credentials("c")).await;
    let [question, last] = [1, 2].map(|number| stranger.request(BINDING, number.into(), &[]));
    let started = std::time::Instant::now();
    for _ in 0..100 {
        for _ in 0..50 {
            stranger.write(&question).await;
        }
        // Answered in order, and so after all those questions were read.
        one.send(0x4000, b"on").await;
        assert_eq!(other.coming().await, b"on");
        one.refresh(600).await.unwrap();
    }
    let answers = answers_before(&last, &mut stranger).await;
    let most = 10.0 * (2.0 + started.elapsed().as_secs_f64());
    assert!((1..=most as usize).contains(&answers), "{answers} answers in {:?}", started.elapsed());
}

#[tokio::test]
async fn a_flood_of_datagrams_leaves_streams_alone() {
    let server = Server::with(|config| config.strangers_per_second = 16);
    let mut member = server.udp_client("m").await;
    member.allocate().await.unwrap();
    let (mut flood, started) = (Vec::new(), std::time::Instant::now());
    for n in 0..100 {
        // Each from an address of its own, which is as good as forged.
        let mut client = Client::over_udp_from([127, 0, 1, n].into(), server.udp, credentials("a")).await;
        client.write(&client.request(BINDING, 1.into(), &[])).await;
        flood.push(client);
    }
    server.tcp_client("b").await.binding().await;
    // One port answers in order, so all answers that there are to the flood have arrived before this one.
    member.refresh(600).await.unwrap();
    let answers = flood.into_iter().filter(|client| client.has_arrived()).count();
    let most = 16.0 * (2.0 + started.elapsed().as_secs_f64());
    assert!((1..=most as usize).contains(&answers), "{answers} answers in {:?}", started.elapsed());
}

#[tokio::test]
async fn strangers_get_no_more_answers_by_streams_or_with_credentials_and_a_nonce_that_is_none() {
    let server = Server::with(|config| config.strangers_per_second = 30);
    for mut stranger in [server.tcp_client("a").await, server.udp_client("a").await] {
        (stranger.signs, stranger.realm, stranger.nonce) = (true, "parlor".into(), "made up".into());
        let lifetime: [Box<dyn AttributeWrite>; 1] = [Box::new(Lifetime::new(600))];
        let [flood, last] = [1, 2].map(|number| stranger.request(REFRESH, number.into(), &lifetime));
        let started = std::time::Instant::now();
        for _ in 0..1_000 {
            stranger.write(&flood).await;
        }
        let answers = answers_before(&last, &mut stranger).await;
        let most = 10.0 * (2.0 + started.elapsed().as_secs_f64());
        assert!((1..=most as usize).contains(&answers), "{answers} answers in {:?}", started.elapsed());
    }
}
