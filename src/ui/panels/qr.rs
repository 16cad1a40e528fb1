//! The invite link as a QR code, made in the page: the part of a link behind # reaches no server.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

use super::built::{Built, IntoBuilt};
use super::dialog::dialog;
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::invite;

/// Light modules around the code, without which it is not read (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// The dialog with the code.
pub(super) fn qr() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    let link = call.view().with_untracked(|view| view.room.as_ref().map(invite::link)).unwrap_or_default();
    let (path, size) = code(&link).unwrap_or_default();
    let view_box = format!("0 0 {size} {size}");
    let content = view! {
        <div class="qr">
            <svg class="qr-code" viewBox=view_box role="img" aria-label=words.qr_label() shape-rendering="crispEdges">
                <path d=path></path>
            </svg>
            <p class="note" translate="no">{link}</p>
            <p>{words.qr_text()}</p>
        </div>
    };
    dialog("qr", words.qr_code(), content.into_built())
}

/// The path that fills the dark modules, and the width of the code with its quiet zone.
fn code(link: &str) -> Option<(String, usize)> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M).ok()?;
    let width = code.width();
    let modules = code.to_colors();
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let dark = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if dark > 0 {
                path += &format!("M{} {}h{dark}v1h-{dark}z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
            x += dark.max(1);
        }
    }
    Some((path, width + 2 * QUIET_ZONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_covers_the_dark_modules_and_nothing_else() {
        let link = "https://call.example/room/482913550271#key";
        let (path, size) = code(link).unwrap();
        let expected = QrCode::with_error_correction_level(link, EcLevel::M).unwrap();
        let width = expected.width();
        assert_eq!(size, width + 8);
        let mut drawn = vec![Color::Light; width * width];
        for run in path.split_terminator('z') {
            let (at, rest) = run.strip_prefix('M').and_then(|run| run.split_once('h')).unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let length: usize = rest.split('v').next().unwrap().parse().unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let start = (y - 4) * width + x - 4;
            drawn[start..start + length].fill(Color::Dark);
        }
        assert!(drawn == expected.to_colors());
    }

    #[test]
    fn a_link_that_is_too_long_has_no_code() {
        assert!(code(&"x".repeat(5_000)).is_none());
    }
}
