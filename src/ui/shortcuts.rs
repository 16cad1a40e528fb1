//! The table of shortcuts in a call, and what the person has changed in it. No browser in here.

use strum::IntoStaticStr;

/// What a key alone does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Shortcut {
    /// Switches the microphone.
    Microphone,
    /// Switches the camera.
    Camera,
    /// Raises the hand.
    Hand,
    /// Opens the chat.
    Chat,
    /// Opens the list of people.
    People,
    /// Changes the layout.
    Layout,
    /// Talks for as long as it is held.
    Talk,
    /// Shares a screen, or ends that.
    Screen,
}

/// Number of shortcuts.
const COUNT: usize = 8;
/// In place of the key of a shortcut that is switched off.
const NONE: u8 = b'-';
/// Before the keys if all of them are switched off.
const OFF: char = '!';

impl Shortcut {
    /// All of them, in the order of the sheet and of [`Keys::write`].
    pub(crate) const ALL: [Self; COUNT] = [
        Self::Microphone,
        Self::Camera,
        Self::Hand,
        Self::Chat,
        Self::People,
        Self::Layout,
        Self::Talk,
        Self::Screen,
    ];
}

/// The keys of the shortcuts: small letters, digits or the space bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    keys: [u8; COUNT],
    /// Whether they do anything.
    pub(crate) is_on: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self { keys: *b"mvhcpl s", is_on: true }
    }
}

impl Keys {
    /// Reads what [`Self::write`] has made; anything else gives the keys of the beginning.
    pub(crate) fn read(kept: &str) -> Self {
        let (is_on, keys) = kept.strip_prefix(OFF).map_or((true, kept), |keys| (false, keys));
        let kept = keys.as_bytes();
        // An older page kept one less.
        if !(COUNT - 1..=COUNT).contains(&kept.len()) {
            return Self::default();
        }
        let mut read = Self { keys: [NONE; COUNT], is_on };
        for (shortcut, key) in Shortcut::ALL.into_iter().zip(kept.iter().copied()) {
            if key != NONE && !(is_key(key) && read.shortcut(key).is_none()) {
                return Self::default();
            }
            read.set(shortcut, Some(key).filter(|key| *key != NONE));
        }
        let newest = Self::default().keys[COUNT - 1];
        if kept.len() < COUNT && read.shortcut(newest).is_none() {
            read.keys[COUNT - 1] = newest;
        }
        read
    }

    /// The text that a browser keeps.
    pub(crate) fn write(&self) -> String {
        let keys = self.keys.iter().map(|key| char::from(*key));
        Some(OFF).filter(|_| !self.is_on).into_iter().chain(keys).collect()
    }

    /// The key of a shortcut, unless that is switched off.
    pub(crate) fn of(&self, shortcut: Shortcut) -> Option<u8> {
        Some(self.keys[shortcut as usize]).filter(|key| *key != NONE)
    }

    /// Gives a shortcut another key, which is taken from the one that had it, or none.
    pub(crate) fn set(&mut self, shortcut: Shortcut, key: Option<u8>) {
        if let Some(other) = key.and_then(|key| self.shortcut(key)) {
            self.keys[other as usize] = NONE;
        }
        self.keys[shortcut as usize] = key.filter(|key| is_key(*key)).unwrap_or(NONE);
    }

    /// The shortcut of a key.
    pub(crate) fn shortcut(&self, key: u8) -> Option<Shortcut> {
        Shortcut::ALL.into_iter().find(|shortcut| self.of(*shortcut) == Some(key))
    }
}

fn is_key(key: u8) -> bool {
    key.is_ascii_lowercase() || key.is_ascii_digit() || key == b' '
}

/// The key of a keyboard event, if it may be one of a shortcut.
///
/// Where the keyboard writes Latin letters the letter counts, wherever it lies; where it writes another script, the
/// place of the key.
pub(crate) fn pressed(key: &str, code: &str) -> Option<u8> {
    if key.is_ascii() && key.len() == 1 {
        return Some(key.as_bytes()[0].to_ascii_lowercase()).filter(|key| is_key(*key));
    }
    let place = code.strip_prefix("Key").or_else(|| code.strip_prefix("Digit"));
    match place.map(str::as_bytes) {
        // Keys with a name of their own, such as Enter, have another code.
        Some([place]) => Some(place.to_ascii_lowercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_letter_counts_and_in_other_scripts_the_place() {
        for (key, code, expected) in [
            ("m", "KeyM", Some(b'm')),
            ("M", "KeyM", Some(b'm')),
            // A French keyboard.
            ("m", "Semicolon", Some(b'm')),
            (",", "KeyM", None),
            // Korean, Russian, and a keyboard that is composing.
            ("ㅡ", "KeyM", Some(b'm')),
            ("ь", "KeyM", Some(b'm')),
            ("Process", "KeyM", Some(b'm')),
            ("é", "Digit2", Some(b'2')),
            (" ", "Space", Some(b' ')),
            ("Enter", "Enter", None),
            ("Dead", "BracketLeft", None),
            ("?", "Slash", None),
            ("", "", None),
        ] {
            assert_eq!(pressed(key, code), expected, "{key} {code}");
        }
    }

    #[test]
    fn a_key_does_one_thing() {
        let mut keys = Keys::default();
        assert_eq!(keys.shortcut(b'm'), Some(Shortcut::Microphone));
        keys.set(Shortcut::Camera, Some(b'm'));
        assert_eq!((keys.of(Shortcut::Microphone), keys.of(Shortcut::Camera)), (None, Some(b'm')));
        keys.set(Shortcut::Camera, Some(b'm'));
        assert_eq!(keys.of(Shortcut::Camera), Some(b'm'), "its own key again");
        keys.set(Shortcut::Camera, Some(b'?'));
        assert_eq!(keys.of(Shortcut::Camera), None);
        keys.is_on = false;
        assert_eq!(keys.write(), "!--hcpl s");
        assert_eq!(Keys::read(&keys.write()), keys);
    }

    #[test]
    fn what_is_damaged_is_not_half_believed() {
        for kept in
            ["", "mv", "mvhpl ", "mvshcpl x9", "mvhcplx9s", "mmhcpl ", "MVHCPL S", "mvhcpl?", "!", "mvhcpé "]
        {
            assert_eq!(Keys::read(kept), Keys::default(), "{kept}");
        }
    }

    #[test]
    fn what_an_older_page_kept_is_read_with_a_key_for_what_is_new() {
        assert_eq!(Keys::read("mvhcpl "), Keys::default());
        let taken = Keys::read("svhcpl ");
        assert_eq!((taken.of(Shortcut::Microphone), taken.of(Shortcut::Screen)), (Some(b's'), None));
    }

    proptest! {
        #[test]
        fn what_is_changed_is_kept(changes in prop::collection::vec((0..COUNT, any::<Option<u8>>()), 0..20)) {
            let mut keys = Keys::default();
            for (shortcut, key) in changes {
                keys.set(Shortcut::ALL[shortcut], key);
                prop_assert_eq!(Keys::read(&keys.write()), keys);
            }
        }
    }
}
