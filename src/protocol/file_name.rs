//! The name of a file that another page offers, cleaned so that it can be shown and saved.

use serde::{Deserialize, Serialize};

use super::ids::{is_invisible, turns_text};

/// Longest name of a file in bytes of UTF-8, as common file systems have it.
pub const MAX_FILE_NAME_BYTES: usize = 255;
/// Longest extension, with its dot, that shortening keeps, in bytes.
const MAX_EXTENSION_BYTES: usize = 32;
/// The name of a file that has none left.
const NEUTRAL: &str = "file";
/// Names that Windows gives to devices, whatever their extension ("Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// The same, with a digit behind them.
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// The name of a file: 1 to [`MAX_FILE_NAME_BYTES`] bytes on one line, without a path.
///
/// Reading a text drops the path, control characters, all that changes the direction of words, and what is invisible but
/// joins letters. White space shrinks to one space each. Characters that a file system gives a meaning become `_`. Dots
/// go at both ends, so that no file is hidden, and names of devices on Windows get a `_` in front.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name with a number before its extension, to keep files of one name apart.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let (stem, extension) = split(&self.0);
        Self(shorten(stem, &format!(" ({number}){extension}")))
    }

    /// The name as file systems compare it that ignore case: names that have it in common are the same to them.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl From<&str> for FileName {
    fn from(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let mut clean = String::new();
        for c in last.chars() {
            match c {
                // Persian, Indic scripts and emoji are written with joiners and selectors.
                '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' if !clean.is_empty() => clean.push(c),
                _ if turns_text(c) || c.is_control() => {}
                _ if c.is_whitespace() || c == '\u{2800}' => {
                    if !clean.ends_with(' ') {
                        clean.push(' ');
                    }
                }
                _ if is_invisible(c) => {}
                '<' | '>' | ':' | '"' | '|' | '?' | '*' => clean.push('_'),
                _ => clean.push(c),
            }
        }
        let is_trimmed = |c: char| c == '.' || is_invisible(c);
        let mut clean = clean.trim_matches(is_trimmed).to_owned();
        if is_device(&clean) {
            clean.insert(0, '_');
        }
        if clean.len() > MAX_FILE_NAME_BYTES {
            let (stem, extension) = split(&clean);
            clean = shorten(stem, extension).trim_end_matches(is_trimmed).to_owned();
        }
        Self(if clean.is_empty() { NEUTRAL.to_owned() } else { clean })
    }
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

/// A name in two, before the dot of its extension if it has one that is kept.
fn split(name: &str) -> (&str, &str) {
    let dot = name.rfind('.').filter(|&dot| dot > 0 && name.len() - dot <= MAX_EXTENSION_BYTES);
    name.split_at(dot.unwrap_or(name.len()))
}

/// As much of a stem as fits before an ending.
fn shorten(stem: &str, ending: &str) -> String {
    let mut end = stem.len().min(MAX_FILE_NAME_BYTES.saturating_sub(ending.len()));
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = stem.get(..end).unwrap_or_default().to_owned();
    name.push_str(ending);
    name
}

/// Whether Windows takes a name for one of its devices.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is = |device: &str| stem.eq_ignore_ascii_case(device);
    let is_numbered = |device: &&str| {
        let (front, digit) = stem.split_at_checked(device.len()).unwrap_or_default();
        let mut digit = digit.chars();
        front.eq_ignore_ascii_case(device)
            && digit.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
            && digit.next().is_none()
    };
    DEVICES.into_iter().any(is) || NUMBERED_DEVICES.iter().any(is_numbered)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_cleaned_and_nothing_else_of_them_changes() {
        for (said, expected) in [
            ("report.pdf", "report.pdf"),
            ("보고서 2024.hwp", "보고서 2024.hwp"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Windows\system32\evil.dll", "evil.dll"),
            ("/", "file"),
            ("a/", "file"),
            ("..", "file"),
            ("", "file"),
            (" \t\n", "file"),
            ("\u{200b}\u{3164}\u{2800}", "file"),
            (".htaccess", "htaccess"),
            (" . .a. . ", "a"),
            // Direction overrides that would show the extension as another.
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("\u{2066}a\u{2069}.txt", "a.txt"),
            // Space that would push the extension out of sight.
            ("invoice.pdf                              .exe", "invoice.pdf .exe"),
            ("a\u{2800}\u{2800}\u{a0}b.txt", "a b.txt"),
            ("a\u{0}b\u{1b}[31m.txt", "ab[31m.txt"),
            ("a\u{2028}b\r\nc", "a bc"),
            ("a<b>c:d\"e|f?g*.txt", "a_b_c_d_e_f_g_.txt"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("LPT².txt", "_LPT².txt"),
            ("aux .txt", "_aux .txt"),
            ("conin$", "_conin$"),
            ("console.txt", "console.txt"),
            ("com10", "com10"),
            ("com", "com"),
            ("👨\u{200d}👩 ❤\u{fe0f} می\u{200c}خواهم.png", "👨\u{200d}👩 ❤\u{fe0f} می\u{200c}خواهم.png"),
            ("<script>alert(1)</script>.html", "script_.html"),
        ] {
            assert_eq!(FileName::from(said).as_str(), expected, "{said:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_keeps_its_extension() {
        for letter in ["a", "한", "😀"] {
            let name = FileName::from(format!("{}.tar", letter.repeat(300)).as_str());
            assert!(name.as_str().len() <= MAX_FILE_NAME_BYTES && name.as_str().len() > 247, "{name:?}");
            assert!(name.as_str().ends_with(&format!("{letter}.tar")), "{name:?}");
            let second = name.numbered(2);
            assert!(second.as_str().len() <= MAX_FILE_NAME_BYTES, "{second:?}");
            assert!(second.as_str().ends_with(&format!("{letter} (2).tar")), "{second:?}");
        }
        let no_extension = FileName::from(format!("a.{}", "b".repeat(300)).as_str());
        assert_eq!(no_extension.as_str(), format!("a.{}", "b".repeat(253)));
    }

    #[test]
    fn files_of_one_name_get_numbers() {
        for (name, expected) in [("a.txt", "a (2).txt"), ("a", "a (2)"), ("a.tar.gz", "a.tar (2).gz")] {
            assert_eq!(FileName::from(name).numbered(2).as_str(), expected);
        }
        assert_eq!(FileName::from("Ä.TXT").folded(), FileName::from("ä.txt").folded());
        assert_ne!(FileName::from("A.TXT").folded(), FileName::from("b.txt").folded());
    }

    fn is_safe(name: &FileName) -> bool {
        let name = name.as_str();
        let forbidden = |c: char| c.is_control() || turns_text(c) || "/\\<>:\"|?*".contains(c);
        let is_trimmed = !name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']);
        (1..=MAX_FILE_NAME_BYTES).contains(&name.len())
            && is_trimmed
            && !name.contains(forbidden)
            && !is_device(name)
    }

    proptest! {
        #[test]
        fn a_cleaned_name_is_safe_and_stays_as_it_is(text: String) {
            let name = FileName::from(text);
            prop_assert!(is_safe(&name), "{:?}", name);
            prop_assert_eq!(FileName::from(name.as_str()), name);
        }

        #[test]
        fn so_is_one_of_odd_characters(
            text in "[a. \t/\\\\:\u{200b}\u{200c}\u{fe0f}\u{202e}\u{2028}\u{7}CON1]{0,20}(😀|a|[. ]){0,300}(\\.[a. ]{0,40})?",
            number in 2_u32..
        ) {
            let name = FileName::from(text);
            prop_assert!(is_safe(&name), "{:?}", name);
            prop_assert_eq!(FileName::from(name.as_str()), name.clone());
            prop_assert!(is_safe(&name.numbered(number)), "{:?}", name.numbered(number));
        }
    }
}
