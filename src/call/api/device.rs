//! The devices of a page, and those that the person has chosen.

use crate::protocol::Source;

/// A device's id (`MediaDeviceInfo.deviceId`), which a browser gives to this site alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceId(pub String);

impl DeviceId {
    /// No device in particular: the system's own choice. Browsers show it as well for a device that may not be used yet.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// The kind of a device (`MediaDeviceKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// `audioinput`
    Microphone,
    /// `videoinput`
    Camera,
    /// `audiooutput`
    Speaker,
}

impl DeviceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Microphone, Self::Camera, Self::Speaker];

    /// The source of media that such a device is, if it is one.
    pub fn source(self) -> Option<Source> {
        match self {
            Self::Microphone => Some(Source::Microphone),
            Self::Camera => Some(Source::Camera),
            Self::Speaker => None,
        }
    }
}

/// What is shared is of the kind that has the same medium.
impl From<Source> for DeviceKind {
    fn from(source: Source) -> Self {
        match source {
            Source::Microphone | Source::ScreenAudio => Self::Microphone,
            Source::Camera | Source::Screen => Self::Camera,
        }
    }
}

/// A device that the browser lists (`MediaDeviceInfo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its kind.
    pub kind: DeviceKind,
    /// Its id.
    pub id: DeviceId,
    /// Its name, as the system tells; empty before the person has allowed the use of a device.
    pub label: String,
    /// What the devices of one piece of hardware, such as a headset, have in common.
    pub group: String,
}

/// A device that the person has chosen. Ids change, as when cookies are deleted; names seldom do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its id.
    pub id: DeviceId,
    /// Its name.
    pub label: String,
}

impl Choice {
    /// The text that a browser keeps: a line with the id, then the name. `app/early.js` reads the first line.
    pub fn to_text(&self) -> String {
        format!("{}\n{}", self.id.0, self.label)
    }

    /// Reads what was kept; `None` for anything without an id.
    pub fn from_text(text: &str) -> Option<Self> {
        let (id, label) = text.split_once('\n').unwrap_or((text, ""));
        (!id.is_empty()).then(|| Self { id: DeviceId(id.to_owned()), label: label.to_owned() })
    }
}

/// The side of a telephone that a camera looks from (`VideoFacingModeEnum`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facing {
    /// `user`: the screen's side.
    User,
    /// `environment`: the back.
    Environment,
}

impl Facing {
    /// The other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::User => Self::Environment,
            Self::Environment => Self::User,
        }
    }
}

/// What a camera in use tells of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CameraTraits {
    /// Where it looks from, if it is a telephone's.
    pub facing: Option<Facing>,
    /// The system can blur the background, and stop it (`backgroundBlur`).
    pub can_blur: bool,
}

/// The devices as the page shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicesView {
    /// The devices that can be chosen.
    pub list: Vec<Device>,
    /// The device in use of each kind, in the order of [`DeviceKind::ALL`]; otherwise the system chooses.
    pub used: [Option<DeviceId>; 3],
    /// The browser lets a page choose the speaker.
    pub can_choose_speaker: bool,
    /// There is a camera on the other side.
    pub can_flip: bool,
    /// The camera looks away from the person, who is then not to be shown mirrored.
    pub faces_away: bool,
    /// The system can blur the background.
    pub can_blur: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_kept_as_two_lines() {
        for (id, label) in [("a", "Desk"), ("a", ""), ("a", "two\nlines")] {
            let choice = Choice { id: DeviceId(id.into()), label: label.into() };
            assert_eq!(Choice::from_text(&choice.to_text()), Some(choice));
        }
        assert_eq!(Choice::from_text(""), None);
        assert_eq!(Choice::from_text("\nDesk"), None);
        assert_eq!(Choice::from_text("old").map(|choice| choice.id.0), Some("old".to_owned()));
    }
}
