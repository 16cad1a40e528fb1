//! What it is for: the address seen from outside, and data from one client to another.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::client::{Client, Link, Server, channel_data, connect, credentials, soon, until};

#[tokio::test]
async fn a_client_is_told_its_address_over_udp_and_tcp() {
    let server = Server::start();
    let mut client = server.udp_client("a").await;
    let Link::Datagrams(socket) = &client.link else { unreachable!() };
    let own = socket.local_addr().unwrap();
    assert_eq!(client.binding().await, own);
    assert_eq!(server.tcp_client("a").await.binding().await.ip(), own.ip());
}

#[tokio::test]
async fn one_port_serves_both_families_and_they_meet() {
    let server = Server::at(Ipv6Addr::UNSPECIFIED.into(), |_| {});
    if server.udp.is_ipv4() {
        return println!("skipped: this system has no IPv6");
    }
    let here = |host: std::net::IpAddr, port| SocketAddr::new(host, port);
    let (old, new) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    let mut clients = [
        Client::over_udp(here(old, server.udp.port()), credentials("a")).await,
        Client::over_udp(here(new, server.udp.port()), credentials("b")).await,
        Client::over_tcp(here(old, server.tcp.port()), credentials("c")).await,
        Client::over_tcp(here(new, server.tcp.port()), credentials("d")).await,
    ];
    for (client, family) in clients.iter_mut().zip([old, new, old, new]) {
        assert_eq!(client.binding().await.ip(), family);
    }
    let [a, b, c, d] = &mut clients;
    for (one, other) in [(a, b), (c, d)] {
        connect(one, other).await;
        one.send(0x4000, b"hello").await;
        assert_eq!(other.coming().await, b"hello");
        other.send(0x4000, b"hello to you").await;
        assert_eq!(one.coming().await, b"hello to you");
    }
}

#[tokio::test]
async fn an_answer_comes_from_the_address_that_was_asked() {
    let server = Server::at(Ipv4Addr::UNSPECIFIED.into(), |_| {});
    // Connected sockets take nothing from elsewhere; the first two addresses of loopback will do for two of a host.
    for host in ["127.0.0.1", "127.0.0.2"] {
        let asked = SocketAddr::new(host.parse().unwrap(), server.udp.port());
        Client::over_udp(asked, credentials("a")).await.binding().await;
    }
}

#[tokio::test]
async fn data_of_every_length_goes_both_ways_between_udp_and_tcp() {
    let server = Server::start();
    for transports in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        let [mut one, mut other] = [
            if transports[0] == 0 { server.udp_client("a").await } else { server.tcp_client("a").await },
            if transports[1] == 0 { server.udp_client("b").await } else { server.tcp_client("b").await },
        ];
        connect(&mut one, &mut other).await;
        for length in [0, 1, 2, 3, 4, 5, 100, 1199, 1200, 1201] {
            let data = vec![7; length];
            one.send(0x4000, &data).await;
            assert!(other.coming().await == data, "{transports:?} {length}");
            other.send(0x4000, &data).await;
            assert!(one.coming().await == data, "{transports:?} {length}");
        }
    }
}

#[tokio::test]
async fn without_a_channel_data_comes_as_an_indication() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.tcp_client("b").await);
    let (here, there) = (one.allocate().await.unwrap(), other.allocate().await.unwrap());
    one.permit(there).await.unwrap();
    other.permit(here).await.unwrap();
    for length in [1, 2, 3, 4, 1199] {
        one.send_to(there, &vec![7; length]).await;
        assert_eq!(other.coming().await, vec![7; length]);
        other.send_to(here, &vec![8; length]).await;
        assert_eq!(one.coming().await, vec![8; length]);
    }
    one.bind(0x4001, there).await.unwrap();
    one.send(0x4001, b"one side has a channel").await;
    assert_eq!(other.coming().await, b"one side has a channel");
}

#[tokio::test]
async fn without_permission_nothing_is_delivered() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    let (here, there) = (one.allocate().await.unwrap(), other.allocate().await.unwrap());
    one.send_to(there, b"not even permitted to be sent").await;
    one.permit(there).await.unwrap();
    one.send_to(there, b"not permitted to be received").await;
    one.binding().await;
    assert_eq!(other.data().await, None);
    other.permit(here).await.unwrap();
    one.send_to(there, b"welcome").await;
    assert_eq!(other.coming().await, b"welcome");
}

#[tokio::test]
async fn messages_in_three_pieces_come_whole() {
    let server = Server::start();
    let (mut one, mut other) = (server.tcp_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    for n in 0..200_u8 {
        let mut message = channel_data(0x4000, &[n; 101]);
        message.resize(108, 0);
        for piece in [&message[..2], &message[2..40], &message[40..]] {
            let Link::Stream(stream, _) = &mut one.link else { unreachable!() };
            tokio::io::AsyncWriteExt::write_all(stream, piece).await.unwrap();
            // So that the pieces do not travel together.
            other.send(0x4000, b"meanwhile").await;
            assert_eq!(one.coming().await, b"meanwhile");
        }
        assert_eq!(other.coming().await, vec![n; 101]);
    }
}

#[tokio::test]
async fn a_closed_stream_ends_its_allocation_at_once() {
    let server = Server::with(|config| config.allocations_per_seat = 1);
    for _ in 0..6 {
        let mut client = server.tcp_client("a").await;
        client.allocate().await.unwrap();
        assert_eq!(server.relay.allocations(), 1);
        drop(client);
        until("the end of the allocation", || server.relay.allocations() == 0).await;
    }
}

#[tokio::test]
async fn it_stops_and_starts_again_on_the_same_port() {
    let mut server = Server::start();
    let mut client = server.tcp_client("a").await;
    client.allocate().await.unwrap();
    server.udp_client("b").await.allocate().await.unwrap();
    server.stop.cancel();
    soon("the end", &mut server.task).await.unwrap();
    assert_eq!(server.relay.allocations(), 0, "they are accounted for");
    assert_eq!(soon("the end of the stream", client.read()).await, None);
    let (udp, tcp) = (server.udp, server.tcp);
    drop(server);
    tokio::net::UdpSocket::bind(udp).await.unwrap();
    let again = Server::with(|config| config.port = tcp.port());
    again.tcp_client("a").await.allocate().await.unwrap();
}
