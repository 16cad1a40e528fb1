//! What the connections of a call may go through: the servers that help them, and whether one's own address
//! stays out of sight.

use std::time::Duration;

use super::peer::RemotePeer;
use super::peer::config::PeerConfig;
use super::{Call, Command, NOTICE, Notice, PeerCommand};
use crate::protocol::{IceServer, PeerId};

pub(super) mod redact;

/// Whether a relay is to be had, for connections that cannot or should not be direct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relay {
    /// The server was not asked yet.
    #[default]
    Unknown,
    /// There is one.
    Offered,
    /// This server has none.
    Missing,
}

impl Relay {
    pub(super) fn among(servers: &[IceServer]) -> Self {
        let is_turn = |url: &String| url.starts_with("turn:") || url.starts_with("turns:");
        let offered = servers.iter().any(|server| server.urls.iter().any(is_turn));
        if offered { Self::Offered } else { Self::Missing }
    }
}

impl Call {
    /// The same call of a person who has chosen, in an earlier one, to keep the own address hidden.
    #[must_use]
    pub fn with_hidden_address(self, hidden: bool) -> Self {
        Self { hides_address: hidden, hides_next: hidden, ..self }
    }

    /// Whether there is a relay, as this seat or the last question told.
    pub(super) fn relay(&self) -> Relay {
        self.seat.as_ref().map_or(self.relay_known, |seat| Relay::among(&seat.ice_servers))
    }

    /// Nothing is hidden, and without a relay nothing can be.
    pub(super) fn cannot_hide(&self) -> bool {
        !self.hides_address && self.relay() == Relay::Missing
    }

    /// What connections may go through now.
    pub(super) fn config(&self) -> PeerConfig {
        let ice_servers = self.seat.as_ref().map(|seat| seat.ice_servers.clone()).unwrap_or_default();
        PeerConfig { ice_servers, relay_only: self.hides_address }
    }

    /// New credentials; used by what is gathered from now on, so nothing is restarted.
    pub(super) fn new_ice_servers(&mut self, ice_servers: Vec<IceServer>) -> Vec<Command> {
        match &mut self.seat {
            None => vec![],
            Some(seat) => {
                seat.ice_servers = ice_servers;
                self.configure()
            }
        }
    }

    /// A person wants the own address hidden, or not any more.
    pub(super) fn hide_address(&mut self, now: Duration, hide: bool) -> Vec<Command> {
        if hide == self.hides_address {
            return vec![];
        }
        if hide && self.cannot_hide() {
            self.say(Notice::NoRelay);
            return vec![];
        }
        self.hides_next = hide;
        if let Some(refused) = &mut self.refused {
            refused.hides_address = hide;
        }
        let mut commands = vec![Command::KeepHidden(hide)];
        commands.extend(self.set_hidden(now, hide));
        commands
    }

    /// The person chose that in another tab. A call that goes on here is hidden with it, but never shown: that could
    /// not be taken back, and nobody looks at this call now.
    pub(super) fn hidden_elsewhere(&mut self, now: Duration, hide: bool) -> Vec<Command> {
        self.hides_next = hide;
        if hide == self.hides_address || (self.wish.is_some() && !hide) {
            return vec![];
        }
        if self.seat.is_some() && self.cannot_hide() {
            self.say(Notice::NoRelay);
            return vec![];
        }
        self.set_hidden(now, hide)
    }

    /// To hide the address every connection is built anew: after a mere restart of ICE, Chromium goes on using the
    /// direct ways it had found. To show it a restart is enough, and media goes on meanwhile.
    fn set_hidden(&mut self, now: Duration, hide: bool) -> Vec<Command> {
        self.hides_address = hide;
        if self.seat.is_none() {
            return vec![];
        }
        let mut commands = self.and_remember(vec![]);
        if hide {
            self.say(Notice::AddressHidden);
            self.signalling.hide_addresses();
        } else {
            self.notice = Some((Notice::AddressShown, Some(now + NOTICE)));
        }
        commands.extend(self.configure());
        for peer in self.peers.keys().copied().collect::<Vec<_>>() {
            let Some(pair) = self.peers.get_mut(&peer) else { continue };
            if hide {
                pair.negotiation.start_over();
                commands.extend(self.rebuild(now, peer));
            } else {
                pair.negotiation.network_changed(now);
            }
        }
        commands.extend(self.tick(now));
        commands
    }

    pub(super) fn configure(&self) -> Vec<Command> {
        let configure = |(peer, pair): (&PeerId, &RemotePeer)| {
            Command::Peer(*peer, pair.negotiation.epoch(), PeerCommand::Configure(self.config()))
        };
        self.peers.iter().map(configure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::Tab;
    use crate::call::{Event, LinkView, Loaded, PeerEvent, PeerState, UserAction};
    use crate::protocol::{Epoch, IceCandidate, OfferId, PageLoad, ServerMsg, Signal};

    const BEN: PeerId = PeerId(2);
    const OWN: &str = "candidate:1 1 udp 2113937151 192.168.1.7 54321 typ host";
    const RELAY: &str = "candidate:2 1 udp 33562623 198.51.100.1 49152 typ relay raddr 0.0.0.0 rport 9";

    fn epoch() -> Epoch {
        Epoch::first(PageLoad(1), PageLoad(2))
    }

    fn turn(credential: &str) -> Vec<IceServer> {
        let (urls, credential) = (vec!["turn:a".to_owned()], Some(credential.to_owned()));
        vec![IceServer { urls, username: Some("u".to_owned()), credential }]
    }

    fn offers_relay(page: &mut Tab) {
        page.hears(ServerMsg::IceServers { ice_servers: turn("c") });
    }

    fn reports(page: &mut Tab, event: PeerEvent) -> Vec<Command> {
        page.happens(Event::Peer(BEN, epoch(), event))
    }

    fn hides(page: &mut Tab, hide: bool) -> Vec<Command> {
        page.happens(Event::User(UserAction::HideAddress(hide)))
    }

    fn gathers(page: &mut Tab, line: &str) -> Vec<Command> {
        let candidate = IceCandidate { candidate: line.to_owned(), ..IceCandidate::default() };
        reports(page, PeerEvent::Candidate(candidate))
    }

    fn connect(page: &mut Tab) {
        let offer = OfferId(1);
        reports(page, PeerEvent::Offered { offer, sdp: String::new() });
        let answer = Signal::WebrtcAnswer { sdp: String::new(), epoch: epoch(), offer };
        page.hears(ServerMsg::Signal { from: BEN, signal: answer });
        reports(page, PeerEvent::Applied);
        reports(page, PeerEvent::State(PeerState::Connected));
    }

    fn configured(relay_only: bool) -> Command {
        let config = PeerConfig { ice_servers: turn("c"), relay_only };
        Command::Peer(BEN, epoch(), PeerCommand::Configure(config))
    }

    fn told(commands: &[Command]) -> String {
        let sent = |command: &Command| match command {
            Command::Send(message) => serde_json::to_string(message).ok(),
            _ => None,
        };
        commands.iter().filter_map(sent).collect()
    }

    #[test]
    fn who_hides_from_the_beginning_opens_no_connection_that_could_tell() {
        let (mut page, commands) = Tab::joined(Call::new(1).with_hidden_address(true));
        let opens = |command: &&Command| matches!(command, Command::Peer(_, _, PeerCommand::Open { .. }));
        let opened: Vec<_> = commands.iter().filter(opens).collect();
        let config = PeerConfig { ice_servers: vec![], relay_only: true };
        assert_eq!(opened, [&Command::Peer(BEN, epoch(), PeerCommand::Open { config, offerer: true })]);
        assert_eq!(page.call.view().notice, Some(Notice::HiddenWithoutRelay));

        let sdp = format!("v=0\r\nc=IN IP4 192.168.1.7\r\na={OWN}\r\n");
        let sent = told(&reports(&mut page, PeerEvent::Offered { offer: OfferId(1), sdp }));
        assert!(sent.contains("webrtc_offer") && !sent.contains("192.168"), "{sent}");
        assert_eq!(gathers(&mut page, OWN), []);
        assert!(told(&gathers(&mut page, RELAY)).contains("198.51.100.1"));
        assert!(told(&gathers(&mut page, "")).contains("webrtc_ice_candidate"), "their end is told");
    }

    #[test]
    fn who_hides_during_a_call_begins_every_connection_anew() {
        let mut page = Tab::in_call();
        offers_relay(&mut page);
        connect(&mut page);
        assert!(told(&gathers(&mut page, OWN)).contains("192.168.1.7"), "nothing is hidden yet");
        let commands = hides(&mut page, true);
        let next = epoch().next().unwrap();
        let config = PeerConfig { ice_servers: turn("c"), relay_only: true };
        let closed = Command::Peer(BEN, epoch(), PeerCommand::Close);
        let opened = Command::Peer(BEN, next, PeerCommand::Open { config, offerer: true });
        let at = |wanted: &Command| commands.iter().position(|command| command == wanted);
        assert!(at(&closed).is_some() && at(&closed) < at(&opened), "{commands:?}");
        assert!(commands.contains(&Command::KeepHidden(true)) && page.call.view().hides_address);
        assert_eq!(gathers(&mut page, OWN), [], "late, of the connection before");
        let candidate = IceCandidate { candidate: OWN.to_owned(), ..IceCandidate::default() };
        let event = Event::Peer(BEN, next, PeerEvent::Candidate(candidate));
        assert_eq!(page.happens(event), [], "whatever the browser says");
        assert_eq!(hides(&mut page, true), []);
    }

    #[test]
    fn a_connection_that_cannot_be_begun_anew_does_not_go_on_showing_what_is_to_be_hidden() {
        let mut page = Tab::in_call();
        offers_relay(&mut page);
        let last = Epoch(epoch().0 + Epoch::TRIES - 1);
        let connected = Event::Peer(BEN, last, PeerEvent::State(PeerState::Connected));
        let says = |signal| ServerMsg::Signal { from: BEN, signal };
        page.hears(says(Signal::StartCall { epoch: last }));
        page.happens(connected.clone());
        assert_eq!(page.call.view().peers[0].link, LinkView::Connected);

        let closed = Command::Peer(BEN, last, PeerCommand::Close);
        assert!(hides(&mut page, true).contains(&closed));
        assert_eq!(page.happens(connected), [], "late");
        page.hears(says(Signal::WebrtcOffer { sdp: String::new(), epoch: last, offer: OfferId(9) }));
        page.happens(Event::Woken);
        assert_eq!(page.call.view().peers[0].link, LinkView::Failed);
        assert_eq!(page.happens(Event::User(UserAction::RetryPeer(BEN))), [closed]);
    }

    #[test]
    fn who_shows_it_again_goes_on_and_looks_for_a_direct_way() {
        let (mut page, _) = Tab::joined(Call::new(1).with_hidden_address(true));
        offers_relay(&mut page);
        connect(&mut page);
        let commands = hides(&mut page, false);
        let restarts = |command: &Command| {
            matches!(command, Command::Peer(_, _, PeerCommand::Offer { restart: true, .. }))
        };
        let set = commands.iter().position(|command| *command == configured(false));
        assert!(set.is_some() && set < commands.iter().position(restarts), "{commands:?}");
        assert!(told(&gathers(&mut page, OWN)).contains("192.168.1.7"));
    }

    #[test]
    fn who_hides_and_reaches_nobody_is_told_that_only_relays_were_tried() {
        for (hidden, link) in [(true, LinkView::FailedHidden), (false, LinkView::Failed)] {
            let (mut page, _) = Tab::joined(Call::new(1).with_hidden_address(hidden));
            offers_relay(&mut page);
            for epoch in epoch().0..epoch().0 + 7 {
                let failed = PeerEvent::StepFailed(String::new());
                page.happens(Event::Peer(BEN, Epoch(epoch), failed));
            }
            assert_eq!(page.call.view().peers[0].link, link);
            hides(&mut page, !hidden);
            assert_eq!(page.call.view().peers[0].link, LinkView::Connecting, "that is tried at once");
        }
    }

    #[test]
    fn what_waits_for_a_lost_line_is_hidden_too() {
        let mut page = Tab::in_call();
        offers_relay(&mut page);
        connect(&mut page);
        page.lose_line();
        gathers(&mut page, OWN);
        hides(&mut page, true);
        let sent = told(&page.comes_back());
        assert!(!sent.contains("192.168.1.7"), "{sent}");
    }

    #[test]
    fn nothing_is_hidden_where_there_is_no_relay() {
        let mut page = Tab::in_call();
        assert_eq!(page.call.view().relay, Relay::Missing);
        assert_eq!(hides(&mut page, true), []);
        assert!(!page.call.view().hides_address && page.call.view().cannot_hide);
        assert_eq!(page.call.view().notice, Some(Notice::NoRelay));
        let (hidden, _) = Tab::joined(Call::new(1).with_hidden_address(true));
        assert!(!hidden.call.view().cannot_hide, "it can be shown");
    }

    #[test]
    fn what_is_chosen_in_another_tab_holds_for_the_calls_to_come_and_hides_the_one_there_is() {
        let elsewhere = |page: &mut Tab, hide| page.happens(Event::HiddenElsewhere(hide));
        let mut page = Tab::in_call();
        offers_relay(&mut page);
        connect(&mut page);
        let closed = Command::Peer(BEN, epoch(), PeerCommand::Close);
        assert!(elsewhere(&mut page, true).contains(&closed));
        assert_eq!(page.call.view().notice, Some(Notice::AddressHidden));
        assert_eq!(elsewhere(&mut page, true), []);

        assert_eq!(elsewhere(&mut page, false), [], "what this call hides, it does not show");
        assert!(page.call.view().hides_address);
        page.happens(Event::User(UserAction::Leave));
        assert!(!page.call.view().hides_address, "the next call is another one");
        assert_eq!(elsewhere(&mut page, true), []);
        assert!(page.call.view().hides_address);
    }

    #[test]
    fn what_a_call_hides_is_hidden_after_a_reload_too() {
        let (mut page, commands) = Tab::joined(Call::new(1));
        offers_relay(&mut page);
        let kept = |commands: &[Command]| {
            let kept = |command: &Command| match command {
                Command::Remember(Some(remembered)) => Some(remembered.clone()),
                _ => None,
            };
            commands.iter().rev().find_map(kept)
        };
        assert!(!kept(&commands).unwrap().hides_address);
        let remembered = kept(&hides(&mut page, true));
        assert!(remembered.as_ref().unwrap().hides_address);

        let returning = Loaded { remembered, returning: true, ..Loaded::default() };
        assert!(Tab::loaded(returning).call.view().hides_address, "whatever was chosen elsewhere meanwhile");
    }

    #[test]
    fn new_credentials_reach_the_connections_there_are_and_those_to_come_and_restart_nothing() {
        let mut page = Tab::in_call();
        let commands = page.hears(ServerMsg::IceServers { ice_servers: turn("c") });
        assert_eq!(commands, [configured(false)]);
        let commands = page.happens(Event::User(UserAction::RetryPeer(BEN)));
        let renewed = |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::Open { config, .. }) if config.ice_servers == turn("c"));
        assert!(commands.iter().any(renewed), "{commands:?}");
        page.happens(Event::User(UserAction::Leave));
        let late = page.hears(ServerMsg::IceServers { ice_servers: turn("d") });
        assert_eq!(late, []);
    }

    #[test]
    fn the_path_is_shown_while_media_flows() {
        use crate::call::Route;
        let mut page = Tab::in_call();
        let route = |page: &Tab| page.call.view().peers[0].route;
        reports(&mut page, PeerEvent::Route(Some(Route::Direct)));
        assert_eq!(route(&page), None, "not connected yet");
        connect(&mut page);
        assert_eq!(route(&page), Some(Route::Direct));
        page.happens(Event::Peer(BEN, Epoch(1), PeerEvent::Route(None)));
        assert_eq!(route(&page), Some(Route::Direct), "of another connection");
        reports(&mut page, PeerEvent::State(PeerState::Disconnected));
        assert_eq!(route(&page), None);
        page.happens(Event::User(UserAction::RetryPeer(BEN)));
        assert_eq!(route(&page), None);
    }
}
