//! What browsers are told to find a way with: the relay inside at the host they came to, with credentials that it
//! takes, for a while.

use std::net::Ipv4Addr;
use std::time::Duration;

use parlor::protocol::{ErrorCode, ICE_PATH, IceServer, IceServersReply, ServerMsg};
use parlor::server::config::Config;
use parlor::server::ice::{Secret, TESTER, parse_username};

use crate::lab::Server;

const SECRET: &str = "known to the test";

fn with_relay(config: &mut Config) {
    config.relay.enabled = true;
    config.relay.port = 0;
    config.relay.secret = SECRET.into();
}

/// The relay among the servers, whose credentials are good.
fn turn(servers: &[IceServer]) -> (&IceServer, Duration, &str) {
    let turn = servers.iter().find(|server| server.urls[0].starts_with("turn:")).unwrap();
    let username = turn.username.as_deref().unwrap();
    assert_eq!(turn.credential, Some(Secret::new(SECRET).password(username)));
    let (expiry, holder) = parse_username(username).unwrap();
    (turn, expiry, holder)
}

fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

#[tokio::test]
async fn a_seat_comes_with_the_relay_at_the_host_that_the_browser_came_to() {
    let server = Server::with(with_relay).await;
    let (_client, seated) = server.seat("4711").await;
    let (relay, expiry, holder) = turn(&seated.ice_servers);
    let host = format!("turn:{}:", Ipv4Addr::LOCALHOST);
    assert!(relay.urls.iter().all(|url| url.starts_with(&host)), "{:?}", relay.urls);
    assert!(relay.urls[0].ends_with("?transport=udp") && relay.urls[1].ends_with("?transport=tcp"));
    assert!(expiry > now() && expiry <= now() + Duration::from_secs(3600));
    assert!(!holder.contains("4711") && !holder.starts_with(TESTER));
    let (_other, joined) = server.seat("4711").await;
    assert_ne!(turn(&joined.ice_servers).2, holder, "a quota is one seat's");
}

#[tokio::test]
async fn whoever_comes_to_a_room_that_was_left_is_not_who_left_it() {
    let server = Server::with(with_relay).await;
    let mut holders = Vec::new();
    for _ in 0..2 {
        let (mut client, seated) = server.seat("4711").await;
        assert_eq!(seated.peer.0, 1, "the room is new");
        holders.push(turn(&seated.ice_servers).2.to_owned());
        client.text(r#"{"type":"leave"}"#).await;
        client.refused(r#"{"type":"leave"}"#, ErrorCode::NotJoined).await;
    }
    assert_ne!(holders[0], holders[1]);
}

#[tokio::test]
async fn credentials_are_renewed_before_they_end() {
    let server = Server::with(|config| {
        with_relay(config);
        // They end at a whole second and are renewed at half their life: less would leave no time in between.
        config.relay.credential_lifetime = Duration::from_secs(4);
        config.limits.ping = Duration::from_millis(100);
    })
    .await;
    let (mut client, seated) = server.seat("4711").await;
    let (_, first, holder) = turn(&seated.ice_servers);
    let renewed = loop {
        match client.next().await {
            ServerMsg::IceServers { ice_servers } => break ice_servers,
            ServerMsg::Heartbeat => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(now() < first, "before they end");
    let (_, second, same) = turn(&renewed);
    assert!(second > first);
    assert_eq!(same, holder);
}

#[tokio::test]
async fn a_page_without_a_seat_may_test_its_connection() {
    let server = Server::with(with_relay).await;
    let answer = server.get(ICE_PATH, &[]).await;
    assert!(answer.0.contains("cache-control: no-store"), "{}", answer.0);
    let offer: IceServersReply = serde_json::from_str(answer.0.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let (_, expiry, holder) = turn(&offer.ice_servers);
    assert!(holder.starts_with(TESTER));
    assert!(expiry <= now() + Duration::from_secs(60));
}

#[tokio::test]
async fn all_who_test_from_one_network_are_one_tester() {
    let server = Server::with(|config| {
        with_relay(config);
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let tester = async |from: &str| {
        let answer = server.get(ICE_PATH, &[("x-forwarded-for", from)]).await;
        let offer: IceServersReply =
            serde_json::from_str(answer.0.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        turn(&offer.ice_servers).2.to_owned()
    };
    assert_eq!(tester("2001:db8::1").await, tester("2001:db8::2").await, "one customer has both");
    assert_ne!(tester("2001:db8::1").await, tester("2001:db8:0:1::1").await);
    assert_ne!(tester("192.0.2.1").await, tester("192.0.2.2").await);
}

#[tokio::test]
async fn without_a_relay_nobody_is_named() {
    let server = Server::start().await;
    let (_client, seated) = server.seat("4711").await;
    assert_eq!(seated.ice_servers, []);
    let answer = server.get(ICE_PATH, &[]).await;
    assert!(answer.0.ends_with(r#"{"ice_servers":[]}"#), "{}", answer.0);
}
