//! What people write to each other: it arrives once and in order, and at everybody who was there and stays.

use std::collections::{BTreeMap, BTreeSet};

use parlor::call::{ChatAction, Event, UserAction};
use parlor::protocol::{ChatText, PeerId};

use super::seats::Number;
use super::world::World;

/// Somebody to whom something was written.
#[derive(Debug)]
struct Reader {
    who: usize,
    /// The seat of the one who wrote.
    from: Number,
    peer: PeerId,
}

/// A book of what was written and seen, beside the calls.
#[derive(Debug, Default)]
pub(crate) struct Book {
    count: u32,
    /// Who was there when it was written, by its text.
    written: BTreeMap<String, Vec<Reader>>,
    /// The seats with which the one who wrote had a connection until then, by the text. A server that was killed brings
    /// somebody back who had left without knowing of it, and to whom nothing is lost.
    met: BTreeMap<String, BTreeSet<Number>>,
    /// What each participant has seen, in whatever page.
    seen: BTreeMap<usize, BTreeSet<String>>,
}

impl World {
    /// A person writes to those who are there. Each text is another, and begins with its page.
    pub(super) fn write(&mut self, who: usize) {
        self.book.count += 1;
        let page = &self.pages[who];
        let text = format!("{who}.{} {:06}", page.load, self.book.count);
        let action = ChatAction::Write(ChatText::try_from(text.as_str()).unwrap());
        self.user(who, Event::User(UserAction::Chat(action)));
    }

    /// Notes who is there when a page takes what its person has written.
    pub(super) fn note_written(&mut self, who: usize, event: &Event) {
        if let Event::User(UserAction::Chat(ChatAction::Write(text))) = event {
            let ends = self.pages[who].connections.values().map(|(_, id)| &self.connections.all[id].ends);
            let there =
                ends.map(|ends| Reader { who: ends.other, from: ends.own, peer: ends.peer }).collect();
            self.book.written.insert(text.as_str().to_owned(), there);
            let seat = self.pages[who].seat;
            let all = self.connections.all.values().map(|connection| &connection.ends);
            let own = all.filter(|ends| ends.owner == who && Some(ends.own) == seat);
            let met = own.map(|ends| (ends.own.0, ends.peer)).collect();
            self.book.met.insert(text.as_str().to_owned(), met);
        }
    }

    /// After everything that happened to a page: of each other page it shows rising numbers.
    pub(super) fn check_chat(&mut self, who: usize) {
        let view = self.pages[who].call.view();
        let mut last = BTreeMap::<String, String>::new();
        for message in &view.chat.messages {
            let text = message.text.as_str().to_owned();
            let by = text.split(' ').next().unwrap().to_owned();
            let before = last.insert(by, text.clone());
            assert!(
                before.is_none_or(|before| before < text),
                "{who} sees a message twice or too late: {text}"
            );
            if message.from.is_some() {
                let meant = self.book.written[&text].iter().any(|reader| reader.who == who);
                let has_met = self.pages[who].seat.is_some_and(|seat| self.book.met[&text].contains(&seat));
                assert!(meant || has_met, "{who} sees what was written before it came: {text}");
                self.book.seen.entry(who).or_default().insert(text);
            }
        }
    }

    /// Once nothing happens any more, everybody who is still there has what was written to them.
    pub(super) fn check_written(&self, who: usize) {
        let page = &self.pages[who];
        for message in page.call.view().chat.messages.iter().filter(|message| message.from.is_none()) {
            let text = message.text.as_str();
            let has =
                |reader: &Reader| self.book.seen.get(&reader.who).is_some_and(|seen| seen.contains(text));
            let there = &self.book.written[text];
            let anybody_has = self.book.seen.values().any(|seen| seen.contains(text));
            assert!(!message.has_arrived || anybody_has, "{who}: nobody has {text}");
            for reader in there {
                let Some((_, id)) = page.connections.get(&reader.peer) else { continue };
                // A server that has forgotten them gives both other seats, as to people who come anew.
                if self.connections.all[id].ends.own == reader.from
                    && self.connections.both_have_channels(*id)
                {
                    let is_unsent = message.unsent.iter().any(|unsent| unsent.peer == Some(reader.peer));
                    assert!(has(reader) && !is_unsent, "{} lacks {text}: {message:?}", reader.who);
                }
            }
        }
    }
}
