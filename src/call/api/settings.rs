//! Settings: switches that a person sets for this browser.

use std::fmt;

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `noiseSuppression` of the microphone.
    NoiseSuppression,
    /// `echoCancellation` of the microphone.
    EchoCancellation,
    /// `autoGainControl` of the microphone.
    AutoGainControl,
    /// Show the own picture as in a mirror.
    Mirror,
    /// Tell the person who talks while muted.
    MutedSpeech,
    /// Play sounds of the page, as when somebody comes.
    Sounds,
    /// `backgroundBlur` of the camera.
    BackgroundBlur,
    /// Say in the title of a page out of sight that somebody comes.
    Title,
    /// Notify the person whose page is out of sight that somebody comes, where the browser may.
    Notifications,
}

impl Setting {
    /// Every switch.
    pub const ALL: [Self; 9] = [
        Self::NoiseSuppression,
        Self::EchoCancellation,
        Self::AutoGainControl,
        Self::Mirror,
        Self::MutedSpeech,
        Self::Sounds,
        Self::BackgroundBlur,
        Self::Title,
        Self::Notifications,
    ];
    /// The processing of sound, by the browser.
    pub const PROCESSING: [Self; 3] = [Self::NoiseSuppression, Self::EchoCancellation, Self::AutoGainControl];

    /// The name in the browser's storage; for what the browser does, that of the constraint (W3C Media Capture and
    /// Streams, section 4.3.8).
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoiseSuppression => "noiseSuppression",
            Self::EchoCancellation => "echoCancellation",
            Self::AutoGainControl => "autoGainControl",
            Self::Mirror => "mirror",
            Self::MutedSpeech => "mutedSpeech",
            Self::Sounds => "sounds",
            Self::BackgroundBlur => "backgroundBlur",
            Self::Title => "title",
            Self::Notifications => "notifications",
        }
    }

    /// Whether it is on until somebody changes it.
    const fn is_on_at_first(self) -> bool {
        !matches!(self, Self::BackgroundBlur)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The state of all switches, as those that were changed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings(u16);

impl Settings {
    /// Whether a switch is on.
    pub const fn is_on(self, setting: Setting) -> bool {
        (self.0 & setting.bit() != 0) != setting.is_on_at_first()
    }

    /// The same with this switch on or off.
    #[must_use]
    pub const fn with(self, setting: Setting, on: bool) -> Self {
        if on == setting.is_on_at_first() {
            Self(self.0 & !setting.bit())
        } else {
            Self(self.0 | setting.bit())
        }
    }

    /// The text that a browser keeps: the names of those that were changed. `app/early.js` reads it as well.
    pub fn to_text(self) -> String {
        let mut text = String::new();
        for setting in Setting::ALL.into_iter().filter(|setting| self.0 & setting.bit() != 0) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(setting.name());
        }
        text
    }

    /// Reads what was kept; names that are not known, as of a newer page, are ignored.
    pub fn from_text(text: &str) -> Self {
        let named = |setting: &Setting| text.split(' ').any(|name| name == setting.name());
        Self(Setting::ALL.into_iter().filter(named).fold(0, |bits, setting| bits | setting.bit()))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_kept_by_name() {
        let settings = Settings::default();
        assert_eq!(settings.to_text(), "");
        for setting in Setting::ALL {
            let first = settings.is_on(setting);
            let changed = settings.with(setting, !first);
            assert_eq!(changed.to_text(), setting.name());
            assert_eq!(Settings::from_text(setting.name()), changed);
            assert!(
                changed.is_on(setting) != first && changed.with(setting, first) == settings,
                "{setting:?}"
            );
        }
        let two = settings.with(Setting::Mirror, false).with(Setting::Sounds, false);
        assert_eq!(Settings::from_text("sounds hologram mirror"), two);
    }
}
