//! The chat: what people in the room have written, in order and once, over connections that come and go.
//!
//! Each own message has a number. To each peer the messages go one at a time: the same one again until the peer
//! acknowledges it, then the next. The peer drops numbers that it has read, so that a message arrives once and none
//! passes another, whatever is lost. Nothing is kept outside of this page, or after the call.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::api::chat::{ChatView, MessageView, UnsentView};
use crate::protocol::{CHAT_EVERY, ChatText, DisplayName, PageLoad, PeerId, PeerMsg};

/// Most messages that are kept; older ones are dropped.
const MOST_MESSAGES: usize = 500;
/// Most bytes of text that are kept.
const MOST_BYTES: usize = 1 << 20;
/// Most peers who have gone and are still known, as to those who lack a message.
const MOST_GONE: usize = 16;
/// The wait for the first acknowledgement; each further one is twice as long.
const ACK_WITHIN: Duration = Duration::from_secs(4);
/// Most doublings of that wait.
const MOST_DOUBLINGS: u32 = 4;
/// Tries after which a message is shown as not sent.
const TRIES: u32 = 2;
/// The wait before a message is tried again that the browser did not take; the page's state goes before it.
const TRY_AGAIN: Duration = Duration::from_millis(1_500);

/// A message in the list.
#[derive(Debug)]
struct Message {
    /// Its number among all of this call; own ones are sent with it.
    number: u32,
    /// `None` is the own person.
    from: Option<PeerId>,
    name: Option<DisplayName>,
    text: ChatText,
    at: Duration,
    /// Somebody else has it.
    has_arrived: bool,
}

/// The end of a peer's seat.
#[derive(Debug)]
struct Gone {
    /// The name of then.
    name: Option<DisplayName>,
    /// The newest message of then.
    last: u32,
}

/// The state of the chat with one peer.
#[derive(Debug)]
struct Recipient {
    peer: PeerId,
    /// `None` is one of another life of the room, where the numbers of peers and pages meant others.
    page: Option<PageLoad>,
    gone: Option<Gone>,
    /// Own messages up to this are acknowledged, or older than the peer's seat.
    acked: u32,
    /// Own messages up to this were sent at least once.
    sent: u32,
    /// Messages of the peer up to this were read.
    read: u32,
    /// When that is to be acknowledged.
    ack_at: Option<Duration>,
    /// There is a channel.
    is_open: bool,
    /// Tries of the message after `acked` over this channel.
    tries: u32,
    /// Before this it is not tried again.
    again_at: Duration,
    /// Before this nothing is sent.
    not_before: Duration,
}

impl Recipient {
    fn begin_anew(&mut self) {
        (self.tries, self.again_at) = (0, Duration::ZERO);
    }

    /// Whether an own message was meant for the peer, and is not acknowledged.
    fn lacks(&self, number: u32) -> bool {
        number > self.acked && self.gone.as_ref().is_none_or(|gone| number <= gone.last)
    }

    /// Whether the message after `acked` is on its way.
    fn is_waiting(&self) -> bool {
        self.gone.is_none() && self.is_open && self.tries < TRIES
    }
}

/// The messages of one call, and who has them.
#[derive(Debug, Default)]
pub(super) struct Chat {
    messages: VecDeque<Message>,
    /// Bytes of their texts.
    bytes: usize,
    /// The number of the newest message.
    last: u32,
    /// The number of the newest own message.
    last_own: u32,
    recipients: Vec<Recipient>,
    /// Something has changed that is not shown yet.
    is_changed: bool,
    shown: Arc<ChatView>,
}

impl Chat {
    /// Takes a peer into the chat, from now on; one whose page was loaded anew goes on where it was.
    pub(super) fn opened(&mut self, peer: PeerId, page: PageLoad) {
        // Also one who had left: a server that was killed may have forgotten that, and the peer knows nothing of it.
        let known = self.recipients.iter_mut().find(|known| known.peer == peer && known.page.is_some());
        if let Some(known) = known {
            if known.page != Some(page) {
                // The numbers of another page begin anew.
                (known.page, known.read, known.ack_at) = (Some(page), 0, None);
            }
            self.is_changed |= known.gone.take().is_some();
            return;
        }
        let zero = Duration::ZERO;
        self.recipients.push(Recipient {
            peer,
            page: Some(page),
            gone: None,
            acked: self.last,
            sent: self.last,
            read: 0,
            ack_at: None,
            is_open: false,
            tries: 0,
            again_at: zero,
            not_before: zero,
        });
    }

    /// Notes that a peer has given up its seat.
    pub(super) fn gone(&mut self, peer: PeerId, name: Option<DisplayName>) {
        let last = self.last;
        if let Some(known) = self.find(peer) {
            known.gone = Some(Gone { name, last });
            let gone = self.recipients.iter().filter(|known| known.gone.is_some()).count();
            let oldest = self.recipients.iter().position(|known| known.gone.is_some());
            if let Some(oldest) = oldest.filter(|_| gone > MOST_GONE) {
                self.recipients.remove(oldest);
            }
            self.is_changed = true;
        }
    }

    /// Notes that all seats of before are of another life of the room.
    pub(super) fn live_anew(&mut self) {
        self.recipients.iter_mut().filter(|known| known.gone.is_some()).for_each(|known| known.page = None);
    }

    /// Writes a message of the own person to everybody.
    pub(super) fn write(&mut self, now: Duration, text: ChatText) {
        self.push(now, None, None, text);
        self.last_own = self.last;
        self.recipients.iter_mut().filter(|known| known.tries >= TRIES).for_each(Recipient::begin_anew);
    }

    /// Sends a peer at once what it lacks.
    pub(super) fn send_again(&mut self, peer: PeerId) {
        if let Some(known) = self.find(peer) {
            known.begin_anew();
            self.is_changed = true;
        }
    }

    /// Takes a message of a peer; those of other parts are none of the chat.
    pub(super) fn received(
        &mut self,
        now: Duration,
        peer: PeerId,
        name: Option<DisplayName>,
        message: PeerMsg,
    ) {
        let Some(known) = self.find(peer) else { return };
        match message {
            PeerMsg::Chat { id, text } => {
                known.ack_at = Some(now);
                if id > known.read {
                    known.read = id;
                    if let Some(text) = text {
                        self.push(now, Some(peer), name, text);
                    }
                }
            }
            PeerMsg::ChatAck { id } => {
                let (before, now) = (known.acked, id.min(known.sent));
                if now > before {
                    known.acked = now;
                    known.begin_anew();
                    let arrived = before + 1..=now;
                    let arrived = self.messages.iter_mut().filter(|one| arrived.contains(&one.number));
                    arrived.for_each(|message| message.has_arrived = true);
                    self.is_changed = true;
                }
            }
            _ => {}
        }
    }

    /// Notes that the browser did not take a message to this peer, whichever it was.
    pub(super) fn unsent(&mut self, now: Duration, peer: PeerId) {
        if let Some(known) = self.find(peer) {
            known.tries = 0;
            known.again_at = now + TRY_AGAIN;
            known.ack_at = Some(known.again_at).filter(|_| known.read > 0);
        }
    }

    /// What a peer is to be sent now, over the channel that there is or not.
    pub(super) fn tell(&mut self, now: Duration, peer: PeerId, is_open: bool) -> Vec<PeerMsg> {
        let mut told = vec![];
        let Self { messages, recipients, is_changed, last_own, .. } = self;
        let Some(known) = recipients.iter_mut().find(|known| known.peer == peer && known.gone.is_none())
        else {
            return told;
        };
        if known.is_open != is_open {
            known.is_open = is_open;
            known.begin_anew();
            *is_changed = true;
        }
        if !is_open {
            return told;
        }
        if known.ack_at.take_if(|at| *at <= now).is_some() {
            told.push(PeerMsg::ChatAck { id: known.read });
        }
        if known.acked < *last_own && now >= known.again_at.max(known.not_before) {
            let next = messages.iter().find(|one| one.from.is_none() && one.number > known.acked);
            if let Some(Message { number, text, .. }) = next {
                known.again_at = now + ACK_WITHIN * (1 << known.tries.min(MOST_DOUBLINGS));
                known.not_before = now + CHAT_EVERY;
                known.tries += 1;
                known.sent = known.sent.max(*number);
                *is_changed |= known.tries == TRIES;
                told.push(PeerMsg::Chat { id: *number, text: Some(text.clone()) });
            } else {
                // It was dropped for newer ones of others.
                known.acked = *last_own;
            }
        }
        told
    }

    /// When [`Self::tell`] is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let open = self.recipients.iter().filter(|known| known.is_open && known.gone.is_none());
        let due = open.flat_map(|known| {
            let next = known.again_at.max(known.not_before);
            [known.ack_at, Some(next).filter(|_| known.acked < self.last_own)]
        });
        due.flatten().min()
    }

    /// Brings the view up to date.
    pub(super) fn show(&mut self, name_of: &dyn Fn(PeerId) -> Option<DisplayName>) {
        if !std::mem::take(&mut self.is_changed) {
            return;
        }
        let unsent = |message: &Message| {
            let lack = |known: &&Recipient| message.from.is_none() && known.lacks(message.number);
            let view = |known: &Recipient| UnsentView {
                peer: Some(known.peer).filter(|_| known.gone.is_none()),
                name: known.gone.as_ref().map_or_else(|| name_of(known.peer), |gone| gone.name.clone()),
                is_waiting: known.is_waiting(),
            };
            self.recipients.iter().filter(lack).map(view).collect()
        };
        let view = |message: &Message| MessageView {
            number: message.number,
            from: message.from,
            name: message.name.clone(),
            text: message.text.clone(),
            at: message.at,
            has_arrived: message.has_arrived,
            unsent: unsent(message),
        };
        let messages: Vec<_> = self.messages.iter().map(view).collect();
        let has_dropped = messages.first().is_some_and(|first| first.number > 1);
        self.shown = Arc::new(ChatView { messages, has_dropped });
    }

    /// The view, as [`Self::show`] has made it.
    pub(super) fn view(&self) -> Arc<ChatView> {
        Arc::clone(&self.shown)
    }

    fn find(&mut self, peer: PeerId) -> Option<&mut Recipient> {
        self.recipients.iter_mut().find(|known| known.peer == peer && known.gone.is_none())
    }

    fn push(&mut self, at: Duration, from: Option<PeerId>, name: Option<DisplayName>, text: ChatText) {
        self.last += 1;
        self.bytes += text.as_str().len();
        self.messages.push_back(Message { number: self.last, from, name, text, at, has_arrived: false });
        self.is_changed = true;
        while self.messages.len() > MOST_MESSAGES || self.bytes > MOST_BYTES {
            let dropped = self.messages.pop_front();
            self.bytes -= dropped.map_or(0, |dropped| dropped.text.as_str().len());
        }
    }
}

#[cfg(test)]
mod tests;
