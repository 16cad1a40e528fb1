#!/usr/bin/env bash
# Measures what Parlor claims about its speed, beside the tutorial it grew from where that is at hand, and prints a table.
#   bench.sh [ROUNDS]     rounds of the call measurements, 11 unless told; takes about 10 minutes
# Fails if a figure of the relay or of the program is missed or missing.
# The comparison pieces lie in ../shared/bench of the project's workplace; without them Parlor is measured alone.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
rounds=${1:-11}
pieces=$(cd "$root/.." && pwd)/shared/bench
work=$(mktemp -d)
started=()
cleanup() {
  local pid
  for pid in ${started[@]+"${started[@]}"}; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }

# answers URL: waits until it does.
answers() {
  local tries
  for tries in $(seq 200); do
    if curl -fsS -o /dev/null "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "bench: no answer from $1 after $tries tries" >&2
  return 1
}

# parlor LOG VARIABLE=VALUE...: starts a server; leaves its address in $url and its process in $pid.
parlor() {
  local port log=$1
  shift
  port=$(free_port)
  env PARLOR_SERVER_STATE="$work/state" PARLOR_RELAY_PORT=0 "$@" PORT="$port" "$target/release/parlor" >"$log" 2>&1 &
  pid=$!
  started+=("$pid")
  url=http://127.0.0.1:$port
  answers "$url/healthz"
}

# Medians of "NAME MODE key=value..." lines, one row for each name, mode and key.
medians() {
  awk '
    { for (i = 3; i <= NF; i++) { split($i, pair, "="); key = $2 " " pair[1] " " $1; n[key]++; value[key, n[key]] = pair[2] + 0 } }
    END {
      for (key in n) {
        for (i = 1; i <= n[key]; i++) for (j = i + 1; j <= n[key]; j++) if (value[key, j] < value[key, i]) { t = value[key, i]; value[key, i] = value[key, j]; value[key, j] = t }
        split(key, part, " ")
        printf "%-10s %-20s %-8s %12.2f   (%d rounds)\n", part[1], part[2], part[3], value[key, int((n[key] + 1) / 2)], n[key]
      }
    }' | sort
}

# judge: reads the relay's lines and their medians, and says how its figures stand to what they are to reach.
judge() {
  awk '
    match($0, /^parlor .*loss_pct=[0-9.-]+/) { split(substr($0, RSTART, RLENGTH), part, "loss_pct="); rounds++; if (part[2] != 0) lossy++ }
    /rounds\)$/ { value[$1, $2, $3] = $4 }
    function verdict(what, figure, most, below) {
      good = figure != "" && (below ? figure < most : figure <= most)
      if (!good) failed = 1
      printf "%-44s %10s   to reach: %s %s   %s\n", what, figure == "" ? "missing" : sprintf("%.3f", figure), below ? "below" : "at most", most, good ? "ok" : "MISSED"
    }
    function ratio(a, b) { return a == "" || b + 0 == 0 ? "" : a / b }
    function to_coturn(mode, key) { return ratio(value[mode, key, "parlor"], value[mode, key, "coturn"]) }
    END {
      verdict("CPU for a packet by UDP, of coturn\047s", to_coturn("relay-udp", "cpu_us"), 0.45)
      verdict("CPU for a packet by TCP, of coturn\047s", to_coturn("relay-tcp", "cpu_us"), 0.6)
      verdict("latency by UDP, 99th percentile, of coturn\047s", to_coturn("relay-udp", "p99_us"), 1, 1)
      verdict("latency by TCP, 99th percentile, of coturn\047s", to_coturn("relay-tcp", "p99_us"), 1, 1)
      verdict("memory for an allocation, KiB", value["allocation", "memory_kb", "parlor"], 6)
      verdict("CPU at 1,000 allocations, of that at 16", ratio(value["allocations-1000", "cpu_us", "parlor"], value["allocations-16", "cpu_us", "parlor"]), 1.3)
      verdict("rounds in which packets were lost", rounds ? lossy + 0 : "", 0)
      exit failed
    }'
}

scripts/setup.sh
source scripts/env.sh
scripts/build.sh
missed=0

printf '\n== Signalling: CPU for a relay and a join, memory for a connection\n'
if [ -x "$pieces/relay.sh" ]; then
  # A few sockets play thousands of people here, all from one address, so these limits are lifted; they are still checked.
  parlor "$work/relay.log" PARLOR_LIMITS_MESSAGES_PER_SECOND=1000000 PARLOR_LIMITS_MESSAGE_BURST=1000000 \
    PARLOR_LIMITS_BYTES_PER_SECOND=1000000000 PARLOR_LIMITS_BYTE_BURST=1000000000 \
    PARLOR_LIMITS_SOCKETS_PER_ADDRESS=1000000 PARLOR_LIMITS_JOINS_PER_MINUTE_PER_ADDRESS=1000000000 \
    PARLOR_LIMITS_JOIN_BURST_PER_ADDRESS=1000000000
  "$pieces/relay.sh" "ws${url#http}/ws?version=3" "$pid" | tee "$work/relay.txt"
  printf '\nmedians:\n'
  medians <"$work/relay.txt"
  kill "$pid"
else
  echo "skipped: the tutorial's server and the load generator are not here (no $pieces)"
fi

printf '\n== Relay: CPU for a packet, latency, memory for an allocation\n'
turn=$(cd "$root/.." && pwd)/shared/turn/load
if [ -d "$turn" ]; then
  CARGO_TARGET_DIR=$target/turn-load cargo build --release --quiet --manifest-path "$turn/Cargo.toml"
  relay_port=$(free_port)
  # All clients are on one address here and ask at once, so the limits that keep such from a real relay are lifted.
  parlor "$work/turn.log" PARLOR_RELAY_PORT="$relay_port" PARLOR_RELAY_SECRET=bench PARLOR_RELAY_ALLOCATIONS=100000 \
    PARLOR_RELAY_ALLOCATIONS_PER_SEAT=100000 PARLOR_RELAY_ALLOCATIONS_PER_ADDRESS=100000 \
    PARLOR_RELAY_STRANGERS_PER_SECOND=1000000 PARLOR_RELAY_CONNECTIONS=20000 \
    PARLOR_RELAY_CONNECTIONS_PER_ADDRESS=20000 PARLOR_RELAY_BYTES_PER_SECOND=4000000000 \
    PARLOR_RELAY_BYTES_PER_SECOND_PER_SEAT=4000000000
  scripts/bench/relay.sh "$target/turn-load/release/load" "$target/turn-load/release/probe" "127.0.0.1:$relay_port" bench "$pid" "$(free_port)" |
    tee "$work/turn.txt"
  printf '\nmedians:\n'
  medians <"$work/turn.txt" | tee "$work/medians.txt"
  printf '\n'
  cat "$work/turn.txt" "$work/medians.txt" | judge || missed=1
  kill "$pid"
else
  echo "skipped: the load generator is not here (no $turn)"
fi

printf '\n== Calls: two people on this machine, Chromium with fake devices\n'
parlor "$work/calls.log"
contenders=("parlor=$url" "limit=$url")
if [ -d "$pieces/seed-app" ]; then
  cp -R "$pieces/seed-app" "$work/tutorial"
  (cd "$work/tutorial" && npm install --silent --no-audit --no-fund >/dev/null 2>&1)
  port=$(free_port)
  (cd "$work/tutorial" && PORT=$port exec node server.js >/dev/null 2>&1) &
  started+=("$!")
  answers "http://127.0.0.1:$port/"
  contenders+=("tutorial=http://127.0.0.1:$port")
else
  echo "without comparison: the tutorial's app is not here (no $pieces/seed-app)"
fi
node scripts/bench/calls.mjs "$rounds" "${contenders[@]}"

printf '\n== Files: one page to another, beside a bare data channel\n'
node scripts/bench/files.mjs "$url" 300 3

printf '\n== A shared screen: its first picture, beside a bare pair that adds a track\n'
node scripts/bench/screen.mjs "$url" "$rounds"

printf '\n== A page on a slow line, until one can type and press, and until it can make calls\n'
node scripts/bench/ready.mjs "$rounds" "parlor=$url/"

printf '\n== Payload: all that the call page loads, compressed\n'
(cd end2end && npx playwright test payload) | grep '^payload'

printf '\n== The program: one file, from an empty folder\n'
node scripts/bench/start.mjs "$target/release/parlor" || missed=1
[ "$missed" = 0 ] || echo "bench: a figure was missed" >&2
exit "$missed"
