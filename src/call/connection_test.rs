//! The connection test: which ways out of this network are open, tried without a call, and what follows.

use super::privacy::Relay;
use super::{Call, Command};
use crate::protocol::IceServer;

/// A way out, in the order in which connections prefer them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// STUN tells the own address as others see it, so that they can be reached directly.
    Direct,
    /// TURN over UDP.
    Udp,
    /// TURN over TCP.
    Tcp,
    /// TURN over TLS.
    Tls,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Udp, Self::Tcp, Self::Tls];

    /// The way of a STUN or TURN URL (RFC 7064, RFC 7065).
    pub fn of(url: &str) -> Option<Self> {
        let is_tcp = url.split_once('?').is_some_and(|(_, query)| query.contains("transport=tcp"));
        match url.split(':').next()? {
            "stun" => Some(Self::Direct),
            "turn" => Some(if is_tcp { Self::Tcp } else { Self::Udp }),
            "turns" => Some(Self::Tls),
            _ => None,
        }
    }

    /// The servers, with no URL but those of this way.
    fn among(self, servers: &[IceServer]) -> Vec<IceServer> {
        let only = |transport: Self| -> Vec<IceServer> {
            let keep = |server: &IceServer| {
                let urls: Vec<_> =
                    server.urls.iter().filter(|url| Self::of(url) == Some(transport)).cloned().collect();
                (!urls.is_empty()).then(|| IceServer { urls, ..server.clone() })
            };
            servers.iter().filter_map(keep).collect()
        };
        let own = only(self);
        // A TURN server is a STUN server, too.
        if own.is_empty() && self == Self::Direct { only(Self::Udp) } else { own }
    }
}

/// Number of a test; what an earlier one finds out is dropped. The default is nobody's, for whoever only looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTestId(pub u32);

/// What was found out of one thing; of several relays the greatest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Nothing yet.
    #[default]
    Trying,
    /// The server does not offer it.
    NotOffered,
    /// It does not work, within the time it may take.
    Blocked,
    /// The browser could not try it.
    NotTried,
    /// The way is open, and whoever answers there refuses: too many at once, or unknown credentials.
    Refused,
    /// It works.
    Works,
}

/// What follows for calls from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Calls work with everybody.
    Everywhere,
    /// Calls work with everybody, by a relay that is reached over TCP or TLS, as nothing passes by UDP.
    ByTcp,
    /// Calls probably work with most networks; there is no relay for the others.
    WithoutRelay,
    /// Calls probably work with most networks; the relay for the others cannot be used from here.
    RelayBlocked,
    /// Calls to other networks do not work.
    Blocked,
    /// Something could not be tested, so that nobody knows.
    Unclear,
    /// The server offers nothing that could be tried.
    NothingOffered,
    /// The server does not answer.
    NoServer,
    /// The page comes from this very computer, where browsers gather nothing.
    SameComputer,
}

/// The test as the page shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTest {
    /// What was found of each way, as [`Transport::ALL`] has them.
    pub transports: [Finding; 4],
    /// Data has gone through the relay and back.
    pub relayed: Finding,
    /// What follows, at the end.
    pub verdict: Option<Verdict>,
    same_computer: bool,
}

/// What the browser found out.
#[derive(Clone, Debug, PartialEq)]
pub enum ConnectionTestEvent {
    /// The server said what it offers; nothing if it did not answer.
    IceServers {
        /// Its ICE servers.
        ice_servers: Option<Vec<IceServer>>,
        /// The page comes from a loopback address.
        same_computer: bool,
    },
    /// A way was tried.
    Tried(Transport, Finding),
    /// Data was sent through the relay.
    Relayed(Finding),
}

impl Call {
    /// Asks what the server offers, unless that is known.
    pub(super) fn look_for_relay(&self) -> Vec<Command> {
        if self.relay() != Relay::Unknown {
            return vec![];
        }
        vec![Command::AskForIce(ConnectionTestId::default())]
    }

    /// Starts the test, unless one is going on.
    pub(super) fn test_connection(&mut self) -> Vec<Command> {
        if self.connection_test.as_ref().is_some_and(|it| it.verdict.is_none()) {
            return vec![];
        }
        self.connection_test = Some(ConnectionTest::default());
        self.last_id.0 += 1;
        vec![Command::AskForIce(self.last_id)]
    }

    /// What was found out of another network says nothing of this one; a test that goes on begins anew.
    pub(super) fn forget_connection_test(&mut self) -> Vec<Command> {
        match self.connection_test.take() {
            Some(ConnectionTest { verdict: None, .. }) => self.test_connection(),
            _ => vec![],
        }
    }

    pub(super) fn connection_test_event(
        &mut self,
        id: ConnectionTestId,
        event: ConnectionTestEvent,
    ) -> Vec<Command> {
        if let ConnectionTestEvent::IceServers { ice_servers: Some(servers), .. } = &event {
            self.relay_known = Relay::among(servers);
        }
        let open = self.connection_test.as_mut().filter(|it| it.verdict.is_none() && id == self.last_id);
        let Some(connection_test) = open else { return vec![] };
        match event {
            ConnectionTestEvent::IceServers { ice_servers: None, .. } => {
                *connection_test = ConnectionTest {
                    transports: [Finding::Blocked; 4],
                    relayed: Finding::Blocked,
                    verdict: Some(Verdict::NoServer),
                    same_computer: false,
                };
                vec![]
            }
            ConnectionTestEvent::IceServers { ice_servers: Some(servers), same_computer } => {
                connection_test.same_computer = same_computer;
                self.offered = servers;
                let mut commands = vec![];
                for transport in Transport::ALL {
                    let servers = transport.among(&self.offered);
                    if servers.is_empty() {
                        connection_test.transports[transport as usize] = Finding::NotOffered;
                    } else {
                        commands.push(Command::TryTransport(id, transport, servers));
                    }
                }
                commands.extend(connection_test.advance(id, &self.offered));
                commands
            }
            ConnectionTestEvent::Tried(transport, finding) => {
                connection_test.transports[transport as usize] = finding;
                connection_test.advance(id, &self.offered)
            }
            ConnectionTestEvent::Relayed(finding) => {
                connection_test.relayed = finding;
                connection_test.verdict = Some(connection_test.judge());
                vec![]
            }
        }
    }
}

impl ConnectionTest {
    /// The first relay that can be reached.
    fn relay(&self) -> Option<Transport> {
        let works = |transport: &Transport| {
            *transport != Transport::Direct && self.transports[*transport as usize] == Finding::Works
        };
        Transport::ALL.into_iter().find(works)
    }

    /// Once every way was tried, tries the best relay, or is at the end.
    fn advance(&mut self, id: ConnectionTestId, servers: &[IceServer]) -> Vec<Command> {
        if self.transports.contains(&Finding::Trying) {
            return vec![];
        }
        if let Some(transport) = self.relay() {
            return vec![Command::TryRelay(id, transport.among(servers))];
        }
        self.relayed = self.transports[1..].iter().max().copied().unwrap_or_default();
        self.verdict = Some(self.judge());
        vec![]
    }

    fn judge(&self) -> Verdict {
        let direct = self.transports[Transport::Direct as usize];
        match (self.relayed, direct) {
            (Finding::Works, Finding::Works) => Verdict::Everywhere,
            (Finding::Works, _) if self.transports[Transport::Udp as usize] == Finding::Blocked => {
                Verdict::ByTcp
            }
            (Finding::Works, _) => Verdict::Everywhere,
            (Finding::Refused | Finding::NotTried, _) => Verdict::Unclear,
            (Finding::NotOffered, Finding::Works) => Verdict::WithoutRelay,
            (_, Finding::Works) => Verdict::RelayBlocked,
            (Finding::NotOffered, Finding::NotOffered) => Verdict::NothingOffered,
            (_, Finding::Refused | Finding::NotTried) => Verdict::Unclear,
            _ if self.same_computer => Verdict::SameComputer,
            _ => Verdict::Blocked,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::{Event, UserAction};

    const ALL: &[&str] =
        &["stun:a", "turn:a?transport=udp", "turn:a?transport=tcp", "turns:a:443?transport=tcp"];

    fn servers(urls: &[&str]) -> Vec<IceServer> {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        vec![IceServer { urls, username: Some("u".into()), credential: Some("c".into()) }]
    }

    const LOOK: ConnectionTestId = ConnectionTestId(0);
    const FIRST: ConnectionTestId = ConnectionTestId(1);
    const SECOND: ConnectionTestId = ConnectionTestId(2);

    fn of(works: bool) -> Finding {
        if works { Finding::Works } else { Finding::Blocked }
    }

    struct Test(Call);

    impl Test {
        fn begun() -> Self {
            let mut test = Self(Call::new(1));
            assert_eq!(test.acts(UserAction::TestConnection), [Command::AskForIce(FIRST)]);
            test
        }

        fn acts(&mut self, action: UserAction) -> Vec<Command> {
            self.0.handle(Duration::ZERO, Event::User(action))
        }

        fn finds(&mut self, id: ConnectionTestId, event: ConnectionTestEvent) -> Vec<Command> {
            self.0.handle(Duration::ZERO, Event::ConnectionTest(id, event))
        }

        fn offered(&mut self, urls: &[&str], same_computer: bool) -> Vec<Command> {
            let ice_servers = Some(if urls.is_empty() { vec![] } else { servers(urls) });
            self.finds(FIRST, ConnectionTestEvent::IceServers { ice_servers, same_computer })
        }

        fn tried(&mut self, transport: Transport, works: bool) -> Vec<Command> {
            self.finds(FIRST, ConnectionTestEvent::Tried(transport, of(works)))
        }

        fn is_in_another_network(&mut self) -> Vec<Command> {
            self.0.handle(Duration::ZERO, Event::NetworkChanged);
            self.0.handle(self.0.deadline().unwrap(), Event::Tick)
        }

        fn view(&self) -> ConnectionTest {
            self.0.view().connection_test.unwrap()
        }
    }

    #[test]
    fn each_way_is_tried_with_its_own_urls_only() {
        let mut test = Test::begun();
        let expected = Transport::ALL
            .into_iter()
            .zip(ALL)
            .map(|(transport, url)| Command::TryTransport(FIRST, transport, servers(&[url])));
        assert_eq!(test.offered(ALL, false), expected.collect::<Vec<_>>());
        let mut turn_only = Test::begun();
        let commands = turn_only.offered(&["turn:a"], false);
        let turn = servers(&["turn:a"]);
        assert_eq!(
            commands,
            [
                Command::TryTransport(FIRST, Transport::Direct, turn.clone()),
                Command::TryTransport(FIRST, Transport::Udp, turn)
            ],
            "a TURN server answers STUN, too"
        );
    }

    #[test]
    fn the_relay_is_tried_by_the_first_way_that_reaches_it() {
        let mut test = Test::begun();
        test.offered(ALL, false);
        assert_eq!(test.tried(Transport::Tls, true), []);
        assert_eq!(test.tried(Transport::Direct, false), []);
        assert_eq!(test.tried(Transport::Udp, false), []);
        assert_eq!(test.tried(Transport::Tcp, true), [Command::TryRelay(FIRST, servers(&[ALL[2]]))]);
        assert_eq!(test.view().verdict, None);
        test.finds(FIRST, ConnectionTestEvent::Relayed(Finding::Works));
        assert_eq!(test.view().verdict, Some(Verdict::ByTcp));
    }

    #[test]
    fn what_follows_is_said_of_every_outcome() {
        for (urls, works, relayed, here, verdict) in [
            (ALL, [true, true, true, true], true, false, Verdict::Everywhere),
            (ALL, [false, true, false, false], true, true, Verdict::Everywhere),
            (ALL, [true, false, false, true], true, false, Verdict::Everywhere),
            (ALL, [false, false, false, true], true, false, Verdict::ByTcp),
            (&ALL[1..], [false, false, true, false], true, false, Verdict::ByTcp),
            (&ALL[3..], [false, false, false, true], true, false, Verdict::Everywhere),
            (ALL, [true, true, true, true], false, false, Verdict::RelayBlocked),
            (ALL, [true, false, false, false], false, false, Verdict::RelayBlocked),
            (ALL, [false, true, false, false], false, false, Verdict::Blocked),
            (ALL, [false, false, false, false], false, false, Verdict::Blocked),
            (ALL, [false, false, false, false], false, true, Verdict::SameComputer),
            (&ALL[..1], [true, false, false, false], false, false, Verdict::WithoutRelay),
            (&ALL[..1], [false, false, false, false], false, false, Verdict::Blocked),
            (&[], [false, false, false, false], false, false, Verdict::NothingOffered),
        ] {
            let mut test = Test::begun();
            let mut waiting = test.offered(urls, here);
            while let Some(command) = waiting.pop() {
                waiting.extend(match command {
                    Command::TryTransport(_, transport, _) => {
                        test.tried(transport, works[transport as usize])
                    }
                    _ => test.finds(FIRST, ConnectionTestEvent::Relayed(of(relayed))),
                });
            }
            assert_eq!(test.view().verdict, Some(verdict), "{urls:?} {works:?} {relayed}");
            assert!(
                !test.view().transports.contains(&Finding::Trying) && test.view().relayed != Finding::Trying
            );
        }
    }

    #[test]
    fn what_is_refused_or_could_not_be_tried_is_not_said_to_be_blocked() {
        use Finding::{Blocked, NotTried, Refused, Works};
        for (transports, relayed, verdict) in [
            ([Works, Blocked, Refused, NotTried], Refused, Verdict::Unclear),
            ([Blocked, Blocked, NotTried, Blocked], NotTried, Verdict::Unclear),
            ([NotTried, Blocked, Blocked, Blocked], Blocked, Verdict::Unclear),
            ([Refused, Refused, Works, Works], Works, Verdict::Everywhere),
            ([Works, Works, Works, Works], Refused, Verdict::Unclear),
        ] {
            let mut test = Test::begun();
            test.offered(ALL, false);
            for (transport, finding) in Transport::ALL.into_iter().zip(transports) {
                test.finds(FIRST, ConnectionTestEvent::Tried(transport, finding));
            }
            test.finds(FIRST, ConnectionTestEvent::Relayed(relayed));
            assert_eq!(
                (test.view().relayed, test.view().verdict),
                (relayed, Some(verdict)),
                "{transports:?}"
            );
        }
    }

    #[test]
    fn one_test_is_made_at_a_time_and_a_server_that_is_silent_ends_it() {
        let mut test = Test::begun();
        assert_eq!(test.acts(UserAction::TestConnection), []);
        test.finds(FIRST, ConnectionTestEvent::IceServers { ice_servers: None, same_computer: false });
        assert_eq!(test.view().verdict, Some(Verdict::NoServer));
        assert_eq!(test.tried(Transport::Udp, true), [], "late");
        assert_eq!(test.acts(UserAction::TestConnection), [Command::AskForIce(SECOND)]);
    }

    #[test]
    fn an_answer_to_whoever_only_looked_neither_begins_a_test_nor_ends_one() {
        let mut test = Test::begun();
        let answer = |ice_servers| ConnectionTestEvent::IceServers { ice_servers, same_computer: false };
        assert_eq!(test.finds(LOOK, answer(Some(servers(ALL)))), []);
        test.offered(ALL, false);
        test.finds(LOOK, answer(None));
        assert_eq!(test.view().verdict, None);
    }

    #[test]
    fn another_network_takes_the_verdict_away_and_has_a_test_that_goes_on_begin_anew() {
        let mut test = Test::begun();
        test.offered(ALL, false);
        assert!(test.is_in_another_network().contains(&Command::AskForIce(SECOND)));
        assert_eq!(test.tried(Transport::Udp, true), [], "late");
        assert_eq!(test.view(), ConnectionTest::default());
        test.finds(
            SECOND,
            ConnectionTestEvent::IceServers { ice_servers: Some(vec![]), same_computer: false },
        );
        assert_eq!(test.view().verdict, Some(Verdict::NothingOffered));
        assert_eq!(test.is_in_another_network(), []);
        assert_eq!(test.0.view().connection_test, None);
    }

    #[test]
    fn whoever_looks_learns_whether_there_is_a_relay_and_tests_nothing() {
        let mut page = Test(Call::new(1));
        assert_eq!(page.0.view().relay, Relay::Unknown);
        assert_eq!(page.acts(UserAction::LookForRelay), [Command::AskForIce(LOOK)]);
        let answer =
            |urls| ConnectionTestEvent::IceServers { ice_servers: Some(servers(urls)), same_computer: false };
        assert_eq!(page.finds(LOOK, answer(ALL)), []);
        assert_eq!((page.0.view().relay, page.0.view().connection_test), (Relay::Offered, None));
        assert_eq!(page.acts(UserAction::LookForRelay), []);
        page.finds(LOOK, answer(&["stun:a"]));
        assert_eq!(page.0.view().relay, Relay::Missing);
    }
}
