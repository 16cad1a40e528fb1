//! Seals: what is agreed with whom, what is believed, and what is told of it.

use super::*;
use crate::protocol::sealed::{Block, Proof};

const BEN: PeerId = PeerId(2);

/// A page that has come by the link of this one.
fn linked(peer: PeerId, page: PageLoad) -> PeerInfo {
    PeerInfo { door: Some(identity().introduction.door), ..present(peer, page) }
}

fn agreed(commands: &[Command]) -> Vec<&Agreement> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::Seal(_, SealCommand::Agree(agreement)) => Some(agreement),
            _ => None,
        })
        .collect()
}

fn seated_with(others: Vec<PeerInfo>) -> (Tab, Vec<Command>) {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    let commands = page.hears(seated("t1", false, others));
    (page, commands)
}

fn trust(page: &Tab) -> Trust {
    page.call.view().peers[0].trust
}

fn who(name: &str) -> Signal {
    Signal::Who { name: DisplayName::try_from(name.to_owned()).ok(), locked: false }
}

#[test]
fn the_same_link_goes_into_the_keys_and_the_number_alone_does_not() {
    for (other, proof, trusted) in
        [(other(), Proof::Open, Trust::Unchecked), (linked(BEN, PageLoad(2)), Proof::Link, Trust::Linked)]
    {
        let (mut page, commands) = seated_with(vec![other.clone()]);
        let [agreement] = agreed(&commands)[..] else { panic!("{commands:?}") };
        assert_eq!((agreement.proof, agreement.is_low), (proof, true));
        let credential = Credential::Link(secret());
        assert_eq!((Some(&agreement.hello), &agreement.credential), (other.hello.as_ref(), &credential));
        assert_eq!(trust(&page), Trust::Unknown, "whoever it is has shown no keys");
        page.opens(BEN, who("Ben"));
        assert_eq!(trust(&page), trusted);
        assert_eq!(page.call.view().peers[0].name.as_ref().map(DisplayName::as_str), Some("Ben"));
    }
}

#[test]
fn who_sits_there_is_said_first_and_again_with_each_way_back() {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(Event::User(UserAction::Connect {
        room: room().to_string(),
        name: "Ann".into(),
        word: None,
    }));
    page.socket(SocketEvent::Opened);
    let said = |commands: &[Command]| -> Vec<Signal> {
        let sent = commands.iter().filter_map(|command| match command {
            Command::Seal(_, SealCommand::Close(BEN, signal)) => Some(signal.clone()),
            _ => None,
        });
        sent.collect()
    };
    assert_eq!(said(&page.hears(seated("t1", false, vec![other()])))[..1], [who("Ann")]);
    assert_eq!(said(&page.hears(ServerMsg::PeerBack(other())))[..1], [who("Ann")]);
    page.lose_socket();
    assert_eq!(said(&page.comes_back())[..1], [who("Ann")]);
}

#[test]
fn what_a_page_said_first_counts_whatever_the_server_says_later() {
    let (mut page, _) = seated_with(vec![other()]);
    page.opens(BEN, who("Ben"));
    for info in
        [PeerInfo { hello: Some(said("of-the-server", "d").hello), ..other() }, linked(BEN, PageLoad(2))]
    {
        assert_eq!(agreed(&page.hears(ServerMsg::PeerBack(info.clone()))), [] as [&Agreement; 0]);
        page.hears(ServerMsg::PeerLeft { peer: BEN });
        // The pair is made anew, with the seal that it has: no number is used twice with its keys.
        assert_eq!(agreed(&page.hears(ServerMsg::PeerJoined(info))), [] as [&Agreement; 0]);
        page.opens(BEN, who("Ben"));
        assert_eq!(trust(&page), Trust::Unchecked);
    }
}

#[test]
fn another_page_of_a_peer_has_another_seal_and_proves_itself_anew() {
    let (mut page, _) = seated_with(vec![linked(BEN, PageLoad(2))]);
    page.opens(BEN, who("Ben"));
    let before = page.seal(BEN);
    let commands = page.hears(ServerMsg::PeerBack(linked(BEN, PageLoad(3))));
    assert_eq!(agreed(&commands).len(), 1);
    assert_eq!(trust(&page), Trust::Unknown);
    // What was sealed for the page before is of no connection of this one.
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    page.happens(Event::Seal(before, SealEvent::Opened(Signal::StartCall { epoch })));
    assert_eq!(trust(&page), Trust::Unknown);
}

#[test]
fn a_page_that_says_nothing_of_itself_gets_nothing_and_is_told_apart() {
    let silent = PeerInfo { hello: None, door: None, ..other() };
    let (mut page, commands) = seated_with(vec![silent.clone()]);
    let seals = |command: &Command| matches!(command, Command::Seal(..));
    assert!(!commands.iter().any(seals), "{commands:?}");
    assert_eq!(page.call.view().peers[0].link, LinkView::OtherVersion);
    let sealed = SealedBox::try_from("A".repeat(28)).unwrap();
    assert_eq!(page.hears(ServerMsg::Signal { from: BEN, sealed }), []);

    // A restored seat, whose holder comes back.
    let (mut page, _) = seated_with(vec![PeerInfo { away: true, ..silent }]);
    assert_eq!(page.call.view().peers[0].link, LinkView::Away);
    let commands = page.hears(ServerMsg::PeerBack(other()));
    assert_eq!(agreed(&commands).len(), 1);
    assert!(commands.contains(&page.sends(BEN, who(""))), "{commands:?}");
}

#[test]
fn a_key_that_is_none_and_the_own_one_from_somebody_else_are_not_used() {
    let (mut page, _) = seated_with(vec![other()]);
    page.happens(Event::Seal(page.seal(BEN), SealEvent::Failed));
    assert_eq!(page.call.view().peers[0].link, LinkView::OtherVersion);
    let own = PeerInfo { hello: Some(identity().introduction.hello), ..other() };
    let (page, commands) = seated_with(vec![own]);
    assert_eq!(agreed(&commands).len(), 0);
    assert_eq!(page.call.view().peers[0].link, LinkView::OtherVersion);
}

#[test]
fn a_page_agrees_on_so_many_seals_and_no_more() {
    let (mut page, _) = seated_with(vec![]);
    let mut agreements = 0;
    for load in 2..600 {
        page.hears(ServerMsg::PeerLeft { peer: BEN });
        agreements += agreed(&page.hears(ServerMsg::PeerJoined(present(BEN, PageLoad(load))))).len();
    }
    assert_eq!(agreements, 256);
    assert_eq!(page.call.view().peers[0].link, LinkView::OtherVersion);
}

#[test]
fn who_comes_is_shown_by_the_name_that_opens_or_at_the_latest_with_the_picture() {
    let joined = |page: &Tab| page.call.view().notice;
    let ben = DisplayName::try_from("Ben".to_owned()).ok();
    let (mut page, _) = seated_with(vec![]);
    page.hears(ServerMsg::PeerJoined(other()));
    assert_eq!(joined(&page), None);
    page.opens(BEN, who("Ben"));
    assert_eq!(joined(&page), Some(Notice::PeerJoined(vec![ben])));

    let (mut page, _) = seated_with(vec![]);
    page.hears(ServerMsg::PeerJoined(other()));
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    page.happens(Event::Peer(BEN, epoch, PeerEvent::State(PeerState::Connected)));
    assert_eq!(joined(&page), Some(Notice::PeerJoined(vec![None])));

    let (mut page, _) = seated_with(vec![other()]);
    page.opens(BEN, who("Ben"));
    assert_eq!(joined(&page), None, "it was there before");
}

#[test]
fn a_description_with_the_certificate_of_somebody_else_is_dropped() {
    const CAT: PeerId = PeerId(3);
    let (mut page, _) = seated_with(vec![present(BEN, PageLoad(2)), present(CAT, PageLoad(3))]);
    let sdp = |print: &str| format!("v=0\r\na=fingerprint:sha-256 {print}\r\n");
    let (to_ben, to_cat) = (Epoch::first(PageLoad(1), PageLoad(2)), Epoch::first(PageLoad(1), PageLoad(3)));
    for (peer, epoch) in [(BEN, to_ben), (CAT, to_cat)] {
        let offer = PeerEvent::Offered { offer: OfferId(1), sdp: sdp("AA:01") };
        page.happens(Event::Peer(peer, epoch, offer));
    }
    let mut answers = |peer, epoch, sdp: String| {
        let answer = Signal::WebrtcAnswer { sdp, epoch, offer: OfferId(1) };
        let commands = page.opens(peer, answer);
        let accepts =
            |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::AcceptAnswer { .. }));
        commands.iter().any(accepts)
    };
    assert!(!answers(BEN, to_ben, sdp("aa:01")), "the own one");
    assert!(!answers(BEN, to_ben, sdp("AA:02") + &sdp("AA:03")), "two at once");
    assert!(answers(BEN, to_ben, sdp("AA:02")));
    assert!(!answers(CAT, to_cat, sdp("AA:02")), "that of Ben");
    assert!(answers(CAT, to_cat, sdp("AA:03")));
}

#[test]
fn a_description_that_is_not_taken_hides_no_certificate() {
    const CAT: PeerId = PeerId(3);
    let (mut page, _) = seated_with(vec![present(BEN, PageLoad(2)), present(CAT, PageLoad(3))]);
    let [to_ben, to_cat] = [2, 3].map(|load| Epoch::first(PageLoad(1), PageLoad(load)));
    for (peer, epoch) in [(BEN, to_ben), (CAT, to_cat)] {
        let offer = PeerEvent::Offered { offer: OfferId(1), sdp: String::new() };
        page.happens(Event::Peer(peer, epoch, offer));
    }
    let mut answers = |peer, epoch, offer, print: &str| {
        let answer = Signal::WebrtcAnswer { sdp: format!("v=0\r\n{print}"), epoch, offer: OfferId(offer) };
        let commands = page.opens(peer, answer);
        commands.iter().any(|it| matches!(it, Command::Peer(_, _, PeerCommand::AcceptAnswer { .. })))
    };
    assert!(answers(BEN, to_ben, 1, "a=fingerprint:sha-256 AA:02\r\n"));
    for (epoch, print) in [
        (to_ben, "a=fingerprint:sha-256 AA:09\r\n"),
        (to_ben, ""),
        (Epoch(to_ben.0 - 1), "a=fingerprint:sha-256 AA:09\r\n"),
        (Epoch(to_ben.0 + Epoch::TRIES), "a=fingerprint:sha-256 AA:09\r\n"),
    ] {
        assert!(!answers(BEN, epoch, 9, print), "nobody has offered that");
        assert!(!answers(CAT, to_cat, 1, "a=fingerprint:sha-256 AA:02\r\n"), "that of Ben: {print}");
    }
    assert!(answers(CAT, to_cat, 1, "a=fingerprint:sha-256 AA:03\r\n"));
}

#[test]
fn a_page_that_has_lost_its_seat_and_comes_again_is_connected_with() {
    const AGAIN: PeerId = PeerId(3);
    let (mut page, _) = seated_with(vec![other()]);
    let epochs = [2, 3].map(|load| Epoch::first(PageLoad(1), PageLoad(load)));
    let answers = |page: &mut Tab, peer, epoch| {
        let sdp = "v=0\r\na=fingerprint:sha-256 AA:02\r\n".to_owned();
        page.happens(Event::Peer(peer, epoch, PeerEvent::Offered { offer: OfferId(1), sdp: String::new() }));
        let commands = page.opens(peer, Signal::WebrtcAnswer { sdp, epoch, offer: OfferId(1) });
        commands.iter().any(|it| matches!(it, Command::Peer(_, _, PeerCommand::AcceptAnswer { .. })))
    };
    assert!(answers(&mut page, BEN, epochs[0]));
    page.hears(ServerMsg::PeerJoined(present(AGAIN, PageLoad(3))));
    assert!(!answers(&mut page, AGAIN, epochs[1]), "Ben is there");

    let (mut page, _) = seated_with(vec![other()]);
    assert!(answers(&mut page, BEN, epochs[0]));
    page.hears(ServerMsg::PeerAway { peer: BEN, unloaded: false });
    page.hears(ServerMsg::PeerJoined(present(AGAIN, PageLoad(3))));
    assert!(answers(&mut page, AGAIN, epochs[1]));
}

#[test]
fn the_secret_of_a_pasted_link_and_that_of_a_seat_go_with_the_call() {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    let room = format!("/room/4711#{}", secret().as_str());
    let commands = page.happens(Event::User(UserAction::Connect { room, name: String::new(), word: None }));
    let hold = || {
        let credential = Some(Credential::Link(secret()));
        Command::HoldRoom { room: super::room(), credential, take: false }
    };
    assert!(commands.contains(&hold()), "{commands:?}");

    let kept = Loaded { remembered: Some(remembered("t1")), returning: true, ..Loaded::default() };
    let mut page = Tab { call: Call::new(1), socket: SocketId::default(), has_others: true, seals: vec![] };
    let commands = page.happens(Event::Loaded(Loaded { supported: true, ..kept }));
    assert!(commands.contains(&hold()), "{commands:?}");
}

#[test]
fn a_page_without_cryptography_says_so_and_stays_on_the_first_screen() {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    page.happens(connect());
    page.happens(Event::Hold(room(), Hold::Insecure));
    let view = page.call.view();
    assert_eq!((view.phase, view.notice), (Phase::Home, Some(Notice::Insecure)));
}

#[test]
fn a_cut_link_is_told_and_the_number_leads_on() {
    let mut page = Tab::loaded(Loaded { has_cut_link: true, ..Loaded::default() });
    assert_eq!(page.call.view().notice, Some(Notice::LinkCut));
    page.socket(SocketEvent::Opened);
    assert!(page.happens(connect()).contains(&join(None, false)));
}

/// The seal of this page draws its number.
fn drawn(page: &mut Tab) -> Vec<Command> {
    let (commit, nonce) = (block("c"), block("l"));
    page.happens(Event::Seal(page.seal(BEN), SealEvent::Drawn { commit, nonce }))
}

fn block(letter: &str) -> Block {
    letter.repeat(43).try_into().unwrap()
}

fn compares(commands: &[Command]) -> bool {
    let compares = |command: &Command| matches!(command, Command::Seal(_, SealCommand::Compare { .. }));
    commands.iter().any(compares)
}

fn media_flows(page: &mut Tab) -> Vec<Command> {
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    page.happens(Event::Peer(BEN, epoch, PeerEvent::State(PeerState::Connected)))
}

/// In a call by number, with pictures on the screen.
fn with_pictures() -> Tab {
    let (mut page, _) = seated_with(vec![other()]);
    drawn(&mut page);
    page.opens(BEN, who("Ben"));
    media_flows(&mut page);
    assert!(compares(&page.opens(BEN, Signal::Nonce { value: block("h") })));
    page.happens(Event::Seal(page.seal(BEN), SealEvent::Pictures(Some([1, 2, 3, 4, 5, 6]))));
    page
}

fn says(page: &mut Tab, seal: SealId, same: bool) -> Vec<Command> {
    page.happens(Event::User(UserAction::ComparePictures(BEN, seal, same)))
}

#[test]
fn who_sees_the_same_pictures_is_private_also_over_a_lost_socket_and_a_pair_made_anew() {
    let mut page = with_pictures();
    let seal = page.seal(BEN);
    assert_eq!(page.call.view().peers[0].pictures, Some((seal, [1, 2, 3, 4, 5, 6])));
    says(&mut page, SealId(7), true);
    assert_eq!(trust(&page), Trust::Unchecked, "an answer to another screen");
    says(&mut page, seal, true);
    assert_eq!(trust(&page), Trust::Compared);
    page.lose_socket();
    page.comes_back();
    assert_eq!(trust(&page), Trust::Compared);
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    page.hears(ServerMsg::PeerJoined(other()));
    assert_eq!(trust(&page), Trust::Compared);
    // Nobody gets a second try at the pictures.
    page.opens(BEN, who("Ben"));
    assert!(!compares(&page.opens(BEN, Signal::Nonce { value: block("i") })));
}

#[test]
fn who_sees_other_pictures_is_sent_nothing_more_whatever_the_server_makes_anew() {
    let mut page = with_pictures();
    let seal = page.seal(BEN);
    let commands = says(&mut page, seal, false);
    assert!(
        commands.contains(&page.sends(BEN, Signal::Stop {})) && commands.iter().any(closes),
        "{commands:?}"
    );
    let view = page.call.view();
    let ben = &view.peers[0];
    assert_eq!((ben.trust, ben.link, ben.pictures), (Trust::Stopped, LinkView::Stopped, None));
    says(&mut page, seal, true);
    assert_eq!(trust(&page), Trust::Stopped, "once for all");
    assert_eq!(page.opens(BEN, who("Ben")), []);
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    let commands = page.hears(ServerMsg::PeerJoined(other()));
    let close = commands.iter().rposition(closes);
    assert!(close.is_some() && close > commands.iter().rposition(|command| opened(command).is_some()));
    let said = commands.iter().filter(|command| matches!(command, Command::Seal(_, SealCommand::Close(..))));
    assert!(said.eq([&page.sends(BEN, Signal::Stop {})]), "said again, as it may be lost: {commands:?}");
    let retried = page.happens(Event::User(UserAction::RetryPeer(BEN)));
    assert_eq!(retried.iter().find_map(opened), None, "{retried:?}");
}

#[test]
fn another_page_of_who_was_stopped_begins_nothing_by_number_and_may_prove_itself_by_link() {
    for (back, is_stopped) in [(present(BEN, PageLoad(3)), true), (linked(BEN, PageLoad(3)), false)] {
        let mut page = with_pictures();
        let seal = page.seal(BEN);
        says(&mut page, seal, false);
        let commands = page.hears(ServerMsg::PeerBack(back));
        assert_eq!(trust(&page) == Trust::Stopped, is_stopped);
        let [closed, begun] =
            [commands.iter().rposition(closes), commands.iter().rposition(|it| opened(it).is_some())];
        assert_eq!(closed > begun, is_stopped, "{commands:?}");
    }
}

#[test]
fn a_stop_of_the_other_and_a_number_that_does_not_fit_stop_as_well() {
    let mut page = with_pictures();
    assert!(page.opens(BEN, Signal::Stop {}).iter().any(closes));
    assert_eq!(trust(&page), Trust::Stopped);
    let mut page = with_pictures();
    assert!(page.happens(Event::Seal(page.seal(BEN), SealEvent::Pictures(None))).iter().any(closes));
    assert_eq!(trust(&page), Trust::Stopped);
}

#[test]
fn the_exchange_of_the_pictures_begins_once_media_flows_and_again_after_an_outage() {
    for (ben, compares) in [(other(), true), (linked(BEN, PageLoad(2)), false)] {
        let (mut page, _) = seated_with(vec![ben]);
        drawn(&mut page);
        let commit = page.sends(BEN, Signal::Commit { value: block("c") });
        assert!(!page.opens(BEN, who("Ben")).contains(&commit), "the first picture waits for nothing");
        assert_eq!(media_flows(&mut page).contains(&commit), compares);
        assert!(!media_flows(&mut page).contains(&commit), "once");
        // What was said before may be lost.
        assert_eq!(page.opens(BEN, who("Ben")).contains(&commit), compares);
    }
}
