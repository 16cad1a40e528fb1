//! What two pages tell each other over their data channel.

use super::*;
use crate::protocol::{ChatText, DisplayName, PeerMsg, Reaction, Source, Spot};

/// In a call with one other, to whom the data channel is open.
fn told() -> (Tab, Vec<Vec<u8>>) {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    let sent = reports(&mut page, PeerEvent::Channel(ChannelState::Open));
    (page, sent)
}

/// What the page sends over the channel after a report of the connection.
fn reports(page: &mut Tab, event: PeerEvent) -> Vec<Vec<u8>> {
    sent(reports_all(page, event))
}

/// All that the page does after it.
fn reports_all(page: &mut Tab, event: PeerEvent) -> Vec<Command> {
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    page.happens(Event::Peer(other().peer, epoch, event))
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
    let hand = PeerMsg::Hand { raised: false }.write();
    let rule = PeerMsg::PointerRule { allowed: true }.write();
    assert_eq!(first, [PeerMsg::Hello { name: None }.write(), sources(SourceSet::DEVICES), rule, hand]);
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
    assert_eq!(page.call.view().notice, Some(Notice::PeerLeft(vec![name])));
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

#[test]
fn hands_are_told_and_shown_in_the_order_in_which_they_went_up() {
    let (mut page, _) = told();
    let later = NOW + Duration::from_secs(1);
    reports(&mut page, PeerEvent::Received(PeerMsg::Hand { raised: true }.write()));
    let told = sent(page.at(later, Event::User(UserAction::RaiseHand(true))));
    assert_eq!(told, [PeerMsg::Hand { raised: true }.write()]);
    let places = |page: &Tab| (page.call.view().peers[0].gestures.hand, page.call.view().gestures.hand);
    assert_eq!(places(&page), (Some(1), Some(2)));
    reports(&mut page, PeerEvent::Channel(ChannelState::Closed));
    assert_eq!(places(&page), (Some(1), Some(2)), "a connection that is built anew changes nothing");
    page.hears(ServerMsg::PeerAway { peer: other().peer, unloaded: true });
    assert_eq!(places(&page), (None, Some(1)), "its page is gone");
    page.happens(Event::User(UserAction::Leave));
    assert_eq!(page.call.view().gestures.hand, None, "the next call begins without");
}

#[test]
fn a_reaction_is_shown_on_both_sides_for_a_while() {
    let (mut page, _) = told();
    let shows = page.at(NOW, Event::User(UserAction::React(Reaction::Clap)));
    assert_eq!(sent(shows), [PeerMsg::Reaction { kind: Reaction::Clap }.write()]);
    let again = page.at(NOW, Event::User(UserAction::React(Reaction::Party)));
    assert_eq!(sent(again), Vec::<Vec<u8>>::new(), "more than the others would read");
    reports(&mut page, PeerEvent::Received(PeerMsg::Reaction { kind: Reaction::Heart }.write()));
    let kinds = |page: &Tab| {
        let view = page.call.view();
        [view.gestures, view.peers[0].gestures].map(|shown| shown.reaction.map(|reaction| reaction.kind))
    };
    assert_eq!(kinds(&page), [Some(Reaction::Clap), Some(Reaction::Heart)]);
    page.at(NOW + Duration::from_secs(4), Event::Tick);
    assert_eq!(kinds(&page), [None, None]);
}

#[test]
fn what_is_written_is_kept_over_a_lost_channel_and_gone_with_the_call() {
    let (mut page, _) = told();
    let text = ChatText::try_from("Hi").unwrap();
    let write = Event::User(UserAction::Chat(ChatAction::Write(text.clone())));
    let message = PeerMsg::Chat { id: 1, text: Some(text.clone()) }.write();
    assert_eq!(sent(page.at(NOW, write)), std::slice::from_ref(&message));
    let is_waiting = |page: &Tab| page.call.view().chat.messages[0].unsent[0].is_waiting;
    assert!(is_waiting(&page));
    reports(&mut page, PeerEvent::Channel(ChannelState::Closed));
    assert!(!is_waiting(&page));
    reports(&mut page, PeerEvent::Received(PeerMsg::Chat { id: 9, text: Some(text.clone()) }.write()));
    let later = NOW + Duration::from_secs(60);
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    let open = Event::Peer(other().peer, epoch, PeerEvent::Channel(ChannelState::Open));
    let again = sent(page.at(later, open));
    assert!(again.contains(&message) && again.contains(&PeerMsg::ChatAck { id: 9 }.write()), "{again:?}");
    reports(&mut page, PeerEvent::Received(PeerMsg::ChatAck { id: 1 }.write()));
    reports(&mut page, PeerEvent::Received(PeerMsg::Chat { id: 9, text: Some(text) }.write()));
    let view = page.call.view().chat;
    let shown: Vec<_> = view.messages.iter().map(|one| (one.from, one.unsent.len())).collect();
    assert_eq!(shown, [(None, 0), (Some(other().peer), 0)]);
    page.happens(Event::User(UserAction::Leave));
    assert!(page.call.view().chat.messages.is_empty());
}

#[test]
fn whoever_is_heard_speaks_unless_muted() {
    let (mut page, _) = told();
    let asked = reports_all(&mut page, PeerEvent::State(PeerState::Connected));
    assert!(asked.contains(&Command::ReadLevels), "{asked:?}");
    let level = |packet| Event::Levels(vec![Level { peer: other().peer, packet, level: 9_000 }]);
    let speaks = |page: &Tab| page.call.view().peers[0].is_speaking;
    page.happens(level(1));
    page.happens(level(2));
    assert!(speaks(&page));
    reports(&mut page, PeerEvent::Received(sources(SourceSet::CAMERA)));
    assert!(!speaks(&page), "it says to be muted");
}

#[test]
fn a_volume_is_kept_within_bounds_and_over_connections() {
    let (mut page, _) = told();
    let sets =
        |page: &mut Tab, percent| page.happens(Event::User(UserAction::SetVolume(other().peer, percent)));
    let volume = |command: &Command| match command {
        Command::Peer(_, _, PeerCommand::Volume(percent)) => Some(*percent),
        _ => None,
    };
    assert_eq!(sets(&mut page, 9_999).iter().filter_map(volume).collect::<Vec<_>>(), [200]);
    sets(&mut page, 40);
    assert_eq!(page.call.view().peers[0].volume, 40);
    let rebuilt = page.happens(Event::User(UserAction::RetryPeer(other().peer)));
    assert_eq!(rebuilt.iter().filter_map(volume).collect::<Vec<_>>(), [40]);
}

/// A page that has told its rule for pointers, and shares a screen or not.
fn lets_point(page: &mut Tab, sends: SourceSet, allowed: bool) {
    reports(page, PeerEvent::Received(sources(sends)));
    reports(page, PeerEvent::Received(PeerMsg::PointerRule { allowed }.write()));
}

#[test]
fn a_page_without_a_rule_for_pointers_takes_no_files() {
    let (mut page, _) = told();
    let takes = |page: &Tab| page.call.view().peers[0].takes_files;
    reports(&mut page, PeerEvent::Received(PeerMsg::Hello { name: None }.write()));
    reports(&mut page, PeerEvent::Received(sources(SourceSet::DEVICES)));
    assert!(takes(&page), "nothing is known yet");
    reports(&mut page, PeerEvent::Received(PeerMsg::Hand { raised: false }.write()));
    assert!(!takes(&page), "the hand is what a page tells last");

    reports(&mut page, PeerEvent::Channel(ChannelState::Closed));
    assert!(takes(&page), "it may be loaded anew");
    reports(&mut page, PeerEvent::Channel(ChannelState::Open));
    lets_point(&mut page, SourceSet::DEVICES, false);
    reports(&mut page, PeerEvent::Received(PeerMsg::Hand { raised: false }.write()));
    assert!(takes(&page));
}

fn points(page: &mut Tab, screen: PeerId) -> Vec<Vec<u8>> {
    let to = PointAction::To { screen, draws: true, spot: Some(Spot { x: 1, y: 2 }) };
    sent(page.happens(Event::User(UserAction::Point(to))))
}

#[test]
fn a_screen_is_pointed_at_as_far_as_its_owner_lets_others() {
    let (mut page, _) = told();
    let ann = other().peer;
    reports(&mut page, PeerEvent::Received(sources(SourceSet::NONE.with(Source::Screen, true))));
    assert!(!page.call.view().peers[0].pointing_allowed, "an older page cannot forbid it");
    assert_eq!(points(&mut page, ann), Vec::<Vec<u8>>::new());
    lets_point(&mut page, SourceSet::NONE, true);
    assert_eq!(points(&mut page, ann), Vec::<Vec<u8>>::new(), "there is no screen");
    lets_point(&mut page, SourceSet::NONE.with(Source::Screen, true), true);
    let path = vec![Spot { x: 1, y: 2 }];
    assert_eq!(points(&mut page, ann), [PeerMsg::Pointer { screen: ann, draws: true, path }.write()]);
    assert!(page.call.view().peers[0].pointing_allowed);
    assert_eq!(page.call.view().pointers.len(), 1);
    lets_point(&mut page, SourceSet::NONE.with(Source::Screen, true), false);
    assert!(page.call.view().pointers.is_empty() && !page.call.view().peers[0].pointing_allowed);
    lets_point(&mut page, SourceSet::NONE.with(Source::Screen, true), true);
    page.hears(ServerMsg::PeerLeft { peer: ann });
    assert_eq!(points(&mut page, ann), Vec::<Vec<u8>>::new());
}

#[test]
fn the_own_screen_is_pointed_at_until_the_person_forbids_it() {
    let page = Page { can_capture_screen: true, ..Page::default() };
    let (mut page, _) = Tab::joined(Call::new(1).in_page(page));
    reports(&mut page, PeerEvent::Channel(ChannelState::Open));
    let pointed = |page: &mut Tab| {
        let path = vec![Spot { x: 1, y: 2 }];
        let message = PeerMsg::Pointer { screen: PeerId(1), draws: false, path };
        reports(page, PeerEvent::Received(message.write()));
        page.call.view().pointers.len()
    };
    assert_eq!(pointed(&mut page), 0, "nothing is shared");
    page.happens(Event::User(UserAction::Share(ShareAction::Start(ShareSource::Display))));
    let opened = ScreenEvent::Opened { surface: Surface::Tab, has_sound: false };
    page.happens(Event::Media(MediaEvent::Screen(ScreenId(1), opened)));
    assert_eq!(pointed(&mut page), 1);
    let later = NOW + Duration::from_secs(1);
    let forbid = Event::User(UserAction::Point(PointAction::Allow(false)));
    assert_eq!(sent(page.at(later, forbid)).last(), Some(&PeerMsg::PointerRule { allowed: false }.write()));
    assert_eq!(page.call.view().pointers.len(), 0);
    assert_eq!(pointed(&mut page), 0);
    assert!(!page.call.view().lets_point);
    page.happens(Event::User(UserAction::Leave));
    assert!(page.call.view().lets_point, "the next call begins with leave");
}
