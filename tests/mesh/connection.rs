//! A model of `RTCPeerConnection`: the signalling states, the operations chain, candidates and tracks. Panics
//! where a browser would show that the call made a mistake, and where it could not show that it got something
//! that was meant for another connection. `path` and `channel` are the rest of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlor::call::{PeerCommand, PeerEvent, PeerState};
use parlor::protocol::{Epoch, IceCandidate, OfferId, PeerId, Source, SourceSet};

use super::channel::Channel;
use super::page::Release;
use super::seats::Number;

/// Unique among all connections of a run.
pub(crate) type ConnectionId = u32;
/// Unique among all tracks of a run.
pub(crate) type TrackId = u32;
/// The tracks of one participant.
pub(crate) type Tracks = BTreeMap<Source, TrackId>;

/// What an SDP says here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Description {
    maker: ConnectionId,
    /// Grows with every description made in a run.
    serial: u32,
    pub(super) ufrag: u32,
    /// The certificate that it names.
    pub(super) print: u32,
    /// Serial of the offer it answers, or 0.
    answers: u32,
}

/// What names the certificate in a description.
pub(super) const PRINT: &str = "a=fingerprint:sha-256 ";

/// The certificate that a description names.
pub(super) fn print_in(sdp: &str) -> Option<u32> {
    sdp.lines().find_map(|line| line.strip_prefix(PRINT)?.parse().ok())
}

impl Description {
    fn write(self) -> String {
        let Self { maker, serial, ufrag, print, answers } = self;
        format!("o={maker}\r\ns={serial}\r\na=ice-ufrag:{ufrag}\r\n{PRINT}{print}\r\nt={answers}\r\n")
    }

    fn read(sdp: &str) -> Self {
        let number = |name: &str| sdp.lines().find_map(|line| line.strip_prefix(name)?.parse().ok()).unwrap();
        let (maker, serial, ufrag) = (number("o="), number("s="), number("a=ice-ufrag:"));
        Self { maker, serial, ufrag, print: number(PRINT), answers: number("t=") }
    }
}

/// Whose a connection is and with whom.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    pub(crate) owner: usize,
    pub(crate) own: Number,
    pub(crate) other: usize,
    pub(crate) peer: PeerId,
    pub(crate) epoch: Epoch,
    /// The certificate of the owner's page.
    pub(crate) print: u32,
    /// What had happened to both participants when it was opened.
    pub(crate) hits: u32,
}

/// One connection of one participant.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) ends: Ends,
    pub(crate) state: PeerState,
    /// The state that the call knows.
    pub(crate) told: PeerState,
    pub(crate) closed: bool,
    /// A description was refused, so there may be none.
    pub(crate) refused: bool,
    chain: VecDeque<(PeerCommand, Tracks)>,
    pub(super) events: VecDeque<PeerEvent>,
    pub(super) local: Option<Description>,
    pub(super) remote: Option<Description>,
    /// The offer set, or told and being set, but not answered yet.
    pending: Option<Description>,
    /// The first offer, made before there was a peer.
    made: Option<Description>,
    /// That offer was told, and is being set.
    is_set_late: bool,
    restart: bool,
    /// ICE has new credentials, and has not begun with them.
    pub(super) afresh: bool,
    /// Credentials of which a candidate was added.
    pub(super) candidates: BTreeSet<u32>,
    /// What is sent; nothing before there are transceivers.
    pub(super) senders: Option<Tracks>,
    /// The sources whose media arrives, as last reported.
    pub(super) receives: SourceSet,
    /// None in a page of an earlier release.
    pub(super) channel: Option<Channel>,
    /// It has a part for what is shared.
    has_screen: bool,
}

impl Connection {
    /// Somebody else's description or candidate is applied here only if the two were made for each other.
    fn expect_mutual(&self, id: ConnectionId, other: &Self) {
        let (own, their) = (&self.ends, &other.ends);
        let mutual = own.epoch == their.epoch
            && (own.owner, own.other) == (their.other, their.owner)
            && (own.own.0, own.peer, own.own.1) == (their.own.0, their.own.1, their.peer);
        assert!(mutual, "connection {id} was given what another one was meant to get: {own:?} and {their:?}");
    }

    fn tell_candidates(&mut self, ufrag: u32) {
        let candidate = IceCandidate {
            candidate: "candidate:1".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(ufrag.to_string()),
        };
        self.events.push_back(PeerEvent::Candidate(candidate));
        self.events.push_back(PeerEvent::Candidate(IceCandidate::default()));
    }
}

/// All connections of a run, open and closed.
#[derive(Default)]
pub(crate) struct Connections {
    pub(crate) all: BTreeMap<ConnectionId, Connection>,
    open: BTreeSet<ConnectionId>,
    last_id: ConnectionId,
    /// The offers of those that are with nobody yet.
    made: BTreeMap<ConnectionId, Description>,
    /// Tracks that did not end.
    pub(crate) live: BTreeSet<TrackId>,
    last_serial: u32,
    /// Whose credentials they are.
    makers: BTreeMap<u32, ConnectionId>,
    /// Pairs of credentials whose path is broken for good.
    pub(super) broken: BTreeSet<(u32, u32)>,
    /// The server may lie, so that anything may be meant for another connection.
    pub(super) is_deceived: bool,
    /// The certificate of a server that has connections of its own, and passes on what arrives.
    pub(super) bridge: Option<u32>,
}

impl Connections {
    /// Prepares a connection, whose offer may not be there in time.
    pub(crate) fn prepare(&mut self, is_in_time: bool, print: u32) -> ConnectionId {
        let id = self.next_id();
        if is_in_time {
            let serial = self.serial();
            self.made.insert(id, Description { maker: id, serial, ufrag: serial, print, answers: 0 });
        }
        id
    }

    fn next_id(&mut self) -> ConnectionId {
        self.last_id += 1;
        self.last_id
    }

    /// Opens a connection, or gives one that is prepared to a peer.
    pub(crate) fn open(
        &mut self,
        ends: Ends,
        offerer: bool,
        prepared: Option<ConnectionId>,
        tracks: Tracks,
        release: Release,
    ) -> ConnectionId {
        let id = prepared.unwrap_or_else(|| self.next_id());
        let made = self.made.remove(&id);
        self.open.insert(id);
        self.all.insert(
            id,
            Connection {
                ends,
                state: PeerState::New,
                told: PeerState::New,
                closed: false,
                refused: false,
                chain: VecDeque::new(),
                events: VecDeque::new(),
                local: None,
                remote: None,
                pending: None,
                made,
                is_set_late: false,
                restart: false,
                afresh: false,
                candidates: BTreeSet::new(),
                senders: offerer.then_some(tracks),
                receives: SourceSet::NONE,
                channel: release.has_channel.then(Channel::new),
                has_screen: release.has_screen,
            },
        );
        id
    }

    /// Puts an operation into the chain, with the tracks there are now; `restartIce()`, `replaceTrack()` and
    /// `setConfiguration()` act at once.
    pub(crate) fn command(&mut self, id: ConnectionId, command: PeerCommand, tracks: Tracks) {
        let connection = self.all.get_mut(&id).unwrap();
        match command {
            PeerCommand::Attach => connection.senders = connection.senders.take().map(|_| tracks),
            PeerCommand::Configure(_) | PeerCommand::Volume(_) => {}
            PeerCommand::Send(bytes) => self.send(id, bytes),
            PeerCommand::Offer { offer, restart } => {
                if let Some(made) = connection.made.take().filter(|_| !restart) {
                    (connection.pending, connection.is_set_late) = (Some(made), true);
                    connection.events.push_back(PeerEvent::Offered { offer, sdp: made.write() });
                    self.makers.insert(made.ufrag, id);
                }
                connection.restart |= restart;
                connection.chain.push_back((command, tracks));
            }
            _ => connection.chain.push_back((command, tracks)),
        }
    }

    pub(crate) fn close(&mut self, id: ConnectionId) {
        let connection = self.all.get_mut(&id).unwrap();
        assert!(self.open.remove(&id), "connection {id} closed twice");
        connection.closed = true;
        connection.chain.clear();
        connection.events.clear();
    }

    pub(crate) fn busy(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.open.iter().filter(|id| !self.all[id].chain.is_empty()).copied()
    }

    pub(crate) fn with_events(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.open.iter().filter(|id| !self.all[id].events.is_empty()).copied()
    }

    pub(crate) fn still_open(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.open.iter().copied()
    }

    pub(crate) fn take_event(&mut self, id: ConnectionId) -> Option<PeerEvent> {
        self.all.get_mut(&id)?.events.pop_front()
    }

    /// Runs the next operation of a connection's chain. With `failing` a description is refused, as a browser
    /// may do for reasons of its own. Says whether one was.
    pub(crate) fn run(&mut self, id: ConnectionId, failing: bool) -> bool {
        let connection = self.all.get_mut(&id).unwrap();
        let (command, tracks) = connection.chain.pop_front().unwrap();
        if failing && !matches!(command, PeerCommand::AddCandidate(_)) {
            connection.refused = true;
            // An answer may be told before it is refused.
            if let PeerCommand::AcceptOffer { offer, sdp } = command
                && self.last_serial.is_multiple_of(2)
            {
                self.accept_offer(id, offer, Description::read(&sdp), tracks);
                let events = &mut self.all.get_mut(&id).unwrap().events;
                events.retain(|event| !matches!(event, PeerEvent::Candidate(_)));
                events.push_back(PeerEvent::StepFailed("planted".into()));
                return true;
            }
            connection.pending.take_if(|_| std::mem::take(&mut connection.is_set_late));
            connection.events.push_back(PeerEvent::StepFailed("planted".into()));
            return true;
        }
        match command {
            PeerCommand::Offer { offer, .. } => self.offer(id, offer),
            PeerCommand::AcceptOffer { offer, sdp } => {
                self.accept_offer(id, offer, Description::read(&sdp), tracks);
            }
            PeerCommand::AcceptAnswer { sdp } => self.accept_answer(id, Description::read(&sdp)),
            PeerCommand::AddCandidate(candidate) => self.add_candidate(id, &candidate),
            PeerCommand::Open { .. }
            | PeerCommand::Configure(_)
            | PeerCommand::Attach
            | PeerCommand::Send(_)
            | PeerCommand::Volume(_)
            | PeerCommand::Close => {}
        }
        false
    }

    fn serial(&mut self) -> u32 {
        self.last_serial += 1;
        self.last_serial
    }

    fn offer(&mut self, id: ConnectionId, offer: OfferId) {
        let serial = self.serial();
        let connection = self.all.get_mut(&id).unwrap();
        if std::mem::take(&mut connection.is_set_late) {
            return connection.tell_candidates(connection.pending.unwrap().ufrag);
        }
        let kept = connection.local.filter(|_| !std::mem::take(&mut connection.restart));
        let ufrag = kept.map_or(serial, |local| local.ufrag);
        let print = connection.ends.print;
        let description = Description { maker: id, serial, ufrag, print, answers: 0 };
        connection.pending = Some(description);
        connection.events.push_back(PeerEvent::Offered { offer, sdp: description.write() });
        connection.tell_candidates(ufrag);
        self.makers.insert(ufrag, id);
    }

    fn accept_offer(&mut self, id: ConnectionId, offer: OfferId, remote: Description, tracks: Tracks) {
        self.expect_meant(id, remote);
        let (serial, takes_screen) = (self.serial(), self.take_screens(id, remote.maker));
        let connection = self.all.get_mut(&id).unwrap();
        assert_eq!(connection.pending, None, "connection {id} rolls back, and shows no pictures any more");
        connection.senders = Some(tracks);
        let restarted = connection.remote.is_none_or(|before| before.ufrag != remote.ufrag);
        let kept = connection.local.filter(|_| !restarted);
        let ufrag = kept.map_or(serial, |local| local.ufrag);
        let print = connection.ends.print;
        let local = Description { maker: id, serial, ufrag, print, answers: remote.serial };
        connection.remote = Some(remote);
        connection.local = Some(local);
        connection.restart = false;
        connection.afresh = restarted;
        connection.events.push_back(PeerEvent::Answered { offer, sdp: local.write() });
        connection.events.push_back(PeerEvent::TakesScreen(takes_screen));
        if kept.is_none() {
            connection.tell_candidates(ufrag);
        }
        self.makers.insert(ufrag, id);
    }

    fn accept_answer(&mut self, id: ConnectionId, remote: Description) {
        self.expect_meant(id, remote);
        let takes_screen = self.take_screens(id, remote.maker);
        let connection = self.all.get_mut(&id).unwrap();
        let Some(offer) = connection.pending.take() else {
            // The other side was told of the offer before the browser refused it.
            if connection.refused {
                return connection.events.push_back(PeerEvent::StepFailed("planted".into()));
            }
            panic!("connection {id} was given an answer without an offer: InvalidStateError")
        };
        let is_answer = remote.answers == offer.serial || self.is_deceived;
        assert!(is_answer, "connection {id} was given the answer to another offer");
        connection.afresh = connection.local.is_none_or(|before| before.ufrag != offer.ufrag);
        connection.local = Some(offer);
        connection.remote = Some(remote);
        connection.events.push_back(PeerEvent::TakesScreen(takes_screen));
        connection.events.push_back(PeerEvent::Applied);
    }

    fn add_candidate(&mut self, id: ConnectionId, candidate: &IceCandidate) {
        let connection = &self.all[&id];
        let described = connection.remote.map(|remote| remote.ufrag);
        let fragment = candidate.username_fragment.as_ref().map(|text| text.parse::<u32>().unwrap());
        let maker = fragment.and_then(|ufrag| self.makers.get(&ufrag));
        if let Some(maker) = maker.filter(|_| !self.is_deceived) {
            connection.expect_mutual(id, &self.all[maker]);
        }
        let fits = described.is_some() && (fragment.is_none() || fragment == described);
        assert!(fits || connection.refused, "connection {id} was given a candidate without its description");
        self.all.get_mut(&id).unwrap().candidates.extend(fragment.filter(|_| fits));
    }

    fn expect_meant(&self, id: ConnectionId, remote: Description) {
        if self.is_deceived {
            return;
        }
        let (own, other) = (&self.all[&id], &self.all[&remote.maker]);
        own.expect_mutual(id, other);
        let partners = own.remote.is_none_or(|before| before.maker == remote.maker)
            && other.remote.is_none_or(|theirs| theirs.maker == id);
        assert!(partners, "connection {id} was given a description of a third connection");
        let newer = own.remote.is_none_or(|before| before.serial < remote.serial);
        assert!(newer, "connection {id} was given a description older than the one it has");
    }

    /// Whether both have a part of the call for what is shared.
    pub(crate) fn take_screens(&self, id: ConnectionId, other: ConnectionId) -> bool {
        self.all[&id].has_screen && self.all[&other].has_screen
    }

    /// The connection at the other end, if both agree that they are each other's.
    pub(crate) fn partner(&self, id: ConnectionId) -> Option<ConnectionId> {
        let own = self.all.get(&id).filter(|own| !own.closed)?;
        let (local, remote) = (own.local?, own.remote?);
        let other = self.all.get(&remote.maker).filter(|other| !other.closed)?;
        let matches = other.local?.ufrag == remote.ufrag
            && other.remote.is_some_and(|it| it.ufrag == local.ufrag && it.maker == id);
        matches.then_some(remote.maker)
    }

    /// Who made the description that this connection goes by.
    pub(super) fn maker(&self, id: ConnectionId) -> Option<&Connection> {
        self.all.get(&self.all[&id].remote?.maker)
    }
}
