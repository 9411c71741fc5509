/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What GStreamer says of itself. */

#pragma once

#include <gst/check/gstcheck.h>

/* rtpsession lets go of its lock while it goes through its sources
 * (rtpsession.c, schedule_remaining_nacks), so that one may come in meanwhile:
 * GStreamer's own race, seen on a loaded machine. */
static inline GstCheckLogFilter *
forgive_rtpsession (void)
{
  g_autoptr (GRegex) regex = g_regex_new (
      "g_hash_table_foreach: assertion 'version == hash_table->version'", 0, 0,
      NULL);

  return gst_check_add_log_filter (
      "GLib", G_LOG_LEVEL_CRITICAL, g_steal_pointer (&regex), NULL, NULL, NULL);
}
