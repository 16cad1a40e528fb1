//! The connections of a call: who offers, who asks, what is built anew.

use super::*;

#[test]
fn another_network_restarts_ice_that_works_and_being_woken_does_not() {
    let mut page = Tab::in_call();
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    let reports = |page: &mut Tab, event| page.happens(Event::Peer(PeerId(2), epoch, event));
    let offer = OfferId(1);
    reports(&mut page, PeerEvent::Offered { offer, sdp: String::new() });
    let answer = Signal::WebrtcAnswer { sdp: String::new(), epoch, offer };
    page.opens(PeerId(2), answer);
    reports(&mut page, PeerEvent::Applied);
    reports(&mut page, PeerEvent::State(PeerState::Connected));

    let restarts =
        |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::Offer { restart: true, .. }));
    assert!(!page.happens(Event::Woken).iter().any(restarts));
    // A burst of events is one change.
    assert_eq!(page.happens(Event::NetworkChanged), []);
    assert_eq!(page.happens(Event::NetworkChanged), []);
    let due = page.call.deadline().unwrap();
    let opened = |command: &&Command| matches!(command, Command::OpenSocket(_));
    assert_eq!(page.at(due, Event::Tick).iter().filter(opened).count(), 1);
    page.socket(SocketEvent::Opened);
    assert!(page.hears(seated("t2", true, vec![other()])).iter().any(restarts));
}

/// Where both offer at once one has to roll back, and Chromium then shows nothing any more of what it receives.
#[test]
fn the_side_that_does_not_offer_asks_again_if_its_question_may_be_lost() {
    let mut page = Tab::in_call();
    let first = present(PeerId(0), PageLoad(3));
    let (from, epoch) = (first.peer, Epoch::first(PageLoad(1), PageLoad(3)));
    let says = |page: &mut Tab, signal| page.opens(from, signal);
    let asks = |commands: Vec<Command>| {
        let ask = SealCommand::Close(from, Signal::StartCall { epoch });
        let offers = |command: &&Command| matches!(command, Command::Peer(_, _, PeerCommand::Offer { .. }));
        assert_eq!(commands.iter().find(offers), None);
        commands.iter().filter(|command| matches!(command, Command::Seal(_, sent) if *sent == ask)).count()
    };
    let changes = |page: &mut Tab| {
        page.happens(Event::NetworkChanged);
        let due = page.call.deadline().unwrap();
        let mut commands = page.at(due, Event::Tick);
        page.socket(SocketEvent::Opened);
        commands.extend(page.hears(seated("t2", true, vec![first.clone()])));
        asks(commands)
    };
    page.hears(seated("t1", true, vec![first.clone()]));
    let answers = |page: &mut Tab, offer| {
        let offer = OfferId(offer);
        says(page, Signal::WebrtcOffer { sdp: String::new(), epoch, offer });
        asks(page.happens(Event::Peer(from, epoch, PeerEvent::Answered { offer, sdp: String::new() })))
    };
    assert_eq!(answers(&mut page, 1), 0);
    page.happens(Event::Peer(from, epoch, PeerEvent::State(PeerState::Connected)));

    assert_eq!(changes(&mut page), 1);
    page.lose_socket();
    assert_eq!(asks(page.comes_back_beside(first.clone())), 1, "nothing came");
    assert_eq!(answers(&mut page, 2), 0);
    page.lose_socket();
    assert_eq!(asks(page.comes_back_beside(first.clone())), 0, "it came");
}

#[test]
fn an_offer_that_comes_when_a_restart_is_due_counts_as_the_restart() {
    let mut page = Tab::in_call();
    let first = present(PeerId(0), PageLoad(3));
    let (from, epoch) = (first.peer, Epoch::first(PageLoad(1), PageLoad(3)));
    page.hears(seated("t1", true, vec![first]));
    let offers = |page: &mut Tab, offer| {
        let offer = Signal::WebrtcOffer { sdp: String::new(), epoch, offer: OfferId(offer) };
        page.opens(from, offer)
    };
    let reports = |page: &mut Tab, event| page.happens(Event::Peer(from, epoch, event));
    let lost = PeerEvent::State(PeerState::Disconnected);
    offers(&mut page, 1);
    reports(&mut page, PeerEvent::Answered { offer: OfferId(1), sdp: String::new() });
    reports(&mut page, PeerEvent::State(PeerState::Connected));
    reports(&mut page, lost);
    let due = NOW + Duration::from_secs(4);
    assert_eq!(page.call.deadline(), Some(due));
    offers(&mut page, 2);
    assert!(!page.at(due, Event::Tick).iter().any(closes));
    let due = page.call.deadline().unwrap();
    assert!(page.at(due, Event::Tick).iter().any(closes), "it never ends");
}

#[test]
fn an_offer_of_the_asking_side_is_answered_unless_one_is_under_way() {
    let mut page = Tab::in_call();
    let (from, epoch) = (PeerId(2), Epoch::first(PageLoad(1), PageLoad(2)));
    let says = |page: &mut Tab, signal| page.opens(from, signal);
    let accepts = |page: &mut Tab, offer| {
        let offer = Signal::WebrtcOffer { sdp: String::new(), epoch, offer: OfferId(offer) };
        let accepts =
            |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::AcceptOffer { .. }));
        says(page, offer).iter().any(accepts)
    };
    let reports = |page: &mut Tab, event| page.happens(Event::Peer(from, epoch, event));
    assert!(!accepts(&mut page, 1), "it makes its own");
    reports(&mut page, PeerEvent::Offered { offer: OfferId(1), sdp: String::new() });
    assert!(!accepts(&mut page, 2), "it has sent its own");
    says(&mut page, Signal::WebrtcAnswer { sdp: String::new(), epoch, offer: OfferId(1) });
    reports(&mut page, PeerEvent::Applied);
    assert!(accepts(&mut page, 3));
}

#[test]
fn a_peer_whose_descriptions_are_refused_takes_no_buttons_away() {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    let mut epoch = Epoch::first(PageLoad(1), PageLoad(2));
    for _ in 0..20 {
        let failed = PeerEvent::StepFailed("refused".to_owned());
        let commands = page.happens(Event::Peer(other().peer, epoch, failed));
        epoch = commands.iter().find_map(opened).unwrap_or(epoch);
    }
    assert!(page.call.view().peers[0].link.has_failed(), "a person is asked in the end");
    let silent = Command::Enable { sources: SourceSet::MICROPHONE, enabled: false };
    assert!(page.happens(Event::User(UserAction::ToggleMicrophone)).contains(&silent));
    let commands = page.happens(Event::User(UserAction::Leave));
    assert!(commands.contains(&Command::Release(SourceSet::DEVICES)));
}

#[test]
fn whoever_had_left_and_is_there_again_gets_another_connection_whoever_left_since() {
    let mut page = Tab::in_call();
    let others = [other(), present(PeerId(3), PageLoad(3))];
    page.hears(ServerMsg::PeerJoined(others[1].clone()));
    for info in &others {
        page.hears(ServerMsg::PeerLeft { peer: info.peer });
    }
    for info in others {
        let next = Epoch::first(PageLoad(1), info.page).next().unwrap();
        let commands = page.hears(ServerMsg::PeerJoined(info.clone()));
        let opens = |command: &Command| {
            matches!(command, Command::Peer(peer, epoch, PeerCommand::Open { .. })
                if (*peer, *epoch) == (info.peer, next))
        };
        assert!(commands.iter().any(opens), "{commands:?}");
    }
}
