/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What webrtcbin's get-stats says, in the names of the W3C's webrtc-stats. */

#include "w3c-stats.h"

#include <gst/webrtc/webrtc.h>

/**
 * gst_peer_w3c_name:
 * @name: "packets-received"
 *
 * Returns: (transfer full): "packetsReceived"
 */
char *
gst_peer_w3c_name (const char *name)
{
  GString *result = g_string_new (NULL);
  gboolean capital = FALSE;

  for (const char *c = name; *c != '\0'; c++) {
    if (*c != '-')
      g_string_append_c (result, capital ? g_ascii_toupper (*c) : *c);
    capital = *c == '-';
  }

  return g_string_free (result, FALSE);
}

/* RTCStatsType; the nicks of GStreamer's are the same. */
static void
set_type (GstStructure *report, const GValue *value)
{
  GEnumClass *klass = g_type_class_ref (G_VALUE_TYPE (value));
  const GEnumValue *type = g_enum_get_value (klass, g_value_get_enum (value));

  if (type != NULL) {
    gst_structure_set_name (report, type->value_nick);
    gst_structure_set (report, "type", G_TYPE_STRING, type->value_nick, NULL);
  }
  g_type_class_unref (klass);
}

static gboolean
add_field (GQuark field, const GValue *value, gpointer user_data)
{
  g_autofree char *name = gst_peer_w3c_name (g_quark_to_string (field));

  if (G_VALUE_HOLDS (value, GST_TYPE_WEBRTC_STATS_TYPE))
    set_type (user_data, value);
  else
    gst_structure_set_value (user_data, name, value);

  return TRUE;
}

static gboolean
add_report (GQuark field, const GValue *value, gpointer user_data)
{
  g_autoptr (GstStructure) report = NULL;

  if (!GST_VALUE_HOLDS_STRUCTURE (value))
    return TRUE;
  report = gst_structure_new_empty ("stats");
  gst_structure_foreach (gst_value_get_structure (value), add_field, report);
  gst_structure_set (
      user_data, g_quark_to_string (field), GST_TYPE_STRUCTURE, report, NULL);

  return TRUE;
}

/**
 * gst_peer_w3c_stats:
 * @name: of the result
 * @stats: as get-stats replies
 *
 * Returns: (transfer full): an RTCStatsReport: for each id a structure that is
 *   named by its type
 */
GstStructure *
gst_peer_w3c_stats (const char *name, const GstStructure *stats)
{
  GstStructure *result = gst_structure_new_empty (name);

  gst_structure_foreach (stats, add_report, result);

  return result;
}
