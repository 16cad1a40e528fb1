//! A model of `RTCPeerConnection`: the signalling states, the operations chain and as much of ICE as decides
//! whether two connections find each other. Panics where a browser would show that the call made a mistake.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlor::call::{PeerCommand, PeerEvent, PeerState};
use parlor::protocol::{IceCandidate, OfferId, PeerId};

/// Unique among all connections of a run.
pub(crate) type ConnectionId = u32;

/// What an SDP says here: who made it, with which ICE credentials, and which offer it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Description {
    maker: ConnectionId,
    ufrag: u32,
    answers: u32,
}

impl Description {
    fn write(self) -> String {
        format!("{} {} {}", self.maker, self.ufrag, self.answers)
    }

    fn read(sdp: &str) -> Self {
        let numbers: Vec<u32> = sdp.split(' ').map(|number| number.parse().unwrap()).collect();
        Self { maker: numbers[0], ufrag: numbers[1], answers: numbers[2] }
    }
}

/// One connection of one participant.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) owner: usize,
    pub(crate) peer: PeerId,
    pub(crate) state: PeerState,
    pub(crate) closed: bool,
    chain: VecDeque<PeerCommand>,
    local: Option<Description>,
    remote: Option<Description>,
    /// The offer set but not answered yet.
    pending: Option<Description>,
    restart: bool,
    /// Credentials of which a candidate was added.
    candidates: BTreeSet<u32>,
    events: VecDeque<PeerEvent>,
    /// A description was refused, so there may be none.
    refused: bool,
}

/// All connections of a run, open and closed.
#[derive(Default)]
pub(crate) struct Connections {
    pub(crate) all: BTreeMap<ConnectionId, Connection>,
    next_ufrag: u32,
    /// Pairs of credentials whose path is broken for good.
    broken: BTreeSet<(u32, u32)>,
}

impl Connections {
    pub(crate) fn open(&mut self, owner: usize, peer: PeerId) -> ConnectionId {
        let id = self.all.len() as ConnectionId + 1;
        self.all.insert(
            id,
            Connection {
                owner,
                peer,
                state: PeerState::New,
                closed: false,
                chain: VecDeque::new(),
                local: None,
                remote: None,
                pending: None,
                restart: false,
                candidates: BTreeSet::new(),
                events: VecDeque::new(),
                refused: false,
            },
        );
        id
    }

    /// Puts an operation into the chain; `restartIce()` acts at once, as in a browser.
    pub(crate) fn command(&mut self, id: ConnectionId, command: PeerCommand) {
        let connection = self.all.get_mut(&id).unwrap();
        if let PeerCommand::Offer { restart: true, .. } = command {
            connection.restart = true;
        }
        connection.chain.push_back(command);
    }

    pub(crate) fn close(&mut self, id: ConnectionId) {
        let connection = self.all.get_mut(&id).unwrap();
        assert!(!connection.closed, "connection {id} closed twice");
        connection.closed = true;
        connection.chain.clear();
        connection.events.clear();
    }

    pub(crate) fn busy(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.all.iter().filter(|(_, connection)| !connection.chain.is_empty()).map(|(id, _)| *id)
    }

    pub(crate) fn with_events(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.all.iter().filter(|(_, connection)| !connection.events.is_empty()).map(|(id, _)| *id)
    }

    pub(crate) fn take_event(&mut self, id: ConnectionId) -> Option<PeerEvent> {
        self.all.get_mut(&id)?.events.pop_front()
    }

    /// Runs the next operation of a connection's chain. With `failing` a description is refused, as a browser
    /// may do for reasons of its own.
    pub(crate) fn run(&mut self, id: ConnectionId, failing: bool) {
        let connection = self.all.get_mut(&id).unwrap();
        let command = connection.chain.pop_front().unwrap();
        let step = matches!(
            command,
            PeerCommand::Offer { .. } | PeerCommand::AcceptOffer { .. } | PeerCommand::AcceptAnswer { .. }
        );
        if failing && step {
            connection.refused = true;
            connection.events.push_back(PeerEvent::StepFailed("planted".into()));
            return;
        }
        match command {
            PeerCommand::Offer { offer, .. } => self.offer(id, offer),
            PeerCommand::AcceptOffer { offer, sdp } => self.accept_offer(id, offer, Description::read(&sdp)),
            PeerCommand::AcceptAnswer { sdp } => self.accept_answer(id, Description::read(&sdp)),
            PeerCommand::AddCandidate(candidate) => self.add_candidate(id, &candidate),
            PeerCommand::Open { .. } | PeerCommand::Attach | PeerCommand::Close => {}
        }
    }

    fn new_ufrag(&mut self) -> u32 {
        self.next_ufrag += 1;
        self.next_ufrag
    }

    fn offer(&mut self, id: ConnectionId, offer: OfferId) {
        let fresh = self.new_ufrag();
        let connection = self.all.get_mut(&id).unwrap();
        let kept = connection.local.filter(|_| !std::mem::take(&mut connection.restart));
        let description =
            Description { maker: id, ufrag: kept.map_or(fresh, |local| local.ufrag), answers: 0 };
        connection.pending = Some(description);
        connection.events.push_back(PeerEvent::Offered { offer, sdp: description.write() });
        connection.tell_candidates(description.ufrag);
    }

    fn accept_offer(&mut self, id: ConnectionId, offer: OfferId, remote: Description) {
        let fresh = self.new_ufrag();
        let connection = self.all.get_mut(&id).unwrap();
        connection.expect_same_partner(id, remote);
        // An own offer is rolled back.
        connection.pending = None;
        let restarted = connection.remote.is_none_or(|before| before.ufrag != remote.ufrag);
        let kept = connection.local.filter(|_| !restarted);
        let local =
            Description { maker: id, ufrag: kept.map_or(fresh, |local| local.ufrag), answers: remote.ufrag };
        connection.remote = Some(remote);
        connection.local = Some(local);
        connection.restart = false;
        connection.events.push_back(PeerEvent::Answered { offer, sdp: local.write() });
        if kept.is_none() {
            connection.tell_candidates(local.ufrag);
        }
    }

    fn accept_answer(&mut self, id: ConnectionId, remote: Description) {
        let connection = self.all.get_mut(&id).unwrap();
        let Some(offer) = connection.pending.take() else {
            panic!("connection {id} was given an answer without an offer: InvalidStateError")
        };
        assert_eq!(remote.answers, offer.ufrag, "connection {id} was given the answer to another offer");
        connection.expect_same_partner(id, remote);
        connection.local = Some(offer);
        connection.remote = Some(remote);
        connection.events.push_back(PeerEvent::Applied);
    }

    fn add_candidate(&mut self, id: ConnectionId, candidate: &IceCandidate) {
        let connection = self.all.get_mut(&id).unwrap();
        let Some(remote) = connection.remote else {
            assert!(connection.refused, "connection {id} was given a candidate before any description");
            return;
        };
        if candidate.username_fragment.as_deref() == Some(remote.ufrag.to_string().as_str()) {
            connection.candidates.insert(remote.ufrag);
        }
    }

    /// The connection at the other end, if both agree that they are each other's.
    fn partner(&self, id: ConnectionId) -> Option<ConnectionId> {
        let own = self.all.get(&id).filter(|own| !own.closed)?;
        let (local, remote) = (own.local?, own.remote?);
        let other = self.all.get(&remote.maker).filter(|other| !other.closed)?;
        let matches = other.local.map(|it| it.ufrag) == Some(remote.ufrag)
            && other.remote.map(|it| it.ufrag) == Some(local.ufrag)
            && other.remote.map(|it| it.maker) == Some(id);
        matches.then_some(remote.maker)
    }

    /// Whether media flows from and to this connection.
    pub(crate) fn flows(&self, id: ConnectionId) -> bool {
        self.path(id).is_some() && self.all[&id].state == PeerState::Connected
    }

    /// The credentials in use, if ICE could connect with them.
    fn path(&self, id: ConnectionId) -> Option<(u32, u32)> {
        let other = self.partner(id)?;
        let (own, their) = (&self.all[&id], &self.all[&other]);
        let (local, remote) = (own.local?.ufrag, own.remote?.ufrag);
        let heard = own.candidates.contains(&remote) || their.candidates.contains(&local);
        let path = (local.min(remote), local.max(remote));
        (heard && !self.broken.contains(&path)).then_some(path)
    }

    /// The state that ICE would report next, if it is another one.
    pub(crate) fn next_state(&self, id: ConnectionId) -> Option<PeerState> {
        let own = self.all.get(&id).filter(|own| !own.closed && own.remote.is_some())?;
        let works = self.path(id).is_some();
        match own.state {
            PeerState::New => Some(PeerState::Connecting),
            PeerState::Connecting | PeerState::Disconnected if works => Some(PeerState::Connected),
            PeerState::Failed if works => Some(PeerState::Connecting),
            PeerState::Connected if !works => Some(PeerState::Disconnected),
            PeerState::Disconnected => Some(PeerState::Failed),
            PeerState::Connecting if self.is_hopeless(id) => Some(PeerState::Failed),
            _ => None,
        }
    }

    /// Nobody is at the other end any more, or the path is broken.
    fn is_hopeless(&self, id: ConnectionId) -> bool {
        let remote = self.all[&id].remote.map(|remote| remote.maker);
        let gone = remote.and_then(|maker| self.all.get(&maker)).is_none_or(|other| other.closed);
        gone || (self.partner(id).is_some() && self.path(id).is_none())
    }

    pub(crate) fn set_state(&mut self, id: ConnectionId, state: PeerState) {
        let connection = self.all.get_mut(&id).unwrap();
        connection.state = state;
        connection.events.push_back(PeerEvent::State(state));
    }

    /// Breaks the path of a connection for good: only new credentials help.
    pub(crate) fn break_path(&mut self, id: ConnectionId) {
        self.broken.extend(self.path(id));
    }
}

impl Connection {
    fn tell_candidates(&mut self, ufrag: u32) {
        let candidate = IceCandidate {
            candidate: "candidate".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(ufrag.to_string()),
        };
        self.events.push_back(PeerEvent::Candidate(candidate));
        self.events.push_back(PeerEvent::Candidate(IceCandidate::default()));
    }

    fn expect_same_partner(&self, id: ConnectionId, remote: Description) {
        if let Some(before) = self.remote {
            assert_eq!(
                before.maker, remote.maker,
                "connection {id} was given a description of another connection"
            );
        }
    }
}
