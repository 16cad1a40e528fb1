//! Stand-in until the views land.

/// A language of the page.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// Reads a BCP 47 tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next()? {
            "en" => Some(Self::En),
            "ko" => Some(Self::Ko),
            _ => None,
        }
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// Chooses by an `Accept-Language` header.
    pub fn preferred(accept: &str) -> Self {
        accept.split(',').find_map(|range| Self::from_tag(range.split(';').next()?)).unwrap_or_default()
    }
}
