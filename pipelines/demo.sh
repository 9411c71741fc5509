#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# demo.sh [FILE]
#
# Builds, sends a recording from one peerconnection to another over real ICE,
# DTLS and SRTP, and checks what has arrived. FILE is sent to its end; without
# it, some 10 s of a camera recording from Debian's package opencv-doc are.
#
# demo.sh --serve [SECONDS [LOCATION]]
#
# Builds, and serves a test picture and a tone, with the page for browsers, for
# that long or until Ctrl-C; at whep://127.0.0.1:8080/live if not elsewhere.
#
# For Debian 12 and 13; installs what is missing, as root or with sudo.
set -eu

packages='meson ninja-build gcc libc6-dev pkgconf libgstreamer1.0-dev
  libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev libnice-dev
  libjson-glib-dev libsoup-3.0-dev libssl-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-nice gstreamer1.0-libav'

say () {
  printf '== %s\n' "$*"
}

die () {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# Runs a command; what it prints is only shown when it fails.
quietly () {
  "$@" > "$media/log" 2>&1 || {
    cat "$media/log" >&2
    die "$*"
  }
}

apt () {
  set -- env DEBIAN_FRONTEND=noninteractive apt-get -y "$@"
  [ "$(id -u)" = 0 ] || set -- sudo "$@"
  quietly "$@"
}

# Prints how many frames of a file can be decoded: decoded FILE KIND
decoded () {
  gst-launch-1.0 -v filesrc location="$1" ! decodebin ! "$2/x-raw" \
    ! fakesink silent=false sync=false > "$media/log" 2>&1 \
    || die "the $2 of $1 cannot be decoded"
  grep -c 'last-message = chain' "$media/log" || :
}

# Prints what two-peers has counted: sent KIND
sent () {
  sed -n "s/^$1: \([0-9]*\) frames sent.*/\1/p" "$media/report"
}

# Ends by itself after some seconds, if there are any: serve SECONDS LOCATION
serve () {
  frames=-1
  blocks=-1
  if [ -n "$1" ]; then
    frames=$(($1 * 30))
    blocks=$(($1 * 100))
  fi
  say "serving at $(printf '%s' "$2" | sed 's/^whep/http/') ${1:+for $1 s}"
  export GST_PLUGIN_PATH="$PWD/build/plugin${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
  exec gst-launch-1.0 -e \
    videotestsrc is-live=true num-buffers="$frames" \
    ! video/x-raw,framerate=30/1 ! peersink name=s location="$2" \
    audiotestsrc is-live=true samplesperbuffer=441 num-buffers="$blocks" \
    ! audio/x-raw,rate=44100 ! s.
}

input=
seconds=0
serving=
if [ "${1-}" = --serve ]; then
  serving=yes
  seconds=${2-}
  location=${3:-whep://127.0.0.1:8080/live}
  case $seconds in
    *[!0-9]* | 0) die "usage: demo.sh --serve [SECONDS [LOCATION]]" ;;
  esac
elif [ $# -gt 0 ]; then
  input=$(realpath -e -- "$1") || die "there is no $1"
fi
cd "$(dirname -- "$(realpath -- "$0")")/.."
media=$PWD/build/media
output=$media/received.webm
mkdir -p "$media"

missing=
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) || :
  [ "$status" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  say "installing$missing"
  apt update
  # shellcheck disable=SC2086 # a list
  apt install --no-install-recommends $missing
fi

say "building in build"
[ -f build/build.ninja ] || quietly meson setup build
quietly meson compile -C build gstpeerconnection two-peers
[ -z "$serving" ] || serve "$seconds" "$location"

if [ -z "$input" ]; then
  input=$media/vtest.avi
  seconds=10
  if [ ! -f "$input" ]; then
    say "fetching vtest.avi, in the package opencv-doc, 95 MB"
    rm -rf "$media/package"
    mkdir "$media/package"
    cd "$media/package"
    # As root, apt would fetch as a user that may not write here.
    fetch='apt-get -o APT::Sandbox::User=root download opencv-doc'
    $fetch > "$media/log" 2>&1 || {
      apt update
      # shellcheck disable=SC2086 # a command
      quietly $fetch
    }
    quietly dpkg-deb -x opencv-doc_*.deb .
    cd - > /dev/null
    found=$(find "$media/package" -name vtest.avi)
    [ -f "$found" ] || die "no vtest.avi in opencv-doc"
    mv "$found" "$input"
    rm -rf "$media/package"
  fi
fi

say "sending $input in real time"
rm -f "$output"
meson devenv -C build pipelines/two-peers --seconds="$seconds" \
  "$input" "$output" > "$media/report" || {
  cat "$media/report"
  die "two-peers"
}
cat "$media/report"

say "decoding $output"
result=
for kind in video audio; do
  sent=$(sent $kind)
  decoded=$(decoded "$output" $kind)
  if [ "$decoded" = 0 ] || [ $((decoded * 10)) -lt $((sent * 9)) ]; then
    die "$kind: $sent frames sent, but $decoded in $output"
  fi
  result="$result, $decoded of $sent $kind frames"
done
say "OK: both peers closed$result are in $output"
