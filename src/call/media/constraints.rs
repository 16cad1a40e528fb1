//! Constraints of a capture (W3C Media Capture and Streams, section 11), as data.

use crate::protocol::Source;

/// The ideal resolution of a camera, in pixels; a camera that has less gives less. `app/early.js` asks for the same.
const IDEAL_RESOLUTION: (u32, u32) = (1280, 720);

/// A device's id (`MediaDeviceInfo.deviceId`), which a browser gives to this site alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId(pub String);

/// The constraints of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints {
    /// The source.
    pub source: Source,
    /// This device and no other; without it the browser or the person chooses.
    pub device: Option<DeviceId>,
    /// The ideal width and height, in pixels.
    pub resolution: Option<(u32, u32)>,
}

impl Constraints {
    /// The constraints of a source, on this device if one is named.
    pub(super) fn of(source: Source, device: Option<DeviceId>) -> Self {
        let resolution = match source {
            Source::Microphone => None,
            Source::Camera => Some(IDEAL_RESOLUTION),
        };
        Self { source, device, resolution }
    }
}
