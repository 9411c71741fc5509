#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# record.sh FILE [LOCATION]
#
# Waits for a publisher, such as OBS or a browser at
# http://127.0.0.1:8080/ingest?publish, and records what it sends to an MP4 file,
# until it ends or until Ctrl-C.
set -eu
. "$(dirname -- "$0")/plugin.sh"

file=${1:?usage: record.sh FILE [LOCATION]}
location=${2:-whip://0.0.0.0:8080/ingest}

exec gst-launch-1.0 -e peersrc location="$location" name=s \
  s.video_0 ! queue ! h264parse ! mp4mux name=m ! filesink location="$file" \
  s.audio_0 ! queue ! opusparse ! m.
