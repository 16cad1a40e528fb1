//! Site in memory: each file plain and as the build compressed it, by brotli and gzip. Requests are answered by
//! `Accept-Encoding` and `If-None-Match`.
//!
//! What the build makes is served below `/pkg/BUILD/`, where BUILD is a hash over all of it: the files name each other
//! without a hash of their own, and only those of one build fit together.

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
use axum::routing::{any, get};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::file::SiteFile;
use super::paths::{OUTPUT_NAME, PACKAGE_FOLDER};
use crate::app::PageFiles;
use crate::server::http::headers::immutable;

/// Codings that the build makes, with the ending of such a file; the first is the smallest.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// Bytes of a hash that stand in an ETag, or in the name of a build.
const TAG_BYTES: usize = 12;

/// All files; clones are the same files.
#[derive(Clone, Debug)]
pub(super) struct Inside(Arc<Files>);

#[derive(Debug)]
struct Files {
    /// Name of the folder below `/pkg/`.
    build: String,
    /// Files that the build made, by their path below that folder.
    package: BTreeMap<String, Arc<File>>,
    /// All others, by path.
    others: BTreeMap<String, Arc<File>>,
}

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
    pub(super) fn new(files: Vec<SiteFile>) -> Self {
        let by_path: BTreeMap<_, _> = files.into_iter().map(|file| (file.path.clone(), file)).collect();
        let is_coded = |path: &str| {
            CODINGS
                .iter()
                .any(|(_, ending)| path.strip_suffix(ending).is_some_and(|of| by_path.contains_key(of)))
        };
        let mut build = Sha256::new();
        let (mut package, mut others) = (BTreeMap::new(), BTreeMap::new());
        for (path, plain) in by_path.iter().filter(|(path, _)| !is_coded(path)) {
            let coded = CODINGS.iter().filter_map(|(coding, ending)| {
                let coded = by_path.get(&format!("{path}{ending}"))?;
                (coded.content.len() < plain.content.len()).then(|| (*coding, Variant::new(coded)))
            });
            let media_type = HeaderValue::from_static(plain.media_type());
            let file = Arc::new(File { media_type, plain: Variant::new(plain), coded: coded.collect() });
            match path.strip_prefix(PACKAGE_FOLDER).and_then(|rest| rest.strip_prefix('/')) {
                Some(name) => {
                    // Names hold no zero byte, and hashes have one length.
                    build.update(name);
                    build.update([0]);
                    build.update(plain.hash);
                    package.insert(name.to_owned(), file);
                }
                None => drop(others.insert(path.clone(), file)),
            }
        }
        let build = BASE64URL_NOPAD.encode(&build.finalize()[..TAG_BYTES]);
        Self(Arc::new(Files { build, package, others }))
    }

    /// Name of the build.
    pub(super) fn build(&self) -> &str {
        &self.0.build
    }

    /// Paths that the head of a page names.
    pub(super) fn page_files(&self) -> PageFiles {
        let path = |name: &str| format!("/{PACKAGE_FOLDER}/{}/{name}", self.0.build);
        let main = |kind: &str| format!("{OUTPUT_NAME}.{kind}");
        let others = |kind: &str| {
            let is_other = |name: &&String| name.ends_with(kind) && !name.starts_with(OUTPUT_NAME);
            self.0.package.keys().filter(is_other).map(|name| path(name)).collect()
        };
        PageFiles {
            stylesheet: path(&main("css")),
            script: path(&main("js")),
            program: path(&main("wasm")),
            modules: others(".js"),
            chunks: others(".wasm"),
            has_worker: true,
        }
    }

    /// A route for each file, and an empty answer for what a build of before may have had.
    pub(super) fn routes(&self) -> Router {
        let Files { build, package, others } = &*self.0;
        let add = |router: Router, path: &str, file: &Arc<File>| {
            let file = file.clone();
            router.route(path, get(async move |headers: HeaderMap| file.answer(&headers)))
        };
        let package = package.iter().fold(Router::new(), |router, (name, file)| {
            add(router, &format!("/{PACKAGE_FOLDER}/{build}/{name}"), file)
        });
        let others =
            others.iter().fold(Router::new(), |router, (path, file)| add(router, &format!("/{path}"), file));
        let gone = any(async || (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")]));
        package.layer(from_fn(immutable)).merge(others).route(&format!("/{PACKAGE_FOLDER}/{{*path}}"), gone)
    }
}

impl Variant {
    fn new(file: &SiteFile) -> Self {
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
        // Cached but revalidated; `immutable` overrides this for files of the build.
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

    fn file(path: &str, content: &'static str) -> SiteFile {
        SiteFile { path: path.into(), content: content.into(), hash: Sha256::digest(content).into() }
    }

    fn files() -> Vec<SiteFile> {
        vec![
            file("pkg/__wasm_split.js", "loader"),
            file("pkg/parlor.css", "plain plain"),
            file("pkg/parlor.css.br", "br"),
            file("pkg/parlor.css.gz", "gz!"),
            file("pkg/parlor.js", "js"),
            file("pkg/parlor.wasm", "wasm"),
            file("pkg/split_driver.wasm", "driver"),
            file("icon.png", "png"),
            file("icon.png.gz", "larger"),
        ]
    }

    fn ask(path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        let Files { package, others, .. } = &*Inside::new(files()).0;
        package.get(path).or(others.get(path)).unwrap().answer(&headers)
    }

    #[test]
    fn pages_name_the_files_of_their_build() {
        let inside = Inside::new(files());
        let path = |name: &str| format!("/pkg/{}/{name}", inside.0.build);
        let expected = PageFiles {
            stylesheet: path("parlor.css"),
            script: path("parlor.js"),
            program: path("parlor.wasm"),
            modules: vec![path("__wasm_split.js")],
            chunks: vec![path("split_driver.wasm")],
            has_worker: true,
        };
        assert_eq!(inside.page_files(), expected);
        assert_eq!(inside.0.package.len(), 5, "compressed variants are no files of their own");
    }

    #[test]
    fn another_chunk_makes_another_build() {
        let build = |files| Inside::new(files).0.build.clone();
        let before = build(files());
        assert_eq!((before.len(), &before), (16, &build(files())));
        let changed = |path: &str| {
            let mut files = files();
            files.retain(|file| file.path != path);
            files.push(file(path, "changed"));
            build(files)
        };
        assert_ne!(changed("pkg/split_driver.wasm"), before);
        assert_eq!(changed("icon.png"), before);
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
            let answer = ask("parlor.css", &[(ACCEPT_ENCODING, accepted)]);
            let found = answer.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(found, coding, "{accepted}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "text/css");
        }
        let larger = ask("icon.png", &[(ACCEPT_ENCODING, "gzip")]);
        assert!(!larger.headers().contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn a_browser_that_has_a_file_is_not_sent_it_again() {
        let first = ask("parlor.css", &[(ACCEPT_ENCODING, "br")]);
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".into()] {
            let again = ask("parlor.css", &[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, &known)]);
            assert_eq!(
                (again.status(), &again.headers()[ETAG]),
                (StatusCode::NOT_MODIFIED, &first.headers()[ETAG])
            );
        }
        // Each coding has an ETag of its own.
        let other = ask("parlor.css", &[(ACCEPT_ENCODING, "gzip"), (IF_NONE_MATCH, &tag)]);
        assert_eq!(other.status(), StatusCode::OK);
    }
}
