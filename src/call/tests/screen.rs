//! What a page shares during a call, and what it is told of the others' shares.

use super::*;
use crate::protocol::PeerMsg;

const OPENED: ScreenEvent = ScreenEvent::Opened { surface: Surface::Tab, has_sound: true };

fn share() -> Event {
    Event::User(UserAction::Share(ShareAction::Start(ShareSource::Display)))
}

fn comes(id: u32, event: ScreenEvent) -> Event {
    Event::Media(MediaEvent::Screen(ScreenId(id), event))
}

/// In a call with one other, in a browser that captures screens.
fn in_call() -> Tab {
    let page = Page { can_capture_screen: true, ..Page::default() };
    Tab::joined(Call::new(1).in_page(page)).0
}

fn shares() -> Tab {
    let mut page = in_call();
    page.happens(share());
    page.happens(comes(1, OPENED));
    page
}

fn reports(page: &mut Tab, event: PeerEvent) -> Vec<Command> {
    page.happens(Event::Peer(other().peer, Epoch::first(PageLoad(1), PageLoad(2)), event))
}

fn tells(commands: &[Command], sends: SourceSet) -> bool {
    let bytes = PeerMsg::Sources { sends }.write();
    commands
        .iter()
        .any(|command| matches!(command, Command::Peer(_, _, PeerCommand::Send(it)) if *it == bytes))
}

fn attaches(commands: &[Command], peer: PeerId) -> bool {
    commands.iter().any(|command| matches!(command, Command::Peer(of, _, PeerCommand::Attach) if *of == peer))
}

#[test]
fn nothing_is_shared_outside_a_call() {
    let call = Call::new(1).in_page(Page { can_capture_screen: true, ..Page::default() });
    let mut page = Tab::of(call, Loaded::default());
    assert_eq!(page.happens(share()), []);
    page.happens(connect());
    assert_eq!(page.happens(share()), [], "nor before there is a seat");
    assert!(page.call.view().screen.can_capture);
}

#[test]
fn a_share_is_sent_and_told_to_all_and_so_is_its_end() {
    let mut page = in_call();
    reports(&mut page, PeerEvent::Channel(ChannelState::Open));
    page.happens(share());
    let later = NOW + Duration::from_secs(1);
    let commands = page.at(later, comes(1, OPENED));
    assert!(attaches(&commands, other().peer) && tells(&commands, SourceSet::SCREEN), "{commands:?}");
    assert_eq!(page.call.view().screen.shares, Some(Surface::Tab));

    let ended = comes(1, ScreenEvent::Ended(Source::Screen));
    let commands = page.at(later + Duration::from_secs(1), ended);
    assert!(attaches(&commands, other().peer) && tells(&commands, SourceSet::NONE), "{commands:?}");
    assert_eq!(page.call.view().screen.shares, None);
}

/// The tracks that there are go to each new connection; what is told comes with its channel.
#[test]
fn a_share_reaches_who_joins_later_and_the_next_connection() {
    let mut page = shares();
    let late = PeerInfo { peer: PeerId(3), page: PageLoad(3), ..other() };
    page.hears(ServerMsg::PeerJoined(late.clone()));
    let open = |peer, epoch| Event::Peer(peer, epoch, PeerEvent::Channel(ChannelState::Open));
    let epoch = Epoch::first(PageLoad(1), PageLoad(3));
    assert!(tells(&page.happens(open(late.peer, epoch)), SourceSet::SCREEN));

    let epoch =
        page.happens(Event::User(UserAction::RetryPeer(other().peer))).iter().find_map(opened).unwrap();
    assert!(tells(&page.happens(open(other().peer, epoch)), SourceSet::SCREEN));
    assert!(page.call.view().screen.shares.is_some());
}

#[test]
fn a_share_survives_a_lost_socket_and_another_life_of_the_room() {
    let mut page = shares();
    page.lose_socket();
    let releases = |commands: &[Command]| commands.contains(&Command::ReleaseScreen(ScreenId(1)));
    assert!(!releases(&page.comes_back()));
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    assert!(!releases(&page.hears(seated("t3", false, vec![other()]))));
    assert!(page.call.view().screen.shares.is_some());
}

#[test]
fn a_share_ends_with_the_call_and_so_does_what_is_picked_after_it() {
    let mut page = shares();
    page.happens(share());
    let commands = page.happens(Event::User(UserAction::Leave));
    assert!(commands.contains(&Command::ReleaseScreen(ScreenId(1))), "{commands:?}");
    assert_eq!(page.happens(comes(2, OPENED)), [Command::ReleaseScreen(ScreenId(2))]);
    let screen = page.call.view().screen;
    assert_eq!((screen.shares, screen.is_asking), (None, false));
}

#[test]
fn a_peers_share_is_shown_when_it_arrives_and_until_it_is_told_to_have_ended() {
    let mut page = in_call();
    let has_screen = |page: &Tab| page.call.view().peers[0].has_screen();
    let told = |sends| PeerEvent::Received(PeerMsg::Sources { sends }.write());
    reports(&mut page, told(SourceSet::DEVICES.or(SourceSet::SCREEN)));
    assert!(!has_screen(&page), "nothing arrives yet");
    reports(&mut page, PeerEvent::Receives(Source::Screen, true));
    assert!(has_screen(&page) && !page.call.view().peers[0].has_picture());
    reports(&mut page, told(SourceSet::DEVICES));
    assert!(!has_screen(&page), "it is believed before its pictures end");
}

#[test]
fn packets_for_a_screen_of_which_nothing_is_told_show_none() {
    let mut page = in_call();
    reports(&mut page, PeerEvent::Receives(Source::Screen, true));
    assert!(!page.call.view().peers[0].has_screen(), "they may measure the network");
    reports(&mut page, PeerEvent::Received(PeerMsg::Sources { sends: SourceSet::SCREEN }.write()));
    assert!(page.call.view().peers[0].has_screen());
}

#[test]
fn a_peer_of_an_earlier_release_takes_no_screen() {
    let mut page = in_call();
    let takes = |page: &Tab| page.call.view().peers[0].takes_screen;
    assert!(takes(&page), "nothing is known yet");
    reports(&mut page, PeerEvent::TakesScreen(false));
    assert!(!takes(&page));
    reports(&mut page, PeerEvent::TakesScreen(true));
    assert!(takes(&page));
}
