//! The session: the room that the person wants to be in, and the seat there.

use std::time::Duration;

use super::api::command::Command;
use super::api::event::{Hold, Loaded, Remembered};
use super::api::view::{Notice, Phase};
use super::output::Output;
use super::peer::presence::Presence;
use crate::protocol::{
    ClientMsg, CloseCode, DisplayName, HeldSeat, RoomId, RoomIdError, SeatToken, SourceSet,
};

/// A seat taken over twice within this is held by another page.
const REPLACED_AGAIN: Duration = Duration::from_secs(30);

/// The room that the person wants to be in.
#[derive(Debug)]
struct Wish {
    room: RoomId,
    name: Option<DisplayName>,
    /// Proof of a seat held before, in this call or before a reload.
    resume: Option<SeatToken>,
}

impl From<Remembered> for Wish {
    fn from(Remembered { room, resume, name, .. }: Remembered) -> Self {
        Self { room, name, resume: Some(resume) }
    }
}

/// A wish, and whether its call hides the own address.
#[derive(Debug)]
struct Intent {
    wish: Wish,
    hides_address: bool,
}

/// The session of one participant.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The host of the page, with a port unless that is the usual one.
    host: String,
    /// The browser lacks something that calls need.
    unsupported: bool,
    /// A seat of a former page, for when the person goes to its room.
    held: Option<HeldSeat>,
    wish: Option<Wish>,
    /// No other tab of this browser is in that room, so the page may join.
    holds: bool,
    /// The wish that was refused because of another tab.
    refused: Option<Intent>,
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

    /// What the others in that room are told of this page, which sends these sources.
    pub(super) fn presence(&self, sends: SourceSet) -> Presence {
        Presence { name: self.wish.as_ref().and_then(|wish| wish.name.clone()), sends }
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
        let fresh = vec![Output::OpenSocket, Output::Start(loaded.granted)];
        let Some(remembered) = loaded.remembered else { return fresh };
        let [hides, restores] = [Output::HideIf(remembered.hides_address), Output::Restore(remembered.off)];
        match &self.wish {
            None if loaded.returning => {
                let mut outputs = vec![Output::OpenSocket, hides, restores];
                outputs.extend(self.set_out(remembered.into(), false));
                outputs
            }
            None => {
                let Remembered { room, resume, .. } = remembered;
                self.held = Some(HeldSeat { room, resume });
                fresh
            }
            // CONNECT was pressed already, for that room and no other.
            Some(wish) if !self.seated && wish.resume.is_none() && wish.room == remembered.room => {
                self.wish = Some(remembered.into());
                vec![Output::OpenSocket, hides, restores, Output::Start(SourceSet::DEVICES)]
            }
            Some(_) => fresh,
        }
    }

    /// Sets out for the room that was typed, if the session has none.
    pub(super) fn connect(&mut self, room: &str, name: &str) -> Vec<Output> {
        if self.wish.is_some() {
            return vec![];
        }
        match self.typed(room, name) {
            Ok(intent) => self.follow(intent, false),
            Err(notice) => vec![Output::Say(notice)],
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
                self.refused = self.wish.take().map(|wish| Intent { wish, hides_address });
                vec![Output::EndPrivacy, Output::Say(Notice::InOtherTab)]
            }
            Hold::Granted(seat) => {
                self.holds = true;
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
        let Hold::Granted(seat) = hold else { return vec![] };
        if let Some(Remembered { room, resume, .. }) = seat {
            self.held = Some(HeldSeat { room, resume });
        }
        if self.wish.is_none() { vec![Output::Do(Command::LetGo(None))] } else { vec![] }
    }

    /// Changes whether the refused call hides the own address.
    pub(super) fn hide_refused(&mut self, hides_address: bool) {
        if let Some(refused) = &mut self.refused {
            refused.hides_address = hides_address;
        }
    }

    /// The join, if the page may send it.
    pub(super) fn join(&self) -> Option<ClientMsg> {
        let Wish { room, name, resume } = self.wish.as_ref().filter(|_| self.holds)?;
        Some(ClientMsg::Join {
            room: room.clone(),
            name: name.clone(),
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
    pub(super) fn remembered(&self, off: SourceSet, hides_address: bool) -> Option<Remembered> {
        let Wish { room, name, resume } = self.wish.as_ref().filter(|_| self.seated)?;
        Some(Remembered {
            room: room.clone(),
            resume: resume.clone()?,
            name: name.clone(),
            off,
            hides_address,
        })
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
            _ => None,
        };
        match last_word {
            Some(notice) if self.wish.is_some() => {
                vec![Output::CloseSocket, Output::GoHome, Output::Say(notice)]
            }
            _ if self.phase() == Phase::Joining => vec![Output::Say(Notice::Unreachable)],
            _ => vec![],
        }
    }

    /// Takes the answer that the room is full. A server that has lost its memory keeps seats for those who are in
    /// this very call: while media flows nothing is over, and in the end the seats are free.
    pub(super) fn full(&mut self, room: &RoomId, media_flows: bool) -> Vec<Output> {
        match self.phase() {
            _ if self.room() != Some(room) => vec![],
            Phase::InCall if media_flows => vec![Output::AskAgain],
            Phase::InCall => vec![Output::Say(Notice::RoomFull), Output::GoHome],
            // From the first screen the preview stays for the next try.
            Phase::Joining | Phase::Home => {
                self.end();
                vec![
                    Output::Say(Notice::RoomFull),
                    Output::EndPrivacy,
                    Output::Do(Command::Remember(None)),
                    Output::Do(Command::LetGo(None)),
                ]
            }
        }
    }

    /// Leaves at the person's wish; `answered` says that the join was.
    pub(super) fn leave(&mut self, answered: bool) -> Vec<Output> {
        let Some(Wish { room, resume, .. }) = self.wish.take() else { return vec![] };
        let mut outputs = vec![if self.seated { Output::Say(Notice::Left) } else { Output::Unsay }];
        outputs.extend(resume.map(|resume| Output::Owe(HeldSeat { room, resume })));
        // The answer to a join may be under way, and must not be taken for the answer to the next one.
        outputs.extend([Output::GoHome, if answered { Output::SendLeave } else { Output::ReplaceSocket }]);
        outputs
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

    /// Reads the texts as typed; the error is the notice to show.
    fn typed(&mut self, room: &str, name: &str) -> Result<Intent, Notice> {
        if self.unsupported {
            return Err(Notice::Unsupported);
        }
        let room = RoomId::from_pasted(room, &self.host).map_err(|error| match error {
            RoomIdError::Empty => Notice::EmptyRoom,
            RoomIdError::TooLong | RoomIdError::BadCharacter => Notice::BadRoom,
            RoomIdError::Elsewhere(host) => Notice::OtherServer(host),
        })?;
        let name = match name.trim() {
            "" => None,
            name => Some(DisplayName::try_from(name.to_owned()).map_err(|_| Notice::BadName)?),
        };
        // The token of a refused wish is still this page's own.
        let refused = self.refused.take().filter(|refused| refused.wish.room == room);
        let hides_address = refused.as_ref().is_some_and(|refused| refused.hides_address);
        let held = self.held.take().filter(|held| held.room == room).map(|held| held.resume);
        let resume = held.or_else(|| refused?.wish.resume);
        Ok(Intent { wish: Wish { room, name, resume }, hides_address })
    }

    fn follow(&mut self, intent: Intent, take: bool) -> Vec<Output> {
        let mut outputs = vec![Output::HideIf(intent.hides_address)];
        outputs.extend(self.set_out(intent.wish, take));
        outputs
    }

    /// Sets out for a room; the join follows when no other tab is in it.
    fn set_out(&mut self, wish: Wish, take: bool) -> [Output; 4] {
        let hold = Command::HoldRoom { room: wish.room.clone(), take };
        self.wish = Some(wish);
        self.holds = false;
        [Output::Unsay, Output::Do(hold), Output::OpenSocket, Output::SayIfUnreachable]
    }
}
