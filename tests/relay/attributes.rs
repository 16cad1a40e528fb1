//! Attributes of requests, as RFC 8489 section 6.3 and RFC 8656 section 7.2 have them.

use turn_types::attribute::{AddressErrorCode, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};
use turn_types::stun::attribute::{AttributeType, ErrorCode, RawAttribute, UnknownAttributes};
use turn_types::stun::message::{
    BINDING, LongTermKeyCredentials, Message, MessageWriteVec, Method, TransactionId,
};
use turn_types::stun::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::{AddressFamily, attribute::Data};

use crate::client::{Client, Credentials, Server, connect, credentials, relayed_address};

/// A type and a value, as they stand in a message.
type Raw = (u16, &'static [u8]);

const UDP: Raw = (0x0019, &[17, 0, 0, 0]);
const TCP: Raw = (0x0019, &[6, 0, 0, 0]);
const CHANNEL: Raw = (0x000c, &[0x40, 0, 0, 0]);
const DONT_FRAGMENT: Raw = (0x001a, &[]);
const EVEN_PORT: Raw = (0x0018, &[0]);
const EVEN_PORT_AND_NEXT: Raw = (0x0018, &[0x80]);
const TOKEN: Raw = (0x0022, &[1, 2, 3, 4, 5, 6, 7, 8]);
const ONLY_IPV4: Raw = (0x0017, &[1, 0, 0, 0]);
const ONLY_IPV6: Raw = (0x0017, &[2, 0, 0, 0]);
const ALSO_IPV4: Raw = (0x8000, &[1, 0, 0, 0]);
const ALSO_IPV6: Raw = (0x8000, &[2, 0, 0, 0]);
/// Of nobody, to be understood or refused.
const UNKNOWN: Raw = (0x7ffe, b"what");
/// Of nobody, to be passed over.
const OPTIONAL: Raw = (0xbffe, b"what");
const CHANGE_REQUEST: Raw = (0x0003, &[0, 0, 0, 6]);
const CONNECTION_ID: Raw = (0x002a, &[0, 0, 0, 1]);
const LIFETIME: Raw = (0x000d, &[0, 0, 2, 0x58]);
const DATA: Raw = (0x0013, b"data");

fn boxed((kind, value): Raw) -> Box<dyn AttributeWrite> {
    Box::new(RawAttribute::new(AttributeType::new(kind), value).into_owned())
}

/// The answer to a request with what its method needs, and `more`.
async fn answer(client: &mut Client, method: Method, more: &[Raw]) -> Vec<u8> {
    let transaction = TransactionId::generate();
    let mut attributes: Vec<_> = more.iter().copied().map(boxed).collect();
    if method == CREATE_PERMISSION || method == CHANNEL_BIND {
        attributes.push(Box::new(XorPeerAddress::new(([192, 0, 2, 9], 50_000).into(), transaction)));
    }
    if method == CHANNEL_BIND {
        attributes.push(boxed(CHANNEL));
    }
    let request = client.request(method, transaction, &attributes);
    client.exchange(&request).await
}

/// The code of an error, or 0; that of an unknown attribute must name `expected` ones.
fn code(answer: &[u8], expected: &[Raw]) -> u16 {
    let answer = Message::from_bytes(answer).unwrap();
    let code = answer.attribute::<ErrorCode>().map_or(0, |error| error.code());
    let unknown = answer.attribute::<UnknownAttributes>().ok();
    assert_eq!(unknown.is_some(), code == 420);
    if let Some(unknown) = unknown {
        let is_named = |(kind, _): &Raw| unknown.has_attribute(AttributeType::new(*kind));
        assert!(expected.iter().any(is_named) && !is_named(&UDP) && !is_named(&OPTIONAL));
    }
    code
}

/// A client that has shown its credentials and holds nothing.
async fn known(server: &Server) -> Client {
    let mut client = server.udp_client("a").await;
    client.allocate().await.unwrap();
    client.refresh(0).await.unwrap();
    client
}

#[tokio::test]
async fn each_request_refuses_what_it_does_not_understand_and_ignores_the_rest() {
    let server = Server::start();
    let mut holder = server.udp_client("a").await;
    holder.allocate().await.unwrap();
    let methods = [BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND];
    let mut clients = Vec::new();
    for (attribute, codes) in [
        (UNKNOWN, [420, 420, 420, 420, 420]),
        (CHANGE_REQUEST, [420, 420, 420, 420, 420]),
        (CONNECTION_ID, [420, 420, 420, 420, 420]),
        (DONT_FRAGMENT, [420, 420, 420, 420, 420]),
        (OPTIONAL, [0, 0, 0, 0, 0]),
        (EVEN_PORT, [0, 0, 0, 0, 0]),
        (EVEN_PORT_AND_NEXT, [0, 508, 0, 0, 0]),
        (TOKEN, [0, 508, 0, 0, 0]),
        (ONLY_IPV4, [0, 0, 0, 0, 0]),
        (ONLY_IPV6, [0, 440, 443, 0, 0]),
        (ALSO_IPV4, [0, 400, 0, 0, 0]),
        (ALSO_IPV6, [0, 0, 0, 0, 0]),
        (LIFETIME, [0, 0, 0, 0, 0]),
        (DATA, [0, 0, 0, 0, 0]),
        // Twice in one Allocate: the first one counts.
        (UDP, [0, 0, 0, 0, 0]),
    ] {
        for (method, expected) in methods.into_iter().zip(codes) {
            let answer = match method {
                ALLOCATE => {
                    clients.push(known(&server).await);
                    answer(clients.last_mut().unwrap(), ALLOCATE, &[UDP, attribute]).await
                }
                BINDING => answer(&mut server.udp_client("a").await, BINDING, &[attribute]).await,
                _ => answer(&mut holder, method, &[attribute, OPTIONAL]).await,
            };
            assert_eq!(code(&answer, &[attribute]), expected, "{method} {attribute:x?}");
        }
    }
}

#[tokio::test]
async fn an_allocate_request_is_checked_in_the_order_of_the_rfc() {
    let server = Server::start();
    for (attributes, expected) in [
        (&[][..], 400),
        (&[(0x0019, &[17][..])], 400),
        (&[TCP], 442),
        (&[(0x0019, &[99, 0, 0, 0])], 442),
        (&[TCP, TOKEN], 442),
        (&[TCP, DONT_FRAGMENT], 420),
        (&[TCP, UDP], 442),
        (&[UDP, TOKEN, EVEN_PORT], 400),
        (&[UDP, TOKEN, ONLY_IPV4], 400),
        (&[UDP, TOKEN, ALSO_IPV6], 400),
        (&[UDP, (0x0022, &[1])], 400),
        (&[UDP, ONLY_IPV4, ALSO_IPV6], 400),
        (&[UDP, ALSO_IPV6, ONLY_IPV4], 400),
        (&[UDP, (0x0017, &[9, 0, 0, 0])], 440),
        (&[UDP, (0x0017, &[])], 400),
        (&[UDP, (0x0018, &[])], 400),
        (&[UDP, EVEN_PORT_AND_NEXT, ALSO_IPV6], 400),
        (&[UDP, EVEN_PORT, ALSO_IPV6], 0),
    ] {
        let answer = answer(&mut known(&server).await, ALLOCATE, attributes).await;
        assert_eq!(code(&answer, attributes), expected, "{attributes:x?}");
        assert_eq!(server.relay.allocations(), usize::from(expected == 0), "{attributes:x?}");
    }
}

#[tokio::test]
async fn an_even_port_is_given_and_another_family_is_told_to_be_missing() {
    let server = Server::start();
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = known(&server).await;
        let answer = answer(&mut client, ALLOCATE, &[UDP, EVEN_PORT]).await;
        assert!(relayed_address(&answer).port().is_multiple_of(2));
        // Its port must not be another client's while the relay has its allocation.
        clients.push(client);
    }
    let answer = answer(&mut known(&server).await, ALLOCATE, &[UDP, ALSO_IPV6]).await;
    assert!(relayed_address(&answer).is_ipv4());
    let missing = Message::from_bytes(&answer).unwrap().attribute::<AddressErrorCode>().unwrap();
    assert_eq!((missing.family(), missing.error().code()), (AddressFamily::IPV6, 440));
}

#[tokio::test]
async fn credentials_come_before_attributes_and_attributes_before_the_allocation() {
    let server = Server::start();
    let mut stranger = server.udp_client("a").await;
    assert_eq!(code(&answer(&mut stranger, ALLOCATE, &[UDP, UNKNOWN]).await, &[]), 401);
    let mut client = known(&server).await;
    client.credentials = Credentials { password: "wrong".into(), ..credentials("a") };
    assert_eq!(code(&answer(&mut client, REFRESH, &[UNKNOWN]).await, &[]), 401);
    let mut client = known(&server).await;
    for method in [REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        assert_eq!(code(&answer(&mut client, method, &[UNKNOWN]).await, &[UNKNOWN]), 420, "{method}");
        assert_eq!(code(&answer(&mut client, method, &[]).await, &[]), 437, "{method}");
    }
    client.allocate().await.unwrap();
    for attribute in [TOKEN, EVEN_PORT_AND_NEXT, ONLY_IPV6] {
        assert_eq!(code(&answer(&mut client, ALLOCATE, &[UDP, attribute]).await, &[]), 437);
    }
    // What is signed is answered so, and all that is unknown is named.
    let refusal = answer(&mut client, REFRESH, &[UNKNOWN, LIFETIME, DONT_FRAGMENT]).await;
    let refusal = Message::from_bytes(&refusal).unwrap();
    let Credentials { username, password } = &client.credentials;
    let key = LongTermKeyCredentials::new(username.clone(), password.clone(), client.realm.clone());
    refusal.validate_integrity(&key.into()).unwrap();
    let unknown = refusal.attribute::<UnknownAttributes>().unwrap();
    for ((kind, _), is_unknown) in [(UNKNOWN, true), (DONT_FRAGMENT, true), (LIFETIME, false)] {
        assert_eq!(unknown.has_attribute(AttributeType::new(kind)), is_unknown, "{kind:x}");
    }
    let many: Vec<_> = (0x7000..0x7300).map(|kind| (kind, &[][..])).collect();
    assert_eq!(code(&answer(&mut client, REFRESH, &many).await, &many), 420);
}

#[tokio::test]
async fn indications_with_what_is_not_understood_are_dropped_in_silence() {
    let server = Server::start();
    let (mut one, mut other) = (server.udp_client("a").await, server.udp_client("b").await);
    let (_, there) = connect(&mut one, &mut other).await;
    for (attribute, arrives) in [(UNKNOWN, false), (DONT_FRAGMENT, false), (OPTIONAL, true)] {
        let mut message = Message::builder_indication(SEND, MessageWriteVec::new());
        message.add_attribute(&XorPeerAddress::new(there, message.transaction_id())).unwrap();
        message.add_attribute(&Data::new(b"data")).unwrap();
        message.add_attribute(boxed(attribute).as_ref()).unwrap();
        one.write(&message.finish()).await;
        // Nothing comes back either: the answer to a question that was put later is the first.
        let question = one.request(BINDING, TransactionId::generate(), &[]);
        one.write(&question).await;
        assert_eq!(one.read().await.unwrap()[8..20], question[8..20]);
        assert_eq!(other.data().await.is_some(), arrives, "{attribute:x?}");
    }
}
