//! The data channel in the model of `RTCPeerConnection`: it opens late or never, is slow, and ends with its connection.

use std::collections::VecDeque;

use parlor::call::{ChannelState, PeerEvent};

use super::connection::{ConnectionId, Connections};

/// Messages that wait in a channel before it takes no more: as many as tell the state of a page.
const MOST_WAITING: usize = 4;

/// One end of a data channel.
#[derive(Debug)]
pub(crate) struct Channel {
    /// `None` until it has opened.
    state: Option<ChannelState>,
    /// What was sent and has not arrived.
    on_its_way: VecDeque<Vec<u8>>,
}

impl Channel {
    pub(super) fn new() -> Self {
        Self { state: None, on_its_way: VecDeque::new() }
    }
}

impl Connections {
    pub(super) fn send(&mut self, id: ConnectionId, bytes: Vec<u8>) {
        let connection = self.all.get_mut(&id).unwrap();
        let channel = connection.channel.as_mut().expect("a page of an earlier release sends nothing");
        let state = channel.state.expect("a channel that has not opened is not sent over");
        if state == ChannelState::Closed || channel.on_its_way.len() == MOST_WAITING {
            connection.events.push_back(PeerEvent::Unsent);
        } else {
            channel.on_its_way.push_back(bytes);
        }
    }

    /// The state that the channel would report next, if it is another one.
    pub(crate) fn next_channel(&self, id: ConnectionId) -> Option<ChannelState> {
        let state = self.all[&id].channel.as_ref()?.state;
        match state {
            None if self.both_have_channels(id) && self.flows(id) => Some(ChannelState::Open),
            Some(ChannelState::Open) if self.maker(id).is_none_or(|other| other.closed) => {
                Some(ChannelState::Closed)
            }
            _ => None,
        }
    }

    pub(crate) fn set_channel(&mut self, id: ConnectionId, state: ChannelState) {
        let connection = self.all.get_mut(&id).unwrap();
        if let Some(channel) = &mut connection.channel {
            channel.state = Some(state);
        }
        connection.events.push_back(PeerEvent::Channel(state));
    }

    /// Whether a message can arrive here.
    pub(crate) fn has_message(&self, id: ConnectionId) -> bool {
        let is_open = |channel: &Channel| channel.state == Some(ChannelState::Open);
        let sender = self.partner(id).and_then(|other| self.all[&other].channel.as_ref());
        self.all[&id].channel.as_ref().is_some_and(is_open)
            && self.flows(id)
            && sender.is_some_and(|sender| !sender.on_its_way.is_empty())
    }

    pub(crate) fn deliver(&mut self, id: ConnectionId) {
        let sender = self.partner(id).and_then(|other| self.all.get_mut(&other));
        let message = sender.and_then(|sender| sender.channel.as_mut()?.on_its_way.pop_front());
        let events = &mut self.all.get_mut(&id).unwrap().events;
        events.extend(message.map(PeerEvent::Received));
    }

    /// Whether what is said at one end is heard at the other.
    pub(crate) fn both_have_channels(&self, id: ConnectionId) -> bool {
        let other = self.maker(id).is_some_and(|other| other.channel.is_some());
        other && self.all[&id].channel.is_some()
    }
}
