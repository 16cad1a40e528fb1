//! When to ask a socket for a sign of life, and when to give it up; time is an argument.

use std::time::Duration;

use crate::protocol::CloseCode;

/// The times a heart beats by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    /// Between two pings.
    pub(crate) ping: Duration,
    /// Without any frame until the socket counts as dead.
    pub(crate) silent: Duration,
    /// Without a seat until the socket is closed.
    pub(crate) idle: Duration,
}

/// One socket's signs of life.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    rhythm: Rhythm,
    last_frame: Duration,
    next_ping: Duration,
    /// Since when the socket has had no seat.
    unseated: Option<Duration>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Nothing yet.
    Rest,
    /// Ask for a sign of life.
    Ping,
    /// Give the socket up.
    Close(CloseCode),
}

impl Heartbeat {
    /// A new socket, without a seat.
    pub(crate) fn new(now: Duration, rhythm: Rhythm) -> Self {
        Self { rhythm, last_frame: now, next_ping: now + rhythm.ping, unseated: Some(now) }
    }

    /// Beats by other times from now on.
    pub(crate) fn set_rhythm(&mut self, rhythm: Rhythm) {
        self.rhythm = rhythm;
    }

    /// Something came from the other side.
    pub(crate) fn heard(&mut self, now: Duration) {
        self.last_frame = now;
    }

    /// The socket got a seat or gave it up.
    pub(crate) fn seated(&mut self, now: Duration, seated: bool) {
        self.unseated = (!seated).then_some(now);
    }

    /// What is to be done now.
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

    /// When to ask again; a frame only moves it back, a seat given up can bring it forward.
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
    fn a_silent_socket_is_given_up_after_two_pings() {
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM);
        heart.seated(Duration::ZERO, true);
        assert_eq!(run(&mut heart, false), (RHYTHM.silent, 2, CloseCode::Silent));
    }

    #[test]
    fn a_socket_that_answers_but_never_sits_down_is_closed_as_idle() {
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM);
        let (end, _, code) = run(&mut heart, true);
        assert_eq!((end, code), (RHYTHM.idle, CloseCode::Idle));
    }

    #[test]
    fn a_seated_socket_that_answers_lives_on_and_is_idle_only_after_its_leave() {
        let mut heart = Heartbeat::new(Duration::ZERO, RHYTHM);
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
