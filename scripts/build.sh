#!/usr/bin/env bash
# Release build: the server in target/release, with all that browsers load inside it, compressed.
# What is inside lies in target/site as well; cargo-leptos makes it before it compiles the server.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
began=$SECONDS
echo "build: release build (about 9 minutes on 2 cores the first time, seconds to two minutes after that)"
cargo leptos build --release --precompress --cargo-locked --split --lib-features split --bin-features embed
echo "build: done in $((SECONDS - began)) s"
