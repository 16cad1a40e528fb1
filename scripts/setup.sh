#!/usr/bin/env bash
# Installs what is missing to build and test Parlor; changes nothing that is there, and may be run any number of times.
#   setup.sh          everything
#   setup.sh build    only what building and serving need (no browser)
#   setup.sh package  what building a Debian package needs as well
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
part=${1:-all}
case $part in all | build | package) ;; *) echo "usage: scripts/setup.sh [build|package]" >&2; exit 2 ;; esac

cargo_leptos_version=0.3.11
cargo_deb_version=3.8.0

say() { printf 'setup: %s\n' "$*"; }
stop() { say "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
debian() { [ -e /etc/debian_version ] && have apt-get; }
# at_least WANTED FOUND
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# install WHAT EXPECTED COMMAND...: runs it, on a terminal in sight, else its output shows only if it fails.
install() {
  local what=$1 expected=$2 began=$SECONDS log
  shift 2
  say "installing $what (about $expected)"
  if [ -t 1 ]; then
    "$@" || stop "could not install $what"
  else
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || { tail -n 60 "$log" >&2; stop "could not install $what"; }
    rm -f "$log"
  fi
  say "installed $what in $((SECONDS - began)) s"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
  elif have sudo; then sudo DEBIAN_FRONTEND=noninteractive "$@"
  else
    say "needs root or sudo for: $*" >&2
    return 1
  fi
}

check_basics() {
  have cargo || stop "please install Rust with rustup (https://rustup.rs), then run this again"
  have node && have npm || stop "please install Node.js 20 or newer with npm, then run this again"
  at_least 20 "$(node -p process.versions.node)" || stop "Node.js $(node -v) is too old: please install version 20 or newer"
  have cc || stop "please install a C compiler (Debian: gcc; macOS: xcode-select --install), then run this again"
}

# The compiler that rust-toolchain.toml pins, where rustup is; Rust from elsewhere only has to be new enough.
rust_compiler() {
  local pinned wanted found
  pinned=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  if have rustup && ! rustup run "$pinned" rustc --version >/dev/null 2>&1; then
    install "Rust $pinned" "20 s" rustup toolchain install "$pinned" --profile minimal --no-self-update
  fi
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  found=$(rustc --version | cut -d' ' -f2)
  at_least "$wanted" "$found" || stop "Rust $found is too old: please install $wanted or newer, then run this again"
}

rust_parts() {
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    have rustup || stop "please install Rust's wasm32-unknown-unknown target, then run this again"
    install "Rust's wasm32-unknown-unknown target" "10 s" rustup target add wasm32-unknown-unknown
  fi
  if have rustup && [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    install "Rust's sources of the standard library" "10 s" rustup component add rust-src
  fi
  [ "$part" = all ] || return 0
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    have rustup || stop "please install rustfmt and clippy, then run this again"
    install "rustfmt and clippy" "10 s" rustup component add rustfmt clippy
  fi
}

# cargo install, apart from the project's own target folder and its lock.
cargo_install() { env -u CARGO_TARGET_DIR cargo install --debug "$@"; }

cargo_tools() {
  local found wanted
  found=$(cargo-leptos --version 2>/dev/null | awk '{ print $NF }' || true)
  if [ -z "$found" ] || ! at_least "$cargo_leptos_version" "$found"; then
    # --debug: its release profile takes over 20 minutes. no_downloads: it shall use the tools on PATH.
    # --ignore-rust-version: a locked dependency asks for a newer Rust than it needs.
    install "cargo-leptos $cargo_leptos_version" "6 to 8 minutes on 2 cores" \
      cargo_install cargo-leptos@$cargo_leptos_version --locked --features no_downloads --ignore-rust-version
  fi
  wanted=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
  found=$(wasm-bindgen --version 2>/dev/null | awk '{ print $NF }' || true)
  if [ "$found" != "$wanted" ] || ! have wasm-bindgen-test-runner; then
    # Without --locked: its own lock file holds a dependency that does not build any more.
    install "wasm-bindgen-cli $wanted" "2 to 3 minutes on 2 cores" cargo_install wasm-bindgen-cli --version "$wanted" --force
  fi
}

# npm_folder FOLDER WHAT: npm ci, unless it was done for this very lock file.
npm_folder() {
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed" && return
  install "$2" "5 s" env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$1" --no-audit --no-fund
  cp "$1/package-lock.json" "$1/node_modules/.installed"
}

# What the tests stand on: browsers, and on Debian the tools that make networks to break; elsewhere those tests are skipped.
browsers() {
  local packages=()
  if [ -z "$CHROMIUM" ] || [ -z "$CHROMEDRIVER" ]; then
    debian || stop "please install Chromium (or Chrome) and its ChromeDriver, or name them in CHROMIUM and CHROMEDRIVER, then run this again"
  fi
  [ -n "$CHROMIUM" ] || packages+=(chromium)
  [ -n "$CHROMEDRIVER" ] || packages+=(chromium-driver)
  if [ -z "$FIREFOX" ]; then
    # Ubuntu has no package of that name.
    if debian && [ "$(. /etc/os-release && printf %s "$ID")" = debian ]; then packages+=(firefox-esr)
    else say "no Firefox: the tests with it are skipped (please install it, or name it in FIREFOX)"; fi
  fi
  if debian; then
    { have ip && have tc && have ss; } || packages+=(iproute2)
    have nft || packages+=(nftables)
    have openssl || packages+=(openssl)
    have certutil || packages+=(libnss3-tools)
    have pebble || packages+=(pebble)
    have turnserver || packages+=(coturn)
    have nginx || packages+=(nginx)
  fi
  [ ${#packages[@]} -gt 0 ] || return 0
  install "Debian's package lists" "10 s" as_root apt-get update
  install "${packages[*]} from Debian" "1 minute" as_root apt-get install -y --no-install-recommends "${packages[@]}"
  # The tests start their own; nobody asked for a relay or a web server on this machine.
  local service
  for service in coturn nginx; do
    case " ${packages[*]} " in *" $service "*) if have systemctl; then as_root systemctl disable --now $service >/dev/null 2>&1 || true; fi ;; esac
  done
}

began=$SECONDS
check_basics
rust_compiler
rust_parts
cargo_tools
if [ -d scripts/tools/node_modules ] || ! have sass || ! have wasm-opt; then
  npm_folder scripts/tools "sass and wasm-opt (npm: sass, binaryen)"
fi
if [ "$part" = package ] && ! at_least "$cargo_deb_version" "$(cargo-deb --version 2>/dev/null | awk '{ print $NF }' || true)"; then
  install "cargo-deb $cargo_deb_version" "2 to 3 minutes on 2 cores" cargo_install cargo-deb@$cargo_deb_version --locked
fi
if [ "$part" = all ]; then
  browsers
  npm_folder end2end "Playwright and Puppeteer (npm; they drive the browsers of this machine)"
fi
say "ready after $((SECONDS - began)) s"
