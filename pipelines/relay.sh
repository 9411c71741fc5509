#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# relay.sh [IN [OUT]]
#
# Waits for a publisher at IN and serves what it sends to any number of viewers
# at OUT, as it comes. Ends with the publisher or with Ctrl-C.
set -eu
. "$(dirname -- "$0")/plugin.sh"

in=${1:-whip://0.0.0.0:8080/in}
out=${2:-whep://0.0.0.0:8080/out}

exec gst-launch-1.0 peersrc location="$in" name=s \
  s.video_0 ! queue ! peersink name=k location="$out" \
  s.audio_0 ! queue ! k.
