//! The text that several write: the one place, with `decoder`, that names the crate which merges it.
//!
//! Nothing reaches that crate that is not an own edit or has not passed [`update::check`].

use yrs::updates::decoder::Decode;
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact, Update,
    WriteTxn,
};

use super::decoder::PlainDecoder;
use super::splice::{Splice, units};
use super::update::{self, MOST_BLOCKS, MOST_CLOCK};
use crate::protocol::notes::{MAX_NOTES_CLIENTS, MAX_NOTES_UNITS, NotesState};

/// The name of the text in the document.
const ROOT: &str = "n";
/// Most UTF-16 code units of the text that pages together make; beyond it nothing is merged.
pub(super) const MOST_UNITS: usize = 2 * MAX_NOTES_UNITS;

/// The document of one page load.
pub(super) struct Document {
    doc: Doc,
    text: TextRef,
    client: u64,
    shown: String,
    state: NotesState,
    /// Blocks at most: those that were joined are not counted off before it matters.
    blocks: usize,
}

impl Document {
    /// An empty one, of a client that no other page load has.
    pub(super) fn new(client: u64) -> Option<Self> {
        let doc = Doc::with_options(Options {
            client_id: ClientID::new(client),
            guid: ROOT.into(),
            collection_id: None,
            offset_kind: OffsetKind::Utf16,
            skip_gc: false,
            auto_load: false,
            should_load: true,
            cleanup_formatting: false,
        });
        let text = doc.try_transact_mut().ok()?.get_or_insert_text(ROOT);
        Some(Self { doc, text, client, shown: String::new(), state: NotesState::default(), blocks: 0 })
    }

    /// One with all that another has.
    fn holding(client: u64, all: &[u8]) -> Option<Self> {
        let mut document = Self::new(client)?;
        document.apply(all)?;
        document.grown(MOST_BLOCKS);
        document.look();
        Some(document)
    }

    /// Goes on as another client.
    pub(super) fn renew(&mut self, client: u64) {
        if let Some(document) = Self::holding(client, &self.since(&NotesState::default())) {
            *self = document;
        }
    }

    /// How much there is that was written under the name of this page.
    pub(super) fn own_clock(&self) -> u32 {
        self.state.clock(self.client)
    }

    pub(super) fn text(&self) -> &str {
        &self.shown
    }

    /// What there is of each client.
    pub(super) fn state(&self) -> &NotesState {
        &self.state
    }

    /// Whether there is no room for more of the person's.
    pub(super) fn is_full(&self) -> bool {
        units(&self.shown) as usize >= MAX_NOTES_UNITS || !self.is_open()
    }

    /// Whether there may be another block of this page, and this page among the clients.
    fn is_open(&self) -> bool {
        let is_client = self.own_clock() > 0;
        self.blocks <= MOST_BLOCKS / 2 && (is_client || self.state.clients.len() < MAX_NOTES_CLIENTS)
    }

    /// All that somebody lacks who has this, and all that is deleted.
    pub(super) fn since(&self, known: &NotesState) -> Vec<u8> {
        let mut state = StateVector::default();
        known.clients.iter().for_each(|(client, clock)| state.set_max(ClientID::new(*client), *clock));
        self.doc.try_transact().map(|transaction| transaction.encode_diff_v1(&state)).unwrap_or_default()
    }

    /// Edits the text as far as there is room; returns the update for who has all that was there before.
    pub(super) fn edit(&mut self, splice: &Splice) -> Option<Vec<u8>> {
        let length = units(&self.shown);
        let at = splice.at.min(length);
        let removed = splice.removed.min(length - at);
        let room = MAX_NOTES_UNITS.saturating_sub((length - removed) as usize);
        let inserted = self.admitted(&splice.inserted, room);
        if removed == 0 && inserted.is_empty() {
            return None;
        }
        // What is taken out divides two blocks at most, and what is put in another.
        self.change(4, |document| {
            let mut transaction = document.doc.try_transact_mut().ok()?;
            if removed > 0 {
                document.text.remove_range(&mut transaction, at, removed);
            }
            if !inserted.is_empty() {
                document.text.insert(&mut transaction, at, &inserted);
            }
            Some(transaction.encode_update_v1())
        })
    }

    /// The part of a text that there is room for.
    fn admitted(&self, text: &str, room: usize) -> String {
        if !self.is_open() {
            return String::new();
        }
        let mut left = room.min(MOST_CLOCK.saturating_sub(self.own_clock()) as usize);
        let fits = |c: &char| {
            let rest = left.checked_sub(c.len_utf16());
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        text.chars().filter(|c| *c != '\r').take_while(fits).collect()
    }

    /// Merges an update; returns up to where its sender has each client of it, or `None` if it is refused. It has changed
    /// nothing then, unless the crate has failed in the midst of it.
    pub(super) fn merge(&mut self, update: &[u8]) -> Option<Vec<(u64, u32)>> {
        let known = |client| self.state.clock(client);
        let added = update::check(update, ROOT, &known)?;
        if self.blocks + added.blocks > MOST_BLOCKS
            || units(&self.shown) as usize + added.units > MOST_UNITS
            || self.state.clients.len() + added.clients > MAX_NOTES_CLIENTS
        {
            return None;
        }
        if added.blocks == 0 && added.deleted == 0 {
            return Some(added.ends);
        }
        // Each may divide another, and so may each range that is deleted at both ends.
        self.change(3 * added.blocks + 2 * added.deleted, |document| document.apply(update))?;
        Some(added.ends)
    }

    fn apply(&self, update: &[u8]) -> Option<()> {
        let update = Update::decode(&mut PlainDecoder::new(update)).ok()?;
        self.doc.try_transact_mut().ok()?.apply_update(update).ok()
    }

    /// Makes a change that adds so many blocks at most. It is taken back if there are too many then, for such a document
    /// nobody reads.
    fn change<T>(&mut self, blocks: usize, change: impl FnOnce(&Self) -> Option<T>) -> Option<T> {
        let is_risky = self.blocks + blocks > MOST_BLOCKS;
        let before = is_risky.then(|| self.since(&NotesState::default()));
        let mut changed = change(self);
        self.grown(blocks);
        if self.blocks > MOST_BLOCKS {
            changed = None;
            if let Some(old) = before.and_then(|all| Self::holding(self.client, &all)) {
                *self = old;
            }
        }
        self.look();
        changed
    }

    /// Adds so many blocks at most, and counts them where that makes a difference.
    fn grown(&mut self, blocks: usize) {
        self.blocks += blocks;
        if self.blocks > MOST_BLOCKS / 2 {
            let all = self.since(&NotesState::default());
            let all = update::check(&all, ROOT, &|_| 0);
            self.blocks = all.map_or(MOST_BLOCKS + 1, |all| all.blocks);
        }
    }

    /// Reads the text and the state anew.
    fn look(&mut self) {
        let Ok(transaction) = self.doc.try_transact() else { return };
        self.shown = self.text.get_string(&transaction);
        let known = transaction.state_vector();
        let mut clients: Vec<_> = known.iter().map(|(client, clock)| (client.get(), *clock)).collect();
        clients.sort_unstable();
        self.state = NotesState { deleted: update::digest(&transaction.encode_diff_v1(&known)), clients };
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Document").field("text", &self.shown).finish_non_exhaustive()
    }
}
