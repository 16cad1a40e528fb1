#!/usr/bin/env bash
# The borders inside Parlor that no compiler checks: who may name whom (invariants/borders.txt), and what must not come back.
#   invariants.sh [FOLDER]       checks this checkout, or a copy of it
#   invariants.sh --self-test    breaks each rule in a copy and expects to be told
set -euo pipefail
self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
home=$(cd "$(dirname "$self")/.." && pwd)
export LC_ALL=C
table=scripts/invariants/borders.txt

# files PATTERN...: those that exist, a folder stands for all below it.
files() {
  local path
  for path in "$@"; do
    [ ! -e "$path" ] || find "$path" -type f -not -path '*/node_modules/*' -not -path '*/test-results/*' -not -path '*/playwright-report/*'
  done | sort
}

findings=$(mktemp)
code=$(mktemp)
trap 'rm -f "$findings" "$code"' EXIT
# rule WHAT: reads offending lines. At the end of a pipe it is a process of its own, hence the file.
rule() {
  local lines
  lines=$(cut -c 1-220)
  [ -z "$lines" ] || printf 'broken: %s\n%s\n' "$1" "$lines" >>"$findings"
}

# rust PATTERN: the code of the Rust files there, as "file:line: code", without comments and unit tests.
rust() { grep -E "^($1)" "$code" || true; }
found() { grep -E "$1" || true; }
except() { grep -vE "$1" || true; }
# anywhere PATTERN: reads file names, finds lines in any kind of text.
anywhere() { xargs grep -nIE "$1" /dev/null || true; }

check() {
  cd "$1"
  node "$home/scripts/invariants/code.mjs" src tests >"$code"
  node "$home/scripts/invariants/borders.mjs" >>"$findings" || [ -s "$findings" ]

  rust src/ | except '^src/lib\.rs:' | found 'cfg(_attr)?!?\(.*\bfeature *=' | rule "cfg(feature) stands in src/lib.rs only"
  rust 'src/|tests/' | found '\.forget\(\)|::forget\b|into_js_value\(|once_into_js\(' | rule "nothing is leaked: no forget()"
  rust src/ | found '\balert_with_message|window\(\)\.(alert|confirm|prompt)|\.alert\(' | rule "no dialog interrupts anybody"

  { rust src/; files style public | anywhere .; } |
    except 'https?://(www\.w3\.org|localhost|127\.0\.0\.1|\[::1\]|[a-z.-]+\.example([^.a-zA-Z0-9-]|$))' |
    found '(https?:)?//[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]*[a-zA-Z]|\b(stuns?|turns?):[a-zA-Z0-9-]+\.' |
    except ':[0-9]+: *(//|\*|/\*)' |
    rule "nothing is loaded from another host"

  # An exception that crosses WebAssembly ends the task it comes out of: what can throw is bound with `catch`, or called by `invoke`.
  rust 'src/(browser|ui|app)[./]' |
    found '\.(set_direction|replace_track|(set|add)_(local|remote|ice|transceiver)_?(description|candidate|with)[a-z_]*|restart_ice|create_(offer|answer|data_channel)[a-z_]*|get_stats[a-z_]*|(get|set)_parameters_?with[a-z_]*|fetch_with[a-z_]*|(read|write)_text)\(' |
    except '\binit\.set_direction' | rule "what the browser throws is caught"
  rust 'src/(browser[./]|lib\.rs)' | found '#\[wasm_bindgen\((method|js_)' | except '\bcatch\b' | rule "what the browser throws is caught"

  # Views take every text a person reads from ui/i18n, so that each exists in every language.
  rust 'src/(ui|app)[./]' | except '^src/ui/i18n(\.rs|/)' |
    found '(aria-label|aria-description|placeholder|title|alt)="[A-Za-z]|^[^"]*: *"[A-Z][a-z]+[^"]*" *,?$|>[ ]*"[A-Za-z][^"]*"[ ]*<' |
    rule "every text of the page comes from ui/i18n"

  files end2end | anywhere 'waitForTimeout|\b(test|describe|it)\.only\b|retries: *[1-9]' | rule "end-to-end tests wait for facts, all run, none is run again"
  files tests | anywhere '\bsleep\(' | rule "tests wait for facts, never for a time"
  files src tests end2end style public README.md Cargo.toml Leptos.toml scripts | except '^scripts/(bench\.sh|bench/|invariants\.sh)' |
    anywhere '\bshared/' | rule "only the bench may look beside the checkout"

  [ -s "$findings" ] || { echo "invariants: all hold" && return; }
  cat "$findings"
  return 1
}

# breaks FILE TEXT RULE [FOUND]: TEXT at the top of FILE in the copy, to be told of there, in the words FOUND, as a break of RULE.
breaks() {
  mkdir -p "$sample/$(dirname "$1")"
  { printf '%s\n' "$2"; cat "$sample/$1" 2>/dev/null || true; } >"$sample/$1.broken"
  mv "$sample/$1.broken" "$sample/$1"
  expected+=("$3"$'\t'"$1"$'\t'"${4:-$2}")
}

# names FILE TEXT PATH: TEXT names PATH, which the table of imports does not allow there.
names() { breaks "$1" "$2" "a module names nothing" "names $3"; }

# outdated LINE RULE SHOWN: a line of the table that nothing in the tree answers to.
outdated() {
  printf '%s\n' "$1" >>"$sample/$table"
  expected+=("$2"$'\t'"$table"$'\t'"$3")
}

# noticed RULE FILE TEXT: reads the output of a check.
noticed() {
  awk -v rule="$1" -v file="$2" -v text="$3" '
    /^broken: / { here = index($0, "broken: " rule) == 1; next }
    here && index($0, file ":") == 1 && index($0, text) { found = 1 }
    END { exit !found }'
}

self_test() {
  local good=0 bad=0 output rule file text
  expected=()
  sample=$(mktemp -d)
  trap 'rm -rf "$sample" "$findings" "$code"' EXIT
  (cd "$home" && files src style public tests end2end scripts/invariants Cargo.toml Leptos.toml README.md | tar cf - -T -) | tar xf - -C "$sample"

  if "$self" "$sample" >/dev/null; then good=1; else echo "the checkout itself breaks a rule"; bad=1; fi
  # The floors of the house, in every way that Rust has to name something.
  names src/protocol.rs 'use crate::call::Call;' call::Call
  names src/protocol/signal.rs 'use crate::{protocol::PeerId, ui::CallHandle};' ui::CallHandle
  names src/protocol/inbound.rs 'use web_sys::WebSocket;' web_sys::WebSocket
  names src/call.rs 'fn f() { std::time::Instant::now(); }' std::time::Instant::now
  names src/call.rs 'fn f() { leptos::logging::log!("x"); }' leptos::logging::log
  names src/call/peer/negotiation.rs $'use crate::{\n    browser,\n    protocol::PeerId,\n};' browser
  names src/call/peer/recovery.rs $'use std::{\n    mem,\n    time::{Duration, SystemTime},\n};' std::time::SystemTime
  names src/call/backoff.rs $'use std::time as t;\nfn f() { t::Instant::now(); }' std::time::Instant::now
  names src/call/route.rs 'fn f() { core::time::Duration::ZERO; ::getrandom::fill(&mut []); }' getrandom::fill
  names src/call/api/event.rs 'fn f() { println!("x"); }' std::io::println
  names src/call/api/view.rs '#[serde(with = "crate::server::config::seconds")]' server::config::seconds
  names src/call/peer.rs 'fn f() { super::super::app::App(); }' app::App
  names src/ui/home.rs 'use crate::server::run;' server::run
  names src/ui/home.rs 'fn f() { crate::browser::start(); }' browser::start
  names src/app.rs 'use crate::browser as driver;' browser
  names src/browser/peer.rs 'use crate::app::App;' app::App
  names src/browser/peer.rs 'use crate::ui::home::Home;' ui::home::Home
  names src/browser/media.rs 'use crate::ui::{self, StreamSink};' ui
  names src/main.rs 'use parlor::app::App;' app::App
  # The wings of the server.
  names src/server/signalling/socket.rs 'use crate::browser::start;' browser::start
  names src/server/signalling/socket.rs 'use super::super::http::https_redirect;' server::http::https_redirect
  names src/server/signalling/registry.rs 'use crate::call::Call;' call::Call
  names src/server/signalling/registry.rs 'use crate::server::http::accept::Accept;' server::http::accept::Accept
  names src/server/signalling/room.rs 'use super::registry::Rooms;' server::signalling::registry::Rooms
  names src/server/signalling/room.rs 'use super::store::SeatStore;' server::signalling::store::SeatStore
  names src/server/signalling/room.rs 'use tokio::sync::mpsc;' tokio::sync::mpsc
  names src/server/signalling/room/seat.rs 'use tokio::sync::mpsc;' tokio::sync::mpsc
  names src/server/signalling/room/seat.rs 'use crate::server::signalling::registry::Rooms;' server::signalling::registry::Rooms
  names src/server/signalling/session.rs 'fn f() { std::time::Instant::now(); }' std::time::Instant::now
  names src/server/signalling/store.rs 'use crate::call::Call;' call::Call
  names src/server/ice.rs 'use std::time::SystemTime;' std::time::SystemTime
  names src/server/net/rate.rs 'use super::clock;' server::net::clock
  names src/server/turn/auth.rs 'use crate::server::signalling::socket::Sockets;' server::signalling::socket::Sockets
  names src/server/turn/allocations.rs 'use tokio::net::UdpSocket;' tokio::net::UdpSocket
  names src/server/turn/client.rs 'fn f() { std::time::Instant::now(); }' std::time::Instant::now
  names src/server/turn/stream_queue.rs 'use std::{io::Write, net::TcpStream};' std::net::TcpStream
  names src/server/turn/quota.rs 'use super::super::tls::Tls;' server::tls::Tls
  names src/server/tls/lan.rs 'use crate::server::turn::Relay;' server::turn::Relay
  names src/server/http/accept.rs 'use crate::server::signalling::socket;' server::signalling::socket
  names src/server/config.rs 'use super::tls::Tls;' server::tls::Tls
  names src/server/http/admission.rs 'use crate::server::ops::Watched;' server::ops::Watched
  names src/server/metrics.rs 'use crate::server::signalling::registry::Registry;' server::signalling::registry::Registry
  names src/server/turn/quota.rs 'use prometheus_client::metrics::counter::Counter;' prometheus_client::metrics::counter::Counter
  # Cycles, between modules side by side and between one and those below it.
  breaks src/server/signalling/registry.rs 'use super::socket::Sockets;' "modules import each other" "imports server::signalling::socket, in"
  breaks src/server/config.rs 'use names::in_ascii;' "modules import each other" "in server::config -> server::config::names -> server::config"
  breaks src/server/nowhere.rs 'use std::fmt;' "each module has a row" "no row speaks for server::nowhere"
  breaks src/server/log.rs "$(yes 'const X: u8 = 0;' | head -n 400)" "no file has over" lines
  breaks src/app/early.js "$(yes '// x' | head -n 400)" "no file has over" lines
  outdated "allow server::elsewhere std" "each module has a row" "allow server::elsewhere"
  outdated "cyclic server::ice -> server::log" "what is tolerated" "cyclic server::ice -> server::log"
  outdated "long src/main.rs 500" "what is tolerated" "long src/main.rs"
  breaks src/ui.rs '#[cfg(feature = "ssr")] use std::fmt;' "cfg(feature)"
  breaks src/app.rs 'fn f() -> bool { cfg!(feature = "ssr") }' "cfg(feature)"
  breaks src/browser/signalling.rs 'fn f() { closure.forget(); }' "nothing is leaked"
  breaks src/browser/signalling.rs $'#[cfg(test)]\nmod tests;\nfn f() { std::mem::forget(x); }' "nothing is leaked" "std::mem::forget"
  breaks src/browser.rs 'fn f() { let _ = window().alert_with_message("x"); }' "no dialog"
  breaks style/main.scss '@import url("https://fonts.example.com/a.css");' "nothing is loaded"
  breaks src/app.rs 'fn f() -> &str { "https://cdn.example.com/x.js" }' "nothing is loaded"
  breaks src/server/ice.rs 'fn f() -> &str { "stun:stun.l.example.com:19302" }' "nothing is loaded"
  breaks src/browser/peer.rs 'fn f() { transceiver.set_direction(d); }' "what the browser throws"
  breaks src/browser/peer/stats.rs 'fn f() { connection.get_stats(); }' "what the browser throws"
  breaks src/browser/peer.rs 'fn f() { connection.set_remote_description(&d); }' "what the browser throws"
  breaks src/browser/peer.rs 'fn f() { connection.add_ice_candidate_with_opt_rtc_ice_candidate(c); }' "what the browser throws"
  breaks src/ui/invite.rs 'fn f() { clipboard.write_text(text); }' "what the browser throws"
  breaks src/browser/peer/bindings.rs '#[wasm_bindgen(method, js_name = restartIce)]' "what the browser throws"
  breaks src/ui/home.rs 'fn f() { view! { <input placeholder="Room number"/> } }' "every text"
  breaks src/ui/home.rs 'fn f() { view! { <p>"Please wait"</p> } }' "every text"
  breaks end2end/tests/call.spec.ts 'await page.waitForTimeout(1000);' "end-to-end tests wait"
  breaks end2end/tests/call.spec.ts 'test.only("x");' "end-to-end tests wait"
  breaks tests/signalling.rs 'fn f() { std::thread::sleep(d); }' "tests wait for facts"
  breaks README.md 'see shared/x' "only the bench"

  # All at once: what is found says itself which rule was broken, and where.
  output=$("$self" "$sample" 2>&1) || true
  while IFS=$'\t' read -r rule file text; do
    if noticed "$rule" "$file" "$text" <<<"$output"; then
      good=$((good + 1))
    else
      echo "not noticed: $file: $text"
      bad=$((bad + 1))
    fi
  done < <(printf '%s\n' "${expected[@]}")
  echo "$good passed, $bad failed"
  [ "$bad" = 0 ]
}

case ${1:-} in
  --self-test) self_test ;;
  *) check "${1:-$home}" ;;
esac
