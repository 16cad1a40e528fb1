#!/usr/bin/env bash
# Release build: the server in target/release, with all that browsers load inside it, compressed.
# What is inside lies in target/site as well; it is made before the server is compiled.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
began=$SECONDS
echo "build: release build (about 9 minutes on 2 cores the first time, seconds to two minutes after that)"
cargo leptos build --release --cargo-locked --frontend-only --split --lib-features split
node scripts/build/pack.mjs "$root/target/site"
cargo leptos build --release --cargo-locked --server-only --bin-features embed
echo "build: done in $((SECONDS - began)) s"
