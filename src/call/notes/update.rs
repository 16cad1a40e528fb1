//! The gate before the document: which updates of peers are merged.
//!
//! An update is in the first version of the encoding of Yjs. The crate that merges it expects pages that follow the
//! rules: of one that does not it panics, or walks in a circle for ever. So only such updates pass as an honest page
//! makes of a page of plain text: each client's blocks without a gap, each a text or what was deleted of one, each beside
//! blocks that are known, in numbers of their shortest form. What passes leaves nothing pending.
//! ```text
//! update       count, clients, then the deleted
//! client       count of blocks, client, clock, blocks
//! block        flags, left id?, right id?, parent (of one without ids), content
//! deleted      count, clients: client, count of ranges, ranges: clock, length
//! ```

use std::collections::BTreeMap;

use crate::protocol::notes::{MAX_NOTES_CLIENT, MAX_NOTES_CLIENTS};

/// Most blocks of a document. Where two clients have written half of them at one place, each of the one is looked at for
/// each of the other.
pub(super) const MOST_BLOCKS: usize = 10_000;
/// Most UTF-16 code units that one client ever writes, what was deleted again included.
pub(super) const MOST_CLOCK: u32 = 4_000_000;

const LEFT: u8 = 0x80;
const RIGHT: u8 = 0x40;
const KIND: u8 = 0x3f;
const DELETED: u8 = 1;
const STRING: u8 = 4;
/// The parent is told by name.
const BY_NAME: u32 = 1;

/// A place in what a client has written: the client, and the number of UTF-16 code units before it.
type Id = (u64, u32);
/// How much is known of a client.
type Known<'a> = &'a dyn Fn(u64) -> u32;

/// What an update adds to what is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    /// UTF-16 code units of text.
    pub(super) units: usize,
    /// Blocks.
    pub(super) blocks: usize,
    /// Clients of whom nothing was known.
    pub(super) clients: usize,
    /// Ranges of what is deleted, known or not.
    pub(super) deleted: usize,
    /// Up to where each client of it goes.
    pub(super) ends: Vec<(u64, u32)>,
}

/// The blocks of one client in an update.
struct Run {
    client: u64,
    /// Where it stands: what is before is known.
    clock: u32,
    next: usize,
    blocks: Vec<Block>,
}

struct Block {
    end: u32,
    beside: [Option<Id>; 2],
}

/// Reads an update for a document of which `known` says how much it has of a client; `root` is the name of the text.
/// None, if it is not to be merged.
pub(super) fn check(bytes: &[u8], root: &str, known: Known<'_>) -> Option<Added> {
    let mut reader = Reader(bytes);
    let mut added = Added::default();
    let count = reader.count(MAX_NOTES_CLIENTS)?;
    let mut runs: Vec<Run> = Vec::new();
    let mut blocks = 0;
    for _ in 0..count {
        let run = reader.run(root, known, &mut added)?;
        blocks += run.blocks.len();
        let end = run.blocks.last().map_or(run.clock, |block| block.end);
        let is_twice = runs.iter().any(|before| before.client == run.client);
        if is_twice || blocks > MOST_BLOCKS {
            return None;
        }
        added.clients += usize::from(known(run.client) == 0);
        added.ends.push((run.client, end));
        runs.push(run);
    }
    if !follows(&mut runs, known) {
        return None;
    }
    let there = |client| {
        let run = runs.iter().find(|run| run.client == client);
        run.map_or(0, |run| run.clock).max(known(client))
    };
    let deleted = reader.deleted()?;
    added.deleted = deleted.len();
    let are_known = deleted.iter().all(|(client, _, end)| *end <= there(*client));
    (are_known && reader.0.is_empty()).then_some(added)
}

/// Whether all blocks can be put in, each beside what is there by then. A run that waits for another is looked at again
/// when that has come so far.
fn follows(runs: &mut [Run], known: Known<'_>) -> bool {
    let places: BTreeMap<_, _> = runs.iter().enumerate().map(|(index, run)| (run.client, index)).collect();
    let mut waiting: Vec<Vec<(u32, usize)>> = runs.iter().map(|_| vec![]).collect();
    let mut next: Vec<_> = (0..runs.len()).collect();
    while let Some(index) = next.pop() {
        let missing = loop {
            let Some(block) = runs.get(index).and_then(|run| run.blocks.get(run.next)) else { break None };
            let reached = |client: u64| places.get(&client).and_then(|place| runs.get(*place));
            let is_missing = |(client, clock): &Id| {
                *clock >= reached(*client).map_or(0, |run| run.clock).max(known(*client))
            };
            if let Some(missing) = block.beside.into_iter().flatten().find(is_missing) {
                break Some(missing);
            }
            let end = block.end;
            if let Some(run) = runs.get_mut(index) {
                (run.clock, run.next) = (end, run.next + 1);
            }
        };
        if let Some((client, clock)) = missing {
            let waits = places.get(&client).and_then(|place| waiting.get_mut(*place));
            let Some(waits) = waits else { return false };
            waits.push((clock, index));
        }
        let clock = runs.get(index).map_or(0, |run| run.clock);
        if let Some(waits) = waiting.get_mut(index) {
            next.extend(waits.extract_if(.., |(needed, _)| *needed < clock).map(|(_, waits)| waits));
        }
    }
    runs.iter().all(|run| run.next == run.blocks.len())
}

/// The bytes that are still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A number, low groups of seven bits first; only its shortest form is read.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for group in 0..8 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * group);
            if byte < 0x80 {
                return (group == 0 || byte > 0).then_some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn count(&mut self, most: usize) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= most)
    }

    fn client(&mut self) -> Option<u64> {
        self.number().filter(|client| *client <= MAX_NOTES_CLIENT)
    }

    fn id(&mut self) -> Option<Id> {
        Some((self.client()?, self.small()?))
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        // A field has no line ends of two characters; places in its text would be others.
        str::from_utf8(text).ok().filter(|text| !text.contains('\r'))
    }

    fn run(&mut self, root: &str, known: Known<'_>, added: &mut Added) -> Option<Run> {
        let count = self.count(MOST_BLOCKS)?;
        let client = self.client()?;
        let known = known(client);
        let mut end = self.small().filter(|clock| count > 0 && *clock <= known)?;
        let mut run = Run { client, clock: end, next: 0, blocks: Vec::new() };
        for _ in 0..count {
            let start = end;
            let block = self.block(root, &mut end, known, added)?;
            added.blocks += usize::from(end > known);
            let is_before = |id: &Id| id.0 != client || id.1 < start;
            if end > MOST_CLOCK || !block.beside.iter().flatten().all(is_before) {
                return None;
            }
            run.blocks.push(block);
        }
        Some(run)
    }

    fn block(&mut self, root: &str, end: &mut u32, known: u32, added: &mut Added) -> Option<Block> {
        let flags = self.byte()?;
        let left = if flags & LEFT == 0 { None } else { Some(self.id()?) };
        let right = if flags & RIGHT == 0 { None } else { Some(self.id()?) };
        if left.is_none() && right.is_none() && (self.small()? != BY_NAME || self.text()? != root) {
            return None;
        }
        let start = *end;
        let length = match flags & KIND {
            DELETED => self.small()?,
            STRING => {
                let units = self.text()?.encode_utf16().count();
                let length = u32::try_from(units).ok()?;
                let new = start.checked_add(length)?.saturating_sub(known.max(start));
                added.units += usize::try_from(new).ok()?;
                length
            }
            _ => return None,
        };
        *end = start.checked_add(length).filter(|end| *end > start)?;
        Some(Block { end: *end, beside: [left, right] })
    }

    /// Reads what is deleted: ranges by client, each from where to where.
    fn deleted(&mut self) -> Option<Vec<(u64, u32, u32)>> {
        let mut all: Vec<(u64, u32, u32)> = Vec::new();
        for _ in 0..self.count(MAX_NOTES_CLIENTS)? {
            let client = self.client()?;
            if all.iter().any(|(before, ..)| *before == client) {
                return None;
            }
            let mut after = 0;
            let most = MOST_BLOCKS.saturating_sub(all.len());
            for _ in 0..self.count(most).filter(|count| *count > 0)? {
                let (clock, length) = (self.small()?, self.small()?);
                let end = clock.checked_add(length).filter(|end| *end > clock && clock >= after)?;
                all.push((client, clock, end));
                after = end;
            }
        }
        Some(all)
    }
}

/// A digest of what an update without blocks says is deleted; zero if nothing is. Pages compare it with each other, and
/// none gains by a lie.
pub(super) fn digest(update: &[u8]) -> u64 {
    let mut reader = Reader(update);
    let deleted = reader.count(0).and_then(|_| reader.deleted());
    let mut deleted = deleted.unwrap_or_default();
    deleted.sort_unstable();
    deleted.dedup_by(|next, before| {
        let goes_on = before.0 == next.0 && before.2 == next.1;
        if goes_on {
            before.2 = next.2;
        }
        goes_on
    });
    // In the manner of FNV-1a with 64 bits, by numbers.
    let numbers = deleted.into_iter().flat_map(|(client, start, end)| [client, start.into(), end.into()]);
    numbers.fold(0, |digest: u64, number| {
        (digest.wrapping_add(0xcbf2_9ce4_8422_2325) ^ number)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(23)
    })
}
