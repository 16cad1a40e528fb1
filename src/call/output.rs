//! The outputs of the parts of a call, which the call hands to another part or to the driver.

use super::api::command::Command;
use super::api::view::Notice;
use crate::protocol::{HeldSeat, PeerId, Signal, SourceSet};

/// An output of a part; outputs are carried out in order.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// To the driver.
    Do(Command),
    /// To a peer, as far as privacy allows.
    Signal(PeerId, Signal),

    /// Show a notice that stays.
    Say(Notice),
    /// Show a notice for a while, after those that wait.
    SayBriefly(Notice),
    /// The same, unless there is one that stays.
    Mention(Notice),
    /// Show no notice any more, and let none wait.
    Unsay,
    /// Show the next notice: this one was read.
    Read,
    /// Let the notice stay while the pointer or the focus is on it.
    HoldNotice(bool),
    /// Show this notice no longer.
    TakeBack(Notice),
    /// Show that the server is out of reach, if the last socket did not open or stayed silent.
    SayIfUnreachable,

    /// Open a socket for a join, unless there is one that can take it.
    OpenSocket,
    /// Close the socket for good.
    CloseSocket,
    /// Close the socket and open a new one.
    ReplaceSocket,
    /// Join the room, or wait for a seat there, if the socket is open.
    Join,
    /// Wait for a seat no longer.
    StandDown,
    /// Ask for the seat again later.
    AskAgain,
    /// Tell the server, on this socket, that the seat is given up.
    SendLeave,
    /// Tell the server, on every socket until it has heard it, that this seat is given up.
    Owe(HeldSeat),
    /// Give up the seat, the connections and the devices.
    GoHome,
    /// Leave: the others have another word.
    WrongWord,
    /// Keep in the tab's storage what a reload needs.
    Remember,

    /// Hide the own address if it was hidden in the call that is taken over.
    HideIf(bool),
    /// Let the refused call hide the own address, or not.
    HideRefused(bool),
    /// Let the connections follow whether the own address is hidden now.
    ApplyPrivacy,
    /// Follow the choice for the calls to come.
    EndPrivacy,

    /// Ask for devices.
    Start(SourceSet),
    /// Switch devices off, whether they are there or not.
    SwitchOff(SourceSet),
    /// Let every connection take the tracks that exist now.
    Attach,
}

/// The outputs of a part that only the driver carries out.
pub(super) fn to_driver(commands: Vec<Command>) -> Vec<Output> {
    commands.into_iter().map(Output::Do).collect()
}
