//! Microphone and camera: what is wanted, what the browser gave, and what to ask for next.

/// A set of the two devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// The microphone.
    pub microphone: bool,
    /// The camera.
    pub camera: bool,
}

/// Leave of the person, as the Permissions API tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    /// The browser does not tell, or would ask.
    #[default]
    Prompt,
    /// Given.
    Granted,
    /// Refused.
    Denied,
}

/// Why `getUserMedia` failed, by the names of W3C Media Capture, section 10.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`, `SecurityError`
    Denied,
    /// `NotFoundError`, `OverconstrainedError`
    NotFound,
    /// `NotReadableError`, `AbortError`: another program holds the device, or it broke.
    Busy,
    /// `navigator.mediaDevices` is missing because the page is not a secure context.
    Insecure,
    /// The browser has no capture at all, or failed in a way of its own.
    Unsupported,
}

/// What to tell a person about a device that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceProblem {
    /// Why.
    pub error: MediaError,
    /// Which devices are missing because of it.
    pub missing: Devices,
}
