#!/usr/bin/env bash
# The borders inside Parlor that no compiler checks, by text: who may import whom, what pure modules never name, and what must not come back.
#   invariants.sh [FOLDER]       checks this checkout, or a copy of it
#   invariants.sh --self-test    breaks each rule in a copy and expects to be told
set -euo pipefail
self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
home=$(cd "$(dirname "$self")/.." && pwd)
export LC_ALL=C

# files PATTERN...: those that exist, a folder stands for all below it.
files() {
  local path
  for path in "$@"; do
    [ ! -e "$path" ] || find "$path" -type f -not -path '*/node_modules/*' -not -path '*/test-results/*' -not -path '*/playwright-report/*'
  done | sort
}

# code FILE...: "file:line: code" without comments and without the test module at the end; a `use` is one line.
code() {
  [ $# -eq 0 ] || awk '
    FNR == 1 { tests = 0; held = "" }
    /^#\[cfg\(test\)\]/ { tests = 1 }
    tests { next }
    {
      line = $0
      if (line ~ /^[ \t]*(\/\/|\*|\/\*)/) next
      sub(/[ \t]\/\/.*$/, "", line)
      if (held != "") { held = held " " line } else if (line ~ /^[ \t]*(pub(\([a-z]+\))? )?use .*[^;]$/) { held = FILENAME ":" FNR ": " line } else { print FILENAME ":" FNR ": " line; next }
      if (line ~ /;[ \t]*$/) { gsub(/[ \t]+/, " ", held); print held; held = "" }
    }' "$@"
}

findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
# rule WHAT: reads offending lines. At the end of a pipe it is a process of its own, hence the file.
rule() {
  local lines
  lines=$(cut -c 1-220)
  [ -z "$lines" ] || printf 'broken: %s\n%s\n' "$1" "$lines" >>"$findings"
}

# rust PATH...: the Rust files there, as code.
rust() { local list; list=$(files "$@" | grep '\.rs$' || true); [ -z "$list" ] || code $list; }
found() { grep -E "$1" || true; }
except() { grep -vE "$1" || true; }
# anywhere PATTERN: reads file names, finds lines in any kind of text.
anywhere() { xargs grep -nIE "$1" /dev/null || true; }
# names WORD|WORD: lines that import one of these modules of the crate, also inside braces.
names() { found "(crate|parlor)::(($1)\b|\{(.*[ {,])?($1)(::|,|\}| ))"; }

check() {
  cd "$1"

  rust src/protocol.rs src/protocol | names 'call|ui|app|server|browser' | rule "protocol imports nothing of the crate"
  rust src/call.rs src/call | names 'ui|app|server|browser' | rule "call imports protocol only"
  rust src/ui.rs src/ui | names 'app|server|browser' | rule "ui imports protocol and call only"
  rust src/ui.rs src/ui src/app.rs | found '\bbrowser::' | rule "views never name the browser's driver"
  rust src/app.rs | names 'server|browser' | rule "app imports ui, call and protocol only"
  rust src/server | names 'browser' | rule "server never imports browser"
  rust src/server/signalling/room.rs src/server/signalling/registry.rs src/server/signalling/socket.rs src/server/ice.rs | names 'call|ui|app' | rule "rooms and sockets know nothing of views and calls"
  rust src/server/signalling/room.rs | found '(super|server)::\{?(.*[ {,])?(registry|socket|config)\b' | rule "signalling::room imports protocol only"
  rust src/server/signalling/registry.rs | found '(super|server)::\{?(.*[ {,])?socket\b' | rule "registry never imports socket"
  rust src/browser.rs src/browser | names 'app|server' | rule "browser imports protocol, call and ui's handle only"
  rust src/browser.rs src/browser | found 'crate::ui::(\{(.*[ {,])?)?[a-z]' | rule "browser takes only the handle's types of ui"
  rust src/main.rs | names 'call|ui|app|browser' | rule "main imports server only"

  rust src/protocol.rs src/protocol src/call.rs src/call src/server/signalling/room.rs src/server/ice.rs |
    found '\b(Instant::now|SystemTime|tokio|axum|web_sys|js_sys|wasm_bindgen|gloo_[a-z]+|getrandom|thread_rng|std::(fs|net|thread|env|io))\b' |
    rule "pure modules know no clock, no randomness, no I/O"

  rust src/server/turn | except '^src/server/turn/udp\.rs:' |
    found '\b(tokio|tokio_util|socket2|quinn_udp|Instant::now|SystemTime|(Udp|Tcp)(Socket|Stream|Listener)|std::(fs|thread|env|io))\b' |
    rule "the relay's protocol knows no sockets and no clock"

  rust src | except '^src/lib\.rs:' | found 'cfg(_attr)?!?\(.*\bfeature *=' | rule "cfg(feature) stands in src/lib.rs only"
  rust src tests | found '\.forget\(\)|::forget\b|into_js_value\(|once_into_js\(' | rule "nothing is leaked: no forget()"
  rust src | found '\balert_with_message|window\(\)\.(alert|confirm|prompt)|\.alert\(' | rule "no dialog interrupts anybody"

  { rust src; files style public | anywhere .; } |
    except 'https?://(www\.w3\.org|localhost|127\.0\.0\.1|\[::1\]|[a-z.-]+\.example([^.a-zA-Z0-9-]|$))' |
    found '(https?:)?//[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]*[a-zA-Z]|\b(stuns?|turns?):[a-zA-Z0-9-]+\.' |
    except ':[0-9]+: *(//|\*|/\*)' |
    rule "nothing is loaded from another host"

  # An exception that crosses WebAssembly ends the task it comes out of: what can throw is bound with `catch`, or called by `invoke`.
  rust src/browser.rs src/browser src/ui.rs src/ui src/app.rs |
    found '\.(set_direction|replace_track|(set|add)_(local|remote|ice|transceiver)_?(description|candidate|with)[a-z_]*|restart_ice|create_(offer|answer|data_channel)[a-z_]*|get_stats[a-z_]*|(get|set)_parameters_?with[a-z_]*|fetch_with[a-z_]*|(read|write)_text)\(' |
    except '\binit\.set_direction' | rule "what the browser throws is caught"
  rust src/browser.rs src/browser src/lib.rs | found '#\[wasm_bindgen\((method|js_)' | except '\bcatch\b' | rule "what the browser throws is caught"

  # Views take every text a person reads from ui/words, so that each exists in every language.
  rust src/ui.rs src/ui src/app.rs | except '^src/ui/words(\.rs|/)' |
    found '(aria-label|aria-description|placeholder|title|alt)="[A-Za-z]|^[^"]*: *"[A-Z][a-z]+[^"]*" *,?$|>[ ]*"[A-Za-z][^"]*"[ ]*<' |
    rule "every text of the page comes from ui/words"

  files end2end | anywhere 'waitForTimeout|\b(test|describe|it)\.only\b|retries: *[1-9]' | rule "end-to-end tests wait for facts, all run, none is run again"
  files tests | anywhere '\bsleep\(' | rule "tests wait for facts, never for a time"
  files src tests end2end style public README.md Cargo.toml Leptos.toml scripts | except '^scripts/(bench\.sh|bench/|invariants\.sh)' |
    anywhere '\bshared/' | rule "only the bench may look beside the checkout"

  [ -s "$findings" ] || { echo "invariants: all hold" && return; }
  cat "$findings"
  return 1
}

# breaks FILE TEXT RULE: TEXT at the top of FILE in the copy, to be found there as a break of RULE.
breaks() {
  mkdir -p "$sample/$(dirname "$1")"
  { printf '%s\n' "$2"; cat "$sample/$1" 2>/dev/null || true; } >"$sample/$1.broken"
  mv "$sample/$1.broken" "$sample/$1"
  # As `code` prints it: an import is one line.
  expected+=("$3"$'\t'"$1"$'\t'"$(tr -s '\n ' '  ' <<<"$2" | sed 's/ $//')")
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
  trap 'rm -rf "$sample" "$findings"' EXIT
  (cd "$home" && files src style public tests end2end Cargo.toml Leptos.toml README.md | tar cf - -T -) | tar xf - -C "$sample"

  if "$self" "$sample" >/dev/null; then good=1; else echo "the checkout itself breaks a rule"; bad=1; fi
  breaks src/protocol.rs 'use crate::call::Call;' "protocol imports nothing"
  breaks src/protocol/signal.rs 'use crate::{protocol::PeerId, ui::CallHandle};' "protocol imports nothing"
  breaks src/call.rs 'use crate::ui::CallHandle;' "call imports protocol only"
  breaks src/call/negotiation.rs $'use crate::{\n    browser,\n    protocol::PeerId,\n};' "call imports protocol only"
  breaks src/ui/home.rs 'use crate::server::run;' "ui imports protocol and call only"
  breaks src/ui/home.rs 'fn f() { crate::browser::start(); }' "views never name"
  breaks src/app.rs 'use crate::browser;' "app imports ui"
  breaks src/server/signalling/socket.rs 'use crate::browser::start;' "server never imports browser"
  breaks src/server/signalling/registry.rs 'use crate::call::Call;' "rooms and sockets know nothing"
  breaks src/server/signalling/room.rs 'use super::registry::Rooms;' "signalling::room imports protocol only"
  breaks src/server/signalling/registry.rs 'use super::socket;' "registry never imports"
  breaks src/browser/peer.rs 'use crate::app::App;' "browser imports protocol"
  breaks src/browser/peer.rs 'use crate::ui::home::Home;' "browser takes only"
  breaks src/main.rs 'use parlor::app::App;' "main imports server only"
  breaks src/call.rs 'fn f() { std::time::Instant::now(); }' "pure modules"
  breaks src/protocol/inbound.rs 'use web_sys::WebSocket;' "pure modules"
  breaks src/server/signalling/room.rs 'use tokio::sync::mpsc;' "pure modules"
  breaks src/server/ice.rs 'use std::time::SystemTime;' "pure modules"
  breaks src/server/turn/allocations.rs 'use tokio::net::UdpSocket;' "the relay's protocol"
  breaks src/server/turn/client.rs 'fn f() { std::time::Instant::now(); }' "the relay's protocol"
  breaks src/server/turn/stream_queue.rs 'use std::{io::Write, net::TcpStream};' "the relay's protocol"
  breaks src/ui.rs '#[cfg(feature = "ssr")] use std::fmt;' "cfg(feature)"
  breaks src/app.rs 'fn f() -> bool { cfg!(feature = "ssr") }' "cfg(feature)"
  breaks src/browser/socket.rs 'fn f() { closure.forget(); }' "nothing is leaked"
  breaks src/browser/socket.rs 'fn f() { std::mem::forget(x); }' "nothing is leaked"
  breaks src/browser.rs 'fn f() { let _ = window().alert_with_message("x"); }' "no dialog"
  breaks style/main.scss '@import url("https://fonts.example.com/a.css");' "nothing is loaded"
  breaks src/app.rs 'fn f() -> &str { "https://cdn.example.com/x.js" }' "nothing is loaded"
  breaks src/server/ice.rs 'fn f() -> &str { "stun:stun.l.example.com:19302" }' "nothing is loaded"
  breaks src/browser/peer.rs 'fn f() { transceiver.set_direction(d); }' "what the browser throws"
  breaks src/browser/path.rs 'fn f() { connection.get_stats(); }' "what the browser throws"
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
