//! Session policy of one socket: joins, bad messages, heartbeat and renewal of ICE credentials. It has no I/O and no
//! clock; time is an argument.

use std::time::Duration;

use super::heartbeat::{Beat, Heartbeat, Rhythm};
use crate::protocol::inbound::{Envelope, Inbound, decode};
use crate::protocol::{CloseCode, ErrorCode, HeldSeat, Introduction, RoomId, SeatToken};
use crate::server::net::rate::{Meter, Rate};

/// Joins per second that one socket may send; a page needs one whenever a person picks a room.
const JOINS_PER_SECOND: u32 = 5;
/// Joins that one socket may send at once.
const JOIN_BURST: u32 = 20;
/// How long a socket on probation may take to show the token of a seat: a round trip on a bad network.
const PROBATION: Duration = Duration::from_secs(3);

/// The limits of a session.
#[derive(Clone, Copy, Debug)]
pub struct SessionRules {
    /// Malformed messages allowed in a socket's life.
    pub bad_messages: u32,
    /// Intervals of the heartbeat.
    pub rhythm: Rhythm,
    /// Interval at which a seat gets new ICE credentials; `None` if they do not expire.
    pub renew_ice: Option<Duration>,
}

/// The state of one socket from its upgrade to its close.
#[derive(Debug)]
pub struct Session {
    rules: SessionRules,
    heartbeat: Heartbeat,
    has_seat: bool,
    /// It waits for a seat.
    waits: bool,
    joins: Meter,
    bad_messages: u32,
    unknown_messages: u32,
    /// When the seat gets new ICE credentials.
    renew_ice: Duration,
}

/// A join that a message requests.
#[derive(Debug)]
pub struct Join {
    /// The room number.
    pub room: RoomId,
    /// The room number as the page wrote it.
    pub asked: RoomId,
    /// What the page says of itself; one of version 2 says nothing.
    pub introduction: Option<Introduction>,
    /// The token of a seat held before.
    pub resume: Option<SeatToken>,
    /// The page has no peer connections any more.
    pub reloaded: bool,
}

/// The action that a message requests.
#[derive(Debug)]
pub enum Action<'a> {
    /// Forwards a signal from the seat.
    Forward(Envelope<'a>),
    /// Takes a seat; the socket has none yet.
    Join(Join),
    /// Confirms the seat's newest token; the one before is forgotten.
    Confirm,
    /// Waits for a seat in a room.
    Wait {
        /// The room number.
        room: RoomId,
        /// The room number as the page wrote it.
        asked: RoomId,
    },
    /// Gives the seat up, or waits no longer.
    Leave,
    /// Gives up a seat that another socket held.
    GiveUp(HeldSeat),
    /// Answers with the reason of a refusal.
    Refuse(ErrorCode),
}

/// The work that is due by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Rest,
    /// A ping; with it, new ICE credentials if they are due.
    Ping {
        /// Whether new credentials are due.
        renew_ice: bool,
    },
    /// A close of the socket.
    Close(CloseCode),
}

impl Session {
    /// Starts the session of a socket without a seat, which is pinged after `first_ping` for the first time; on probation
    /// it must take a seat soon.
    pub fn new(now: Duration, rules: SessionRules, first_ping: Duration, on_probation: bool) -> Self {
        let mut rhythm = rules.rhythm;
        if on_probation {
            rhythm.idle = rhythm.idle.min(PROBATION);
        }
        Self {
            rules,
            heartbeat: Heartbeat::new(now, rhythm, first_ping),
            has_seat: false,
            waits: false,
            joins: Meter::default(),
            bad_messages: 0,
            unknown_messages: 0,
            renew_ice: Duration::MAX,
        }
    }

    /// Notes that a frame of any kind came.
    pub fn heard(&mut self, now: Duration) {
        self.heartbeat.heard(now);
    }

    /// Decodes a message and decides on its action.
    ///
    /// # Errors
    /// The code with which to close, after too many joins or bad messages.
    pub fn receive<'a>(&mut self, now: Duration, text: &'a str) -> Result<Action<'a>, CloseCode> {
        let action = match decode(text) {
            Ok(Inbound::Signal(envelope)) => self.seated_only(Action::Forward(envelope)),
            Ok(Inbound::Confirm) => self.seated_only(Action::Confirm),
            Ok(Inbound::Leave { held: None }) if self.waits => Action::Leave,
            Ok(Inbound::Leave { held: None }) => self.seated_only(Action::Leave),
            Ok(Inbound::Leave { held: Some(held) }) => {
                self.count_join(now)?;
                Action::GiveUp(held)
            }
            Ok(Inbound::Join { room, asked, introduction, resume, reloaded }) => {
                self.count_join(now)?;
                if self.has_seat {
                    Action::Refuse(ErrorCode::AlreadyJoined)
                } else {
                    Action::Join(Join { room, asked, introduction, resume, reloaded })
                }
            }
            Ok(Inbound::Wait { room, asked }) => {
                self.count_join(now)?;
                if self.has_seat {
                    Action::Refuse(ErrorCode::AlreadyJoined)
                } else {
                    Action::Wait { room, asked }
                }
            }
            Err(ErrorCode::UnknownType) => {
                self.unknown_messages = self.unknown_messages.saturating_add(1);
                Action::Refuse(ErrorCode::UnknownType)
            }
            Err(code) => {
                self.bad_messages += 1;
                if self.bad_messages > self.rules.bad_messages {
                    return Err(CloseCode::BadMessages);
                }
                Action::Refuse(code)
            }
        };
        Ok(action)
    }

    fn seated_only<'a>(&self, action: Action<'a>) -> Action<'a> {
        if self.has_seat { action } else { Action::Refuse(ErrorCode::NotJoined) }
    }

    /// Counts a join. Joins are limited because they take locks and write to the disk, and tokens must not be
    /// guessed.
    fn count_join(&mut self, now: Duration) -> Result<(), CloseCode> {
        let allowed = self.joins.allows(now, Rate::new(JOINS_PER_SECOND, JOIN_BURST));
        allowed.then_some(()).ok_or(CloseCode::TooManyMessages)
    }

    /// Ends the probation of the socket, if it was on any.
    pub fn admitted(&mut self) {
        self.heartbeat.set_rhythm(self.rules.rhythm);
    }

    /// Notes that the socket got a seat or gave it up.
    pub fn seated(&mut self, now: Duration, has_seat: bool) {
        (self.has_seat, self.waits) = (has_seat, false);
        self.heartbeat.seated(now, has_seat);
        self.renew_ice = if has_seat { self.next_renewal(now) } else { Duration::MAX };
    }

    /// Notes that the socket waits for a seat or no longer does; while it waits it is not idle.
    pub fn waits(&mut self, now: Duration, waits: bool) {
        self.waits = waits;
        self.heartbeat.seated(now, waits || self.has_seat);
    }

    fn next_renewal(&self, now: Duration) -> Duration {
        self.rules.renew_ice.map_or(Duration::MAX, |after| now + after)
    }

    /// Returns the work that is due now.
    pub fn due(&mut self, now: Duration) -> Due {
        match self.heartbeat.beat(now) {
            Beat::Rest => Due::Rest,
            Beat::Close(code) => Due::Close(code),
            Beat::Ping => {
                let renew_ice = now >= self.renew_ice;
                if renew_ice {
                    self.renew_ice = self.next_renewal(now);
                }
                Due::Ping { renew_ice }
            }
        }
    }

    /// When to call [`Session::due`] next; a frame only moves it back, a seat given up can bring it forward.
    pub fn deadline(&self) -> Duration {
        self.heartbeat.next()
    }

    /// Number of malformed messages so far.
    pub fn bad_messages(&self) -> u32 {
        self.bad_messages
    }

    /// Number of messages of unknown types, which a newer page may have reason to send.
    pub fn unknown_messages(&self) -> u32 {
        self.unknown_messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);
    const PING: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(30);
    const JOIN: &str = r#"{"type":"join","room":"1"}"#;
    const SIGNAL: &str = r#"{"type":"signal","to":2,"sealed":{}}"#;

    fn session(on_probation: bool) -> Session {
        let rhythm = Rhythm { ping: PING, silent: 10 * PING, idle: IDLE };
        let rules = SessionRules { bad_messages: 2, rhythm, renew_ice: Some(25 * PING / 10) };
        Session::new(NOW, rules, PING, on_probation)
    }

    #[test]
    fn only_a_socket_with_a_seat_signals_confirms_and_leaves() {
        let mut session = session(false);
        for text in [SIGNAL, r#"{"type":"confirm"}"#, r#"{"type":"leave"}"#] {
            let refused = session.receive(NOW, text);
            assert!(matches!(refused, Ok(Action::Refuse(ErrorCode::NotJoined))), "{text}: {refused:?}");
        }
        session.seated(NOW, true);
        assert!(matches!(session.receive(NOW, SIGNAL), Ok(Action::Forward(_))));
        assert!(matches!(session.receive(NOW, r#"{"type":"confirm"}"#), Ok(Action::Confirm)));
        assert!(matches!(session.receive(NOW, JOIN), Ok(Action::Refuse(ErrorCode::AlreadyJoined))));
        assert!(matches!(session.receive(NOW, r#"{"type":"leave"}"#), Ok(Action::Leave)));
        session.seated(NOW, false);
        assert!(matches!(session.receive(NOW, JOIN), Ok(Action::Join(_))));
        assert_eq!((session.bad_messages(), session.unknown_messages()), (0, 0), "refused, and not bad");
    }

    #[test]
    fn joins_beyond_the_rate_close_the_socket() {
        let mut session = session(false);
        let joined = (0..1_000).take_while(|_| session.receive(NOW, JOIN).is_ok()).count();
        assert_eq!(joined, JOIN_BURST as usize);
        assert_eq!(session.receive(NOW, JOIN).err(), Some(CloseCode::TooManyMessages));
        assert!(session.receive(NOW + Duration::from_secs(1), JOIN).is_ok());
    }

    #[test]
    fn bad_messages_close_the_socket_and_unknown_types_do_not() {
        let mut session = session(false);
        for _ in 0..100 {
            let answer = session.receive(NOW, r#"{"type":"of a newer page"}"#);
            assert!(matches!(answer, Ok(Action::Refuse(ErrorCode::UnknownType))), "{answer:?}");
        }
        assert!(matches!(session.receive(NOW, "{"), Ok(Action::Refuse(_))));
        assert!(matches!(session.receive(NOW, "{"), Ok(Action::Refuse(_))));
        assert_eq!(session.receive(NOW, "{").err(), Some(CloseCode::BadMessages));
        assert_eq!((session.bad_messages(), session.unknown_messages()), (3, 100));
    }

    #[test]
    fn probation_ends_in_a_close_or_with_the_admission() {
        let mut on_probation = session(true);
        assert_eq!(on_probation.deadline(), NOW + PROBATION);
        assert_eq!(on_probation.due(NOW + PROBATION), Due::Close(CloseCode::Idle));
        let mut admitted = session(true);
        admitted.admitted();
        admitted.seated(NOW, true);
        assert_eq!(admitted.due(NOW + PROBATION), Due::Rest);
        assert_eq!(session(false).due(NOW + PROBATION), Due::Rest);
    }

    #[test]
    fn a_socket_that_waits_is_not_idle_and_may_stop_waiting() {
        const WAIT: &str = r#"{"type":"wait","room":"Ab"}"#;
        let mut session = session(false);
        let Ok(Action::Wait { room, asked }) = session.receive(NOW, WAIT) else { panic!("no wait") };
        assert_eq!((room.as_str(), asked.as_str()), ("ab", "Ab"));
        session.waits(NOW, true);
        let pings = (1..=2 * IDLE.as_secs() / PING.as_secs()).map(|ping| NOW + PING * ping as u32);
        for now in pings {
            session.heard(now);
            assert_eq!(session.due(now), Due::Ping { renew_ice: false });
        }
        let later = NOW + 2 * IDLE;
        assert!(matches!(session.receive(later, r#"{"type":"leave"}"#), Ok(Action::Leave)));
        session.waits(later, false);
        assert!(matches!(session.receive(later, r#"{"type":"leave"}"#), Ok(Action::Refuse(_))));
        assert_eq!(session.due(later + IDLE), Due::Close(CloseCode::Idle));
        session.seated(later, true);
        assert!(matches!(session.receive(later, WAIT), Ok(Action::Refuse(ErrorCode::AlreadyJoined))));
    }

    #[test]
    fn credentials_are_renewed_with_a_ping_while_there_is_a_seat() {
        let mut session = session(false);
        session.seated(NOW, true);
        let renewed: Vec<_> = (1..=6)
            .map(|ping| {
                session.heard(NOW + ping * PING);
                session.due(NOW + ping * PING) == Due::Ping { renew_ice: true }
            })
            .collect();
        assert_eq!(renewed, [false, false, true, false, false, true]);
        session.seated(NOW + 6 * PING, false);
        assert_eq!(session.due(NOW + 7 * PING), Due::Ping { renew_ice: false });
    }
}
