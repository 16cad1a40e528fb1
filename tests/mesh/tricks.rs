//! What a dishonest server does with what it passes on, and what it invents.

use parlor::protocol::{Door, Hello, PageLoad, PeerId, PeerInfo, SealedBox, ServerMsg, Signal};
use parlor::server::signalling::room::encode;

use super::connection::{PRINT, print_in};
use super::malice::{BRIDGE, Kept, Malice, OWN, Trick};
use super::world::World;

/// Page loads of one peer that leave no seal: more than a page agrees on.
const BURNT: u32 = 300;

impl Malice {
    /// What a page is told in place of a message.
    pub(super) fn pass(&mut self, world: &World, page: (usize, u32), message: ServerMsg) -> Vec<String> {
        let message = match message {
            ServerMsg::RoomJoined(mut seated) => {
                seated.peers.iter_mut().for_each(|info| self.introduce(world, page.0, info, seated.resumed));
                if !seated.peers.is_empty() && self.does(Trick::Absent, 3) {
                    seated.peers.remove(self.random.below(seated.peers.len()));
                }
                if self.does(Trick::Seat, 3) {
                    match self.random.below(2) {
                        0 => seated.resumed ^= true,
                        _ => seated.page.0 += 1,
                    }
                }
                ServerMsg::RoomJoined(seated)
            }
            ServerMsg::PeerJoined(_) if self.does(Trick::Absent, 4) => return vec![],
            ServerMsg::PeerJoined(mut info) => {
                self.introduce(world, page.0, &mut info, false);
                ServerMsg::PeerJoined(info)
            }
            ServerMsg::PeerBack(mut info) => {
                self.introduce(world, page.0, &mut info, true);
                ServerMsg::PeerBack(info)
            }
            ServerMsg::PeerAway { .. } | ServerMsg::PeerLeft { .. } if self.does(Trick::Absent, 3) => {
                return vec![];
            }
            ServerMsg::Signal { from, sealed } => {
                return self.signal(world, page, Kept { from, to: page.0, sealed });
            }
            other => other,
        };
        vec![encode(&message)]
    }

    /// Changes what a page is told of another one; `again` says that it may know that one already.
    fn introduce(&mut self, world: &World, to: usize, info: &mut PeerInfo, again: bool) {
        if self.is_between() && !self.random.once_in(6) {
            info.hello = Some(own_hello(to, info.peer, info.page));
            if self.has_own_doors {
                info.door = Some(door("server-door"));
            }
        }
        let said = world.pages[to].vault.identity().introduction;
        if self.does(Trick::Own, 3) {
            info.hello = Some(said.hello);
        }
        if self.does(Trick::Doors, 3) {
            info.door = match self.random.below(3) {
                0 => None,
                1 => Some(said.door),
                _ => Some(door("nowhere")),
            };
        }
        if self.does(Trick::Swap, 2) {
            let other = self.random.below(world.pages.len());
            let other = world.pages[other].vault.identity().introduction;
            (info.hello, info.door) = (Some(other.hello), Some(other.door));
        }
        if again && self.does(Trick::Later, 2) {
            match self.random.below(4) {
                0 => info.hello = Some(own_hello(to, info.peer, PageLoad(0))),
                1 => info.page.0 += 1,
                2 => info.door = Some(door("another")),
                _ => info.away ^= true,
            }
        }
    }

    /// Changes a signal to a page.
    fn signal(&mut self, world: &World, page: (usize, u32), kept: Kept) -> Vec<String> {
        self.keep(kept.clone());
        if self.does(Trick::Drop, 4) {
            return vec![];
        }
        if self.does(Trick::Hold, 3) {
            self.held.push(kept);
            return vec![];
        }
        let Kept { mut from, sealed, .. } = kept;
        if self.does(Trick::Plain, 4) {
            let plain = r#"{"webrtc_offer":{"sdp":"v=0","epoch":1024,"offer":1}}"#;
            return vec![format!(r#"{{"type":"signal","from":{from},"sealed":{plain}}}"#)];
        }
        if let Some(signals) = self.open(world, page, from, &sealed) {
            return signals.into_iter().filter_map(|signal| self.close(world, page, from, &signal)).collect();
        }
        let sealed = if self.does(Trick::Flip, 3) { self.flip(&sealed) } else { sealed };
        if self.does(Trick::From, 3) {
            from = self.somebody(page).unwrap_or(from);
        }
        vec![encode(&ServerMsg::Signal { from, sealed })]
    }

    /// What a page has sealed for the server, in place of another page; perhaps with another certificate, or twice.
    fn open(
        &mut self,
        world: &World,
        page: (usize, u32),
        from: PeerId,
        sealed: &SealedBox,
    ) -> Option<Vec<Signal>> {
        let to = self.told.get(&page)?.own.0;
        let life = world.pages[page.0].seat?.0;
        let sender = world.server.seats.owner((life, from))?;
        let said = world.pages[sender].vault.identity().introduction;
        let seal = self.seal((sender, world.pages[sender].load), to, &said)?;
        let signal = seal.peek(sealed)?;
        if let Signal::WebrtcOffer { sdp, .. } | Signal::WebrtcAnswer { sdp, .. } = &signal {
            self.prints.extend(print_in(sdp));
        }
        // Those of connections that its relay has carried are known, too.
        let carried = world.connections.prints_seen().filter(|_| self.plays(Trick::Print));
        let known: Vec<u32> = self.prints.iter().copied().chain(carried).collect();
        let is_impostor = sender == self.impostor && self.plays(Trick::Print);
        let print = if is_impostor && !known.is_empty() {
            self.random.pick(&known)
        } else if self.plays(Trick::Bridge) {
            BRIDGE
        } else {
            return Some(vec![signal]);
        };
        let mut changed = signal.clone();
        if let Signal::WebrtcOffer { sdp, .. } | Signal::WebrtcAnswer { sdp, .. } = &mut changed {
            *sdp = with_print(sdp, print);
        }
        Some(if is_impostor && self.random.once_in(2) { vec![changed, signal] } else { vec![changed] })
    }

    /// Seals for a page, as if it were this peer.
    fn close(&mut self, world: &World, page: (usize, u32), from: PeerId, signal: &Signal) -> Option<String> {
        let said = world.pages[page.0].vault.identity().introduction;
        let sealed = self.seal(page, from, &said)?.close(signal);
        Some(encode(&ServerMsg::Signal { from, sealed }))
    }

    fn flip(&mut self, sealed: &SealedBox) -> SealedBox {
        let mut text = sealed.as_str().to_owned();
        let at = self.random.below(text.len());
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        text.replace_range(at..=at, other);
        text.try_into().unwrap()
    }

    /// One of those a page was told of.
    fn somebody(&mut self, page: (usize, u32)) -> Option<PeerId> {
        let others: Vec<_> = self.told.get(&page)?.others.keys().copied().collect();
        (!others.is_empty()).then(|| self.random.pick(&others))
    }

    /// What the server says of its own accord, and to whom.
    pub(super) fn invent(&mut self, world: &World, trick: Trick) -> Vec<(usize, ServerMsg)> {
        let who = self.random.below(world.pages.len());
        let page = (who, world.pages[who].load);
        let Some(peer) = self.somebody(page) else { return vec![] };
        let mut info = self.told[&page].others[&peer].clone();
        let to = |message| (who, message);
        match trick {
            Trick::Repeat | Trick::Reflect | Trick::From if !self.kept.is_empty() => {
                let at = self.random.below(self.kept.len());
                let Kept { from, to, sealed } = self.kept[at].clone();
                let (from, to) = match self.random.below(3) {
                    0 if trick == Trick::Repeat => (from, to),
                    _ if trick == Trick::Reflect => (peer, who),
                    1 => (peer, who),
                    _ => (from, who),
                };
                vec![(to, ServerMsg::Signal { from, sealed })]
            }
            Trick::Hold if !self.held.is_empty() => {
                let Kept { from, to, sealed } = self.held.swap_remove(self.random.below(self.held.len()));
                vec![(to, ServerMsg::Signal { from, sealed })]
            }
            Trick::Again => {
                let (left, away) = (
                    ServerMsg::PeerLeft { peer },
                    ServerMsg::PeerAway { peer, unloaded: self.random.once_in(2) },
                );
                let pair = if self.random.once_in(2) {
                    [left, ServerMsg::PeerJoined(info)]
                } else {
                    [away, ServerMsg::PeerBack(info)]
                };
                pair.map(to).into()
            }
            Trick::Later => {
                self.introduce(world, who, &mut info, true);
                let news = [ServerMsg::PeerBack(info.clone()), ServerMsg::PeerJoined(info)];
                let mut news = Vec::from(news.map(to));
                if self.random.once_in(2) {
                    news.insert(0, to(ServerMsg::PeerLeft { peer }));
                }
                news
            }
            Trick::Absent => vec![to(match self.random.below(3) {
                0 => ServerMsg::PeerLeft { peer },
                1 => ServerMsg::PeerAway { peer, unloaded: true },
                _ => ServerMsg::PeerAway { peer, unloaded: false },
            })],
            Trick::Seat => {
                let mut seated = self.told[&page].seated.clone();
                seated.resumed = self.random.once_in(2);
                seated.page.0 += u32::from(self.random.once_in(3));
                vec![to(ServerMsg::RoomJoined(seated))]
            }
            Trick::Burn => {
                let load = |load| PeerInfo { page: PageLoad(10_000 + load), ..info.clone() };
                (0..BURNT).map(|at| to(ServerMsg::PeerBack(load(at)))).collect()
            }
            _ => vec![],
        }
    }
}

fn own_hello(to: usize, peer: PeerId, page: PageLoad) -> Hello {
    format!("{OWN}{to}.{peer}.{}", page.0).try_into().unwrap()
}

fn door(text: &str) -> Door {
    text.to_owned().try_into().unwrap()
}

fn with_print(sdp: &str, print: u32) -> String {
    let line = |line: &str| if line.starts_with(PRINT) { format!("{PRINT}{print}") } else { line.to_owned() };
    sdp.lines().map(|text| line(text) + "\r\n").collect()
}
