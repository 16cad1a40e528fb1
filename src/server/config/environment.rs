//! Settings in the environment: `PARLOR_<SECTION>_<KEY>`, such as `PARLOR_ROOMS_CAPACITY`, and `PORT`, which hosting
//! services set.
//!
//! An empty variable is not set: compose files and hosting panels pass on what was left empty. Quotes around a whole
//! value and a carriage return at its end are no part of it: `docker run --env-file` passes both on from the file.

use std::ffi::OsString;

use super::given::Given;

/// The settings among the variables, the more particular ones last.
pub(super) fn given(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<Given> {
    let mut given: Vec<_> = variables
        .filter_map(|(name, text)| {
            let (by, text) = (name.into_string().ok()?, text.to_string_lossy().into_owned());
            let text = unquoted(&text);
            let key = match by.strip_prefix("PARLOR_") {
                _ if text.is_empty() => return None,
                Some(_) if is_of_a_service(&by, &text) => return None,
                Some(key) => key.to_lowercase().replacen('_', ".", 1),
                None if by == "PORT" => "server.port".to_owned(),
                None => return None,
            };
            Some(Given { by, key, text })
        })
        .collect();
    // PARLOR_SERVER_PORT is the more particular one, so it comes after PORT.
    given.sort_by_key(|given| given.by != "PORT");
    given
}

/// Strips what surrounds the value of a variable: white space, then one pair of quotes.
///
/// Two quoted words with a comma between them are a list, and keep their quotes. So does the inside of a list or table,
/// where a backslash before a quote is removed: compose files need it, and Docker's own env files pass it on.
pub fn unquoted(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) else {
            continue;
        };
        let trimmed = inner.trim();
        let is_structure = [('[', ']'), ('{', '}')]
            .iter()
            .any(|(first, last)| trimmed.starts_with(*first) && trimmed.ends_with(*last));
        if is_structure {
            return trimmed.replace(&format!("\\{quote}"), &quote.to_string());
        }
        if !inner.contains(quote) {
            return inner.to_owned();
        }
    }
    text.to_owned()
}

/// Whether Kubernetes or a Docker link sets the variable, for a service named `parlor…`
/// (kubernetes.io/docs/concepts/services-networking/service, "Environment variables").
fn is_of_a_service(name: &str, text: &str) -> bool {
    let begins_with_number = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT") && text.contains("://")
        || name.split("_PORT_").skip(1).any(begins_with_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_white_space_around_a_value_are_taken_away() {
        for (text, value) in [
            ("4", "4"),
            (" 4 \r", "4"),
            (r#""4""#, "4"),
            ("'4'", "4"),
            ("'4'\r", "4"),
            (r#""""#, ""),
            ("''", ""),
            (" \t", ""),
            (r#"" two words ""#, " two words "),
            (r#""it's""#, "it's"),
            (r#""a.example, b.example""#, "a.example, b.example"),
            (r#""a.example", "b.example""#, r#""a.example", "b.example""#),
            ("'a', 'b'", "'a', 'b'"),
            (r#"'["a.example"]'"#, r#"["a.example"]"#),
            (r#""["a.example"]""#, r#"["a.example"]"#),
            (r#""[{urls=[\"turn:x\"]}]""#, r#"[{urls=["turn:x"]}]"#),
            (r#"'{a='b'}'"#, "{a='b'}"),
            (r#"""#, r#"""#),
            (r#""half"#, r#""half"#),
            (r#""half'"#, r#""half'"#),
            (r#"in "side""#, r#"in "side""#),
            (r#"back\"slash"#, r#"back\"slash"#),
        ] {
            assert_eq!(unquoted(text), value, "{text}");
        }
    }
}
