#!/usr/bin/env bash
# Builds Parlor as people should get it and serves it: http://localhost:3000, or another PORT.
# Ctrl-C stops it; settings are read from Leptos.toml, PARLOR_... variables and arguments, such as --lan.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
scripts/setup.sh build
scripts/build.sh
echo "serve: Ctrl-C stops the server; its next line tells its address"
exec "$target/release/parlor" "$@"
