#!/usr/bin/env bash
# What there is to copy to a server, in target/package: the program as one file, and a Debian package where cargo-deb is
# (scripts/setup.sh package brings it). The Dockerfile in scripts/package takes the same folder.
#   package.sh          builds it first
#   package.sh built    takes what scripts/build.sh has just made
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
case ${1:-} in
  '')
    scripts/setup.sh build
    scripts/build.sh
    ;;
  built) ;;
  *) echo "usage: scripts/package.sh [built]" >&2; exit 2 ;;
esac
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
