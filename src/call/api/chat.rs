//! The chat at the border of a call: what a person does there, and what is shown.

use std::time::Duration;

use crate::protocol::{ChatText, DisplayName, PeerId};

/// An action of the person in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatAction {
    /// Write a message to everybody in the room.
    Write(ChatText),
    /// Send a peer at once what it lacks.
    SendAgain(PeerId),
}

/// What people have written in this call, since this page came into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatView {
    /// The messages in the order in which they were written or came.
    pub messages: Vec<MessageView>,
    /// Older ones were dropped.
    pub has_dropped: bool,
}

/// A message of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Its number among all of this call, from 1 on.
    pub number: u32,
    /// Who wrote it; `None` is the own person.
    pub from: Option<PeerId>,
    /// The name that the peer had then.
    pub name: Option<DisplayName>,
    /// The text.
    pub text: ChatText,
    /// When it was written or came.
    pub at: Duration,
    /// An own message that somebody has.
    pub has_arrived: bool,
    /// Who does not have an own message.
    pub unsent: Vec<UnsentView>,
}

/// A person who does not have an own message yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentView {
    /// The peer; `None` has left, and never gets it.
    pub peer: Option<PeerId>,
    /// The name.
    pub name: Option<DisplayName>,
    /// The message is on its way.
    pub is_waiting: bool,
}
