//! The life of the socket, step by step.

use super::*;

const NOW: Duration = Duration::ZERO;

fn candidate(epoch: u32) -> Signal {
    Signal::WebrtcIceCandidate { candidate: Default::default(), epoch: Epoch(epoch) }
}

#[test]
fn signals_wait_for_the_seat() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    signalling.opened(NOW);
    signalling.lost(NOW, true);
    assert_eq!(signalling.signal(PeerId(2), candidate(5)), None);
    assert_eq!(signalling.sit_down(|_, _| true), [(PeerId(2), candidate(5))]);
    assert_eq!(signalling.signal(PeerId(2), candidate(6)), Some(candidate(6)));
}

#[test]
fn a_lost_socket_is_opened_again_after_a_wait_or_at_once_when_woken() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    signalling.lost(NOW, true);
    assert_eq!(signalling.tick(NOW), []);
    let due = signalling.deadline().unwrap();
    assert_eq!(signalling.tick(due), [Command::OpenSocket(SocketId(2))]);
    signalling.lost(due, true);
    assert_eq!(signalling.open(due), [Command::OpenSocket(SocketId(3))]);
    assert_eq!(signalling.open(NOW), []);
}

#[test]
fn events_of_a_closed_socket_do_not_count() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    assert_eq!(signalling.close(NOW), [Command::CloseSocket]);
    assert!(!signalling.is_current(SocketId(1)));
}

#[test]
fn a_silent_server_is_called_anew_and_one_that_is_heard_is_not() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    signalling.opened(NOW);
    assert_eq!(signalling.deadline(), None, "without a seat the server has nothing to say");
    signalling.sit_down(|_, _| true);
    signalling.heard(SILENT / 2, &ServerMsg::Heartbeat, false);
    assert_eq!(signalling.tick(SILENT), []);
    let due = signalling.deadline().unwrap();
    assert_eq!(due, SILENT / 2 + SILENT);
    assert_eq!(signalling.tick(due), [Command::CloseSocket, Command::OpenSocket(SocketId(2))]);
    assert!(!signalling.is_seated());
}

#[test]
fn an_unanswered_join_is_repeated_with_more_patience() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    let mut now = NOW;
    for (socket, patience) in [(2, 3), (3, 6), (4, 12), (5, 12)] {
        signalling.opened(now);
        signalling.asked(now, false);
        let due = signalling.deadline().unwrap();
        assert_eq!(due - now, Duration::from_secs(patience));
        assert_eq!(signalling.tick(due), [Command::CloseSocket, Command::OpenSocket(SocketId(socket))]);
        assert!(signalling.is_unreachable());
        now = due;
    }
    signalling.opened(now);
    signalling.asked(now, false);
    signalling.answered();
    assert_eq!(signalling.deadline(), None);
    assert!(!signalling.is_unreachable());
}

#[test]
fn a_socket_that_died_before_the_join_is_replaced_soon() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    signalling.opened(NOW);
    let later = Duration::from_secs(600);
    signalling.asked(later, false);
    let due = later + Duration::from_secs(3);
    assert_eq!(signalling.deadline(), Some(due));
    assert_eq!(signalling.tick(due), [Command::CloseSocket, Command::OpenSocket(SocketId(2))]);
    assert!(!signalling.is_unreachable());
    signalling.opened(due);
    signalling.asked(due, false);
    signalling.tick(due + PATIENCE);
    assert!(signalling.is_unreachable());
}

#[test]
fn a_socket_that_never_opens_is_given_up_and_opened_again() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    assert_eq!(signalling.tick(PATIENCE), [Command::CloseSocket]);
    assert!(signalling.is_unreachable());
    assert!(!signalling.is_current(SocketId(1)), "it may open in this very moment");
    let due = signalling.deadline().unwrap();
    assert!(due > PATIENCE);
    assert_eq!(signalling.tick(due), [Command::OpenSocket(SocketId(2))]);
    assert_eq!(signalling.deadline(), Some(due + 2 * PATIENCE));
}

#[test]
fn an_outage_is_shown_only_if_it_lasts() {
    let mut signalling = Signalling::new(1);
    signalling.open(NOW);
    signalling.opened(NOW);
    signalling.sit_down(|_, _| true);
    signalling.lost(NOW, true);
    signalling.tick(UNNOTICED / 2);
    assert!(!signalling.is_noticeably_down());
    signalling.tick(UNNOTICED);
    assert!(signalling.is_noticeably_down());
    signalling.sit_down(|_, _| true);
    assert!(!signalling.is_noticeably_down());
}

#[test]
fn a_seat_left_is_given_up_on_every_socket_until_acknowledged() {
    let held = HeldSeat {
        room: crate::protocol::RoomId::from_typed("1").unwrap(),
        resume: crate::protocol::SeatToken("t".into()),
    };
    let mut signalling = Signalling::new(1);
    signalling.owe(held.clone());
    signalling.open(NOW);
    let said = [Command::Send(ClientMsg::Leave { held: Some(held) })];
    assert_eq!(signalling.opened(NOW), said);
    signalling.lost(NOW, true);
    signalling.open(NOW);
    assert_eq!(signalling.opened(NOW), said, "it may not have arrived");
    assert!(signalling.deadline().is_some(), "nor may it this time");
    signalling.left(false);
    assert_eq!(signalling.deadline(), None);
    signalling.lost(NOW, true);
    assert_eq!(signalling.opened(NOW), []);
}
