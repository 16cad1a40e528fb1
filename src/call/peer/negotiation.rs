//! Negotiation with one peer, as a pure machine (RFC 9429, section 3.2; W3C WebRTC 1.0, section 4.4).
//!
//! One step (an offer, an answer, an answer applied) is under way at a time; what arrives meanwhile waits or
//! is superseded. The lower peer id makes the offers: it sat there first, so its browser is warm and may have an offer
//! at hand (`peers::warm`), while the other one is still starting its camera; to offer costs a browser more than to
//! answer. The other side asks for an offer, when its network has changed for instance.
//!
//! Perfect negotiation (W3C WebRTC 1.0, section 10.7) would let both offer and one of them roll back, but
//! Chromium (seen with 156) that rolls back an ICE restart goes on decoding what it receives and shows none of
//! it any more. Two networks that change together, as they do when two people sit in one house, are not rare.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::PeerConfig;
use super::recovery::{Recovery, Remedy};
use crate::call::api::command::PeerCommand;
use crate::call::api::event::{PeerEvent, PeerState, PreparedId};
use crate::protocol::{Epoch, IceCandidate, OfferId, Signal};

/// Most candidates kept for a description that has not come; a browser makes a few dozen.
const MAX_WAITING_CANDIDATES: usize = 200;

/// An output of the negotiation.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// To the connection.
    Do(PeerCommand),
    /// To the peer.
    Send(Signal),
    /// This connection is beyond repair: close it and build the next one.
    Rebuild,
}

/// The step under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Offering,
    AcceptingOffer,
    AcceptingAnswer,
}

/// `RTCSignalingState`, as far as it lasts beyond a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalingState {
    Stable,
    HaveLocalOffer(OfferId),
}

/// One connection with one peer.
#[derive(Debug)]
pub(super) struct Negotiation {
    epoch: Epoch,
    offerer: bool,
    step: Option<Step>,
    step_began: Duration,
    signaling: SignalingState,
    /// The offer to make, or to ask for, as soon as possible; `true` restarts ICE.
    wanted: Option<bool>,
    /// The peer was asked for an offer that has not come.
    asked: bool,
    /// The newest remote offer, not begun yet.
    remote_offer: Option<(OfferId, String)>,
    /// The number of the newest remote offer so far: one that is not newer came twice or late.
    newest_remote_offer: OfferId,
    /// The remote description that is set, or being set.
    remote: Option<String>,
    /// Candidates whose description has not come.
    waiting: VecDeque<IceCandidate>,
    last_offer: OfferId,
    state: PeerState,
    was_connected: bool,
    /// The connection is closed, and no epoch is left for the next one.
    ended: bool,
    recovery: Recovery,
}

impl Negotiation {
    /// Opens the connection, and makes the first offer if that is this side's part. With `tell` the other side does not
    /// know of it; if that one offers it is asked to.
    pub(super) fn open(
        now: Duration,
        epoch: Epoch,
        offerer: bool,
        config: PeerConfig,
        prepared: Option<PreparedId>,
        tell: bool,
    ) -> (Self, Vec<Output>) {
        let mut machine = Self {
            epoch,
            offerer,
            step: None,
            step_began: now,
            signaling: SignalingState::Stable,
            wanted: offerer.then_some(false),
            asked: false,
            remote_offer: None,
            newest_remote_offer: OfferId::default(),
            remote: None,
            waiting: VecDeque::new(),
            last_offer: OfferId::default(),
            state: PeerState::New,
            was_connected: false,
            ended: false,
            recovery: Recovery::new(now, offerer),
        };
        let mut out = vec![Output::Do(PeerCommand::Open { config, offerer, prepared })];
        machine.advance(now, &mut out);
        if tell && !offerer {
            machine.asked = true;
            out.push(Output::Send(Signal::StartCall { epoch }));
        }
        (machine, out)
    }

    /// Opens the next connection after this one. With `tell` it was this side's idea.
    pub(super) fn reopen(
        &self,
        now: Duration,
        epoch: Epoch,
        config: PeerConfig,
        tell: bool,
    ) -> (Self, Vec<Output>) {
        let (mut next, out) = Self::open(now, epoch, self.offerer, config, None, tell);
        next.recovery = self.recovery.carry_over(now);
        next.was_connected = self.was_connected;
        (next, out)
    }

    /// Frees all attempts at a person's wish.
    pub(super) fn start_over(&mut self) {
        self.recovery.start_over();
    }

    /// Ends with a closed connection: between these two pages there can be no other one.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.state = PeerState::Closed;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(super) fn is_connected(&self) -> bool {
        self.state == PeerState::Connected
    }

    /// Whether media flowed at some time.
    pub(super) fn was_connected(&self) -> bool {
        self.was_connected
    }

    /// Whether every attempt was used up.
    pub(super) fn has_given_up(&self) -> bool {
        self.ended || self.recovery.has_given_up() && !self.is_connected()
    }

    /// When [`Self::tick`] is due, if the peer can be reached.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.recovery.deadline().filter(|_| !self.ended)
    }

    /// Takes a signal of this epoch.
    pub(super) fn signal(&mut self, now: Duration, signal: Signal) -> Vec<Output> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        match signal {
            Signal::Who { .. }
            | Signal::Hold {}
            | Signal::Commit { .. }
            | Signal::Nonce { .. }
            | Signal::Reveal { .. }
            | Signal::Vouch { .. }
            | Signal::Stop {} => {}
            Signal::StartCall { .. } => self.asked_for_an_offer(now),
            Signal::WebrtcOffer { sdp, offer, .. } => self.offered(offer, sdp),
            Signal::WebrtcAnswer { sdp, offer, .. } => self.answered(now, offer, sdp, &mut out),
            Signal::WebrtcIceCandidate { candidate, .. } => self.candidate(candidate, &mut out),
        }
        self.advance(now, &mut out);
        out
    }

    /// Takes a report of the connection.
    pub(super) fn event(&mut self, now: Duration, event: PeerEvent) -> Vec<Output> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        match event {
            PeerEvent::Offered { offer, sdp } => {
                self.step = None;
                self.signaling = SignalingState::HaveLocalOffer(offer);
                out.push(Output::Send(Signal::WebrtcOffer { sdp, epoch: self.epoch, offer }));
            }
            PeerEvent::Answered { offer, sdp } => {
                self.step = None;
                out.push(Output::Send(Signal::WebrtcAnswer { sdp, epoch: self.epoch, offer }));
                // A camera may have been granted or released while the offer was being set.
                out.push(Output::Do(PeerCommand::Attach));
            }
            PeerEvent::Applied => self.step = None,
            PeerEvent::StepFailed(_) => {
                self.step = None;
                return if self.recovery.step_failed() { vec![Output::Rebuild] } else { vec![] };
            }
            PeerEvent::Candidate(candidate) => {
                out.push(Output::Send(Signal::WebrtcIceCandidate { candidate, epoch: self.epoch }));
            }
            PeerEvent::State(state) => {
                self.state = state;
                self.was_connected |= state == PeerState::Connected;
                self.recovery.state_changed(now, state);
            }
            PeerEvent::Opened
            | PeerEvent::Route(_)
            | PeerEvent::Receives(..)
            | PeerEvent::TakesScreen(_)
            | PeerEvent::Channel(_)
            | PeerEvent::Received(_)
            | PeerEvent::Unsent => {}
        }
        self.advance(now, &mut out);
        out
    }

    /// Applies the remedy that is due.
    pub(super) fn tick(&mut self, now: Duration) -> Vec<Output> {
        let mut out = Vec::new();
        if self.ended || self.step.is_some() && self.recovery.is_early(now, self.step_began) {
            return out;
        }
        match self.recovery.tick(now) {
            None => {}
            // A step that never ended, or restarts that did not help.
            Some(Remedy::Restart) if self.step.is_some() => return vec![Output::Rebuild],
            Some(Remedy::Rebuild) => return vec![Output::Rebuild],
            Some(Remedy::Restart) => self.restart(),
        }
        self.advance(now, &mut out);
        out
    }

    /// Repeats what may have been lost, once signals reach the peer again. `unsent` says that the own offer, or the
    /// question for one, waited here, so it was not lost.
    pub(super) fn way_is_back(&mut self, now: Duration, unsent: bool) -> Vec<Output> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        let unanswered = self.asked || matches!(self.signaling, SignalingState::HaveLocalOffer(_));
        if unanswered && !unsent {
            self.wanted = Some(true);
            self.signaling = SignalingState::Stable;
        } else {
            self.woken(now);
        }
        self.advance(now, &mut out);
        out
    }

    /// Hurries a connection that does not work: the obstacle may be gone.
    pub(super) fn woken(&mut self, now: Duration) {
        if self.is_connected() {
            return;
        }
        self.recovery.start_over();
        // A step under way is an attempt already; hurried, it would be taken for one that never ends.
        if self.step.is_none() {
            self.recovery.hurry(now);
        }
    }

    /// Restarts ICE on another network, even if it seems to work: a browser takes some seconds to see that it does not,
    /// and the old path stays in use until a new one is found.
    pub(super) fn network_changed(&mut self, now: Duration) {
        if self.is_connected() || self.step.is_some() {
            self.wanted = Some(true);
        }
        self.woken(now);
    }

    fn restart(&mut self) {
        self.signaling = SignalingState::Stable;
        self.wanted = Some(true);
    }

    fn asked_for_an_offer(&mut self, now: Duration) {
        if !self.offerer || self.step == Some(Step::Offering) {
            return;
        }
        if matches!(self.signaling, SignalingState::HaveLocalOffer(_)) {
            // The offer that was sent answers the question, unless it was lost.
            if self.is_connected() {
                return;
            }
            self.signaling = SignalingState::Stable;
        }
        self.wanted = Some(self.last_offer != OfferId::default());
        self.recovery.helped(now);
    }

    fn offered(&mut self, offer: OfferId, sdp: String) {
        if offer <= self.newest_remote_offer {
            return;
        }
        self.newest_remote_offer = offer;
        self.asked = false;
        // A page may offer where it should ask. Its offer falls if the own one is under way.
        if self.step != Some(Step::Offering) && self.signaling == SignalingState::Stable {
            self.remote_offer = Some((offer, sdp));
        }
    }

    fn answered(&mut self, now: Duration, offer: OfferId, sdp: String, out: &mut Vec<Output>) {
        // Anything else answers an offer that was replaced since.
        if self.signaling == SignalingState::HaveLocalOffer(offer) && self.step.is_none() {
            self.signaling = SignalingState::Stable;
            self.begin(now, Step::AcceptingAnswer);
            out.push(Output::Do(PeerCommand::AcceptAnswer { sdp: sdp.clone() }));
            self.described(sdp, out);
        }
    }

    fn candidate(&mut self, candidate: IceCandidate, out: &mut Vec<Output>) {
        if self.remote.as_ref().is_some_and(|sdp| describes(sdp, &candidate)) {
            out.push(Output::Do(PeerCommand::AddCandidate(candidate)));
            return;
        }
        if self.waiting.len() == MAX_WAITING_CANDIDATES {
            self.waiting.pop_front();
        }
        self.waiting.push_back(candidate);
    }

    /// Adds the candidates of a remote description that is being set; browsers keep the order of operations.
    fn described(&mut self, sdp: String, out: &mut Vec<Output>) {
        for candidate in std::mem::take(&mut self.waiting) {
            if describes(&sdp, &candidate) {
                out.push(Output::Do(PeerCommand::AddCandidate(candidate)));
            } else {
                self.waiting.push_back(candidate);
            }
        }
        self.remote = Some(sdp);
    }

    fn begin(&mut self, now: Duration, step: Step) {
        self.step = Some(step);
        self.step_began = now;
    }

    /// Begins the next step, if none is under way and one is due.
    fn advance(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.step.is_some() {
            return;
        }
        if let Some((offer, sdp)) = self.remote_offer.take() {
            self.begin(now, Step::AcceptingOffer);
            // The peer's offer restarts ICE, too.
            self.wanted = None;
            self.recovery.helped(now);
            out.push(Output::Do(PeerCommand::AcceptOffer { offer, sdp: sdp.clone() }));
            self.described(sdp, out);
        } else if self.signaling == SignalingState::Stable
            && let Some(restart) = self.wanted.take()
        {
            if !self.offerer {
                self.asked = true;
                out.push(Output::Send(Signal::StartCall { epoch: self.epoch }));
                return;
            }
            self.begin(now, Step::Offering);
            self.last_offer.0 += 1;
            out.push(Output::Do(PeerCommand::Offer { offer: self.last_offer, restart }));
        }
    }
}

/// Whether a candidate is of the description's ICE generation (RFC 8839, section 5.4); one that names none counts.
fn describes(sdp: &str, candidate: &IceCandidate) -> bool {
    let fragments = || sdp.lines().filter_map(|line| line.strip_prefix("a=ice-ufrag:"));
    match &candidate.username_fragment {
        None => true,
        Some(of) => fragments().any(|fragment| fragment == of) || fragments().next().is_none(),
    }
}
