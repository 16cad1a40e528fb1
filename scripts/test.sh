#!/usr/bin/env bash
# All that continuous integration checks, in order, up to the first failure. The last line counts the tests.
#   test.sh         what has to pass before a change lands (about 45 minutes on 2 slow cores from nothing, with the tools there)
#   test.sh full    the same with more rounds, more schedules and the longest tests, for the night
#   test.sh fast    without the release build and the end-to-end tests
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
mode=${1:-landing}
case $mode in
  landing | fast) ;;
  # What Playwright and the simulation read.
  full) export FULL=1 MESH_SCHEDULES=200000 ;;
  *) echo "usage: scripts/test.sh [full|fast]" >&2; exit 2 ;;
esac

wasm=wasm32-unknown-unknown
# Everything is compiled once there; what would make a second time faster only takes space.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0
# What a whole run leaves in the target folder, and something for what is installed and recorded beside it.
needed_gib=6
log=$(mktemp)
times=$(mktemp)
build_log=$(mktemp)
building=
trap 'stop_building; rm -f "$log" "$times" "$build_log"' EXIT
passed=0
failed=0
skipped=0

# Most of these tests wait for time limits: more of them at a time than there are cores take half as long.
native_tests() { RUST_TEST_THREADS=${RUST_TEST_THREADS:-4} cargo test --locked --features ssr; }

# Adds up the closing lines of cargo's, wasm-bindgen's, Playwright's and our own test runs.
count() {
  local sums
  read -ra sums < <(sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '
    /^test result: / {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) p += $(i - 1)
        if ($i ~ /^failed/) f += $(i - 1)
        if ($i ~ /^ignored/) s += $(i - 1)
      }
    }
    /^ *[0-9]+ passed( \(.*\))?$/ { p += $1 }
    /^ *[0-9]+ failed$/ { f += $1 }
    /^ *[0-9]+ skipped$/ { s += $1 }
    /^ *[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { p += $1; f += $3; s += $5 }
    END { print p + 0, f + 0, s + 0 }')
  passed=$((passed + sums[0]))
  failed=$((failed + sums[1]))
  skipped=$((skipped + sums[2]))
}

summary() {
  printf '\n'
  cat "$times"
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
}

# step NAME COMMAND...
step() {
  local name=$1 began=$SECONDS status=0
  shift
  printf '\n== %s\n' "$name"
  "$@" 2>&1 </dev/null | tee "$log" || status=$?
  count
  printf '%6d s  %s\n' $((SECONDS - began)) "$name" >>"$times"
  [ "$status" = 0 ] && return
  # A step that is no test run fails as one.
  [ "$failed" -gt 0 ] || failed=1
  printf '\ntest.sh: FAILED in step "%s"\n' "$name"
  summary
  exit 1
}

# Compilers tell of a full disk late and not in these words.
enough_space() {
  local free
  free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1048576) }')
  [ "$free" -ge "$needed_gib" ] || { echo "test.sh: $root has $free GiB free; building from nothing takes $needed_gib" >&2; return 1; }
}

# The browser tests and their runner.
browser_tests() {
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
    cargo test --locked --target $wasm --features hydrate --test browser
}

# A Debian package is made and tried where it can be.
package_tests() {
  # Here bash does not stop at a failure by itself.
  if command -v dpkg >/dev/null && [ "$(id -u)" = 0 ]; then scripts/setup.sh package || return; fi
  scripts/package.sh built && node scripts/package/test.mjs "$target/package"
}

# To optimise the server in full takes half of its build and changes nothing that these tests look at.
release_build() {
  if [ "$mode" = full ]; then
    scripts/build.sh
  else
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 scripts/build.sh
  fi
}

# The release build leaves a core idle for most of its time, and what is checked before the tests does so too. They use
# folders of their own in the target folder, so they go side by side; the tests have the machine to themselves.
begin_building() {
  # A group of its own, so that all of it can be stopped.
  set -m
  release_build >"$build_log" 2>&1 </dev/null &
  building=$!
  set +m
}

stop_building() {
  [ -z "$building" ] || kill -- "-$building" 2>/dev/null || true
}

# Waits for it, and tells of it as of any other step.
finish_building() {
  local began=$SECONDS status=0
  wait "$building" || status=$?
  building=
  printf '%6d s  waiting for the release build\n' $((SECONDS - began)) >>"$times"
  step "release build" told_of_build "$status"
}

told_of_build() {
  cat "$build_log"
  return "$1"
}

end_to_end() { (cd end2end && npx playwright test --project "$1" --workers "$2"); }

[ -d "$target" ] || step "space on the disk" enough_space
step "set-up" scripts/setup.sh
source scripts/env.sh # what set-up has just installed
step "formatting" cargo fmt --check
step "invariants" scripts/invariants.sh
step "invariants are noticed when broken" scripts/invariants.sh --self-test
step "types of the end-to-end tests" npm --prefix end2end run --silent check
[ "$mode" = fast ] || begin_building
step "clippy, server" cargo clippy --locked --features ssr --all-targets -- -D warnings
step "clippy, browser" cargo clippy --locked --features hydrate --target $wasm --lib --test browser -- -D warnings
step "documentation, server" env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --features ssr
step "documentation, browser" env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --features hydrate --target $wasm --lib
step "test programs" cargo test --locked --features ssr --no-run
[ "$mode" = fast ] || finish_building
step "unit, mesh and signalling tests" native_tests
step "browser tests" browser_tests
if [ "$mode" != fast ]; then
  step "package" package_tests
  step "end-to-end tests, of pages" end_to_end light 2
  step "end-to-end tests, of networks" end_to_end networks 2
  step "end-to-end tests, of media" end_to_end media 1
fi
summary
