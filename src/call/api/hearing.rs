//! "Hear yourself": what the page tells of it.

use strum::IntoStaticStr;

use crate::call::media::meter::Measurement;

/// The number of an attempt; reports of earlier ones are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HearingId(pub u32);

/// A report of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HearingEvent {
    /// The voice arrives and is being recorded.
    Recording,
    /// What was recorded is being played.
    Playing,
    /// It was played.
    Played(Heard),
    /// No connection of the page with itself came up in time.
    NoConnection,
    /// The browser cannot.
    Failed,
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The microphone while it was recorded.
    pub voice: Vec<Measurement>,
    /// The microphone while the record was played.
    pub playback: Vec<Measurement>,
    /// Packets that arrived.
    pub packets: u32,
    /// Packets that were lost.
    pub lost: u32,
}

/// The state of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum HearingView {
    /// The page is connecting with itself.
    Connecting,
    /// The person is to speak now.
    Recording,
    /// The person hears what the others would hear.
    Playing,
    /// Nothing reached the microphone.
    Silent,
    /// The voice is too quiet.
    TooQuiet,
    /// The voice is too loud, and cut off.
    Clipped,
    /// The microphone hears the speaker.
    Echo,
    /// Too much was lost on the way, or no way was found.
    Network,
    /// All is well.
    Good,
    /// The browser could not try.
    NotTried,
}

impl HearingView {
    /// Whether the attempt is under way.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Connecting | Self::Recording | Self::Playing)
    }
}
