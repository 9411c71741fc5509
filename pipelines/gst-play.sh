#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# gst-play.sh [LOCATION]
#
# Plays a WHEP endpoint, with its sound, in GStreamer's own player. So does
# everything that plays URIs by playbin. Ends with the stream, or with q.
set -eu
. "$(dirname -- "$0")/plugin.sh"

location=${1:-whep://127.0.0.1:8080/live}

exec gst-play-1.0 "$location"
