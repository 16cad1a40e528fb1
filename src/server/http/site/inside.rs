//! Site embedded in the binary: each file plain and as the build compressed it, by brotli and gzip. Requests are
//! answered from memory by `Accept-Encoding` and `If-None-Match`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;

use super::paths::{HASHED_FOLDER, OUTPUT_NAME};
use crate::app::PageFiles;
use crate::server::http::headers::immutable;

/// Codings that the build makes, with the ending of such a file; the first is the smallest.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// Bytes of a file's hash that stand in its ETag.
const TAG_BYTES: usize = 12;

/// A file as it was compiled in.
#[derive(Clone, Debug)]
pub(crate) struct EmbeddedFile {
    /// Path below the site's root, with slashes.
    pub(crate) path: String,
    /// Bytes of the file.
    pub(crate) content: Bytes,
    /// SHA-256 of the content.
    pub(crate) hash: [u8; 32],
    /// Media type, by the ending of its name.
    pub(crate) media_type: String,
}

/// All files by path; clones are the same files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inside(Arc<BTreeMap<String, Arc<File>>>);

/// One file in all its codings.
#[derive(Debug)]
struct File {
    media_type: HeaderValue,
    plain: Variant,
    /// Compressed variants by coding; only those that are smaller.
    coded: Vec<(&'static str, Variant)>,
}

#[derive(Clone, Debug)]
struct Variant {
    content: Bytes,
    tag: HeaderValue,
}

impl Inside {
    /// Pairs files with their compressed variants.
    pub(crate) fn new(files: Vec<EmbeddedFile>) -> Self {
        let by_path: BTreeMap<_, _> = files.into_iter().map(|file| (file.path.clone(), file)).collect();
        let is_coded = |path: &str| {
            CODINGS
                .iter()
                .any(|(_, ending)| path.strip_suffix(ending).is_some_and(|of| by_path.contains_key(of)))
        };
        let file = |plain: &EmbeddedFile| {
            let coded = CODINGS.iter().filter_map(|(coding, ending)| {
                let coded = by_path.get(&format!("{}{ending}", plain.path))?;
                (coded.content.len() < plain.content.len()).then(|| (*coding, Variant::new(coded)))
            });
            let media_type = HeaderValue::from_str(&plain.media_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream"));
            Arc::new(File { media_type, plain: Variant::new(plain), coded: coded.collect() })
        };
        let plain = by_path.iter().filter(|(path, _)| !is_coded(path));
        Self(Arc::new(plain.map(|(path, plain)| (path.clone(), file(plain))).collect()))
    }

    /// Paths that the head of a page names.
    pub(crate) fn page_files(&self) -> PageFiles {
        let stem = format!("{HASHED_FOLDER}/{OUTPUT_NAME}.");
        let path = |ending: &str| {
            let found = self.0.keys().find(|path| path.starts_with(&stem) && path.ends_with(ending));
            found.map(|path| format!("/{path}")).unwrap_or_default()
        };
        PageFiles { stylesheet: path(".css"), script: path(".js"), program: path(".wasm") }
    }

    /// A route for each file.
    pub(crate) fn routes(&self) -> Router {
        let (mut hashed, mut others) = (Router::new(), Router::new());
        for (path, file) in self.0.iter() {
            let file = file.clone();
            let answer = get(async move |headers: HeaderMap| file.answer(&headers));
            if path.starts_with(HASHED_FOLDER) {
                hashed = hashed.route(&format!("/{path}"), answer);
            } else {
                others = others.route(&format!("/{path}"), answer);
            }
        }
        hashed.layer(from_fn(immutable)).merge(others)
    }
}

impl Variant {
    fn new(file: &EmbeddedFile) -> Self {
        let tag = format!("\"{}\"", BASE64URL_NOPAD.encode(&file.hash[..TAG_BYTES]));
        // Base64 between quotes is a valid value.
        let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { content: file.content.clone(), tag }
    }
}

impl File {
    fn answer(&self, request: &HeaderMap) -> Response {
        let (coding, variant) = self.choose(request);
        let has_it = values(request, IF_NONE_MATCH).any(|tag| {
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == variant.tag.as_bytes()
        });
        let mut response = match has_it {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => variant.content.clone().into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, variant.tag.clone());
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        // Cached but revalidated; `immutable` overrides this for names with a hash.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.remove(CONTENT_TYPE);
        if !has_it {
            headers.insert(CONTENT_TYPE, self.media_type.clone());
            if let Some(coding) = coding {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
        }
        response
    }

    /// Chooses the variant with the highest quality value, and the smallest of equals.
    fn choose(&self, request: &HeaderMap) -> (Option<&'static str>, &Variant) {
        let accepted: Vec<_> = values(request, ACCEPT_ENCODING).map(quality).collect();
        let liking = |name: &str| {
            let of = |name: &str| accepted.iter().find(|(coding, _)| coding.eq_ignore_ascii_case(name));
            of(name).or_else(|| of("*")).map(|(_, quality)| *quality)
        };
        let plain = (liking("identity").unwrap_or(f32::MIN_POSITIVE), None, &self.plain);
        let coded = self
            .coded
            .iter()
            .map(|(coding, variant)| (liking(coding).unwrap_or(0.0), Some(*coding), variant));
        let best = coded.filter(|(quality, ..)| *quality > 0.0).fold(plain, |best, other| {
            let smaller = other.2.content.len() < best.2.content.len();
            if other.0 > best.0 || other.0 == best.0 && smaller { other } else { best }
        });
        (best.1, best.2)
    }
}

/// The parts of a list in a header (RFC 9110, section 5.6.1).
fn values(headers: &HeaderMap, name: axum::http::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|part| !part.is_empty())
}

/// Splits a coding from its quality value (RFC 9110, section 12.4.2).
fn quality(part: &str) -> (&str, f32) {
    let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters.trim().strip_prefix("q=").or_else(|| parameters.trim().strip_prefix("Q="));
    (name.trim(), weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(path: &str, content: &'static str) -> EmbeddedFile {
        let mut hash = [0; 32];
        hash[..content.len()].copy_from_slice(content.as_bytes());
        EmbeddedFile { path: path.into(), content: content.into(), hash, media_type: "text/css".into() }
    }

    fn site() -> Inside {
        Inside::new(vec![
            embedded("pkg/parlor.abc.css", "plain plain"),
            embedded("pkg/parlor.abc.css.br", "br"),
            embedded("pkg/parlor.abc.css.gz", "gz!"),
            embedded("pkg/parlor.def.js", "js"),
            embedded("pkg/parlor.d.x.ts", "ts"),
            embedded("pkg/parlor.ghi.wasm", "wasm"),
            embedded("icon.png", "png"),
            embedded("icon.png.gz", "larger"),
        ])
    }

    fn ask(path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        site().0[path].answer(&headers)
    }

    #[test]
    fn pages_name_the_files_that_are_there() {
        let files = site().page_files();
        assert_eq!(files.stylesheet, "/pkg/parlor.abc.css");
        assert_eq!((&*files.script, &*files.program), ("/pkg/parlor.def.js", "/pkg/parlor.ghi.wasm"));
        let site = site();
        let paths: Vec<_> = site.0.keys().map(String::as_str).collect();
        assert!(!paths.iter().any(|path| path.ends_with(".br") || path.ends_with(".gz")), "{paths:?}");
    }

    #[test]
    fn a_browser_gets_the_coding_it_likes_best() {
        for (accepted, coding) in [
            ("", None),
            ("identity", None),
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP;q=0.5, br;q=0.4", Some("gzip")),
            ("br;q=0, gzip;q=0", None),
            ("*", Some("br")),
            ("*;q=0.5, br;q=0", Some("gzip")),
            ("identity;q=0.9, br;q=0.1", None),
            ("deflate", None),
            ("br;q=x", None),
        ] {
            let answer = ask("pkg/parlor.abc.css", &[(ACCEPT_ENCODING, accepted)]);
            let found = answer.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(found, coding, "{accepted}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "text/css");
        }
        let larger = ask("icon.png", &[(ACCEPT_ENCODING, "gzip")]);
        assert!(!larger.headers().contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn a_browser_that_has_a_file_is_not_sent_it_again() {
        let first = ask("pkg/parlor.abc.css", &[(ACCEPT_ENCODING, "br")]);
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".into()] {
            let again = ask("pkg/parlor.abc.css", &[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, &known)]);
            assert_eq!(
                (again.status(), &again.headers()[ETAG]),
                (StatusCode::NOT_MODIFIED, &first.headers()[ETAG])
            );
        }
        // Each coding has an ETag of its own.
        let other = ask("pkg/parlor.abc.css", &[(ACCEPT_ENCODING, "gzip"), (IF_NONE_MATCH, &tag)]);
        assert_eq!(other.status(), StatusCode::OK);
    }
}
