//! The connection test beside a call.

use super::*;

const NO_SERVERS: ConnectionTestEvent =
    ConnectionTestEvent::IceServers { ice_servers: Some(vec![]), same_computer: false };

fn acts(page: &mut Tab, action: UserAction) -> Vec<Command> {
    page.happens(Event::User(action))
}

#[test]
fn whether_there_is_a_relay_is_asked_once_and_a_seat_tells_it_anyway() {
    let mut page = Tab::loaded(Loaded::default());
    let asks = [Command::AskForIce(ConnectionTestId(0))];
    assert_eq!(
        (page.call.view().relay, acts(&mut page, UserAction::LookForRelay)),
        (Relay::Unknown, asks.to_vec())
    );
    page.happens(Event::ConnectionTest(ConnectionTestId(0), NO_SERVERS));
    assert_eq!((page.call.view().relay, acts(&mut page, UserAction::LookForRelay)), (Relay::Missing, vec![]));
    assert_eq!(acts(&mut Tab::in_call(), UserAction::LookForRelay), []);
}

#[test]
fn a_change_of_network_restarts_a_running_test() {
    let mut page = Tab::loaded(Loaded::default());
    let asks = |number| Command::AskForIce(ConnectionTestId(number));
    assert_eq!(acts(&mut page, UserAction::TestConnection), [asks(1)]);
    page.happens(Event::NetworkChanged);
    assert!(page.due().contains(&asks(2)));
    page.happens(Event::ConnectionTest(ConnectionTestId(2), NO_SERVERS));
    let test = page.call.view().connection_test;
    assert_eq!(test.and_then(|test| test.verdict), Some(Verdict::NothingOffered));
}
