#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# serve.sh [LOCATION]
#
# Serves a test picture and a tone to any number of viewers: a browser at
# http://127.0.0.1:8080/live sees and hears it. Ends with Ctrl-C.
set -eu
. "$(dirname -- "$0")/plugin.sh"

location=${1:-whep://127.0.0.1:8080/live}

exec gst-launch-1.0 -e \
  videotestsrc is-live=true ! peersink name=s location="$location" \
  audiotestsrc is-live=true ! s.
