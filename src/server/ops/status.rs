//! `GET /status`: how the server stands, as a page for people, or as JSON. It tells no number of a room, no name and no
//! address, and looks at nothing whose size depends on how many call.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::watched::Watched;
use crate::server::http::headers::plain_policy;
use crate::server::http::health::NotReady;

const STYLE: &str = include_str!("status/status.css");
const JSON: &str = "application/json";

static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| plain_policy(STYLE));

/// What the status is made of; clones are the same.
#[derive(Clone)]
pub(super) struct Source {
    watched: Arc<Watched>,
    started: Instant,
}

/// How the server stands.
#[derive(Debug, Serialize)]
struct Status {
    /// The release that runs.
    release: &'static str,
    /// Seconds since the start.
    uptime: u64,
    ready: bool,
    /// Reasons not to be ready.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<NotReady>,
    /// Open WebSockets.
    sockets: usize,
    /// Numbers of rooms, by how many seats in them are taken.
    rooms: BTreeMap<usize, i64>,
    /// `None` without the relay inside.
    relay: Option<RelayStatus>,
}

#[derive(Debug, Serialize)]
struct RelayStatus {
    allocations: usize,
}

impl Source {
    /// Takes now for the start of the server.
    pub(super) fn new(watched: Arc<Watched>) -> Self {
        Self { watched, started: Instant::now() }
    }

    fn look(&self) -> Status {
        let Watched { readiness, metrics, connections, relay, .. } = &*self.watched;
        let why = readiness.reasons();
        Status {
            release: env!("CARGO_PKG_VERSION"),
            uptime: self.started.elapsed().as_secs(),
            ready: why.is_empty(),
            why,
            sockets: connections.count(),
            rooms: (1..).zip(metrics.rooms()).collect(),
            relay: relay.as_ref().map(|relay| RelayStatus { allocations: relay.allocations() }),
        }
    }
}

/// Answers with the page, or with JSON for those who ask for it.
pub(super) async fn serve(State(source): State<Source>, headers: HeaderMap) -> Response {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let vary = [(VARY, "accept")];
    if accepted.into_iter().any(|types| types.contains(JSON)) {
        return (vary, Json(source.look())).into_response();
    }
    let headers =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, PAGE_POLICY.as_str())];
    (vary, headers, page(&source.look())).into_response()
}

/// Answers with JSON.
pub(super) async fn serve_json(State(source): State<Source>) -> Json<impl Serialize> {
    Json(source.look())
}

/// Writes the page, in English as the log is. Nothing in it comes from people.
fn page(status: &Status) -> String {
    let Status { release, uptime, why, sockets, rooms, relay, .. } = status;
    let reasons = why.iter().map(|why| match why {
        NotReady::Stopping => "the server stops",
        NotReady::Draining => "the host drains the server",
        NotReady::NoCertificate => "there is no certificate yet",
    });
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let state = if why.is_empty() { "Ready".to_owned() } else { format!("Not ready: {reasons}") };
    let allocations = relay.as_ref().map_or("no relay".to_owned(), |relay| relay.allocations.to_string());
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Parlor · {state}</title><style>{STYLE}</style></head>\n\
         <body><main><p translate=\"no\">Parlor {release}</p><h1>{state}</h1>\n<table>\n"
    );
    let mut row = |name: &str, value: &str| {
        // Writing to a text does not fail.
        _ = writeln!(page, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    };
    row("Runs for", &in_words(Duration::from_secs(*uptime)));
    row("Open sockets", &sockets.to_string());
    row("Relay allocations", &allocations);
    page += "</table>\n<table><caption>Rooms</caption>\n";
    for (seats, rooms) in rooms {
        let noun = if *seats == 1 { "seat" } else { "seats" };
        _ = writeln!(page, "<tr><th scope=\"row\">{seats} {noun} taken</th><td>{rooms}</td></tr>");
    }
    page + "</table></main></body></html>\n"
}

/// Writes a time by its two largest units.
fn in_words(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 60 / 24, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", time.as_secs()),
        (0, 0, minutes) => format!("{minutes} min {} s", time.as_secs() % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, hours, _) => format!("1 day {hours} h"),
        (days, hours, _) => format!("{days} days {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(why: Vec<NotReady>, relay: Option<RelayStatus>) -> Status {
        let rooms = (1..).zip([0, 7, 0, 0, 0, 0, 0, 1]).collect();
        Status { release: "1.2.3", uptime: 90_000, ready: why.is_empty(), why, sockets: 23, rooms, relay }
    }

    #[test]
    fn the_page_says_all_that_the_json_says() {
        let page = page(&status(Vec::new(), Some(RelayStatus { allocations: 42 })));
        for text in [
            "<h1>Ready</h1>",
            "Parlor 1.2.3",
            "Runs for</th><td>1 day 1 h<",
            "Open sockets</th><td>23<",
            "Relay allocations</th><td>42<",
            ">1 seat taken</th><td>0<",
            ">2 seats taken</th><td>7<",
            ">8 seats taken</th><td>1<",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("style=\""));
    }

    #[test]
    fn the_page_says_why_the_server_is_not_ready() {
        let why = vec![NotReady::Stopping, NotReady::Draining, NotReady::NoCertificate];
        let page = page(&status(why, None));
        let state =
            "<h1>Not ready: the server stops, the host drains the server, there is no certificate yet</h1>";
        assert!(page.contains(state) && page.contains("<td>no relay<"), "{page}");
    }

    #[test]
    fn a_time_has_its_two_largest_units() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_600, "1 h 0 min"),
            (86_399, "23 h 59 min"),
            (86_400, "1 day 0 h"),
            (1_000_000, "11 days 13 h"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn the_page_looks_like_the_others() {
        let tokens = include_str!("../../../style/_tokens.scss");
        for token in STYLE.split(['{', '}', ';']).filter(|rule| rule.starts_with("--")) {
            let (name, value) = token.split_once(':').unwrap();
            assert!(tokens.contains(&format!("{name}: {value};")), "{token}");
        }
    }
}
