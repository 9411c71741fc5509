#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# play.sh [LOCATION]
#
# Shows what a WHEP endpoint has to be seen, without its sound. Ends with the
# stream or with Ctrl-C.
set -eu
. "$(dirname -- "$0")/plugin.sh"

location=${1:-whep://127.0.0.1:8080/live}

exec gst-launch-1.0 peersrc location="$location" ! autovideosink
