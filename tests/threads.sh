#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the tests under ThreadSanitizer: no data race, and no cycle in the order
# of locks that one of ours is in.
#
#   tests/threads.sh           all but the browsers and what takes minutes
#   tests/threads.sh TEST...   only these, as `meson test` names them
#
# GLib and GStreamer's core are built with it, from Debian's sources, as it has
# to see how they synchronize. Everything is kept in build-threads/. Needs the
# rights of root to install what that build needs. The last line is
# `N passed, N failed, N skipped`.
set -eu
cd "$(dirname "$0")/.."

top=$PWD/build-threads
packages='clang meson ninja-build pkg-config dpkg-dev flex bison libpcre2-dev
  libffi-dev zlib1g-dev'

# get_source PACKAGE DEV: the version that is installed
get_source ()
{
  rm -rf "$top/apt"
  mkdir -p "$top/apt/parts" "$top/apt/lists/partial" "$top/source"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    case $file in
      *.sources) sed 's/^Types:.*/Types: deb-src/' "$file" ;;
      *.list) sed -n 's/^deb /deb-src /p' "$file" ;;
    esac >"$top/apt/parts/$(basename "$file")" 2>/dev/null || :
  done
  set -- "$1" "$(dpkg-query -W -f '${source:Version}' "$2")" \
    -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$top/apt/parts" \
    -o "Dir::State::lists=$top/apt/lists"
  package=$1=$2
  shift 2
  apt-get "$@" -q update
  (cd "$top/source" && apt-get "$@" -q source "$package")
}

# build_library NAME OPTION...
build_library ()
{
  name=$1
  shift
  rm -rf "$top/build-$name"
  CC=clang CFLAGS='-g -fno-omit-frame-pointer' \
    PKG_CONFIG_PATH=$top/prefix/lib/pkgconfig \
    meson setup "$top/build-$name" "$top/source/$name"-[0-9]*/ \
    --prefix="$top/prefix" --libdir=lib --wrap-mode=nofallback \
    -Dbuildtype=plain -Doptimization=1 -Db_sanitize=thread -Db_lundef=false "$@"
  ninja -C "$top/build-$name" install
}

make_libraries ()
{
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive \
    apt-get -qy install --no-install-recommends $packages
  get_source glib2.0 libglib2.0-dev
  get_source gstreamer1.0 libgstreamer1.0-dev
  # A mutex that ThreadSanitizer knows, instead of a futex.
  sed -i 's/^#define USE_NATIVE_MUTEX/#undef USE_NATIVE_MUTEX/' \
    "$top"/source/glib2.0-*/glib/gthread-posix.c
  build_library glib2.0 -Dtests=false -Dselinux=disabled -Dlibmount=disabled \
    -Dnls=disabled
  build_library gstreamer1.0 -Dtests=disabled -Dexamples=disabled \
    -Dintrospection=disabled -Dnls=disabled -Dlibunwind=disabled \
    -Dlibdw=disabled -Dcoretracers=disabled
}

mkdir -p "$top"
if [ ! -e "$top/made" ]; then
  make_libraries >"$top/make.log" 2>&1 || { tail -n 20 "$top/make.log"; exit 1; }
  touch "$top/made"
fi

build=$top/build
if [ ! -f "$build/build.ninja" ]; then
  CC=clang meson setup "$build" -Dwerror=true -Db_sanitize=thread \
    -Db_lundef=false >/dev/null
fi
ninja -C "$build" --quiet

rm -rf "$top/reports" "$build/meson-logs/testlog.json" \
  "$build/tests/registry.bin"
mkdir "$top/reports"
# The plugins are scanned once, by whichever program.
GST_PLUGIN_PATH=$build/plugin GST_REGISTRY=$build/tests/registry.bin \
  TSAN_OPTIONS=report_bugs=0 tests/threads/run "$build/tests/base/base-loop" \
  >"$top/scan.log" 2>&1 || { tail -n 20 "$top/scan.log"; exit 1; }
[ $# -gt 0 ] || set -- --no-suite slow --suite base --suite rules \
  --suite peer --suite turn --suite signalling --suite media
meson test -C "$build" --no-rebuild --timeout-multiplier 3 \
  --wrapper "$PWD/tests/threads/run" "$@" |
  grep -v -e '^>>>' -e '^$' || :
# Its name has the wrapper's.
mv "$build/meson-logs/testlog-run.json" "$build/meson-logs/testlog.json"

failed=
python3 tests/threads/reports.py "$top/reports" || failed=--failed=reports
# shellcheck disable=SC2086
exec python3 tests/summary.py $failed "$build"
