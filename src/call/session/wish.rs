//! The wish of a person: a room to be in, and how.

use crate::call::api::event::Remembered;
use crate::call::api::seal::Lock;
use crate::call::api::view::Mistake;
use crate::protocol::{DisplayName, RoomId, RoomIdError, SeatToken, Secret, SourceSet};

/// The room that the person wants to be in.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) room: RoomId,
    pub(super) name: Option<DisplayName>,
    /// The secret of the link that was pasted.
    pub(super) secret: Option<Secret>,
    /// The lock with which the call begins; not known before the page's keys are.
    pub(super) lock: Option<Lock>,
    /// The lock, and the secret, of the seat that is held.
    pub(super) kept: Option<(Lock, Option<Secret>)>,
    /// Proof of a seat held before, in this call or before a reload.
    pub(super) resume: Option<SeatToken>,
}

impl Wish {
    /// Reads the texts as typed, or a pasted link, into the page of `host`.
    pub(super) fn typed(room: &str, name: &str, host: &str) -> Result<Self, Mistake> {
        let secret = Secret::of_link(room);
        let room = RoomId::from_pasted(room, host).map_err(|error| match error {
            RoomIdError::Empty => Mistake::EmptyRoom,
            RoomIdError::TooLong | RoomIdError::BadCharacter => Mistake::BadRoom,
            RoomIdError::Elsewhere(host) => Mistake::OtherServer(host),
        })?;
        let name = match name.trim() {
            "" => None,
            name => Some(DisplayName::try_from(name.to_owned()).map_err(|_| Mistake::BadName)?),
        };
        let lock = secret.is_some().then_some(Lock::Locked);
        Ok(Self { room, name, secret, lock, kept: None, resume: None })
    }

    /// Another page's way to go on with the seat, if there is one.
    pub(super) fn remembered(&self, off: SourceSet, hides_address: bool, lock: Lock) -> Option<Remembered> {
        Some(Remembered {
            room: self.room.clone(),
            resume: self.resume.clone()?,
            name: self.name.clone(),
            off,
            hides_address,
            secret: self.secret.clone(),
            lock,
        })
    }
}

impl From<Remembered> for Wish {
    fn from(Remembered { room, resume, name, secret, lock, .. }: Remembered) -> Self {
        Self { room, name, secret, lock: Some(lock), kept: None, resume: Some(resume) }
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
