//! Control messages about files: one JSON object each.

use serde::{Deserialize, Serialize};

use super::{FileDigest, FileError, FileInfo, MAX_FILE_BYTES, TransferKey};
use crate::protocol::{FileName, nesting, read};

/// Deepest nesting of a message: its reader calls itself for what it ignores.
const MAX_DEPTH: usize = 8;

/// The side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Has the file.
    Sender,
    /// Is to get it.
    Receiver,
}

impl Side {
    /// The side across.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }
}

/// The reason why a transfer ended without a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailReason {
    /// A person cancelled it, or declined the offer.
    Cancelled,
    /// The other side no longer knows of it, since its page was loaded anew.
    Lost,
    /// The other side has left the call.
    Left,
    /// The receiver's disk, or what the browser grants of it, is full.
    Full,
    /// The receiver cannot write, or cannot read again what it has written.
    Unwritable,
    /// The sender cannot read the file any more.
    Unreadable,
    /// The file is no longer the one that was offered.
    Changed,
    /// More bytes came than were offered.
    TooLong,
    /// The sender ended before all bytes had come.
    TooShort,
    /// The bytes are not those of the sender, by their digest.
    Digest,
    /// The other side breaks the protocol, or gives a reason that only newer pages know.
    Broken,
}

impl FailReason {
    /// All reasons.
    pub const ALL: [Self; 11] = [
        Self::Cancelled,
        Self::Lost,
        Self::Left,
        Self::Full,
        Self::Unwritable,
        Self::Unreadable,
        Self::Changed,
        Self::TooLong,
        Self::TooShort,
        Self::Digest,
        Self::Broken,
    ];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
            Self::Left => "left",
            Self::Full => "full",
            Self::Unwritable => "unwritable",
            Self::Unreadable => "unreadable",
            Self::Changed => "changed",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Digest => "digest",
            Self::Broken => "broken",
        }
    }
}

/// What a control message says of its transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileMsg {
    /// From the sender: offers a file.
    Offer {
        /// The file.
        file: FileInfo,
    },
    /// From the receiver: has begun to take the file; a `Have` follows when it can.
    Keep,
    /// From the receiver: has the bytes up to an offset, and takes further ones.
    Have {
        /// The bytes that it has.
        offset: u64,
        /// The offset up to which it takes bytes.
        to: u64,
        /// Their digest; none where there are none.
        digest: Option<FileDigest>,
    },
    /// From the sender: chunks follow from this offset, which is that of `Have`, or 0 to begin anew.
    Begin {
        /// The offset.
        offset: u64,
    },
    /// From the receiver: takes bytes up to an offset.
    Credit {
        /// The offset.
        to: u64,
    },
    /// From the sender: was the last byte.
    End {
        /// The digest of the whole file.
        digest: FileDigest,
    },
    /// From the receiver: the file is whole and saved.
    Done,
    /// Ends the transfer without a file.
    Fail {
        /// The side that tells it.
        side: Side,
        /// The reason.
        reason: FailReason,
    },
    /// Answers `Done` and `Fail`.
    Closed {
        /// The side that tells it.
        side: Side,
    },
    /// Pauses the transfer, or goes on.
    Pause {
        /// The side that tells it.
        side: Side,
        /// It pauses.
        paused: bool,
    },
}

/// A control message, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileControl {
    /// Of one transfer.
    Transfer(TransferKey, FileMsg),
    /// The list of transfers, told first of all on each channel, is complete.
    Listed,
}

/// All fields of all control messages; see `frame` for the reason.
#[derive(Default, Serialize, Deserialize)]
struct ControlFrame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<FileName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The sender tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<bool>,
}

/// A number of a message, if it is there and in range.
fn number(number: Option<u64>) -> Result<u64, FileError> {
    number.filter(|number| *number <= MAX_FILE_BYTES).ok_or(FileError::Unreadable)
}

impl ControlFrame {
    fn side(&self) -> Result<Side, FileError> {
        let is_sender = self.sender.ok_or(FileError::Unreadable)?;
        Ok(if is_sender { Side::Sender } else { Side::Receiver })
    }

    fn digest(&self) -> Result<Option<FileDigest>, FileError> {
        let read = |text| FileDigest::read(text).ok_or(FileError::Unreadable);
        self.digest.as_deref().map(read).transpose()
    }
}

impl FileControl {
    /// Reads the JSON of a control message; `None` if it is of a kind that only newer pages know.
    ///
    /// # Errors
    /// The message is unreadable.
    pub fn read(json: &[u8]) -> Result<Option<Self>, FileError> {
        if nesting(json) > MAX_DEPTH {
            return Err(FileError::Unreadable);
        }
        let text = str::from_utf8(json).map_err(|_| FileError::Unreadable)?;
        let frame: ControlFrame = read(text).map_err(|_| FileError::Unreadable)?;
        let message = match frame.kind.as_str() {
            "listed" => return Ok(Some(Self::Listed)),
            "offer" => {
                let (size, modified) = (number(frame.size)?, number(frame.modified)?);
                let name = frame.name.ok_or(FileError::Unreadable)?;
                FileMsg::Offer { file: FileInfo { name, size, modified } }
            }
            "keep" => FileMsg::Keep,
            "have" => {
                let (offset, to) = (number(frame.offset)?, number(frame.to)?);
                FileMsg::Have { offset, to, digest: frame.digest()? }
            }
            "begin" => FileMsg::Begin { offset: number(frame.offset)? },
            "credit" => FileMsg::Credit { to: number(frame.to)? },
            "end" => FileMsg::End { digest: frame.digest()?.ok_or(FileError::Unreadable)? },
            "done" => FileMsg::Done,
            "fail" => {
                let named = frame.reason.as_deref().ok_or(FileError::Unreadable)?;
                let reason = FailReason::ALL.into_iter().find(|reason| reason.name() == named);
                FileMsg::Fail { side: frame.side()?, reason: reason.unwrap_or(FailReason::Broken) }
            }
            "closed" => FileMsg::Closed { side: frame.side()? },
            "pause" => {
                let paused = frame.paused.ok_or(FileError::Unreadable)?;
                FileMsg::Pause { side: frame.side()?, paused }
            }
            _ => return Ok(None),
        };
        let life = number(frame.life)?;
        let key = TransferKey { life, number: frame.number.ok_or(FileError::Unreadable)? };
        Ok(Some(Self::Transfer(key, message)))
    }

    /// The message as it is sent.
    pub fn write(self) -> Vec<u8> {
        let mut frame = ControlFrame::default();
        let mut side_of = None;
        let kind = match self {
            Self::Listed => "listed",
            Self::Transfer(key, message) => {
                (frame.life, frame.number) = (Some(key.life), Some(key.number));
                match message {
                    FileMsg::Offer { file } => {
                        (frame.size, frame.modified) = (Some(file.size), Some(file.modified));
                        frame.name = Some(file.name);
                        "offer"
                    }
                    FileMsg::Keep => "keep",
                    FileMsg::Have { offset, to, digest } => {
                        (frame.offset, frame.to) = (Some(offset), Some(to));
                        frame.digest = digest.map(FileDigest::write);
                        "have"
                    }
                    FileMsg::Begin { offset } => {
                        frame.offset = Some(offset);
                        "begin"
                    }
                    FileMsg::Credit { to } => {
                        frame.to = Some(to);
                        "credit"
                    }
                    FileMsg::End { digest } => {
                        frame.digest = Some(digest.write());
                        "end"
                    }
                    FileMsg::Done => "done",
                    FileMsg::Fail { side, reason } => {
                        side_of = Some(side);
                        frame.reason = Some(reason.name().to_owned());
                        "fail"
                    }
                    FileMsg::Closed { side } => {
                        side_of = Some(side);
                        "closed"
                    }
                    FileMsg::Pause { side, paused } => {
                        side_of = Some(side);
                        frame.paused = Some(paused);
                        "pause"
                    }
                }
            }
        };
        frame.sender = side_of.map(|side| side == Side::Sender);
        frame.kind = kind.to_owned();
        let mut bytes = vec![super::CONTROL];
        // Texts and numbers can always be written.
        bytes.extend(serde_json::to_vec(&frame).unwrap_or_default());
        bytes
    }
}
