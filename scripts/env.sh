# shellcheck shell=bash
# Where the project's tools are; to be sourced. What is on PATH already wins over what setup.sh brought.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
# Debian keeps ip, tc, nft out of the PATH of people who are not root.
export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:$root/scripts/tools/node_modules/.bin:/usr/sbin:/sbin"

# The first of the commands that exists, or nothing.
first_of() {
  local name
  for name in "$@"; do
    if command -v "$name" 2>/dev/null; then return; fi
  done
}

: "${CHROMIUM:=$(first_of chromium chromium-browser google-chrome \
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
  "/Applications/Chromium.app/Contents/MacOS/Chromium")}"
: "${CHROMEDRIVER:=$(first_of chromedriver)}"
: "${FIREFOX:=$(first_of firefox-esr firefox "/Applications/Firefox.app/Contents/MacOS/firefox")}"
export CHROMIUM CHROMEDRIVER FIREFOX

# Where cargo builds.
target=${CARGO_TARGET_DIR:-$root/target}
