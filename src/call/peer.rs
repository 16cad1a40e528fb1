//! Another participant in the room, and the connection with them.

use std::time::Duration;

use super::api::command::{PeerCommand, USUAL_VOLUME};
use super::api::event::{PeerEvent, PreparedId};
use super::api::view::Notice;
use super::route::Route;
use crate::protocol::{DisplayName, Epoch, PeerId, PeerInfo, PeerMsg, Reaction, Signal, Source, SourceSet};

pub(super) mod config;
mod known;
mod negotiation;
pub(super) mod presence;
pub(super) mod prints;
mod recovery;
pub(super) mod sampler;
mod view;

use config::PeerConfig;
use known::Known;
use negotiation::Negotiation;
use presence::{DataChannel, Presence};

/// The greatest volume at which a peer is heard, in per cent.
const MOST_VOLUME: u16 = 200;

/// An output of a remote peer.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// By its connection of this epoch.
    Do(Epoch, PeerCommand),
    /// A signal to the peer.
    Send(Signal),
    /// A line for the log.
    Log(String),
}

/// Another participant, and the connection with them.
#[derive(Debug)]
pub(super) struct RemotePeer {
    info: PeerInfo,
    known: Known,
    /// The page said that it goes away, so its media is gone with its socket.
    unloaded: bool,
    receives: SourceSet,
    takes_screen: bool,
    route: Option<Route>,
    /// The volume at which this page plays the peer, in per cent; kept over connections.
    volume: u16,
    channel: DataChannel,
    negotiation: Negotiation,
}

impl RemotePeer {
    /// Opens the connection of this epoch, which the peer may not know of if it is not the first.
    pub(super) fn open(
        now: Duration,
        info: PeerInfo,
        epoch: Epoch,
        is_first: bool,
        offerer: bool,
        config: &PeerConfig,
        prepared: Option<PreparedId>,
    ) -> (Self, Vec<Output>) {
        let (negotiation, wanted) =
            Negotiation::open(now, epoch, offerer, config.clone(), prepared, !is_first);
        let mut peer = Self {
            info,
            known: Known::default(),
            unloaded: false,
            receives: SourceSet::NONE,
            takes_screen: true,
            route: None,
            volume: USUAL_VOLUME,
            channel: DataChannel::default(),
            negotiation,
        };
        let outputs = peer.perform(now, wanted, config);
        (peer, outputs)
    }

    /// The display name: as the peer has told it last.
    pub(super) fn name(&self) -> Option<DisplayName> {
        self.channel.name().unwrap_or(self.known.name()).clone()
    }

    /// What is known of it through its seal.
    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    pub(super) fn known_mut(&mut self) -> &mut Known {
        &mut self.known
    }

    /// Takes the notice of its arrival, once.
    pub(super) fn take_arrival(&mut self) -> Option<Notice> {
        if self.known.is_held() {
            return None;
        }
        self.known.take_arrival().then(|| Notice::PeerJoined(vec![self.name()]))
    }

    pub(super) fn id(&self) -> PeerId {
        self.info.peer
    }

    pub(super) fn info(&self) -> &PeerInfo {
        &self.info
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.negotiation.epoch()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.negotiation.is_connected()
    }

    /// Whether nothing is being done to connect it.
    pub(super) fn is_settled(&self) -> bool {
        self.is_connected() || self.info.away || self.negotiation.has_given_up()
    }

    /// Takes a signal; one of a newer epoch opens that connection first.
    pub(super) fn signal(&mut self, now: Duration, signal: Signal, config: &PeerConfig) -> Vec<Output> {
        match signal {
            Signal::Who { name, .. } => {
                self.known.says_name(name);
                return if self.known.hold(false) { self.let_in(now, config) } else { vec![] };
            }
            Signal::Hold {} => return self.hold(),
            _ => {}
        }
        let present = self.epoch();
        let Some(epoch) = signal.epoch() else { return vec![] };
        if epoch < present || !epoch.same_pages(present) {
            return vec![];
        }
        let mut outputs = Vec::new();
        if epoch > present {
            outputs = self.reopen(now, epoch, false, config);
        }
        let wanted = self.negotiation.signal(now, signal);
        outputs.extend(self.perform(now, wanted, config));
        outputs
    }

    /// Takes a report of the present connection.
    pub(super) fn event(&mut self, now: Duration, event: PeerEvent, config: &PeerConfig) -> Vec<Output> {
        match event {
            PeerEvent::Receives(source, on) => self.receives = self.receives.with(source, on),
            PeerEvent::TakesScreen(takes) => self.takes_screen = takes,
            PeerEvent::Route(route) => self.route = route,
            PeerEvent::Channel(state) => self.channel.changed(state),
            PeerEvent::Unsent => self.channel.unsent(now),
            PeerEvent::Received(bytes) => {
                return self.channel.received(now, &bytes).map(Output::Log).into_iter().collect();
            }
            _ => {}
        }
        let wanted = self.negotiation.event(now, event);
        self.perform(now, wanted, config)
    }

    /// Notes that the peer's socket is lost.
    pub(super) fn away(&mut self, unloaded: bool) {
        self.info.away = true;
        self.unloaded = unloaded;
    }

    /// Notes that the peer has its socket again, in the same page.
    pub(super) fn back(&mut self, now: Duration, info: PeerInfo, config: &PeerConfig) -> Vec<Output> {
        self.info = info;
        self.unloaded = false;
        let wanted = self.negotiation.way_is_back(now, false);
        self.perform(now, wanted, config)
    }

    /// Takes the server's word on the peer once the own socket is back. `unsent` says that the own offer, or the
    /// question for one, was not sent yet.
    pub(super) fn found(
        &mut self,
        now: Duration,
        away: bool,
        unsent: bool,
        config: &PeerConfig,
    ) -> Vec<Output> {
        self.info.away = away;
        self.unloaded &= away;
        let wanted = self.negotiation.way_is_back(now, unsent);
        self.perform(now, wanted, config)
    }

    /// Tries at once what does not work.
    pub(super) fn woken(&mut self, now: Duration) {
        self.negotiation.woken(now);
    }

    /// Restarts ICE, even if it seems to work, with the next tick.
    pub(super) fn network_changed(&mut self, now: Duration) {
        self.negotiation.network_changed(now);
    }

    /// Builds the connection anew at a person's wish; all attempts are free again.
    pub(super) fn start_over(&mut self, now: Duration, config: &PeerConfig) -> Vec<Output> {
        self.negotiation.start_over();
        self.rebuild(now, config)
    }

    pub(super) fn configure(&self, config: &PeerConfig) -> Option<Output> {
        self.to_connection(PeerCommand::Configure(config.clone()))
    }

    pub(super) fn attach(&self) -> Option<Output> {
        self.to_connection(PeerCommand::Attach)
    }

    /// Tells the peer what has changed of this page.
    pub(super) fn tell(&mut self, now: Duration, own: &Presence) -> Vec<Output> {
        let messages = self.channel.tell(now, own);
        messages.into_iter().map(|bytes| self.output(PeerCommand::Send(bytes))).collect()
    }

    /// Shows the peer a reaction, as far as there is a channel.
    pub(super) fn react(&self, kind: Reaction) -> Option<Output> {
        self.channel.react(kind).map(|bytes| self.output(PeerCommand::Send(bytes)))
    }

    /// Whether the peer's hand is up; `None` as long as it has not told.
    pub(super) fn hand(&self) -> Option<bool> {
        self.channel.hand().filter(|_| !self.unloaded)
    }

    /// The reaction that came since this was asked last.
    pub(super) fn take_reaction(&mut self) -> Option<Reaction> {
        self.channel.take_reaction()
    }

    /// A message of the chat or of a pointer that came and was not taken yet.
    pub(super) fn take_passing(&mut self) -> Option<PeerMsg> {
        self.channel.take_passing()
    }

    /// Whether its page knows of pointers, so that it can be told of some.
    pub(super) fn knows_pointers(&self) -> bool {
        self.has_channel() && self.channel.lets_point().is_some()
    }

    /// Whether it shares a screen that others may point at.
    pub(super) fn has_open_screen(&self) -> bool {
        self.lets_point() && self.channel.sends().is_some_and(|sends| sends.contains(Source::Screen))
    }

    fn lets_point(&self) -> bool {
        !self.unloaded && self.channel.lets_point() == Some(true)
    }

    /// Whether what is sent now can arrive.
    pub(super) fn has_channel(&self) -> bool {
        self.channel.is_open() && !self.unloaded
    }

    pub(super) fn send(&self, message: PeerMsg) -> Output {
        self.output(PeerCommand::Send(message.write()))
    }

    /// Plays the peer at this volume.
    pub(super) fn set_volume(&mut self, percent: u16) -> Option<Output> {
        self.volume = percent.min(MOST_VOLUME);
        self.to_connection(PeerCommand::Volume(self.volume))
    }

    /// When [`Self::tell`] is due.
    pub(super) fn telling_deadline(&self) -> Option<Duration> {
        self.channel.deadline()
    }

    /// Ends with a closed connection, for good.
    pub(super) fn stop(&mut self) -> Vec<Output> {
        self.known.stop();
        self.end_connection()
    }

    /// Closes the connection until the other person lets this page in: the next one is of another epoch.
    pub(super) fn hold(&mut self) -> Vec<Output> {
        if self.known.is_stopped() || self.known.hold(true) { vec![] } else { self.end_connection() }
    }

    /// Builds the next connection, now that the other person has let this page in. That page has opened it already if it
    /// knows of no later one.
    fn let_in(&mut self, now: Duration, config: &PeerConfig) -> Vec<Output> {
        let is_known = self.epoch().is_first();
        match self.epoch().next() {
            Some(next) => self.reopen(now, next, !is_known, config),
            None => vec![],
        }
    }

    fn end_connection(&mut self) -> Vec<Output> {
        self.negotiation.end();
        self.receives = SourceSet::NONE;
        self.route = None;
        self.channel = DataChannel::default();
        vec![self.close()]
    }

    pub(super) fn close(&self) -> Output {
        self.output(PeerCommand::Close)
    }

    /// When [`Self::tick`] is due, if the own socket is there.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.negotiation.deadline().filter(|_| !self.info.away)
    }

    /// Helps the connection if that is due and the peer can be reached.
    pub(super) fn tick(&mut self, now: Duration, config: &PeerConfig) -> Vec<Output> {
        if self.info.away {
            return vec![];
        }
        let wanted = self.negotiation.tick(now);
        self.perform(now, wanted, config)
    }

    /// Closes the connection and opens the next one, or none after the last epoch, which a peer may have named.
    fn rebuild(&mut self, now: Duration, config: &PeerConfig) -> Vec<Output> {
        if self.known.is_stopped() || self.known.is_held() {
            return vec![];
        }
        if let Some(next) = self.epoch().next() {
            return self.reopen(now, next, true, config);
        }
        self.end_connection()
    }

    /// Closes the connection and opens the one of `epoch`; tells the peer if it was this side's idea.
    fn reopen(&mut self, now: Duration, epoch: Epoch, tell: bool, config: &PeerConfig) -> Vec<Output> {
        self.known.hold(false);
        let mut outputs = vec![self.close()];
        let (next, wanted) = self.negotiation.reopen(now, epoch, config.clone(), tell);
        self.negotiation = next;
        self.receives = SourceSet::NONE;
        self.route = None;
        self.channel = DataChannel::default();
        outputs.extend(self.perform(now, wanted, config));
        if self.volume != USUAL_VOLUME {
            outputs.push(self.output(PeerCommand::Volume(self.volume)));
        }
        outputs
    }

    fn perform(
        &mut self,
        now: Duration,
        wanted: Vec<negotiation::Output>,
        config: &PeerConfig,
    ) -> Vec<Output> {
        let mut outputs = Vec::new();
        for one in wanted {
            match one {
                negotiation::Output::Do(command) => outputs.push(self.output(command)),
                negotiation::Output::Send(signal) => outputs.push(Output::Send(signal)),
                negotiation::Output::Rebuild => return self.rebuild(now, config),
            }
        }
        outputs
    }

    /// None while there is no connection, as of one who waits to be let in.
    fn to_connection(&self, command: PeerCommand) -> Option<Output> {
        (!self.negotiation.has_ended()).then(|| self.output(command))
    }

    fn output(&self, command: PeerCommand) -> Output {
        Output::Do(self.epoch(), command)
    }
}
