#!/usr/bin/env bash
# Release build: the server in target/release, all that browsers load in target/site, compressed and with content-hashed names.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
began=$SECONDS
echo "build: release build (about 5 minutes on 2 cores the first time, seconds to one minute after that)"
cargo leptos build --release --precompress --cargo-locked
echo "build: done in $((SECONDS - began)) s"
