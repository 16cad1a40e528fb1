//! Links in what people write. No browser in here.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Words.
    Text(&'a str),
    /// An address of the web; it begins with its scheme, `http` or `https`.
    Link(&'a str),
}

const SCHEMES: [&str; 2] = ["https://", "http://"];
/// What belongs to the sentence around an address, at its end.
const MARKS: &[char] =
    &['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '、', '。', '，', '．', '！', '？', '：', '；', '…'];
/// Brackets that an address may hold, and that may stand around it.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// Splits a text into words and links, which together are the text.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut from, mut at) = (vec![], 0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("://")) {
        let colon = at + found;
        at = colon + "://".len();
        let Some((start, end)) = link(text, from, colon) else { continue };
        if start > from {
            parts.push(Part::Text(&text[from..start]));
        }
        parts.push(Part::Link(&text[start..end]));
        (from, at) = (end, end);
    }
    if from < text.len() {
        parts.push(Part::Text(&text[from..]));
    }
    parts
}

/// The bounds of the link around `://`, beginning at `from` or later.
fn link(text: &str, from: usize, colon: usize) -> Option<(usize, usize)> {
    let after = colon + "://".len();
    let scheme = SCHEMES.iter().find_map(|scheme| {
        let start = after.checked_sub(scheme.len()).filter(|start| *start >= from)?;
        text.get(start..after).filter(|found| found.eq_ignore_ascii_case(scheme)).map(|_| start)
    })?;
    // Not the end of another word, as of `xhttp://`.
    if text[..scheme].chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let rest = &text[after..];
    let mut address = &rest[..rest.find(ends).unwrap_or(rest.len())];
    loop {
        let before = address;
        address = address.trim_end_matches(MARKS);
        for (open, close) in BRACKETS {
            let is_unbalanced = address.matches(close).count() > address.matches(open).count();
            address = address.strip_suffix(close).filter(|_| is_unbalanced).unwrap_or(address);
        }
        if address == before {
            break;
        }
    }
    let authority = address.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // A name before an @ can look like the host, and the host is behind it.
    let is_host =
        authority.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !authority.contains('@');
    is_host.then_some((scheme, after + address.len()))
}

/// Where an address ends at the latest: at white space, quotes, angle brackets, and what is not to be seen.
fn ends(c: char) -> bool {
    let is_unseen = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let is_quote =
        matches!(c, '"' | '<' | '>' | '`' | '“' | '”' | '«' | '»' | '「' | '」' | '『' | '』' | '（' | '）');
    c.is_whitespace() || c.is_control() || is_unseen || is_quote
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let link = |part| match part {
            Part::Link(link) => Some(link),
            Part::Text(_) => None,
        };
        parts(text).into_iter().filter_map(link).collect()
    }

    #[test]
    fn addresses_of_the_web_are_links_without_the_sentence_around_them() {
        for (text, expected) in [
            ("https://call.example", &["https://call.example"][..]),
            ("See https://call.example/room/4711.", &["https://call.example/room/4711"]),
            ("(https://wiki.example/Arch_(door))", &["https://wiki.example/Arch_(door)"]),
            ("HTTP://CALL.EXAMPLE/?q=1&r=[2]#x, or", &["HTTP://CALL.EXAMPLE/?q=1&r=[2]#x"]),
            ("<https://a.example>\nhttp://b.example!?", &["https://a.example", "http://b.example"]),
            ("https://a.example,https://b.example", &["https://a.example,https://b.example"]),
            ("http://[::1]:3000/x", &["http://[::1]:3000/x"]),
            ("http://localhost:3000", &["http://localhost:3000"]),
            ("여기는 https://한국.example/방 이에요", &["https://한국.example/방"]),
            ("看（https://a.example）。", &["https://a.example"]),
            ("https://a.example。", &["https://a.example"]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_link() {
        for text in [
            "",
            "call.example",
            "javascript:alert(1)",
            "javascript://%0aalert(1)",
            "data:text/html,<script>",
            "file:///etc/passwd",
            "ftp://a.example",
            "xhttps://a.example",
            "https://",
            "https:///path",
            "https://.",
            "https:// a.example",
            "https://\u{202e}a.example",
            "https://bank.example@evil.example",
            "https://bank.example:x@evil.example/",
            "://",
            "é://a",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
        assert_eq!(links("https://a.example\u{200b}.evil.example"), ["https://a.example"]);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text_and_links_have_their_scheme(
            text in prop_oneof![any::<String>(), "(https?://|[a-z.@()\\[\\]<> \"。é]){0,30}"]
        ) {
            let parts = parts(&text);
            let whole: String = parts.iter().map(|part| match part { Part::Text(text) | Part::Link(text) => *text }).collect();
            prop_assert_eq!(&whole, &text);
            for part in parts {
                if let Part::Link(link) = part {
                    let small = link.to_ascii_lowercase();
                    prop_assert!(SCHEMES.iter().any(|scheme| small.starts_with(scheme) && small.len() > scheme.len()));
                    prop_assert!(!link.contains(ends));
                }
            }
        }
    }
}
