//! One attempt of the connection test: its connections report, and the attempt says when that is a finding.

use std::time::Duration;

use crate::call::api::connection_test::{Finding, Transport};
use crate::call::peer::config::PeerConfig;
use crate::call::privacy::is_public_host;
use crate::protocol::IceServer;

/// How long the server may take to answer, a transport to open, and data to arrive.
pub const PATIENCE: Duration = Duration::from_secs(6);
/// Candidates that are complete sooner than this and without an error: STUN was answered, and found the address that
/// the device has anyway. A blocked one is asked again and again for longer. Where the browser tells no errors (Firefox
/// for long) only an address that can be public is taken for such a one.
const ANSWERED: Duration = Duration::from_secs(2);

/// An attempt.
#[derive(Debug)]
pub struct Attempt {
    target: Target,
    begun: Duration,
    /// The browser fires `icecandidateerror`.
    tells_errors: bool,
    has_own: bool,
    failed: bool,
    refused: bool,
}

/// The subject of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A transport is open if a candidate of it is found.
    Transport(Transport),
    /// The relay works if data passes it.
    Relay,
}

/// A report of an attempt's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEvent<'a> {
    /// A candidate was found: its `candidate-attribute` (RFC 8839, section 5.1).
    Candidate(&'a str),
    /// A connection has all its candidates.
    Complete,
    /// `icecandidateerror` with its `errorCode`.
    Error(Option<u16>),
    /// The data that was sent has arrived.
    Received,
    /// The time given by [`Attempt::deadline`] has come.
    TimeUp,
}

impl Attempt {
    /// An attempt that begins now.
    pub fn new(target: Target, now: Duration, tells_errors: bool) -> Self {
        Self { target, begun: now, tells_errors, has_own: false, failed: false, refused: false }
    }

    /// When the attempt is over.
    pub fn deadline(&self) -> Duration {
        self.begun + PATIENCE
    }

    /// The configuration of the attempt's connections.
    pub fn config(target: Target, ice_servers: Vec<IceServer>) -> PeerConfig {
        PeerConfig { ice_servers, relay_only: target != Target::Transport(Transport::Direct) }
    }

    /// Takes one report; returns what was found at the end.
    pub fn handle(&mut self, now: Duration, event: AttemptEvent<'_>) -> Option<Finding> {
        match event {
            AttemptEvent::Candidate(candidate) => {
                self.has_own |= self.tells_errors || is_public_host(candidate);
                self.is_wanted(candidate).then_some(Finding::Works)
            }
            AttemptEvent::Complete => self.complete(now),
            AttemptEvent::Error(code) => {
                self.failed = true;
                // Codes of STUN's own (RFC 8489, section 14.8); 701 and above mean that nobody answered.
                self.refused |= code.is_some_and(|code| (300..700).contains(&code));
                None
            }
            AttemptEvent::Received => (self.target == Target::Relay).then_some(Finding::Works),
            AttemptEvent::TimeUp => Some(self.fails()),
        }
    }

    fn is_wanted(&self, candidate: &str) -> bool {
        match self.target {
            Target::Transport(Transport::Direct) => candidate.contains(" typ srflx "),
            Target::Transport(_) => candidate.contains(" typ relay "),
            Target::Relay => false,
        }
    }

    fn complete(&self, now: Duration) -> Option<Finding> {
        let soon = now.saturating_sub(self.begun) < ANSWERED;
        match self.target {
            Target::Relay => None,
            Target::Transport(Transport::Direct) if self.has_own && !self.failed && soon => {
                Some(Finding::Works)
            }
            Target::Transport(_) => Some(self.fails()),
        }
    }

    fn fails(&self) -> Finding {
        if self.refused { Finding::Refused } else { Finding::Blocked }
    }
}

/// Whether a page comes from a loopback address (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3), where browsers
/// gather nothing.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: Target = Target::Transport(Transport::Direct);
    const UDP: Target = Target::Transport(Transport::Udp);
    const HOST: &str = "candidate:1 1 udp 2122260223 192.168.1.2 40000 typ host generation 0";
    const PUBLIC: &str = "candidate:1 1 udp 2122260223 203.0.113.7 40000 typ host generation 0";
    const REFLEXIVE: &str = "candidate:2 1 udp 1686052607 203.0.113.7 40000 typ srflx raddr 0.0.0.0 rport 0";
    const RELAYED: &str = "candidate:3 1 udp 41885439 203.0.113.9 50000 typ relay raddr 0.0.0.0 rport 0";

    const fn after(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What an attempt finds that hears these events after so many milliseconds.
    fn found(target: Target, tells_errors: bool, heard: &[(u64, AttemptEvent<'_>)]) -> Option<Finding> {
        let begun = Duration::from_secs(100);
        let mut attempt = Attempt::new(target, begun, tells_errors);
        heard.iter().find_map(|(at, event)| attempt.handle(begun + after(*at), *event))
    }

    #[test]
    fn a_transport_is_open_if_a_candidate_of_it_is_found() {
        use AttemptEvent::Candidate;
        for (target, candidate, finding) in [
            (DIRECT, REFLEXIVE, Some(Finding::Works)),
            (DIRECT, HOST, None),
            (UDP, RELAYED, Some(Finding::Works)),
            (UDP, REFLEXIVE, None),
            (Target::Relay, RELAYED, None),
        ] {
            assert_eq!(
                found(target, true, &[(5999, Candidate(candidate))]),
                finding,
                "{target:?} {candidate}"
            );
        }
    }

    #[test]
    fn stun_is_answered_if_candidates_are_soon_complete_without_error() {
        use AttemptEvent::{Candidate, Complete, Error};
        let (works, blocked) = (Some(Finding::Works), Some(Finding::Blocked));
        for (target, tells_errors, own, at, finding) in [
            (DIRECT, true, HOST, 1999, works),
            (DIRECT, true, HOST, 2000, blocked),
            (DIRECT, false, HOST, 100, blocked),
            (DIRECT, false, PUBLIC, 100, works),
            (UDP, true, HOST, 100, blocked),
            (Target::Relay, true, HOST, 100, None),
        ] {
            let heard = [(10, Candidate(own)), (at, Complete)];
            assert_eq!(found(target, tells_errors, &heard), finding, "{target:?} {tells_errors} {own} {at}");
        }
        assert_eq!(found(DIRECT, true, &[(100, Complete)]), blocked, "without any candidate");
        assert_eq!(
            found(DIRECT, true, &[(9, Candidate(HOST)), (10, Error(Some(701))), (99, Complete)]),
            blocked
        );
    }

    #[test]
    fn a_server_that_answers_with_an_error_refuses() {
        use AttemptEvent::{Error, TimeUp};
        for (code, finding) in [
            (Some(486), Finding::Refused),
            (Some(300), Finding::Refused),
            (Some(699), Finding::Refused),
            (Some(701), Finding::Blocked),
            (None, Finding::Blocked),
        ] {
            for target in [UDP, Target::Relay] {
                assert_eq!(
                    found(target, true, &[(9, Error(code)), (6000, TimeUp)]),
                    Some(finding),
                    "{code:?}"
                );
            }
        }
    }

    #[test]
    fn the_relay_works_if_data_passes_it() {
        use AttemptEvent::{Complete, Received};
        let heard = [(10, Complete), (20, Complete), (30, Received)];
        assert_eq!(found(Target::Relay, true, &heard), Some(Finding::Works));
    }

    #[test]
    fn an_attempt_is_over_after_its_patience() {
        let attempt = Attempt::new(UDP, Duration::from_secs(100), true);
        assert_eq!(attempt.deadline(), Duration::from_secs(106));
        assert_eq!(found(UDP, true, &[(6000, AttemptEvent::TimeUp)]), Some(Finding::Blocked));
    }

    #[test]
    fn only_a_direct_attempt_may_do_without_the_relay() {
        assert!(!Attempt::config(DIRECT, vec![]).relay_only);
        assert!(Attempt::config(UDP, vec![]).relay_only && Attempt::config(Target::Relay, vec![]).relay_only);
    }

    #[test]
    fn loopback_addresses_are_known() {
        for (host, expected) in [
            ("localhost", true),
            ("a.localhost", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("192.168.1.2", false),
            ("localhost.example", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
