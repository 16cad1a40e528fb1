//! What two pages tell each other over their data channel.

use super::*;
use crate::protocol::{DisplayName, PeerMsg, Source};

/// In a call with one other, to whom the data channel is open.
fn told() -> (Tab, Vec<Vec<u8>>) {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    let sent = reports(&mut page, PeerEvent::Channel(ChannelState::Open));
    (page, sent)
}

/// What the page sends over the channel after a report of the connection.
fn reports(page: &mut Tab, event: PeerEvent) -> Vec<Vec<u8>> {
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    sent(page.happens(Event::Peer(other().peer, epoch, event)))
}

fn sent(commands: Vec<Command>) -> Vec<Vec<u8>> {
    let message = |command| match command {
        Command::Peer(_, _, PeerCommand::Send(bytes)) => Some(bytes),
        _ => None,
    };
    commands.into_iter().filter_map(message).collect()
}

fn sources(sends: SourceSet) -> Vec<u8> {
    PeerMsg::Sources { sends }.write()
}

#[test]
fn a_page_tells_its_state_when_the_channel_opens_and_each_change() {
    let (mut page, first) = told();
    assert_eq!(first, [PeerMsg::Hello { name: None }.write(), sources(SourceSet::DEVICES)]);
    let later = NOW + Duration::from_secs(1);
    let mute = Event::User(UserAction::ToggleMicrophone);
    assert_eq!(sent(page.at(later, mute)), [sources(SourceSet::CAMERA)], "at once");
    assert_eq!(sent(page.at(later, Event::User(UserAction::ToggleCamera))), Vec::<Vec<u8>>::new());
    let due = page.call.deadline().unwrap();
    assert_eq!(sent(page.at(due, Event::Tick)), [sources(SourceSet::NONE)]);
}

#[test]
fn a_change_is_told_without_a_socket_too() {
    let (mut page, _) = told();
    page.lose_socket();
    let later = NOW + Duration::from_secs(60);
    let mute = Event::User(UserAction::ToggleMicrophone);
    assert_eq!(sent(page.at(later, mute)), [sources(SourceSet::CAMERA)]);
}

#[test]
fn a_peer_is_believed_before_its_pictures_end() {
    let (mut page, _) = told();
    reports(&mut page, PeerEvent::Receives(Source::Camera, true));
    let peer = |page: &Tab| page.call.view().peers.remove(0);
    assert!(peer(&page).has_picture() && !peer(&page).has_off(Source::Microphone), "nothing was told");
    reports(&mut page, PeerEvent::Received(sources(SourceSet::MICROPHONE)));
    assert!(!peer(&page).has_picture() && peer(&page).has_off(Source::Camera));
    reports(&mut page, PeerEvent::Received(sources(SourceSet::CAMERA)));
    assert!(peer(&page).has_picture() && peer(&page).has_off(Source::Microphone));

    page.hears(ServerMsg::PeerAway { peer: other().peer, unloaded: true });
    assert!(!peer(&page).has_off(Source::Microphone), "its page is gone");
}

#[test]
fn a_peer_is_called_by_the_name_that_it_tells() {
    let (mut page, _) = told();
    let name = DisplayName::try_from("Ann".to_owned()).ok();
    reports(&mut page, PeerEvent::Received(PeerMsg::Hello { name: name.clone() }.write()));
    assert_eq!(page.call.view().peers[0].name, name);
    page.hears(ServerMsg::PeerLeft { peer: other().peer });
    assert_eq!(page.call.view().notice, Some(Notice::PeerLeft(name)));
}

#[test]
fn what_is_not_read_is_told_to_the_log() {
    let (mut page, _) = told();
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    let nonsense = Event::Peer(other().peer, epoch, PeerEvent::Received(b"nonsense".to_vec()));
    let line = "peer 2: message dropped: unreadable (1 on this channel)".to_owned();
    assert_eq!(page.happens(nonsense.clone()), [Command::Log(line)]);
    assert_eq!(page.happens(nonsense), []);
}
