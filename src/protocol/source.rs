//! The sources of media that a page can send.

use serde::{Deserialize, Serialize};

/// A source of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The microphone.
    Microphone,
    /// The camera.
    Camera,
    /// A screen, a window, a tab, or a second camera, that is shared beside the camera.
    Screen,
    /// The sound of what is shared.
    ScreenAudio,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenAudio];
    /// The devices of a person.
    pub const DEVICES: [Self; 2] = [Self::Microphone, Self::Camera];

    /// The name in JSON.
    const fn name(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Screen => "screen",
            Self::ScreenAudio => "screen_audio",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of sources; in JSON a list of their names. Reading ignores names that it does not know: a newer page may
/// have more sources.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<&'static str>")]
pub struct SourceSet(u8);

impl SourceSet {
    /// No source.
    pub const NONE: Self = Self(0);
    /// Only the microphone.
    pub const MICROPHONE: Self = Self(Source::Microphone.bit());
    /// Only the camera.
    pub const CAMERA: Self = Self(Source::Camera.bit());
    /// Microphone and camera, the devices of a person.
    pub const DEVICES: Self = Self::MICROPHONE.or(Self::CAMERA);
    /// What is shared, with its sound.
    pub const SCREEN: Self = Self(Source::Screen.bit() | Source::ScreenAudio.bit());

    /// Whether the source is in this set.
    pub const fn contains(self, source: Source) -> bool {
        self.0 & source.bit() != 0
    }

    /// The sources of this set, in the order of [`Source::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Source> {
        Source::ALL.into_iter().filter(move |source| self.contains(*source))
    }

    /// In either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// In this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// In both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The same set, with this source or without it.
    #[must_use]
    pub fn with(self, source: Source, is_in: bool) -> Self {
        if is_in { self.or(source.into()) } else { self.without(source.into()) }
    }

    /// No source is in this set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl From<Source> for SourceSet {
    fn from(source: Source) -> Self {
        Self(source.bit())
    }
}

impl FromIterator<Source> for SourceSet {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        sources.into_iter().fold(Self::NONE, |set, source| set.or(source.into()))
    }
}

impl From<Vec<String>> for SourceSet {
    fn from(names: Vec<String>) -> Self {
        Source::ALL.into_iter().filter(|source| names.iter().any(|name| name == source.name())).collect()
    }
}

impl From<SourceSet> for Vec<&'static str> {
    fn from(set: SourceSet) -> Self {
        set.iter().map(Source::name).collect()
    }
}

impl std::fmt::Debug for SourceSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::read;

    #[test]
    fn a_set_is_a_list_of_names() {
        for (set, json) in [
            (SourceSet::NONE, "[]"),
            (SourceSet::CAMERA, r#"["camera"]"#),
            (SourceSet::DEVICES, r#"["microphone","camera"]"#),
            (SourceSet::SCREEN, r#"["screen","screen_audio"]"#),
        ] {
            assert_eq!(serde_json::to_string(&set).unwrap(), json);
            assert_eq!(read(json), Ok(set));
        }
    }

    #[test]
    fn sources_of_a_newer_page_are_ignored() {
        assert_eq!(read(r#"["hologram","camera","camera"]"#), Ok(SourceSet::CAMERA));
        for json in ["[1]", r#""camera""#, "{}", r#"["camera"#] {
            assert!(read::<SourceSet>(json).is_err(), "{json}");
        }
    }
}
