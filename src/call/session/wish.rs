//! The wish of a person: a room to be in, and how.

use crate::call::api::event::Remembered;
use crate::call::api::seal::Lock;
use crate::call::api::view::Mistake;
use crate::protocol::credential::asks_for_word;
use crate::protocol::{Credential, DisplayName, RoomId, RoomIdError, SeatToken, Secret, SourceSet, Word};

/// The room that the person wants to be in.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) room: RoomId,
    pub(super) name: Option<DisplayName>,
    /// The secret of the link that was pasted, or the word that was typed.
    pub(super) credential: Option<Credential>,
    /// The lock with which the call begins; not known before the page's keys are.
    pub(super) lock: Option<Lock>,
    /// The lock, and the credential, of the seat that is held.
    pub(super) kept: Option<(Lock, Option<Credential>)>,
    /// Proof of a seat held before, in this call or before a reload.
    pub(super) resume: Option<SeatToken>,
}

impl Wish {
    /// Reads the texts as typed, or a pasted link, into the page of `host`.
    pub(super) fn typed(room: &str, name: &str, word: Option<&str>, host: &str) -> Result<Self, Mistake> {
        let of_link = Secret::of_link(room).map(Credential::Link);
        let has_word = asks_for_word(room);
        let room = RoomId::from_pasted(room, host).map_err(|error| match error {
            RoomIdError::Empty => Mistake::EmptyRoom,
            RoomIdError::TooLong | RoomIdError::BadCharacter => Mistake::BadRoom,
            RoomIdError::Elsewhere(host) => Mistake::OtherServer(host),
        })?;
        let name = match name.trim() {
            "" => None,
            name => Some(DisplayName::try_from(name.to_owned()).map_err(|_| Mistake::BadName)?),
        };
        // A link needs no word.
        let credential = match (of_link, word) {
            (Some(link), _) => Some(link),
            (None, Some(word)) => Some(Credential::Word(Word::typed(word).map_err(|_| Mistake::BadWord)?)),
            (None, None) if has_word => return Err(Mistake::WordAsked),
            (None, None) => None,
        };
        let lock = credential.is_some().then_some(Lock::Locked);
        Ok(Self { room, name, credential, lock, kept: None, resume: None })
    }

    /// Another page's way to go on with the seat, if there is one.
    pub(super) fn remembered(&self, off: SourceSet, hides_address: bool, lock: Lock) -> Option<Remembered> {
        Some(Remembered {
            room: self.room.clone(),
            resume: self.resume.clone()?,
            name: self.name.clone(),
            off,
            hides_address,
            credential: self.credential.clone(),
            lock,
        })
    }
}

impl From<Remembered> for Wish {
    fn from(Remembered { room, resume, name, credential, lock, .. }: Remembered) -> Self {
        Self { room, name, credential, lock: Some(lock), kept: None, resume: Some(resume) }
    }
}

/// A wish, and what its call begins with.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) wish: Wish,
    pub(super) hides_address: bool,
    /// Devices that were switched off, and are again, whether or not they were opened meanwhile.
    pub(super) off: SourceSet,
}

impl Intent {
    /// The wish for a new seat in the same room.
    pub(super) fn anew(wish: Wish, hides_address: bool, off: SourceSet) -> Self {
        Self { wish: Wish { resume: None, ..wish }, hides_address, off }
    }
}
