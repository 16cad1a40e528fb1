//! The interface of the transfers: events, commands, the view.

use std::time::Duration;

use crate::protocol::files::{ChunkHeader, FailReason, FileDigest, FileInfo, Side, TransferKey};
use crate::protocol::{FileName, PeerId};

/// The number of a transfer in this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransferId(pub u32);

/// The number of a file that a person has chosen, given by the driver. All transfers of one choice have it in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileHandle(pub u32);

/// The reason why the driver cannot go on with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverError {
    /// The disk, or what the browser grants of it, is full.
    Full,
    /// Any other failure to write, or to read what was written.
    Unwritable,
    /// The chosen file cannot be read.
    Unreadable,
}

/// An event of the transfers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEvent {
    /// The files' channel to a peer is open; nothing of an earlier channel comes any more.
    Opened(PeerId),
    /// The channel is closed.
    Closed(PeerId),
    /// The peer has given up its seat, or is not in the room of a page that was loaded anew.
    Gone(PeerId),
    /// `bufferedAmount` is at or below [`super::LOW_BUFFERED_BYTES`]: by `bufferedamountlow`, or read after sending.
    Drained(PeerId),
    /// The voice of the call with a peer is well, or not, by a sample of its connection.
    Voice(PeerId, bool),
    /// A person offers a file to peers.
    Offer {
        /// The receivers.
        peers: Vec<PeerId>,
        /// The file.
        file: FileInfo,
        /// Its number in the driver.
        handle: FileHandle,
    },
    /// The person accepts an offer.
    Accept(TransferId),
    /// The person cancels a transfer, or declines an offer.
    Cancel(TransferId),
    /// The person pauses a transfer (`true`), or lets it go on.
    Pause(TransferId, bool),
    /// The person has chosen a file again for a transfer from before a reload.
    Chosen {
        /// The transfer.
        transfer: TransferId,
        /// The file.
        file: FileInfo,
        /// Its number in the driver.
        handle: FileHandle,
    },
    /// The person takes an ended transfer off the list.
    Dismiss(TransferId),
    /// The person has left the call: what goes is cancelled, and all is off the list but for files that have arrived and
    /// are not among these, which were saved.
    Over(Vec<TransferId>),
    /// Answers [`FileCommand::Read`]; fewer bytes than asked for mean that the file has shrunk.
    ReadDone(TransferId, u32),
    /// Answers [`FileCommand::Hash`] and [`FileCommand::Digest`].
    Hashed {
        /// The transfer.
        transfer: TransferId,
        /// The bytes that the digest is of, from the first on.
        to: u64,
        /// Their digest.
        digest: FileDigest,
    },
    /// Answers [`FileCommand::Create`].
    Created(TransferId),
    /// Answers [`FileCommand::Create`]: the person chose no place, and the offer stands.
    NotCreated(TransferId),
    /// Answers [`FileCommand::Write`], in order: so many bytes are no longer in memory.
    Written(TransferId, u32),
    /// Answers [`FileCommand::Finish`].
    Finished(TransferId),
    /// Answers any command of a transfer; all that the driver held of it in memory is dropped.
    Failed(TransferId, DriverError),
    /// The time given by [`super::Files::deadline`] has come.
    Tick,
}

/// A command to the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileCommand {
    /// Send a message.
    Send(PeerId, Vec<u8>),
    /// Read and hash this file for the transfer from now on.
    Attach(TransferId, FileHandle),
    /// Read bytes of the file and keep them; answered by [`FileEvent::ReadDone`].
    Read {
        /// The transfer.
        transfer: TransferId,
        /// The first byte.
        offset: u64,
        /// The number of bytes.
        length: u32,
    },
    /// Drop all bytes that were read.
    DropRead(TransferId),
    /// Send the first of the bytes that were read, and drop them.
    SendChunk {
        /// The peer.
        peer: PeerId,
        /// The transfer.
        transfer: TransferId,
        /// The header, which goes before the bytes.
        header: ChunkHeader,
        /// They go on where the hash of the transfer stands, and are added to it.
        is_hashed: bool,
    },
    /// Begin the hash anew with the first `to` bytes of the file, whichever side has it.
    Hash {
        /// The transfer.
        transfer: TransferId,
        /// The number of bytes.
        to: u64,
    },
    /// Say the digest of all that was hashed.
    Digest(TransferId),
    /// Make an empty file, with an empty hash, to write to.
    Create {
        /// The transfer.
        transfer: TransferId,
        /// Its key, under which the file is found after a reload.
        key: TransferKey,
        /// The file; nothing guarantees that it will be as large.
        file: FileInfo,
    },
    /// Write the bytes of the chunk that [`super::Files::received`] was just given, and add them to the hash.
    Write {
        /// The transfer.
        transfer: TransferId,
        /// The offset, always where the last ended.
        offset: u64,
        /// The number of bytes, all of the chunk.
        length: u32,
    },
    /// Empty the file that was written, and its hash, once what is being written is.
    Restart(TransferId),
    /// All is written and agrees: close the file, and let the person have it. Never open it.
    Finish(TransferId),
    /// Drop what there is of the transfer: a file that was written, or the hold on one that was read.
    Release(TransferId),
    /// Keep this over a reload, in place of what was kept with the same side, peer and key.
    Keep(Kept),
    /// Keep this no longer.
    Forget(Side, PeerId, TransferKey),
}

/// A transfer that outlives a reload of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The side of this page.
    pub side: Side,
    /// The other page.
    pub peer: PeerId,
    /// The key.
    pub key: TransferKey,
    /// The file.
    pub file: FileInfo,
    /// The choice that it is of, for views.
    pub group: u32,
    /// The file is whole and saved.
    pub is_done: bool,
    /// Bytes from the first on that are safe on the disk. The driver counts them itself: zero in a command.
    pub bytes: u64,
}

/// The state of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// It waits for the receiver's person; nothing was sent.
    Offered,
    /// It waits for a connection, or its turn.
    Waiting,
    /// The person is to choose the file again; the one that was chosen last is another.
    NeedsFile {
        /// A file was chosen that is not the same.
        was_another: bool,
    },
    /// Bytes are compared: those from before a reload, or the whole file at the end.
    Checking,
    /// Bytes go over.
    Going,
    /// It is paused.
    Paused {
        /// By the own person.
        here: bool,
        /// By the peer's.
        there: bool,
    },
    /// The file has arrived.
    Done,
    /// It ended without a file.
    Failed {
        /// The reason.
        reason: FailReason,
        /// The other side has ended it.
        there: bool,
    },
}

impl TransferState {
    /// Nothing further happens.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. })
    }
}

/// A transfer to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferView {
    /// Its number.
    pub id: TransferId,
    /// The side of this page.
    pub side: Side,
    /// The other page.
    pub peer: PeerId,
    /// Transfers of one choice to several peers have it in common; of the own side only.
    pub group: u32,
    /// The name of the file, another than that of every other file that comes in.
    pub name: FileName,
    /// The size in bytes.
    pub size: u64,
    /// The bytes that are over.
    pub bytes: u64,
    /// The state.
    pub state: TransferState,
    /// The speed in bytes a second, while it goes.
    pub speed: Option<u64>,
    /// The time that is left at this speed.
    pub left: Option<Duration>,
}

/// What was dropped of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Offers beyond what is listed.
    pub offers: u32,
    /// Messages that could not be read, were too many, of unknown kinds, or fit no transfer.
    pub messages: u32,
}

/// All transfers to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesView {
    /// The transfers, in the order in which they were offered.
    pub transfers: Vec<TransferView>,
    /// What was dropped of each peer that something was dropped of.
    pub dropped: Vec<(PeerId, Dropped)>,
    /// Own offers that were not made, for too many are open.
    pub refused: u32,
}
