//! Keys under which a browser keeps parts of a call. `app/early.js` uses the same ones.

use std::time::Duration;

/// `localStorage`: the name used last.
pub const NAME: &str = "parlor.name";
/// `localStorage`: present while the own address is to be hidden.
pub const HIDE_ADDRESS: &str = "parlor.hide-address";
/// `sessionStorage`: the tab's seat, a [`Remembered`](super::Remembered) as JSON.
pub const SEAT: &str = "parlor.seat";
/// `sessionStorage`: when the tab's page was last left, in milliseconds since 1970.
pub const DEPARTED: &str = "parlor.departed";
/// `sessionStorage`: the server's version for which the tab has loaded its page anew.
pub const LOADED_FOR: &str = "parlor.loaded-for";

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
    fn a_tab_that_is_opened_again_later_is_no_reload() {
        for (seconds, expected) in [(0, true), (60, true), (61, false), (3 * 3600, false)] {
            assert_eq!(is_reload(Duration::from_secs(seconds)), expected, "{seconds} s");
        }
    }
}
