#!/usr/bin/env bash
# What there is to copy to a server, in target/package: the program as one file, and a Debian package where cargo-deb is
# (scripts/setup.sh package brings it). The Dockerfile in scripts/package takes the same folder.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
scripts/setup.sh build
scripts/build.sh
folder=$target/package
rm -rf "$folder"
mkdir -p "$folder/state"
chmod 700 "$folder/state"
cp "$target/release/parlor" "$folder/parlor"
if command -v cargo-deb >/dev/null; then
  cargo deb --quiet --no-build --no-strip --output "$folder/" >/dev/null
else
  echo "package: no Debian package, as cargo-deb is not here (scripts/setup.sh package)"
fi
for file in "$folder"/parlor*; do
  printf 'package: %s, %.1f MB\n' "$file" "$(($(wc -c <"$file") / 100000))e-1"
done
