#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what the build and the tests need, builds, and runs the tests.
#
#   tests/run.sh        everything but the suite `slow`: a close at each moment
#                       and by each caller only without sanitizers, and few of
#                       the connections and viewers that come and go
#   tests/run.sh all    that, too
#
# The newest GStreamer is tested as well, in a Debian testing that is made for it
# (tests/versions.sh: root only, 3 GB in build-versions/, 8 minutes).
#
# The last line is `N passed, N failed, N skipped`; what failed or was skipped
# is named above it. Needs Debian 12 or newer for the installation; elsewhere,
# whatever is missing makes its tests skip.
set -eu
cd "$(dirname "$0")/.."

suites=--no-suite=slow
case "${1-}" in
  '') ;;
  all) suites= ;;
  *) echo "usage: $0 [all]" >&2; exit 2 ;;
esac

packages='
  meson ninja-build gcc libc6-dev clang libclang-rt-14-dev clang-format-14 gdb
  binutils pkg-config python3 git
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libgstreamer-plugins-bad1.0-dev libnice-dev libjson-glib-dev libsoup-3.0-dev
  libssl-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-nice
  gstreamer1.0-libav
  gstreamer1.0-plugins-base-apps gstreamer1.0-x libsoup2.4-1
  glib-networking ffmpeg coturn janus openssl chromium firefox-esr xvfb
  shellcheck'
# Another build of node serves as well, and does not go with Debian's packages.
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"

failed=
skipped=
builds=

say ()
{
  printf '\n=== %s\n' "$*"
}

# Runs one step of the way to the tests; a failed one counts as a failed test.
step ()
{
  name=$1
  shift
  say "$name"
  if ! "$@"; then
    failed="$failed --failed=$(printf '%s' "$name" | tr ' ' -)"
    return 1
  fi
}

as_root ()
{
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

is_installed ()
{
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages ()
{
  missing=
  for package in $packages; do
    is_installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  echo "installing$missing"
  log=$(mktemp)
  # shellcheck disable=SC2086
  if as_root apt-get -q update >"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get -qy install --no-install-recommends $missing >>"$log" 2>&1
  then
    rm -f "$log"
  else
    tail -n 20 "$log"
    rm -f "$log"
    return 1
  fi
}

install_modules ()
{
  # npm writes the second file when it is done with the first.
  # shellcheck disable=SC3013 # dash and bash have -nt
  if [ tests/e2e/node_modules/.package-lock.json -nt \
    tests/e2e/package-lock.json ]
  then
    return 0
  fi
  (cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error)
}

# build NAME COMPILER [OPTION...]: configures and compiles into NAME.
build ()
{
  dir=$1
  compiler=$2
  shift 2
  if [ -f "$dir/build.ninja" ]; then
    {
      meson configure "$dir" -Dwerror=true "$@" &&
        CC=$compiler meson setup --reconfigure "$dir"
    } >"$dir/setup.log" 2>&1 || rm -rf "$dir"
  else
    rm -rf "$dir"
  fi
  if [ ! -d "$dir" ]; then
    mkdir "$dir"
    CC=$compiler meson setup "$dir" -Dwerror=true "$@" \
      >"$dir/setup.log" 2>&1 || { cat "$dir/setup.log"; return 1; }
  fi
  ninja -C "$dir" --quiet
}

# run_tests NAME [OPTION...]; what failed is in meson's log.
run_tests ()
{
  dir=$1
  shift
  builds="$builds $dir"
  rm -f "$dir/meson-logs/testlog.json"
  # Most wait more than they compute. The lines left out show the environment of
  # what failed.
  meson test -C "$dir" --no-rebuild --num-processes $((2 * $(nproc))) "$@" |
    grep -v -e '^>>>' -e '^$' || :
}

if command -v apt-get >/dev/null; then
  step 'install packages' install_packages || :
fi
step 'install node modules' install_modules || :

if step 'build with gcc' build build gcc; then
  say 'test'
  run_tests build $suites
fi
step 'build with clang' build build-clang clang || :
# GST_READ_*() reads as it comes where the processor allows it.
if step 'build with sanitizers' build build-asan gcc \
  -Db_sanitize=address,undefined -Db_lundef=false \
  -Dc_args=-fno-sanitize=alignment
then
  say 'test with sanitizers'
  run_tests build-asan --suite base --suite rules --suite peer --suite net \
    --suite turn --suite signalling --suite media $suites
fi

say 'test with the newest GStreamer'
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # What failed is in meson's log, as above.
  sh tests/versions.sh testing || :
  builds="$builds build-versions/build-testing"
else
  skipped=--skipped=the-newest-GStreamer-needs-root-and-apt-get
fi

# shellcheck disable=SC2086
exec python3 tests/summary.py $failed $skipped $builds
