#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the tests of the close under valgrind's memcheck: nothing that is freed is
# used, and no byte that is not initialized decides anything in our code.
#
#   tests/memory.sh           the suite peer, but for the matrix
#   tests/memory.sh TEST...   these, as `meson test` names them
#
# Builds in build-memory/; leaks are what the build with sanitizers looks for.
# Needs the rights of root to install valgrind. The last line is
# `N passed, N failed, N skipped`.
set -eu
cd "$(dirname "$0")/.."

build=./build-memory
command -v valgrind >/dev/null ||
  apt-get -qy install --no-install-recommends valgrind libc6-dbg >/dev/null
[ -f "$build/build.ninja" ] ||
  meson setup "$build" -Dwerror=true -Doptimization=1 \
    -Dc_args='-DSANITIZED -DUNTIMED' >/dev/null
ninja -C "$build" --quiet

rm -rf "$build/reports" "$build/meson-logs/testlog.json"
mkdir "$build/reports"
# The plugins are scanned once, by GStreamer's own scanner.
GST_PLUGIN_PATH=$build/plugin GST_REGISTRY=$build/tests/registry.bin \
  gst-inspect-1.0 peerconnection >/dev/null
[ $# -gt 0 ] || set -- after-close associations bad-input close delivery \
  gathering handshake life moments order overdue races reader scripted surface
meson test -C "$build" --no-rebuild --timeout-multiplier 10 \
  --wrapper "$PWD/tests/memory/run" "$@" | grep -v -e '^>>>' -e '^$' || :
# Its name has the wrapper's.
mv "$build/meson-logs/testlog-run.json" "$build/meson-logs/testlog.json"

failed=
python3 tests/memory/reports.py "$build/reports" || failed=--failed=reports
# shellcheck disable=SC2086
exec python3 tests/summary.py $failed "$build"
