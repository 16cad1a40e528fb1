//! Keys under which a browser keeps parts of a call. `app/early.js` uses the same ones.

use std::time::Duration;

/// How all of them begin.
pub const PREFIX: &str = "parlor.";
/// `localStorage`: the name used last.
pub const NAME: &str = "parlor.name";
/// `localStorage`: present while the own address is to be hidden.
pub const HIDE_ADDRESS: &str = "parlor.hide-address";
/// `localStorage`: the corner of the own picture, and whether it is hidden.
pub const OWN_PICTURE: &str = "parlor.own-picture";
/// `localStorage`: the devices chosen, each a [`Choice`](super::Choice) as text, in the order of
/// [`DeviceKind::ALL`](super::DeviceKind::ALL).
pub const DEVICES: [&str; 3] = ["parlor.microphone", "parlor.camera", "parlor.speaker"];
/// `localStorage`: the [`Settings`](super::Settings) as text.
pub const SETTINGS: &str = "parlor.settings";
/// `localStorage`: the keys of the shortcuts.
pub const KEYS: &str = "parlor.keys";
/// `sessionStorage`: the tab's seat, a [`Remembered`](super::Remembered) as JSON.
pub const SEAT: &str = "parlor.seat";
/// `sessionStorage`: when the tab's page was last left, in milliseconds since 1970.
pub const DEPARTED: &str = "parlor.departed";
/// `sessionStorage`: the server's version for which the tab has loaded its page anew.
pub const LOADED_FOR: &str = "parlor.loaded-for";
/// `sessionStorage`: the transfers of files that go on after a reload, as JSON.
pub const FILES: &str = "parlor.files";
/// `sessionStorage`: the notes of the call in this tab, the room before them.
pub const NOTES: &str = "parlor.notes";

/// How long a reload may take.
const RELOAD: Duration = Duration::from_secs(60);

/// Whether a page that was left so long ago is being reloaded. A tab that is opened again after hours must not go
/// on the air by itself.
pub fn is_reload(left: Duration) -> bool {
    left <= RELOAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_begins_as_the_others_do() {
        let keys =
            [NAME, HIDE_ADDRESS, OWN_PICTURE, SETTINGS, KEYS, SEAT, DEPARTED, LOADED_FOR, FILES, NOTES];
        for key in keys.into_iter().chain(DEVICES) {
            assert!(key.starts_with(PREFIX), "{key}");
        }
    }

    #[test]
    fn a_tab_that_is_opened_again_later_is_no_reload() {
        for (seconds, expected) in [(0, true), (60, true), (61, false), (3 * 3600, false)] {
            assert_eq!(is_reload(Duration::from_secs(seconds)), expected, "{seconds} s");
        }
    }
}
