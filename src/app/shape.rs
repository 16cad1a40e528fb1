//! A checksum of the nodes in a rendered page.
//!
//! Hydration walks the nodes that the server has sent. Extensions, translators and proxies add and remove some before,
//! and only this checksum tells: hydration itself may panic, or bind a button's code to another element.

/// Elements of HTML without content (HTML Standard, 13.1.2), as far as pages may use them.
const VOID: [&str; 5] = ["br", "hr", "img", "input", "source"];

/// Hashes the names of all nodes inside `main`; `shape` in start.js computes the same of the document.
pub(super) fn shape(html: &str) -> i32 {
    let inside = html.split_once("<main").and_then(|(_, rest)| Some((rest, rest.rfind("</main>")?)));
    let Some((rest, end)) = inside else { return 0 };
    let content = rest.get(tag_length(rest)..end).unwrap_or_default();
    names(content).bytes().fold(0, |hash: i32, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}

/// Lists the names of nodes in Leptos's HTML, each with its children's in parentheses.
fn names(html: &str) -> String {
    let mut names = String::new();
    let mut rest = html;
    while !rest.is_empty() {
        let (text, markup) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        if !text.is_empty() {
            names.push_str("#text()");
        }
        let length = if let Some(comment) = markup.strip_prefix("<!--") {
            comment.find("-->").map_or(markup.len(), |at| at + "<!---->".len())
        } else {
            tag_length(markup)
        };
        let (tag, after) = markup.split_at(length);
        rest = after;
        let tag = tag.trim_start_matches('<').trim_end_matches('>');
        let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or_default();
        if tag.starts_with('!') {
            names.push_str("#comment()");
        } else if tag.starts_with('/') {
            names.push(')');
        } else if !name.is_empty() {
            names.push_str(&name.to_ascii_lowercase());
            names.push_str(if tag.ends_with('/') || VOID.contains(&name) { "()" } else { "(" });
        }
    }
    names
}

/// Counts the bytes up to the end of a tag, past the `>` outside quotes.
fn tag_length(markup: &str) -> usize {
    let mut quoted = false;
    let end = markup.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(markup.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_named_in_the_order_of_the_document() {
        for (html, expected) in [
            ("", ""),
            ("Room <b>1</b>", "#text()b(#text())"),
            ("a<!>b<!-- > -->", "#text()#comment()#text()#comment()"),
            ("<!----> ", "#comment()#text()"),
            (r#"<p title="a > b" hidden></p>"#, "p()"),
            (r#"<input value="/"><br/><svg><path d="M0"></path></svg>"#, "input()br()svg(path())"),
        ] {
            assert_eq!(names(html), expected, "{html}");
        }
    }

    #[test]
    fn only_what_is_inside_main_counts() {
        let page = shape(r#"<main class="a > b"><p>x</p></main>"#);
        // As start.js computes it.
        assert_eq!(page, -367_484_112);
        assert_eq!(page, shape(r#"<div></div><main data-ready><p lang="en">other</p></main><!>"#));
        assert_ne!(page, shape("<main><p>x<!></p></main>"));
        assert_ne!(page, shape("<main><p>x</p> </main>"));
        assert_eq!(shape("<p></p>"), 0);
    }
}
