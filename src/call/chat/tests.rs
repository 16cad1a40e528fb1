use proptest::prelude::*;

use super::*;

const NOW: Duration = Duration::from_secs(100);
const ANN: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);
const PAGE: PageLoad = PageLoad(1);

fn text(text: &str) -> ChatText {
    ChatText::try_from(text).unwrap()
}

fn chat(id: u32, written: &str) -> PeerMsg {
    PeerMsg::Chat { id, text: Some(text(written)) }
}

fn shown(chat: &mut Chat) -> Arc<ChatView> {
    chat.show(&|_| None);
    chat.view()
}

/// The texts, own ones with a star.
fn texts(chat: &mut Chat) -> Vec<String> {
    let star = |message: &MessageView| if message.from.is_none() { "*" } else { "" };
    let view = shown(chat);
    view.messages.iter().map(|message| format!("{}{}", message.text.as_str(), star(message))).collect()
}

/// A page with Ann, over an open channel.
fn with_ann() -> Chat {
    let mut page = Chat::default();
    page.opened(ANN, PAGE);
    assert_eq!(page.tell(NOW, ANN, true), []);
    page
}

#[test]
fn a_message_goes_at_once_and_the_next_after_its_acknowledgement() {
    let mut page = with_ann();
    page.write(NOW, text("one"));
    page.write(NOW, text("two"));
    assert_eq!(page.tell(NOW, ANN, true), [chat(1, "one")]);
    assert_eq!(page.tell(NOW, ANN, true), []);
    assert_eq!(page.deadline(), Some(NOW + ACK_WITHIN));
    page.received(NOW, ANN, None, PeerMsg::ChatAck { id: 1 });
    assert_eq!(page.tell(NOW, ANN, true), [], "the other side reads no faster");
    let due = page.deadline().unwrap();
    assert_eq!(due, NOW + CHAT_EVERY);
    assert_eq!(page.tell(due, ANN, true), [chat(2, "two")]);
    page.received(due, ANN, None, PeerMsg::ChatAck { id: 2 });
    assert_eq!(page.deadline(), None);
    let view = shown(&mut page);
    assert!(view.messages.iter().all(|message| message.has_arrived && message.unsent.is_empty()));
}

#[test]
fn what_is_not_acknowledged_is_shown_as_not_sent_and_tried_ever_more_rarely() {
    let mut page = with_ann();
    page.write(NOW, text("one"));
    page.tell(NOW, ANN, true);
    let state = |page: &mut Chat| {
        let view = shown(page);
        (view.messages[0].has_arrived, view.messages[0].unsent[0].is_waiting)
    };
    assert_eq!(state(&mut page), (false, true));
    let (mut now, mut waits) = (NOW, vec![]);
    for _ in 0..7 {
        let due = page.deadline().unwrap();
        waits.push((due - now).as_secs());
        now = due;
        assert_eq!(page.tell(now, ANN, true), [chat(1, "one")]);
        assert_eq!(state(&mut page), (false, false));
    }
    assert_eq!(waits, [4, 8, 16, 32, 64, 64, 64]);
    page.send_again(ANN);
    assert_eq!(state(&mut page), (false, true));
    let soon = now + CHAT_EVERY;
    assert_eq!(page.tell(soon, ANN, true), [chat(1, "one")]);
    page.received(soon, ANN, None, PeerMsg::ChatAck { id: 1 });
    assert!(shown(&mut page).messages[0].unsent.is_empty(), "at last");
}

#[test]
fn an_acknowledgement_counts_for_what_was_sent_and_no_more() {
    let mut page = with_ann();
    page.write(NOW, text("one"));
    page.write(NOW, text("two"));
    page.tell(NOW, ANN, true);
    page.received(NOW, ANN, None, PeerMsg::ChatAck { id: u32::MAX });
    let view = shown(&mut page);
    let arrived: Vec<_> = view.messages.iter().map(|message| message.has_arrived).collect();
    assert_eq!(arrived, [true, false]);
    assert_eq!(page.tell(NOW + CHAT_EVERY, ANN, true), [chat(2, "two")]);
}

#[test]
fn a_message_is_read_once_and_acknowledged_each_time() {
    let mut page = with_ann();
    for (id, written) in [(3, "one"), (3, "one"), (7, "two"), (3, "old"), (0, "none")] {
        page.received(NOW, ANN, None, chat(id, written));
        let read = if written == "one" { 3 } else { 7 };
        assert_eq!(page.tell(NOW, ANN, true), [PeerMsg::ChatAck { id: read }]);
    }
    // A text that only newer pages read.
    page.received(NOW, ANN, None, PeerMsg::Chat { id: 8, text: None });
    assert_eq!(page.tell(NOW, ANN, true), [PeerMsg::ChatAck { id: 8 }]);
    assert_eq!(texts(&mut page), ["one", "two"]);
}

#[test]
fn who_comes_later_sees_from_then_on_and_who_has_left_is_told_of() {
    let mut page = with_ann();
    page.write(NOW, text("one"));
    page.opened(BEN, PAGE);
    page.write(NOW, text("two"));
    assert_eq!(page.tell(NOW, BEN, true), [chat(2, "two")]);
    page.received(NOW, BEN, None, PeerMsg::ChatAck { id: 2 });
    let name = DisplayName::try_from("Ann".to_owned()).ok();
    page.gone(ANN, name.clone());
    page.gone(BEN, None);
    let gone = UnsentView { peer: None, name, is_waiting: false };
    let view = shown(&mut page);
    assert_eq!(view.messages[0].unsent, std::slice::from_ref(&gone));
    assert_eq!((view.messages[1].has_arrived, &view.messages[1].unsent), (true, &vec![gone]));
    assert_eq!(page.tell(NOW, ANN, true), []);
    page.write(NOW, text("three"));
    assert_eq!(shown(&mut page).messages[2].unsent, [], "nobody was there");
}

#[test]
fn who_is_back_though_the_server_said_otherwise_goes_on_and_others_of_the_same_number_begin_anew() {
    for is_same in [true, false] {
        let mut page = with_ann();
        page.received(NOW, ANN, None, chat(5, "theirs"));
        page.write(NOW, text("one"));
        page.gone(ANN, None);
        if !is_same {
            page.live_anew();
        }
        page.opened(ANN, PAGE);
        page.received(NOW, ANN, None, chat(5, "theirs"));
        let sent = [PeerMsg::ChatAck { id: 5 }, chat(2, "one")];
        assert_eq!(page.tell(NOW, ANN, true), sent[..1 + usize::from(is_same)]);
        assert_eq!(texts(&mut page).len(), if is_same { 2 } else { 3 });
    }
}

#[test]
fn a_million_messages_leave_the_newest_and_a_word_about_it() {
    let mut page = with_ann();
    page.write(NOW, text("mine"));
    for id in 1..=1_000_000 {
        page.received(NOW, ANN, None, chat(id, "x"));
    }
    let view = shown(&mut page);
    assert_eq!((view.messages.len(), view.has_dropped), (MOST_MESSAGES, true));
    page.tell(NOW, ANN, true);
    assert_eq!(page.deadline(), None, "the own message is gone");
    let long = "x".repeat(crate::protocol::MAX_CHAT_CHARS);
    for id in 1_000_001..1_001_000 {
        page.received(NOW, ANN, None, chat(id, &long));
    }
    let bytes: usize = shown(&mut page).messages.iter().map(|message| message.text.as_str().len()).sum();
    assert!(bytes <= MOST_BYTES && bytes > MOST_BYTES / 2, "{bytes}");
}

#[test]
fn those_who_come_and_go_without_a_message_are_bounded() {
    let mut page = Chat::default();
    for peer in 1..1_000 {
        page.opened(PeerId(peer), PAGE);
        page.write(NOW, text("x"));
        page.gone(PeerId(peer), None);
    }
    assert_eq!(page.recipients.len(), MOST_GONE);
}

#[test]
fn alone_nothing_arrives() {
    let mut page = Chat::default();
    page.write(NOW, text("x"));
    let view = shown(&mut page);
    assert!(!view.messages[0].has_arrived && view.messages[0].unsent.is_empty());
    assert_eq!(page.deadline(), None);
}

/// One thing that happens between two pages.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// This side writes.
    Write(bool),
    /// The next message to this side arrives.
    Deliver(bool),
    /// The channel breaks, with all that is on its way; each side has a new one at a time of its own.
    Break,
    Open(bool),
    /// The browser of this side takes no message.
    Refuse(bool),
    /// This side's page is loaded anew.
    Reload(bool),
    Time(u16),
}

/// Two pages with a channel between them.
struct Pair {
    pages: [Chat; 2],
    loads: [u32; 2],
    is_open: [bool; 2],
    /// What is on its way to each side.
    ways: [VecDeque<PeerMsg>; 2],
    /// What each side has written since its page was loaded, and the other's page that is to see it.
    written: [Vec<String>; 2],
    now: Duration,
    count: u32,
}

fn side(first: bool) -> usize {
    usize::from(first)
}

impl Pair {
    fn new() -> Self {
        let mut pair = Self {
            pages: [(); 2].map(|()| Chat::default()),
            loads: [1; 2],
            is_open: [true; 2],
            ways: [(); 2].map(|()| VecDeque::new()),
            written: [vec![], vec![]],
            now: NOW,
            count: 0,
        };
        pair.pages.iter_mut().for_each(|page| page.opened(ANN, PageLoad(1)));
        pair
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Write(who) => {
                self.count += 1;
                let written = format!("{} {}", self.loads[side(who)], self.count);
                self.pages[side(who)].write(self.now, text(&written));
                self.written[side(who)].push(written);
            }
            Step::Deliver(who) => {
                if let Some(message) = self.ways[side(who)].pop_front().filter(|_| self.is_open[side(who)]) {
                    self.pages[side(who)].received(self.now, ANN, None, message);
                }
            }
            Step::Break => {
                self.is_open = [false; 2];
                self.ways.iter_mut().for_each(VecDeque::clear);
            }
            Step::Open(who) => self.is_open[side(who)] = true,
            Step::Refuse(who) => {
                self.ways[side(!who)].pop_back();
                self.pages[side(who)].unsent(self.now, ANN);
            }
            Step::Reload(who) => {
                self.take(Step::Break);
                let (own, other) = (side(who), side(!who));
                self.loads[own] += 1;
                self.pages[own] = Chat::default();
                self.pages[own].opened(ANN, PageLoad(self.loads[other]));
                self.pages[other].opened(ANN, PageLoad(self.loads[own]));
                self.written[own].clear();
            }
            Step::Time(milliseconds) => self.now += Duration::from_millis(milliseconds.into()),
        }
        for who in [false, true] {
            let told = self.pages[side(who)].tell(self.now, ANN, self.is_open[side(who)]);
            self.ways[side(!who)].extend(told);
        }
    }

    /// What this side sees of the other's present page.
    fn seen(&mut self, who: bool) -> Vec<String> {
        let load = format!("{} ", self.loads[side(!who)]);
        let view = shown(&mut self.pages[side(who)]);
        let theirs = view.messages.iter().filter(|message| message.from.is_some());
        theirs
            .map(|message| message.text.as_str().to_owned())
            .filter(|text| text.starts_with(&load))
            .collect()
    }

    /// Both sides see each other's messages in order, none twice and none missing before another.
    fn check(&mut self) {
        for who in [false, true] {
            let (seen, written) = (self.seen(who), &self.written[side(!who)]);
            // A page that was loaded anew has lost what it had seen.
            assert!(written.windows(seen.len().max(1)).any(|part| part == seen) || seen.is_empty());
        }
    }

    fn settle(&mut self) {
        self.take(Step::Open(false));
        self.take(Step::Open(true));
        for _ in 0..10_000 {
            if let Some(who) = [false, true].into_iter().find(|who| !self.ways[side(*who)].is_empty()) {
                self.take(Step::Deliver(who));
            } else if let Some(due) = self.pages.iter().filter_map(Chat::deadline).min() {
                self.now = self.now.max(due);
                self.take(Step::Time(0));
            } else {
                return;
            }
        }
        panic!("it does not come to rest");
    }
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Write),
        8 => any::<bool>().prop_map(Step::Deliver),
        1 => Just(Step::Break),
        2 => any::<bool>().prop_map(Step::Open),
        1 => any::<bool>().prop_map(Step::Refuse),
        4 => any::<u16>().prop_map(|time| Step::Time(time % 6_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn messages_arrive_once_and_in_order_whatever_is_lost(steps in prop::collection::vec(steps(), 0..120)) {
        let mut pair = Pair::new();
        for step in steps {
            pair.take(step);
            pair.check();
        }
        pair.settle();
        for who in [false, true] {
            prop_assert_eq!(pair.seen(who), pair.written[side(!who)].clone());
            let view = shown(&mut pair.pages[side(who)]);
            let mut own = view.messages.iter().filter(|message| message.from.is_none());
            prop_assert!(own.all(|message| message.has_arrived && message.unsent.is_empty()));
        }
    }

    #[test]
    fn also_when_pages_are_loaded_anew(
        steps in prop::collection::vec(
            prop_oneof![20 => steps(), 1 => any::<bool>().prop_map(Step::Reload)],
            0..200,
        ),
    ) {
        let mut pair = Pair::new();
        for step in steps {
            pair.take(step);
            pair.check();
        }
        pair.settle();
        pair.check();
        for who in [false, true] {
            let (seen, written) = (pair.seen(who), &pair.written[side(!who)]);
            prop_assert!(written.ends_with(&seen), "{:?} of {:?}", seen, written);
            let view = shown(&mut pair.pages[side(who)]);
            let mut own = view.messages.iter().filter(|message| message.from.is_none());
            prop_assert!(own.all(|message| message.unsent.is_empty()));
        }
    }
}
