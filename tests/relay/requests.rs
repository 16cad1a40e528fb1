//! Who is let in, and what is refused.

use std::time::Duration;

use turn_types::attribute::{ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CONNECT, REFRESH};
use turn_types::stun::attribute::ErrorCode;
use turn_types::stun::message::{Message, Method, TransactionId};
use turn_types::stun::prelude::AttributeWrite;

use crate::client::{
    Client, Credentials, Server, connect, credentials, credentials_until, now, relayed_address,
};

fn code(answer: &[u8]) -> Option<u16> {
    Message::from_bytes(answer).unwrap().attribute::<ErrorCode>().ok().map(|error| error.code())
}

#[tokio::test]
async fn only_valid_credentials_allocate() {
    let server = Server::start();
    let hour = Duration::from_secs(3600);
    let wrong = Credentials { password: "wrong".into(), ..credentials("a") };
    let nameless = Credentials { username: "a".into(), password: "a".into() };
    for refused in [
        wrong,
        nameless,
        credentials_until(now() - Duration::from_secs(60), "a", "the secret of these tests"),
        credentials_until(now() + hour, "a", "another secret"),
    ] {
        assert_eq!(Client::over_udp(server.udp, refused).await.allocate().await, Err(401));
    }
    assert!(server.udp_client("a").await.allocate().await.is_ok());
    assert!(server.tcp_client("a").await.allocate().await.is_ok());
}

#[tokio::test]
async fn made_up_nonces_are_stale() {
    let server = Server::start();
    let mut client = server.udp_client("a").await;
    client.allocate().await.unwrap();
    let good = std::mem::replace(&mut client.nonce, "made up".into());
    let refresh: [Box<dyn AttributeWrite>; 1] = [Box::new(Lifetime::new(600))];
    let request = client.request(REFRESH, TransactionId::generate(), &refresh);
    assert_eq!(code(&client.exchange(&request).await), Some(438));
    // The nonce of another address is none either.
    let mut other = server.udp_client("a").await;
    (other.nonce, other.realm, other.signs) = (good, client.realm.clone(), true);
    let transport: [Box<dyn AttributeWrite>; 1] = [Box::new(RequestedTransport::new(17))];
    let request = other.request(ALLOCATE, TransactionId::generate(), &transport);
    assert_eq!(code(&other.exchange(&request).await), Some(438));
    // A browser takes the new one and goes on.
    client.refresh(600).await.unwrap();
}

#[tokio::test]
async fn a_second_allocation_is_refused_and_the_same_request_answered_again() {
    let server = Server::start();
    let mut client = server.udp_client("a").await;
    let address = client.allocate().await.unwrap();
    assert_eq!(client.allocate().await, Err(437));
    let mut fresh = server.udp_client("a").await;
    (fresh.signs, fresh.realm) = (false, String::new());
    assert!(fresh.refresh(600).await.is_err_and(|code| code == 437), "there is nothing to refresh");
    let transport: [Box<dyn AttributeWrite>; 1] = [Box::new(RequestedTransport::new(17))];
    let request = fresh.request(ALLOCATE, TransactionId::generate(), &transport);
    let answers = [fresh.exchange(&request).await, fresh.exchange(&request).await];
    assert_eq!(answers[0], answers[1]);
    assert_ne!(relayed_address(&answers[0]), address);
}

#[tokio::test]
async fn nobody_else_changes_an_allocation() {
    let server = Server::start();
    let mut client = server.udp_client("a").await;
    let own = client.allocate().await.unwrap();
    let before = std::mem::replace(&mut client.credentials, credentials("b"));
    assert_eq!(client.refresh(0).await, Err(441));
    assert_eq!(client.permit(own).await, Err(441));
    client.credentials = before;
    client.refresh(600).await.unwrap();
    client.refresh(0).await.unwrap();
    assert_eq!(client.refresh(600).await, Err(437));
    assert_eq!(server.relay.allocations(), 0);
    client.allocate().await.unwrap();
}

#[tokio::test]
async fn addresses_beyond_the_relay_cannot_be_reached() {
    let server = Server::start();
    let target = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut client = server.udp_client("a").await;
    client.allocate().await.unwrap();
    let (own, tcp) = (server.udp.to_string(), server.tcp.to_string());
    let target_address = target.local_addr().unwrap().to_string();
    for (channel, forbidden) in (0x4000..).zip([
        &target_address[..],
        &own,
        &tcp,
        "127.0.0.1:53",
        "10.0.0.1:80",
        "172.16.0.1:80",
        "192.168.1.1:80",
        "169.254.169.254:80",
        "0.0.0.0:53",
        "8.8.8.8:53",
        "198.51.100.1:49152",
        "[::1]:53",
        "[fe80::1]:53",
        "[::ffff:127.0.0.1]:53",
        "[::ffff:192.0.2.1]:53",
        "[2001:db8::1]:53",
    ]) {
        let peer = forbidden.parse().unwrap();
        assert_eq!(client.permit(peer).await, Err(403), "{forbidden}");
        assert_eq!(client.bind(channel, peer).await, Err(403), "{forbidden}");
        client.send_to(peer, b"out").await;
        client.send(channel, b"out").await;
    }
    client.binding().await;
    let mut bytes = [0; 100];
    assert!(target.try_recv(&mut bytes).is_err(), "something came out of the relay");
}

#[tokio::test]
async fn a_channel_has_one_peer() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    let third = server.udp_client("c").await.allocate().await.unwrap();
    assert_eq!(one.bind(0x4000, third).await, Err(400));
    assert_eq!(one.bind(0x3fff, third).await, Err(400));
    // The first of two is what the relay would count, and the last what it would do.
    let fourth = server.udp_client("d").await.allocate().await.unwrap();
    let bind = |numbers: &'static [u16], peers: &'static [usize]| {
        move |transaction| {
            let mut attributes: Vec<Box<dyn AttributeWrite>> = Vec::new();
            for number in numbers {
                attributes.push(Box::new(ChannelNumber::new(*number)));
            }
            for peer in peers {
                attributes.push(Box::new(XorPeerAddress::new([third, fourth][*peer], transaction)));
            }
            attributes
        }
    };
    for odd in
        [bind(&[0x4001], &[0, 1]), bind(&[0x4001, 0x4002], &[0]), bind(&[0x4001], &[]), bind(&[], &[0])]
    {
        assert_eq!(one.ask(CHANNEL_BIND, odd).await, Err(400));
    }
    one.bind(0x4001, third).await.unwrap();
    let mut last = Ok(());
    for n in 0..1_000_u16 {
        last = one.bind(0x4002 + n, ([192, 0, 2, 1], 50_000 + n).into()).await;
        if last.is_err() {
            break;
        }
    }
    assert_eq!(last, Err(508), "channels are limited");
}

#[tokio::test]
async fn what_the_relay_does_not_do_is_refused() {
    let server = Server::start();
    let mut client = server.tcp_client("a").await;
    let transport = |protocol| {
        move |_| -> Vec<Box<dyn AttributeWrite>> { vec![Box::new(RequestedTransport::new(protocol))] }
    };
    assert_eq!(client.ask(ALLOCATE, transport(6)).await, Err(442), "connections to peers (RFC 6062)");
    assert_eq!(client.ask(ALLOCATE, transport(99)).await, Err(442));
    assert_eq!(client.ask(ALLOCATE, |_| Vec::new()).await, Err(400));
    assert_eq!(server.relay.allocations(), 0);
    client.allocate().await.unwrap();
    assert_eq!(client.ask(CONNECT, |_| Vec::new()).await, Err(400));
    assert_eq!(client.ask(Method::new(0x0ff), |_| Vec::new()).await, Err(400));
}
