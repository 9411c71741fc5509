# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the others: what was built in build/ is used where it is there, and
# else what is installed.
set -eu

if build=$(cd -- "$(dirname -- "$0")/../build/plugin" 2> /dev/null && pwd); then
  export GST_PLUGIN_PATH="$build${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
fi
