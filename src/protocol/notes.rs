//! Messages from page to page about the shared notes, over a data channel of their own; the server never sees them.
//!
//! The first byte of a message is its kind; other kinds are ignored. Numbers are big-endian:
//! ```text
//! state     1, digest u64 of what is deleted, then for each client: client u64, clock u32
//! part      2, bytes of an update that goes on in the next message
//! last      3, the rest of the update
//! ```
//! An update is in the first version of the encoding of Yjs, as the crate `yrs` has it. A `state` says what the sender
//! has, and asks for what it lacks of it; it is told when the channel opens and after changes.

/// Label of the notes' data channel.
pub const NOTES_CHANNEL_LABEL: &str = "notes";
/// Id of the notes' data channel, which both sides open by themselves (W3C WebRTC 1.0, section 6.2, `negotiated`).
pub const NOTES_CHANNEL_ID: u16 = 2;
/// Largest message of the channel, in bytes: what a peer takes that names no `max-message-size` (RFC 8841, section 6.1).
pub const MAX_NOTES_BYTES: usize = 64 * 1024;
/// Most bytes of an update in a message that a page sends; see [`CHUNK_BYTES`](super::files::CHUNK_BYTES).
pub const NOTES_PART_BYTES: usize = 16 * 1024;
/// Largest update, in bytes.
pub const MAX_UPDATE_BYTES: usize = 2 * 1024 * 1024;
/// Most UTF-16 code units that a person makes the notes. Several at once may go beyond it.
pub const MAX_NOTES_UNITS: usize = 100_000;
/// Most clients of a document; each page load of each person is one.
pub const MAX_NOTES_CLIENTS: usize = 512;
/// Largest client id: a number that JavaScript has exactly.
pub const MAX_NOTES_CLIENT: u64 = (1 << 53) - 1;

/// The state of somebody who has nothing, for who does not read the others.
pub const EMPTY_STATE_MESSAGE: &[u8] = &[STATE, 0, 0, 0, 0, 0, 0, 0, 0];

const STATE: u8 = 1;
const PART: u8 = 2;
const LAST: u8 = 3;

/// How much of each client's writing a page has, and a digest of what is deleted of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotesState {
    /// A digest of all that is deleted; zero if nothing is.
    pub deleted: u64,
    /// The clients in ascending order, each with the number of its UTF-16 code units.
    pub clients: Vec<(u64, u32)>,
}

/// A message of the notes' channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotesFrame<'a> {
    /// What the sender has.
    State(NotesState),
    /// Bytes of an update.
    Part {
        /// The bytes.
        bytes: &'a [u8],
        /// They are the last.
        is_last: bool,
    },
    /// Of a kind that only newer pages know.
    Unknown,
}

impl NotesState {
    /// The message.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = vec![STATE];
        bytes.extend(self.deleted.to_be_bytes());
        for (client, clock) in &self.clients {
            bytes.extend(client.to_be_bytes());
            bytes.extend(clock.to_be_bytes());
        }
        bytes
    }

    /// How much there is of a client.
    pub fn clock(&self, client: u64) -> u32 {
        let found = self.clients.binary_search_by_key(&client, |(client, _)| *client);
        found.ok().and_then(|index| self.clients.get(index)).map_or(0, |(_, clock)| *clock)
    }

    /// Adds that there is so much of a client.
    pub fn raise(&mut self, client: u64, clock: u32) {
        match self.clients.binary_search_by_key(&client, |(client, _)| *client) {
            Ok(index) => {
                self.clients.get_mut(index).into_iter().for_each(|(_, known)| *known = clock.max(*known))
            }
            Err(index) => self.clients.insert(index, (client, clock)),
        }
    }

    /// Whether it has all of what another has written.
    pub fn covers(&self, other: &Self) -> bool {
        other.clients.iter().all(|(client, clock)| self.clock(*client) >= *clock)
    }

    fn read(rest: &[u8]) -> Option<Self> {
        let (deleted, mut rest) = rest.split_first_chunk()?;
        let mut state = Self { deleted: u64::from_be_bytes(*deleted), clients: vec![] };
        while !rest.is_empty() {
            let (client, behind) = rest.split_first_chunk()?;
            let (clock, behind) = behind.split_first_chunk()?;
            let client = u64::from_be_bytes(*client);
            let is_next = state.clients.last().is_none_or(|(last, _)| *last < client);
            if !is_next || client > MAX_NOTES_CLIENT || state.clients.len() == MAX_NOTES_CLIENTS {
                return None;
            }
            state.clients.push((client, u32::from_be_bytes(*clock)));
            rest = behind;
        }
        Some(state)
    }
}

impl<'a> NotesFrame<'a> {
    /// Reads a message; `None` if it is too large or unreadable.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first().filter(|_| bytes.len() <= MAX_NOTES_BYTES)?;
        match kind {
            STATE => NotesState::read(rest).map(Self::State),
            PART | LAST => Some(Self::Part { bytes: rest, is_last: kind == LAST }),
            _ => Some(Self::Unknown),
        }
    }

    /// The messages of an update.
    pub fn write_update(update: &[u8]) -> Vec<Vec<u8>> {
        let parts = update.chunks(NOTES_PART_BYTES);
        let last = parts.len().saturating_sub(1);
        let message = |(index, part): (usize, &[u8])| {
            let mut message = vec![if index == last { LAST } else { PART }];
            message.extend_from_slice(part);
            message
        };
        parts.enumerate().map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        for clients in [vec![], vec![(0, 1)], vec![(5, 7), (MAX_NOTES_CLIENT, u32::MAX)]] {
            let state = NotesState { deleted: 0x0102_0304_0506_0708, clients };
            assert_eq!(NotesFrame::read(&state.write()), Some(NotesFrame::State(state)));
        }
        let empty = NotesState::default();
        assert_eq!(empty.write(), EMPTY_STATE_MESSAGE);
    }

    #[test]
    fn states_that_no_page_sends_are_unreadable() {
        let state = |clients: &[(u64, u32)]| NotesState { deleted: 0, clients: clients.to_vec() }.write();
        let many: Vec<_> = (0..=MAX_NOTES_CLIENTS as u64).map(|client| (client, 1)).collect();
        for bytes in [
            vec![],
            vec![STATE],
            state(&[(5, 1), (5, 2)]),
            state(&[(6, 1), (5, 2)]),
            state(&[(MAX_NOTES_CLIENT + 1, 1)]),
            state(&many),
            [state(&[(5, 1)]), vec![0]].concat(),
            vec![LAST; MAX_NOTES_BYTES + 1],
        ] {
            assert_eq!(NotesFrame::read(&bytes), None, "{} bytes", bytes.len());
        }
        assert_eq!(NotesFrame::read(&state(&many[1..])).map(|_| ()), Some(()));
        assert_eq!(NotesFrame::read(&[9, 9]), Some(NotesFrame::Unknown));
    }

    #[test]
    fn an_update_goes_in_parts_of_which_the_last_says_so() {
        let update: Vec<u8> = (0..2 * NOTES_PART_BYTES + 1).map(|index| index as u8).collect();
        let mut whole = vec![];
        let messages = NotesFrame::write_update(&update);
        for (index, message) in messages.iter().enumerate() {
            let Some(NotesFrame::Part { bytes, is_last }) = NotesFrame::read(message) else {
                panic!("no part")
            };
            assert_eq!(is_last, index == 2);
            whole.extend_from_slice(bytes);
        }
        assert_eq!((messages.len(), whole), (3, update));
    }

    #[test]
    fn a_state_covers_what_is_not_more() {
        let state = |clients: &[(u64, u32)]| NotesState { deleted: 0, clients: clients.to_vec() };
        let own = state(&[(3, 5), (9, 2)]);
        for (other, expected) in [
            (state(&[]), true),
            (state(&[(3, 5)]), true),
            (state(&[(3, 6)]), false),
            (state(&[(4, 1)]), false),
            (state(&[(3, 1), (9, 2)]), true),
        ] {
            assert_eq!(own.covers(&other), expected, "{other:?}");
        }
    }
}
