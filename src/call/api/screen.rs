//! The screen at the border of a call: what is shared beside the own camera, and how.

use super::device::DeviceId;
use crate::protocol::Source;

/// The number of a capture; reports of those that are not wanted any more are answered by their release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScreenId(pub u32);

/// What a person wants to share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareSource {
    /// A screen, a window or a tab, which the browser lets the person pick (`getDisplayMedia`).
    Display,
    /// A second camera, which shows a document for instance.
    Camera(DeviceId),
}

/// An action of the person that concerns what is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareAction {
    /// Share this; what is shared already goes on until it is there.
    Start(ShareSource),
    /// Share nothing any more, nor what is being picked.
    Stop,
    /// Send it for this, at once and in shares to come of this call.
    Hint(ScreenHint),
}

/// What the picture is for (W3C MediaStreamTrack Content Hints, `contentHint`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenHint {
    /// `text`: sharp, with fewer pictures a second where the network is slow.
    #[default]
    Text,
    /// `motion`: smooth, with fewer details where the network is slow.
    Motion,
}

/// What was picked (W3C Screen Capture, `displaySurface`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// The browser does not tell.
    #[default]
    Unknown,
    /// `monitor`
    Monitor,
    /// `window`
    Window,
    /// `browser`
    Tab,
    /// A camera.
    Camera,
}

/// The reason why nothing is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenError {
    /// The person picked nothing.
    Cancelled,
    /// The system lets this browser capture nothing.
    Denied,
    /// Anything else.
    Failed,
}

/// A report of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenEvent {
    /// There is something to share; the driver keeps it until it is taken or released.
    Opened {
        /// What was picked.
        surface: Surface,
        /// It has sound.
        has_sound: bool,
    },
    /// There is nothing to share.
    Failed(ScreenError),
    /// What is shared is the tab of this very page, where the browser tells.
    OwnTab,
    /// A track ended by itself, as by the browser's own button.
    Ended(Source),
}

/// What this page shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenView {
    /// What is shared now.
    pub shares: Option<Surface>,
    /// It has sound.
    pub has_sound: bool,
    /// The browser asks the person what to share, or opens it.
    pub is_asking: bool,
    /// What the picture is for.
    pub hint: ScreenHint,
    /// The browser can capture screens; a second camera can be shared anyway.
    pub can_capture: bool,
}
