#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the matrices of the close with threads that are held up at random, where
# they meet, for up to 20 ms: what goes wrong once in thousands of runs comes
# within minutes.
#
#   tests/shake.sh           the tests of two peers, and both matrices
#   tests/shake.sh TEST...   these, as `meson test` names them
#
# How often and for how long is in tests/shake/shake.c. Builds in build-shake/.
# The last line is `N passed, N failed, N skipped`.
set -eu
cd "$(dirname "$0")/.."

build=./build-shake
shake=$PWD/build-shake/tests/shake/libshake.so
[ -f "$build/build.ninja" ] ||
  meson setup "$build" -Dwerror=true -Dc_args='-DSANITIZED -DUNTIMED' >/dev/null
ninja -C "$build" --quiet
# What is not exported would shake nothing.
nm -D "$shake" | grep -q ' T g_mutex_lock$'

rm -f "$build/meson-logs/testlog.json"
[ $# -gt 0 ] || set -- peer-matrix media-matrix life races moments order \
  jitterbuffer told
meson test -C "$build" --no-rebuild --timeout-multiplier 10 \
  --wrapper "env LD_PRELOAD=$shake" "$@" |
  grep -v -e '^>>>' -e '^$' || :
# Its name has the wrapper's.
mv "$build"/meson-logs/testlog-env.json "$build/meson-logs/testlog.json"
exec python3 tests/summary.py "$build"
