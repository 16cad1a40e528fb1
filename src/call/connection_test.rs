//! The connection test: tries the transports out of this network without a call.

use super::api::command::Command;
use super::api::connection_test::{
    ConnectionTestEvent, ConnectionTestId, ConnectionTestView, Finding, Transport, Verdict,
};
use super::api::view::Relay;
use crate::protocol::IceServer;

pub mod attempt;

/// The connection test of a page.
#[derive(Debug, Default)]
pub(super) struct ConnectionTest {
    shown: Option<ConnectionTestView>,
    /// The number of the last test.
    last: ConnectionTestId,
    /// The servers that the test tries.
    servers: Vec<IceServer>,
    /// The page comes from a loopback address.
    same_computer: bool,
    /// The server's answer, to a test or to [`Self::look_for_relay`], told of this.
    relay: Relay,
}

impl ConnectionTest {
    /// Whether the server has a relay, as far as it was asked.
    pub(super) fn relay(&self) -> Relay {
        self.relay
    }

    /// Asks for the server's ICE servers without a test, unless they are known.
    pub(super) fn look_for_relay(&self, known: Relay) -> Vec<Command> {
        let asks = Command::AskForIce(ConnectionTestId::default());
        if known == Relay::Unknown { vec![asks] } else { vec![] }
    }

    /// Starts the test, unless one is running.
    pub(super) fn start(&mut self) -> Vec<Command> {
        if self.shown.is_some_and(|test| test.verdict.is_none()) {
            return vec![];
        }
        self.shown = Some(ConnectionTestView::default());
        self.last.0 += 1;
        vec![Command::AskForIce(self.last)]
    }

    /// Drops the findings of another network; a running test begins anew.
    pub(super) fn network_changed(&mut self) -> Vec<Command> {
        match self.shown.take() {
            Some(ConnectionTestView { verdict: None, .. }) => self.start(),
            _ => vec![],
        }
    }

    /// Takes a finding of the browser; findings of earlier tests are dropped.
    pub(super) fn handle(&mut self, id: ConnectionTestId, event: ConnectionTestEvent) -> Vec<Command> {
        if let ConnectionTestEvent::IceServers { ice_servers: Some(servers), .. } = &event {
            self.relay = Relay::among(servers);
        }
        let running = self.shown.as_mut().filter(|test| test.verdict.is_none() && id == self.last);
        let Some(test) = running else { return vec![] };
        match event {
            ConnectionTestEvent::IceServers { ice_servers: None, .. } => {
                *test = ConnectionTestView {
                    transports: [Finding::Blocked; 4],
                    relayed: Finding::Blocked,
                    verdict: Some(Verdict::NoServer),
                };
                vec![]
            }
            ConnectionTestEvent::IceServers { ice_servers: Some(servers), same_computer } => {
                self.same_computer = same_computer;
                self.servers = servers;
                let mut commands = vec![];
                for transport in Transport::ALL {
                    let servers = among(transport, &self.servers);
                    if servers.is_empty() {
                        test.transports[transport as usize] = Finding::NotOffered;
                    } else {
                        commands.push(Command::TryTransport(id, transport, servers));
                    }
                }
                commands.extend(self.advance());
                commands
            }
            ConnectionTestEvent::Tried(transport, finding) => {
                test.transports[transport as usize] = finding;
                self.advance()
            }
            ConnectionTestEvent::Relayed(finding) => {
                test.relayed = finding;
                test.verdict = Some(judge(test, self.same_computer));
                vec![]
            }
        }
    }

    pub(super) fn view(&self) -> Option<ConnectionTestView> {
        self.shown
    }

    /// Tries the best relay once every transport was tried, or ends the test.
    fn advance(&mut self) -> Vec<Command> {
        let Some(test) = self.shown.as_mut().filter(|test| !test.transports.contains(&Finding::Trying))
        else {
            return vec![];
        };
        if let Some(transport) = first_to_relay(test) {
            return vec![Command::TryRelay(self.last, among(transport, &self.servers))];
        }
        test.relayed = test.transports[1..].iter().max().copied().unwrap_or_default();
        test.verdict = Some(judge(test, self.same_computer));
        vec![]
    }
}

/// The servers with the URLs of this transport only.
fn among(transport: Transport, servers: &[IceServer]) -> Vec<IceServer> {
    let only = |transport: Transport| -> Vec<IceServer> {
        let keep = |server: &IceServer| {
            let is_wanted = |url: &&String| Transport::of(url) == Some(transport);
            let urls: Vec<_> = server.urls.iter().filter(is_wanted).cloned().collect();
            (!urls.is_empty()).then(|| IceServer { urls, ..server.clone() })
        };
        servers.iter().filter_map(keep).collect()
    };
    let own = only(transport);
    // A TURN server is a STUN server, too.
    if own.is_empty() && transport == Transport::Direct { only(Transport::Udp) } else { own }
}

/// The first transport that reaches a relay.
fn first_to_relay(test: &ConnectionTestView) -> Option<Transport> {
    let works = |transport: &Transport| {
        *transport != Transport::Direct && test.transports[*transport as usize] == Finding::Works
    };
    Transport::ALL.into_iter().find(works)
}

fn judge(test: &ConnectionTestView, same_computer: bool) -> Verdict {
    let direct = test.transports[Transport::Direct as usize];
    match (test.relayed, direct) {
        (Finding::Works, Finding::Works) => Verdict::Everywhere,
        (Finding::Works, _) if test.transports[Transport::Udp as usize] == Finding::Blocked => Verdict::ByTcp,
        (Finding::Works, _) => Verdict::Everywhere,
        (Finding::Refused | Finding::NotTried, _) => Verdict::Unclear,
        (Finding::NotOffered, Finding::Works) => Verdict::WithoutRelay,
        (_, Finding::Works) => Verdict::RelayBlocked,
        (Finding::NotOffered, Finding::NotOffered) => Verdict::NothingOffered,
        (_, Finding::Refused | Finding::NotTried) => Verdict::Unclear,
        _ if same_computer => Verdict::SameComputer,
        _ => Verdict::Blocked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    struct Test(ConnectionTest);

    impl Test {
        fn begun() -> Self {
            let mut test = Self(ConnectionTest::default());
            assert_eq!(test.0.start(), [Command::AskForIce(FIRST)]);
            test
        }

        fn finds(&mut self, id: ConnectionTestId, event: ConnectionTestEvent) -> Vec<Command> {
            self.0.handle(id, event)
        }

        fn offered(&mut self, urls: &[&str], same_computer: bool) -> Vec<Command> {
            let ice_servers = Some(if urls.is_empty() { vec![] } else { servers(urls) });
            self.finds(FIRST, ConnectionTestEvent::IceServers { ice_servers, same_computer })
        }

        fn tried(&mut self, transport: Transport, works: bool) -> Vec<Command> {
            self.finds(FIRST, ConnectionTestEvent::Tried(transport, of(works)))
        }

        fn view(&self) -> ConnectionTestView {
            self.0.view().unwrap()
        }
    }

    #[test]
    fn each_transport_is_tried_with_its_own_urls_only() {
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
    fn the_relay_is_tried_by_the_first_transport_that_reaches_it() {
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
    fn every_outcome_has_its_verdict() {
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
    fn refused_and_untried_transports_are_not_said_to_be_blocked() {
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
        assert_eq!(test.0.start(), []);
        test.finds(FIRST, ConnectionTestEvent::IceServers { ice_servers: None, same_computer: false });
        assert_eq!(test.view().verdict, Some(Verdict::NoServer));
        assert_eq!(test.tried(Transport::Udp, true), [], "late");
        assert_eq!(test.0.start(), [Command::AskForIce(SECOND)]);
    }

    #[test]
    fn an_answer_without_a_test_neither_begins_nor_ends_one() {
        let mut test = Test::begun();
        let answer = |ice_servers| ConnectionTestEvent::IceServers { ice_servers, same_computer: false };
        assert_eq!(test.finds(LOOK, answer(Some(servers(ALL)))), []);
        test.offered(ALL, false);
        test.finds(LOOK, answer(None));
        assert_eq!(test.view().verdict, None);
    }

    #[test]
    fn another_network_drops_a_verdict_and_restarts_a_running_test() {
        let mut test = Test::begun();
        test.offered(ALL, false);
        assert_eq!(test.0.network_changed(), [Command::AskForIce(SECOND)]);
        assert_eq!(test.tried(Transport::Udp, true), [], "late");
        assert_eq!(test.view(), ConnectionTestView::default());
        test.finds(
            SECOND,
            ConnectionTestEvent::IceServers { ice_servers: Some(vec![]), same_computer: false },
        );
        assert_eq!(test.view().verdict, Some(Verdict::NothingOffered));
        assert_eq!(test.0.network_changed(), []);
        assert_eq!(test.0.view(), None);
    }

    #[test]
    fn the_servers_answer_tells_of_its_relay_without_a_test() {
        let mut test = ConnectionTest::default();
        assert_eq!(test.relay(), Relay::Unknown);
        assert_eq!(test.look_for_relay(Relay::Unknown), [Command::AskForIce(LOOK)]);
        for (urls, relay) in [(ALL, Relay::Offered), (&ALL[..1], Relay::Missing)] {
            let ice_servers = Some(servers(urls));
            let answer = ConnectionTestEvent::IceServers { ice_servers, same_computer: false };
            assert_eq!(test.handle(LOOK, answer), []);
            assert_eq!((test.relay(), test.view()), (relay, None));
        }
    }
}
