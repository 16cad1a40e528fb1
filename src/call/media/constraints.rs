//! Constraints of a capture (W3C Media Capture and Streams, section 11), as data.

use crate::call::api::device::{DeviceId, Facing};
use crate::call::api::settings::Settings;
use crate::protocol::Source;

/// The ideal resolution of a camera, in pixels; a camera that has less gives less. `app/early.js` asks for the same.
const IDEAL_RESOLUTION: (u32, u32) = (1280, 720);

/// The ideal resolution of a camera that shows a document, in pixels.
const SHARED_RESOLUTION: (u32, u32) = (1920, 1080);

/// The device that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The one that the browser or the person chooses.
    #[default]
    Any,
    /// This one, or another where it is gone (`ideal`).
    Rather(DeviceId),
    /// This one and no other (`exact`).
    Only(DeviceId),
    /// One that looks from this side (`facingMode`).
    Facing(Facing),
}

/// The constraints of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints {
    /// The source.
    pub source: Source,
    /// The device.
    pub device: Wanted,
    /// The ideal width and height, in pixels.
    pub resolution: Option<(u32, u32)>,
    /// The processing of sound that is switched off, among others.
    pub settings: Settings,
}

impl Constraints {
    /// The constraints of a camera that is shared beside the own one.
    pub fn shared(camera: DeviceId) -> Self {
        Self::of(Source::Screen, Wanted::Only(camera), Settings::default())
    }

    /// The constraints of a source.
    pub(super) fn of(source: Source, device: Wanted, settings: Settings) -> Self {
        let resolution = match source {
            Source::Microphone | Source::ScreenAudio => None,
            Source::Camera => Some(IDEAL_RESOLUTION),
            Source::Screen => Some(SHARED_RESOLUTION),
        };
        Self { source, device, resolution, settings }
    }
}
