#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# serve-file.sh FILE [LOCATION]
#
# Serves a file as it is, in real time and to its end: H.264 without B-frames,
# H.265, VP8, VP9 or AV1, with Opus, G.711 or no sound. For others, put decodebin
# in the place of parsebin.
set -eu
. "$(dirname -- "$0")/plugin.sh"

file=${1:?usage: serve-file.sh FILE [LOCATION]}
location=${2:-whep://127.0.0.1:8080/live}

exec gst-launch-1.0 -e filesrc location="$file" ! parsebin name=p \
  p. ! queue ! peersink name=s location="$location" \
  p. ! queue ! s.
