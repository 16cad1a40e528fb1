//! The session: the room that the person wants to be in, and the seat there.

mod full_room;
mod standby;
mod wish;

use std::time::Duration;

use super::api::command::Command;
use super::api::event::{Hold, Loaded, Remembered};
use super::api::seal::{Identity, Lock};
use super::api::view::{Mistake, Notice, Phase};
use super::output::Output;
use crate::protocol::{
    ClientMsg, CloseCode, Credential, DisplayName, HeldSeat, RoomId, SeatToken, SourceSet,
};

use standby::Standby;
use wish::{Intent, Wish};

/// A seat taken over twice within this is held by another page.
const REPLACED_AGAIN: Duration = Duration::from_secs(30);

/// The session of one participant.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The host of the page, with a port unless that is the usual one.
    host: String,
    /// The browser lacks something that calls need.
    unsupported: bool,
    /// What was wrong with the texts typed last.
    mistake: Option<Mistake>,
    /// A seat of a former page, for when the person goes to its room.
    held: Option<Remembered>,
    wish: Option<Wish>,
    /// No other tab of this browser is in that room, so the page may join.
    holds: bool,
    /// The page's keys for that room.
    identity: Option<Identity>,
    /// The wish that was refused because of another tab.
    refused: Option<Intent>,
    /// The wish that has to wait for a seat.
    standby: Standby,
    /// The call that was left a moment ago.
    departed: Option<Intent>,
    seated: bool,
    /// When the seat was last taken over by another socket.
    replaced: Option<Duration>,
}

impl Session {
    pub(super) fn set_host(&mut self, host: String) {
        self.host = host;
    }

    pub(super) fn phase(&self) -> Phase {
        match (&self.wish, self.seated) {
            (Some(_), true) => Phase::InCall,
            (Some(_), false) => Phase::Joining,
            (None, _) => Phase::Home,
        }
    }

    /// The room that the person wants to be in.
    pub(super) fn room(&self) -> Option<&RoomId> {
        self.wish.as_ref().map(|wish| &wish.room)
    }

    /// Whether a lost socket is opened again: for the room, or for the news of a seat there.
    pub(super) fn wants_socket(&self) -> bool {
        self.wish.is_some() || self.standby.goes_on()
    }

    /// The display name, if the person has one.
    pub(super) fn name(&self) -> Option<DisplayName> {
        self.wish.as_ref().and_then(|wish| wish.name.clone())
    }

    pub(super) fn mistake(&self) -> Option<&Mistake> {
        self.mistake.as_ref()
    }

    /// Forgets the mistake, as the person corrects it.
    pub(super) fn correct(&mut self) -> Vec<Output> {
        self.mistake = None;
        vec![]
    }

    pub(super) fn is_seated(&self) -> bool {
        self.seated
    }

    /// Begins in a page that was loaded: goes back to the seat of the former page, or keeps it for later.
    pub(super) fn loaded(&mut self, loaded: Loaded) -> Vec<Output> {
        self.unsupported = !loaded.supported;
        if self.unsupported {
            return vec![Output::Say(Notice::Unsupported)];
        }
        let mut fresh = vec![Output::OpenSocket, Output::Start(loaded.granted)];
        if loaded.has_cut_link && self.wish.is_none() && !loaded.returning {
            fresh.push(Output::Say(Notice::LinkCut));
        }
        let Some(remembered) = loaded.remembered else { return fresh };
        let [hides, restores] = [Output::HideIf(remembered.hides_address), Output::SwitchOff(remembered.off)];
        match &self.wish {
            None if loaded.returning => {
                let mut outputs = vec![Output::OpenSocket, hides, restores];
                outputs.extend(self.set_out(remembered.into(), false));
                outputs
            }
            None => {
                self.held = Some(remembered);
                fresh
            }
            // Join was pressed already, for that room and no other.
            Some(wish) if !self.seated && wish.resume.is_none() && wish.room == remembered.room => {
                self.wish = Some(remembered.into());
                vec![Output::OpenSocket, hides, restores, Output::Start(SourceSet::DEVICES)]
            }
            Some(_) => fresh,
        }
    }

    /// Sets out for the room that was typed, if the session has none.
    pub(super) fn connect(&mut self, room: &str, name: &str, word: Option<&str>) -> Vec<Output> {
        if self.wish.is_some() {
            return vec![];
        }
        if self.unsupported {
            return vec![Output::Say(Notice::Unsupported)];
        }
        match self.typed(room, name, word) {
            Ok(intent) => self.follow(intent, false),
            Err(mistake) => {
                self.mistake = Some(mistake);
                vec![]
            }
        }
    }

    /// Sets out for the room that was refused, for the person who wants the other tab's call here.
    pub(super) fn move_here(&mut self) -> Vec<Output> {
        match self.refused.take().filter(|_| self.wish.is_none()) {
            Some(intent) => self.follow(intent, true),
            None => vec![],
        }
    }

    /// Takes the browser's answer about its other tabs. A refused wish keeps whether its call hides the own address.
    pub(super) fn hold(&mut self, room: &RoomId, hold: Hold, hides_address: bool) -> Vec<Output> {
        let Some(wish) = self.wish.as_mut().filter(|wish| wish.room == *room && !self.holds) else {
            return self.unwanted(hold);
        };
        match hold {
            Hold::Refused => {
                let off = SourceSet::NONE;
                self.refused = self.wish.take().map(|wish| Intent { wish, hides_address, off });
                vec![Output::EndPrivacy, Output::Say(Notice::InOtherTab)]
            }
            Hold::Insecure => {
                self.wish = None;
                vec![Output::CloseSocket, Output::GoHome, Output::Say(Notice::Insecure)]
            }
            Hold::Granted(identity, seat) => {
                self.holds = true;
                wish.credential = Some(identity.credential.clone());
                let of_link = identity.is_linked.then_some(Lock::Locked);
                // What was chosen for other links counts not for this one.
                let kept = wish.kept.take().filter(|(_, had)| had.as_ref() == Some(&identity.credential));
                let kept = kept.map(|(lock, _)| lock).or(of_link);
                wish.lock = seat.as_ref().map(|seat| seat.lock).or(wish.lock).or(kept);
                self.identity = Some(identity);
                let mut outputs = vec![];
                if let Some(seat) = seat {
                    outputs.extend([Output::HideIf(seat.hides_address), Output::SwitchOff(seat.off)]);
                    wish.name = wish.name.take().or(seat.name);
                    wish.resume = Some(seat.resume);
                }
                outputs.extend([Output::Start(SourceSet::DEVICES), Output::Join]);
                outputs
            }
        }
    }

    /// Drops an answer that comes too late, but keeps a seat that was handed over with it.
    fn unwanted(&mut self, hold: Hold) -> Vec<Output> {
        let Hold::Granted(_, seat) = hold else { return vec![] };
        self.held = seat.or(self.held.take());
        if self.wish.is_none() { vec![Output::Do(Command::LetGo(None))] } else { vec![] }
    }

    /// Changes whether the call that was refused, or has to wait, hides the own address.
    pub(super) fn hide_refused(&mut self, hides_address: bool) {
        for intent in self.refused.as_mut().into_iter().chain(self.standby.intent()) {
            intent.hides_address = hides_address;
        }
    }

    /// The join, if the page may send it; without a room to join, the wish to hear of a seat in a full one.
    pub(super) fn join(&self) -> Option<ClientMsg> {
        if self.wish.is_none() {
            return self.standby.request();
        }
        let Wish { room, resume, .. } = self.wish.as_ref().filter(|_| self.holds)?;
        Some(ClientMsg::Join {
            room: room.clone(),
            introduction: self.identity.as_ref()?.introduction.clone(),
            resume: resume.clone(),
            reloaded: resume.is_some() && !self.seated,
        })
    }

    /// Takes the seat in this room. Returns whether it is the first one of the call, or nothing if the person left,
    /// or went elsewhere, meanwhile.
    pub(super) fn seated(&mut self, room: &RoomId, resume: SeatToken) -> Option<bool> {
        let wish = self.wish.as_mut().filter(|wish| wish.room == *room)?;
        wish.resume = Some(resume);
        Some(!std::mem::replace(&mut self.seated, true))
    }

    /// Another page's way to go on with this seat, if there is one.
    pub(super) fn remembered(&self, off: SourceSet, hides_address: bool, lock: Lock) -> Option<Remembered> {
        self.wish.as_ref().filter(|_| self.seated)?.remembered(off, hides_address, lock)
    }

    /// The lock with which the call begins: that of a seat before, or as the person came. Who only followed follows anew,
    /// once let in: otherwise both would wait for each other.
    pub(super) fn lock(&self) -> Lock {
        let lock = self.wish.as_ref().and_then(|wish| wish.lock);
        lock.filter(|lock| *lock != Lock::Followed).unwrap_or_default()
    }

    /// Whether the person came with a word.
    pub(super) fn has_word(&self) -> bool {
        let credential = self.wish.as_ref().and_then(|wish| wish.credential.as_ref());
        matches!(credential, Some(Credential::Word(_)))
    }

    /// The page's keys for the room, once it may join.
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Judges a closed socket: the server may have ended the session, or be out of reach.
    pub(super) fn closed(&mut self, now: Duration, code: u16) -> Vec<Output> {
        let last_word = match CloseCode::from_code(code) {
            // Once may be this tab's own former socket, whose join was late.
            Some(CloseCode::Replaced) => {
                let before = self.replaced.replace(now);
                before.filter(|before| now < *before + REPLACED_AGAIN).map(|_| Notice::MovedElsewhere)
            }
            // The server took offence at what this page sends; it would again.
            Some(
                CloseCode::NotText | CloseCode::TooBig | CloseCode::BadMessages | CloseCode::TooManyMessages,
            ) => Some(Notice::Dropped),
            Some(CloseCode::Ended) => Some(Notice::Ended),
            _ => None,
        };
        match last_word {
            Some(notice) if self.wish.is_some() => {
                vec![Output::CloseSocket, Output::GoHome, Output::Say(notice)]
            }
            Some(_) if self.standby.goes_on() => {
                [Output::CloseSocket].into_iter().chain(self.not_listed()).collect()
            }
            _ if self.phase() == Phase::Joining => vec![Output::Say(Notice::Unreachable)],
            _ => vec![],
        }
    }

    /// Leaves at the person's wish; `answered` says that the join was. For a moment there is a way back into the call
    /// as it was.
    pub(super) fn leave(&mut self, answered: bool, as_it_was: Option<Remembered>) -> Vec<Output> {
        let Some(Wish { room, resume, .. }) = self.wish.take() else { return vec![] };
        let mut outputs =
            vec![if self.seated { Output::SayBriefly(Notice::JustLeft) } else { Output::Unsay }];
        outputs.extend(resume.map(|resume| Output::Owe(HeldSeat { room, resume })));
        self.departed = as_it_was.map(|was| {
            let (off, hides_address) = (was.off, was.hides_address);
            Intent::anew(was.into(), hides_address, off)
        });
        // The answer to a join may be under way, and must not be taken for the answer to the next one.
        outputs.extend([Output::GoHome, if answered { Output::SendLeave } else { Output::ReplaceSocket }]);
        outputs
    }

    /// Leaves, as the others have another word; the person asks for theirs.
    pub(super) fn wrong_word(&mut self, answered: bool) -> Vec<Output> {
        // Nobody wants to go back into that.
        let outputs = self.leave(answered, None).into_iter().skip(1);
        self.mistake = Some(Mistake::WrongWord);
        [Output::Unsay].into_iter().chain(outputs).collect()
    }

    /// Joins the call anew that was left a moment ago.
    pub(super) fn go_back(&mut self) -> Vec<Output> {
        match self.departed.take().filter(|_| self.wish.is_none()) {
            Some(intent) => self.follow(intent, false),
            None => vec![],
        }
    }

    /// Asks whether the person wants to leave, who has pressed the browser's Back in a call with others.
    pub(super) fn back_pressed(&self) -> Vec<Output> {
        if self.phase() == Phase::InCall { vec![Output::Say(Notice::LeaveAsked)] } else { vec![] }
    }

    /// Hands the seat over to another tab.
    pub(super) fn hand_over(&self, seat: Option<Remembered>) -> Vec<Output> {
        if self.wish.is_none() {
            return vec![];
        }
        let handed = Output::Do(Command::LetGo(seat));
        vec![handed, Output::CloseSocket, Output::GoHome, Output::Say(Notice::MovedElsewhere)]
    }

    /// Ends the session.
    pub(super) fn end(&mut self) {
        self.wish = None;
        self.seated = false;
    }

    /// Reads the texts as typed.
    fn typed(&mut self, room: &str, name: &str, word: Option<&str>) -> Result<Intent, Mistake> {
        let mut wish = Wish::typed(room, name, word, &self.host)?;
        // The token of a refused wish is still this page's own.
        let refused = self.refused.take().filter(|refused| refused.wish.room == wish.room);
        let hides_address = refused.as_ref().is_some_and(|refused| refused.hides_address);
        let held = self.held.take().filter(|held| held.room == wish.room);
        wish.kept = held.as_ref().map(|held| (held.lock, held.credential.clone()));
        wish.resume = held.map(|held| held.resume).or_else(|| refused?.wish.resume);
        Ok(Intent { wish, hides_address, off: SourceSet::NONE })
    }

    fn follow(&mut self, intent: Intent, take: bool) -> Vec<Output> {
        let mut outputs = vec![Output::HideIf(intent.hides_address), Output::SwitchOff(intent.off)];
        outputs.extend(self.set_out(intent.wish, take));
        outputs
    }

    /// Sets out for a room; the join follows when no other tab is in it.
    fn set_out(&mut self, wish: Wish, take: bool) -> [Output; 4] {
        let hold = Command::HoldRoom { room: wish.room.clone(), credential: wish.credential.clone(), take };
        self.wish = Some(wish);
        self.mistake = None;
        self.standby.end();
        self.departed = None;
        self.holds = false;
        [Output::Unsay, Output::Do(hold), Output::OpenSocket, Output::SayIfUnreachable]
    }
}
