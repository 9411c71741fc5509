#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# publish.sh LOCATION [TOKEN [SOURCE...]]
#
# Publishes the camera, or a test picture where there is none, to a WHIP endpoint
# such as whip://host:8889/live/whip. SOURCE is another piece of a pipeline, as in
#   publish.sh whips://host/live secret ximagesrc ! videorate
set -eu
. "$(dirname -- "$0")/plugin.sh"

location=${1:?usage: publish.sh LOCATION [TOKEN [SOURCE...]]}
token=${2-}
shift "$(($# < 2 ? $# : 2))"
if [ $# = 0 ] && [ -e /dev/video0 ]; then
  set -- v4l2src
elif [ $# = 0 ]; then
  set -- videotestsrc is-live=true
fi

exec gst-launch-1.0 -e \
  "$@" ! peersink location="$location" ${token:+auth-token="$token"}
