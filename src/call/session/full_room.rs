//! The full room: the wait for a seat in it.

use super::Session;
use super::wish::Intent;
use crate::call::api::command::Command;
use crate::call::api::seal::Lock;
use crate::call::api::view::{Notice, Phase};
use crate::call::output::Output;
use crate::protocol::{RoomId, SourceSet};

impl Session {
    /// Takes the answer that the room is full, and asks to be told of a seat. A server that has lost its memory keeps
    /// seats for those who are in this very call: while media flows nothing is over, and in the end the seats are free.
    pub(in crate::call) fn full(
        &mut self,
        room: &RoomId,
        media_flows: bool,
        hides_address: bool,
        (off, lock): (SourceSet, Lock),
    ) -> Vec<Output> {
        let in_call = self.phase() == Phase::InCall;
        if in_call && media_flows && self.room() == Some(room) {
            return vec![Output::AskAgain];
        }
        let Some(mut wish) = self.wish.take_if(|wish| wish.room == *room) else { return self.not_listed() };
        wish.lock = if in_call { Some(lock) } else { wish.lock };
        // The devices of the first screen stay as they are.
        let off = if in_call { off } else { SourceSet::NONE };
        self.standby.begin(Intent::anew(wish, hides_address, off));
        let mut outputs = vec![Output::Say(Notice::RoomFull)];
        if in_call {
            outputs.push(Output::GoHome);
        } else {
            // From the first screen the preview stays for the next try.
            self.end();
            let forget = [Command::Remember(None), Command::LetGo(None)];
            outputs.extend([Output::EndPrivacy].into_iter().chain(forget.map(Output::Do)));
        }
        outputs.push(Output::Join);
        outputs
    }

    /// Takes the server's word that it tells of a seat, or declines: the person may not wait any more.
    pub(in crate::call) fn listed(&mut self, room: &RoomId) -> Vec<Output> {
        match self.standby.listed(room) {
            true => vec![Output::Say(Notice::WaitingForSeat)],
            // A join that is under way ends the wait by itself, and a leave would meet the new seat.
            false if self.wish.is_some() => vec![],
            false => vec![Output::StandDown],
        }
    }

    /// Takes it that the server does not tell of a seat.
    pub(in crate::call) fn not_listed(&mut self) -> Vec<Output> {
        if self.standby.refused() { vec![Output::Say(Notice::RoomFull)] } else { vec![] }
    }

    /// Takes the news that a seat is free.
    pub(in crate::call) fn seat_free(&mut self, room: &RoomId) -> Vec<Output> {
        if self.standby.told(room) { vec![Output::Say(Notice::SeatFree)] } else { vec![] }
    }

    /// Sets out for the room that was full.
    pub(in crate::call) fn take_seat(&mut self) -> Vec<Output> {
        match self.standby.end().filter(|_| self.wish.is_none()) {
            Some(intent) => self.follow(intent, false),
            None => vec![],
        }
    }

    /// Takes it that a notice was read; with the one about the full room the wait is given up.
    pub(in crate::call) fn read(&mut self, notice: Option<&Notice>) -> Vec<Output> {
        let is_wait = matches!(notice, Some(Notice::RoomFull | Notice::WaitingForSeat | Notice::SeatFree));
        let gives_up = is_wait && self.standby.end().is_some();
        [Output::Read].into_iter().chain(gives_up.then_some(Output::StandDown)).collect()
    }
}
