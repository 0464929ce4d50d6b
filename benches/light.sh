#!/usr/bin/env bash
# How light the window is: processor time until it stands and two seconds later, and its share of memory (PSS), under
# Xvfb with software rendering; then how long a text of 25 MiB holds up the window's thread (a build for tests, which
# is slower than the program). Needs xvfb and xdotool. Usage: benches/light.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/waxseal}
[ -x "$program" ] || { echo "Build it first: cargo build --release --locked" >&2; exit 1; }

profile=$(mktemp -d)
number=$((RANDOM % 400 + 100))
Xvfb ":$number" -screen 0 1280x800x24 >/dev/null 2>&1 & server=$!
window=
trap 'kill $window $server 2>/dev/null || true; rm -rf "$profile"' EXIT
sleep 1
export DISPLAY=":$number"
unset WAYLAND_DISPLAY

"$program" --profile "$profile" & window=$!
until xdotool search --onlyvisible --pid "$window" >/dev/null 2>&1; do sleep 0.02; done
# The first frame follows the window at once.
sleep 0.2
cpu() { awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.2f", ($14 + $15) / ticks }' "/proc/$window/stat"; }
echo "first frame: $(cpu) CPU s"
sleep 2
echo "two seconds later: $(cpu) CPU s"
awk '/^Pss:/ { printf "memory: %.1f MiB PSS\n", $2 / 1024 }' "/proc/$window/smaps_rollup"
kill "$window"
cargo test --locked --quiet --bin waxseal a_long_text -- --nocapture | grep '^25 MiB'
