//! A dishonest server: it stands between the real one and the pages, and changes, drops, repeats and invents what they
//! are told. `tricks` is what it does; here stands what it knows, and when it does it.

use std::collections::{BTreeMap, BTreeSet};

use parlor::call::{Agreement, Event, Phase, SocketEvent, UserAction};
use parlor::protocol::sealed::{Party, Proof, transcript};
use parlor::protocol::{
    Credential, Introduction, PeerId, PeerInfo, RoomId, SealedBox, Seated, Secret, ServerMsg, Word, read,
};
use parlor::server::signalling::room::encode;

use super::guard::Guard;
use super::random::Random;
use super::vault::{Seal, Seat};
use super::wire::WireId;
use super::world::{ROOM, World};

/// With this a server begins what it says of a page in place of that page's own key.
pub(super) const OWN: &str = "server.";
/// The certificate of the server's own connections.
pub(super) const BRIDGE: u32 = 9_999_999;
/// Boxes that are kept for later.
const MOST_KEPT: usize = 200;

/// One kind of lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    /// Keys of its own in place of those of the pages, so that it can open and seal what passes.
    Between,
    /// The same, and the certificate of its own in what passes: the media goes through it, too.
    Bridge,
    /// The same, and the certificate of a third page in what passes.
    Print,
    /// Doors are dropped or changed.
    Doors,
    /// A page that comes back, or is still there, is said to have another key, door or number.
    Later,
    /// One page is said to have what another one has said of itself.
    Swap,
    /// A page hears its own key as that of somebody else.
    Own,
    /// A seat is told with another page number, as a new or an old one, or again.
    Seat,
    /// Some are not told of others, or hear that they have gone, or that they are away.
    Absent,
    /// A peer leaves and joins, and nothing has changed.
    Again,
    /// Boxes come again: of this pair, of another one, in the other direction.
    Repeat,
    /// A box comes back to whoever has sealed it.
    Reflect,
    /// Boxes are held back, so that later ones overtake them.
    Hold,
    Drop,
    /// A character of a box is another one.
    Flip,
    /// Boxes are said to be of somebody else, or go to somebody else.
    From,
    /// What is not sealed at all, where a box belongs.
    Plain,
    /// So many page loads of a peer that no seal is left.
    Burn,
}

const TRICKS: [Trick; 17] = [
    Trick::Between,
    Trick::Bridge,
    Trick::Print,
    Trick::Doors,
    Trick::Later,
    Trick::Swap,
    Trick::Own,
    Trick::Seat,
    Trick::Absent,
    Trick::Again,
    Trick::Repeat,
    Trick::Reflect,
    Trick::Hold,
    Trick::Drop,
    Trick::Flip,
    Trick::From,
    Trick::Plain,
];

/// What one page load was told since it has its seat.
pub(super) struct Told {
    pub(super) wire: WireId,
    pub(super) own: Seat,
    pub(super) seated: Seated,
    pub(super) others: BTreeMap<PeerId, PeerInfo>,
    /// What it heard first of a page load, which counts.
    first: BTreeMap<Seat, Introduction>,
}

/// A box that has passed.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) from: PeerId,
    /// The participant that it was for.
    pub(super) to: usize,
    pub(super) sealed: SealedBox,
}

/// The dishonest server.
pub(crate) struct Malice {
    tricks: Vec<Trick>,
    /// It says that all doors are of its own, and does not repeat those of the pages.
    pub(super) has_own_doors: bool,
    pub(super) is_over: bool,
    pub(super) random: Random,
    pub(super) told: BTreeMap<(usize, u32), Told>,
    pub(super) kept: Vec<Kept>,
    pub(super) held: Vec<Kept>,
    /// The certificates that it has read of.
    pub(super) prints: BTreeSet<u32>,
    /// The participant whose certificate is said to be that of a third one.
    pub(super) impostor: usize,
    /// Its own keys with the pages.
    seals: BTreeMap<String, Seal>,
    without: Option<Guard>,
}

impl Malice {
    /// Some seeds have one trick, most have some, and some have all.
    pub(crate) fn of(seed: u64, without: Option<Guard>) -> Self {
        let mut random = Random(seed.rotate_left(32));
        let mut tricks = match random.below(5) {
            0 => vec![random.pick(&TRICKS)],
            1..=3 => (0..2 + random.below(4)).map(|_| random.pick(&TRICKS)).collect(),
            _ => TRICKS.to_vec(),
        };
        tricks.extend(random.once_in(25).then_some(Trick::Burn));
        let impostor = random.below(3);
        Self {
            tricks,
            has_own_doors: random.once_in(3),
            is_over: false,
            random,
            told: BTreeMap::new(),
            kept: vec![],
            held: vec![],
            prints: BTreeSet::new(),
            impostor,
            seals: BTreeMap::new(),
            without,
        }
    }

    pub(super) fn plays(&self, trick: Trick) -> bool {
        self.tricks.contains(&trick)
    }

    /// Whether it plays this trick now, which it does so often.
    pub(super) fn does(&mut self, trick: Trick, once_in: usize) -> bool {
        self.plays(trick) && self.random.once_in(once_in)
    }

    pub(super) fn is_between(&self) -> bool {
        [Trick::Between, Trick::Bridge, Trick::Print].into_iter().any(|trick| self.plays(trick))
    }

    pub(super) fn pick(&mut self) -> Trick {
        self.random.pick(&self.tricks)
    }

    /// Whether the server can derive this key.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.seals.values().any(|seal| seal.key == key)
    }

    /// Its seal with a page load, to whom it plays this peer; none if that page has heard another key of it first.
    pub(super) fn seal(
        &mut self,
        (who, load): (usize, u32),
        peer: PeerId,
        own: &Introduction,
    ) -> Option<&mut Seal> {
        let told = self.told.get(&(who, load))?;
        let page = told.others.get(&peer)?.page;
        let said = told.first.get(&(peer, page)).filter(|said| said.hello.as_str().starts_with(OWN))?;
        let id = format!("{who}.{load} {:?} {peer}.{page:?} {said:?}", told.own);
        let (victim, without) = (told.own, self.without);
        let seal = || {
            let room = RoomId::from_typed(ROOM).unwrap();
            let they = Party { peer: victim.0, page: victim.1, introduction: own };
            let agreement = Agreement {
                hello: own.hello.clone(),
                transcript: transcript(&room, they, Party { peer, page, introduction: said }),
                proof: Proof::of(&own.door, &said.door),
                // It knows neither that of the link nor the word, and has one guess.
                credential: match Proof::of(&own.door, &said.door) {
                    Proof::Word => Credential::Word(Word::typed("a guess").unwrap()),
                    _ => Credential::Link(Secret::try_from("server".repeat(4)[..22].to_owned()).unwrap()),
                },
                is_low: peer < victim.0,
            };
            Seal::new(&said.hello, &agreement, without)
        };
        Some(self.seals.entry(id).or_insert_with(seal))
    }

    /// What a page was told is known from now on.
    fn note(&mut self, wire: WireId, page: (usize, u32), message: &ServerMsg) {
        let infos = match message {
            ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => {
                let first = self.told.remove(&page).filter(|_| seated.resumed).map(|told| told.first);
                let (own, seated) = ((seated.peer, seated.page), seated.clone());
                let (infos, first) = (seated.peers.clone(), first.unwrap_or_default());
                self.told.insert(page, Told { wire, own, seated, others: BTreeMap::new(), first });
                infos
            }
            ServerMsg::PeerJoined(info) | ServerMsg::PeerBack(info) => vec![info.clone()],
            _ => vec![],
        };
        let Some(told) = self.told.get_mut(&page) else { return };
        for info in infos {
            if let Some(said) = info.introduction() {
                told.first.entry((info.peer, info.page)).or_insert(said);
            }
            told.others.insert(info.peer, info);
        }
    }
}

impl World {
    /// What a page gets to read in place of what the server has sent it.
    pub(super) fn corrupt(&mut self, wire: WireId, text: String) -> Vec<String> {
        let Some(mut malice) = self.malice.take() else { return vec![text] };
        let page = (self.server.wires[&wire].owner, self.server.wires[&wire].load);
        let frames = match read::<ServerMsg>(&text) {
            Ok(message) if !malice.is_over => malice.pass(self, page, message),
            _ => vec![text],
        };
        for frame in &frames {
            if let Ok(message) = read(frame) {
                malice.note(wire, page, &message);
            }
        }
        self.malice = Some(malice);
        frames
    }

    /// The server says something of its own accord.
    pub(super) fn mischief(&mut self) {
        let Some(mut malice) = self.malice.take() else { return };
        let trick = malice.pick();
        for (who, message) in malice.invent(self, trick) {
            malice.tell(self, who, message);
        }
        self.malice = Some(malice);
    }

    /// The server is honest from now on. What a page has heard first still counts with it, and some may be connected with
    /// the server, or believe that somebody has gone: no message can mend that, or the server could use it as well. So
    /// people do what they do when somebody is not to be seen: they leave and come again, with seats that nobody has heard of.
    pub(super) fn end_attack(&mut self) {
        let Some(malice) = &mut self.malice else { return };
        malice.is_over = true;
        malice.held.clear();
        self.connections.bridge = None;
        self.server.errors.clear();
        if self.without == Some(Guard::Return) {
            return;
        }
        for who in 0..self.pages.len() {
            if self.pages[who].call.view().phase != Phase::Home {
                self.user(who, Event::User(UserAction::Leave));
            }
        }
    }
}

impl Malice {
    /// Tells a page something, over the socket that has its seat.
    pub(super) fn tell(&mut self, world: &mut World, who: usize, message: ServerMsg) {
        let page = &mut world.pages[who];
        let Some((socket, wire)) = page.socket else { return };
        let is_open = world.server.wires.get(&wire).is_some_and(|wire| wire.is_open());
        let load = (who, page.load);
        if is_open && self.told.get(&load).is_some_and(|told| told.wire == wire) {
            self.note(wire, load, &message);
            // As on the wire.
            let message = read(&encode(&message)).unwrap();
            page.events.push_back(Event::Socket(socket, SocketEvent::Message(message)));
        }
    }

    pub(super) fn keep(&mut self, kept: Kept) {
        if self.kept.len() == MOST_KEPT {
            self.kept.remove(0);
        }
        self.kept.push(kept);
    }
}
