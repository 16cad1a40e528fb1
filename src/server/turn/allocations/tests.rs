//! Tests of the default quotas, with as many allocations as whole rooms and offices make.

use turn_types::attribute::RequestedTransport;
use turn_types::stun::attribute::{Nonce, Realm, Username};
use turn_types::stun::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, MessageWriteVec};
use turn_types::stun::prelude::{MessageWrite, MessageWriteExt};

use super::*;
use crate::server::config::RelayConfig;
use crate::server::event_log::EventLog;
use crate::server::ice::{Secret, username};
use crate::server::turn::auth::REALM;
use crate::server::turn::quota::QuotaLimits;

/// Peers of one seat. Its browser allocates for each, and for old and new connections during an ICE restart.
const PEERS: usize = 7;
const RESTARTS: usize = 2;

/// The allocations of a relay, and a client that signs requests as browsers do.
struct Lab {
    allocations: Allocations,
    now: Now,
    port: u16,
}

impl Lab {
    fn new(config: &RelayConfig) -> Self {
        let event_log = EventLog::default();
        let quotas = QuotaLimits {
            allocations_each: config.allocations_per_seat,
            bytes_per_second: config.bytes_per_second,
            bytes_per_second_each: config.bytes_per_second_per_seat,
        };
        let unauthenticated = UnauthenticatedLimit::new(config.strangers_per_second, event_log.clone());
        let limit = Arc::new(ConnectionLimit::new(config.allocations, config.allocations_per_address));
        let authenticator = Authenticator::new(Secret::new("secret"), Secret::new("nonces"));
        let now = Now { running: Duration::from_secs(100), date: Duration::from_secs(1_000_000_000) };
        Self {
            allocations: Allocations::new(
                authenticator,
                unauthenticated,
                Quotas::new(quotas, event_log),
                limit,
            ),
            now,
            port: 1024,
        }
    }

    /// Requests an allocation from a new port of `address`, first without credentials.
    ///
    /// Fails with the code of the error answer, or with `None` if there is no answer.
    fn allocate(&mut self, seat: &Seat, address: &str, by: Transport) -> Result<(), Option<u16>> {
        self.port += 1;
        let peer = SocketAddr::new(address.parse().unwrap(), self.port);
        let route = match by {
            Transport::Datagram => Route::Datagrams { peer, local: None },
            Transport::Stream => Route::Stream { peer, outbox: Arc::default() },
        };
        let bare = Message::builder_request(ALLOCATE, MessageWriteVec::new()).finish();
        let challenge = self.answer(&route, &bare).ok_or(None)?;
        let challenge = Message::from_bytes(&challenge).unwrap();
        let mut request = Message::builder_request(ALLOCATE, MessageWriteVec::new());
        request.add_attribute(&RequestedTransport::new(17)).unwrap();
        request.add_attribute(&Username::new(&seat.username).unwrap()).unwrap();
        request.add_attribute(&Realm::new(REALM).unwrap()).unwrap();
        request.add_attribute(&challenge.attribute::<Nonce>().unwrap()).unwrap();
        request.add_message_integrity_with_key(&seat.key, IntegrityAlgorithm::Sha1).unwrap();
        let answer = self.answer(&route, &request.finish()).ok_or(None)?;
        let code = Message::from_bytes(&answer).unwrap().attribute::<ErrorCode>().map(|error| error.code());
        code.map_or(Ok(()), |code| Err(Some(code)))
    }

    fn answer(&self, from: &Route, request: &[u8]) -> Option<Vec<u8>> {
        let mut answer = None;
        self.allocations.receive(self.now, from, request, |_, message| answer = Some(message.to_vec()));
        answer
    }

    /// Allocates for each peer by each transport and address, and again for an ICE restart.
    fn connect(&mut self, seats: &[Seat], addresses: &[&str]) {
        for _ in 0..RESTARTS {
            for seat in seats {
                for address in addresses.iter().cycle().take(PEERS * addresses.len()) {
                    for by in [Transport::Datagram, Transport::Stream, Transport::Stream] {
                        assert_eq!(self.allocate(seat, address, by), Ok(()));
                    }
                }
            }
            self.now.running += Duration::from_secs(60);
        }
    }
}

/// The credentials of one seat, as its page gets them.
struct Seat {
    username: String,
    key: IntegrityKey,
}

impl Seat {
    fn new(name: &str) -> Self {
        let username = username(Duration::from_secs(1_000_003_600), name);
        let password = Secret::new("secret").password(&username);
        let key = LongTermKeyCredentials::new(username.clone(), password, REALM.to_owned())
            .make_key(IntegrityAlgorithm::Sha1);
        Self { username, key }
    }
}

#[test]
fn a_seat_in_a_room_of_eight_has_five_adapters() {
    let config = RelayConfig::default();
    let (mut lab, seat) = (Lab::new(&config), Seat::new("a"));
    let adapters = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "203.0.113.1", "203.0.113.2"].into_iter();
    let addresses: Vec<_> = adapters
        .chain(["2001:db8::1", "2001:db8::2", "2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"])
        .collect();
    lab.connect(std::slice::from_ref(&seat), &addresses);
    assert_eq!(lab.allocations.allocations(), 420);
    for _ in 420..config.allocations_per_seat {
        assert_eq!(lab.allocate(&seat, "198.51.100.1", Transport::Datagram), Ok(()));
    }
    assert_eq!(lab.allocate(&seat, "198.51.100.1", Transport::Datagram), Err(Some(486)));
    assert_eq!(lab.allocate(&Seat::new("b"), "198.51.100.1", Transport::Datagram), Ok(()));
}

#[test]
fn an_office_of_fifty_in_rooms_of_eight_is_behind_one_address() {
    let config = RelayConfig::default();
    let mut lab = Lab::new(&config);
    let seats: Vec<_> = (0..50).map(|n| Seat::new(&format!("seat {n}"))).collect();
    // Two adapters each, behind one address of their router.
    lab.connect(&seats, &["198.51.100.1", "198.51.100.1"]);
    assert_eq!(lab.allocations.allocations(), 4_200);
    let streams = 4_200 * 2 / 3;
    assert!((streams..config.connections).contains(&config.connections_per_address));
    for seat in seats.iter().cycle().take(config.allocations_per_address - 4_200) {
        assert_eq!(lab.allocate(seat, "198.51.100.1", Transport::Datagram), Ok(()));
    }
    assert_eq!(lab.allocate(&seats[0], "198.51.100.1", Transport::Datagram), Err(Some(508)));
    assert_eq!(lab.allocate(&seats[0], "198.51.100.2", Transport::Datagram), Ok(()));
}
