//! The heartbeat of a socket: when to ping it, and when to close it. Time is an argument.

use std::time::Duration;

use crate::protocol::CloseCode;

/// The intervals of a heartbeat.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Time between two pings.
    pub ping: Duration,
    /// Time without any frame after which the socket is closed.
    pub silent: Duration,
    /// Time without a seat after which the socket is closed.
    pub idle: Duration,
}

/// The state of one socket's heartbeat.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    rhythm: Rhythm,
    last_frame: Duration,
    next_ping: Duration,
    /// Since when the socket has had no seat.
    unseated: Option<Duration>,
}

/// The next step that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Nothing yet.
    Rest,
    /// Ping the socket.
    Ping,
    /// Close the socket.
    Close(CloseCode),
}

impl Heartbeat {
    /// Starts the heartbeat of a new socket, which has no seat and is pinged after `first_ping` for the first time.
    pub(crate) fn new(now: Duration, rhythm: Rhythm, first_ping: Duration) -> Self {
        Self { rhythm, last_frame: now, next_ping: now + first_ping, unseated: Some(now) }
    }

    /// Changes the intervals from now on.
    pub(crate) fn set_rhythm(&mut self, rhythm: Rhythm) {
        self.rhythm = rhythm;
    }

    /// Notes that a frame came.
    pub(crate) fn heard(&mut self, now: Duration) {
        self.last_frame = now;
    }

    /// Notes that the socket got a seat or gave it up.
    pub(crate) fn seated(&mut self, now: Duration, seated: bool) {
        self.unseated = (!seated).then_some(now);
    }

    /// Returns the step that is due now.
    pub(crate) fn beat(&mut self, now: Duration) -> Beat {
        if now >= self.last_frame + self.rhythm.silent {
            return Beat::Close(CloseCode::Silent);
        }
        if self.unseated.is_some_and(|since| now >= since + self.rhythm.idle) {
            return Beat::Close(CloseCode::Idle);
        }
        if now < self.next_ping {
            return Beat::Rest;
        }
        self.next_ping = now + self.rhythm.ping;
        Beat::Ping
    }

    /// When to call [`Heartbeat::beat`] next; a frame only moves it back, a seat given up can bring it forward.
    pub(crate) fn next(&self) -> Duration {
        let silent = self.last_frame + self.rhythm.silent;
        let idle = self.unseated.map_or(Duration::MAX, |since| since + self.rhythm.idle);
        self.next_ping.min(silent).min(idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHYTHM: Rhythm = Rhythm {
        ping: Duration::from_secs(5),
        silent: Duration::from_secs(12),
        idle: Duration::from_secs(60),
    };

    fn run(heart: &mut Heartbeat, answers: bool) -> (Duration, usize, CloseCode) {
        let mut pings = 0;
        loop {
            let now = heart.next();
            match heart.beat(now) {
                Beat::Rest => {}
                Beat::Ping if answers => heart.heard(now + Duration::from_millis(20)),
                Beat::Ping => {}
                Beat::Close(code) => return (now, pings, code),
            }
            pings += 1;
        }
    }

    #[test]
    fn the_first_ping_has_a_time_of_its_own_and_the_others_follow_at_the_pace() {
        let first = Duration::from_millis(700);
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM, first);
        heart.seated(Duration::ZERO, true);
        for now in [first, first + RHYTHM.ping, first + 2 * RHYTHM.ping] {
            assert_eq!((heart.next(), heart.beat(now)), (now, Beat::Ping));
            heart.heard(now);
        }
    }

    #[test]
    fn a_silent_socket_is_given_up_after_two_pings() {
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM, RHYTHM.ping);
        heart.seated(Duration::ZERO, true);
        assert_eq!(run(&mut heart, false), (RHYTHM.silent, 2, CloseCode::Silent));
    }

    #[test]
    fn a_socket_that_answers_but_never_sits_down_is_closed_as_idle() {
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM, RHYTHM.ping);
        let (end, _, code) = run(&mut heart, true);
        assert_eq!((end, code), (RHYTHM.idle, CloseCode::Idle));
    }

    #[test]
    fn a_seated_socket_that_answers_is_idle_only_after_its_leave() {
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM, RHYTHM.ping);
        heart.seated(Duration::ZERO, true);
        for _ in 0..1_000 {
            let now = heart.next();
            assert_eq!(heart.beat(now), Beat::Ping);
            heart.heard(now);
        }
        let left = heart.next();
        heart.heard(left);
        heart.seated(left, false);
        let (end, _, code) = run(&mut heart, true);
        assert_eq!((end, code), (left + RHYTHM.idle, CloseCode::Idle));
    }
}
