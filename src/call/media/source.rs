//! The sources of media: microphone and camera.

/// A set of the two devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// The microphone.
    pub microphone: bool,
    /// The camera.
    pub camera: bool,
}

impl Devices {
    /// Neither.
    pub const NONE: Self = Self { microphone: false, camera: false };
    /// Only the microphone.
    pub const MICROPHONE: Self = Self { microphone: true, camera: false };
    /// Only the camera.
    pub const CAMERA: Self = Self { microphone: false, camera: true };
    /// Both.
    pub const BOTH: Self = Self { microphone: true, camera: true };

    /// In either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { microphone: self.microphone || other.microphone, camera: self.camera || other.camera }
    }

    /// In this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self { microphone: self.microphone && !other.microphone, camera: self.camera && !other.camera }
    }

    /// In both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { microphone: self.microphone && other.microphone, camera: self.camera && other.camera }
    }

    /// Neither device.
    pub const fn is_empty(self) -> bool {
        !self.microphone && !self.camera
    }
}
