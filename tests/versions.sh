#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds and tests in other releases of Debian, with their GStreamer: everything
# but the browsers.
#
#   tests/versions.sh                  bookworm, trixie and testing
#   tests/versions.sh testing          only this one
#
# Each gets a system of its own in build-versions/, which is made once and kept.
# The packages come from where this machine's apt gets its own. Needs the rights
# of root. The last line is `N passed, N failed, N skipped`.
set -eu
cd "$(dirname "$0")/.."

releases=${*:-bookworm trixie testing}

packages='
  meson ninja-build gcc libc6-dev pkg-config python3 git gdb iproute2
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libgstreamer-plugins-bad1.0-dev libnice-dev libjson-glib-dev libsoup-3.0-dev
  libssl-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-nice
  gstreamer1.0-libav glib-networking nodejs coturn openssl ca-certificates'
suites='base rules peer net turn signalling media'

# make_system RELEASE ROOT
make_system ()
{
  # shellcheck disable=SC2016 # apt-get expands
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' | grep -v security | head -n 1)
  rm -rf "$2"
  debootstrap --variant=minbase "$1" "$2" "$mirror"
}

# Inside of the system; what is mounted goes with the process.
# enter ROOT COMMAND...
enter ()
{
  root=$1
  shift
  # shellcheck disable=SC2016 # the inner shell expands
  unshare --mount sh -c '
    set -eu
    root=$1
    shift
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount -t tmpfs tmpfs "$root/tmp"
    mkdir -p "$root/project"
    mount --bind . "$root/project"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  ' enter "$root" "$@"
}

# shellcheck disable=SC2086
test_in ()
{
  release=$1
  root=build-versions/$release
  build=build-versions/build-$release

  rm -f "$build/meson-logs/testlog.json"
  command -v debootstrap >/dev/null ||
    apt-get -qy install --no-install-recommends debootstrap
  if [ ! -e "$root/made" ]; then
    make_system "$release" "$root" >"$root.log" 2>&1 || {
      tail -n 20 "$root.log"
      return 1
    }
    touch "$root/made"
  fi
  enter "$root" sh -c "
    set -eu
    cd /project
    missing=
    for package in \$(echo '$packages'); do
      dpkg-query -W \$package >/dev/null 2>&1 || missing=\"\$missing \$package\"
    done
    if [ -n \"\$missing\" ]; then
      apt-get -q update
      DEBIAN_FRONTEND=noninteractive \
        apt-get -qy install --no-install-recommends \$missing
    fi >/var/log/install.log 2>&1 || { tail -n 20 /var/log/install.log; exit 1; }
    gst-inspect-1.0 --version | tail -n 2 | head -n 1
    [ -f $build/build.ninja ] || meson setup $build -Dwerror=true >/dev/null
    ninja -C $build --quiet
    meson test -C $build --no-rebuild --num-processes $((2 * $(nproc))) \
      --no-suite slow \
      $(printf -- '--suite %s ' $suites) | grep -v -e '^>>>' -e '^\$' || :
  "
}

mkdir -p build-versions
failed=
builds=
for release in $releases; do
  printf '\n=== Debian %s\n' "$release"
  if test_in "$release"; then
    builds="$builds build-versions/build-$release"
  else
    failed="$failed --failed=$release"
  fi
done

# shellcheck disable=SC2086
exec python3 tests/summary.py $failed $builds
