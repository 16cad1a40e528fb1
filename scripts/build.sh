#!/usr/bin/env bash
# Release build: the server in target/release, with all that browsers load inside it, compressed.
# What is inside lies in target/site as well; it is made before the server is compiled.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
began=$SECONDS
echo "build: release build (about 9 minutes on 2 cores the first time, seconds to two minutes after that)"

# The page's program, on a standard library of its own: without the texts of panics it is a twelfth smaller. A panic is a
# trap then, which the page's first script tells the person like any other. The flags are unstable, so the compiler is pinned.
small=()
pinned=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
if [ "$(rustc --version | cut -d' ' -f2)" = "$pinned" ] && [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
  small=(
    -u CARGO_ENCODED_RUSTFLAGS
    RUSTC_BOOTSTRAP=1
    CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
    RUSTFLAGS="${RUSTFLAGS:-} -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none"
  )
else
  echo "build: without Rust $pinned and its rust-src component the page weighs a twelfth more"
fi
env ${small[@]+"${small[@]}"} cargo leptos build --release --cargo-locked --frontend-only --split --lib-features split
node scripts/build/pack.mjs "$root/target/site"
cargo leptos build --release --cargo-locked --server-only --bin-features embed
echo "build: done in $((SECONDS - began)) s"
