/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "last-reference.h"

/* Set when it has been stopped, also in vain: that is not tried for ever. */
#define STOPPED "peer-stopped"

static void
stop (GstElement *element, gpointer user_data)
{
  gst_element_set_locked_state (element, FALSE);
  gst_element_set_state (element, GST_STATE_NULL);
  g_object_set_data (G_OBJECT (element), STOPPED, element);
}

static void
on_last (gpointer user_data, GObject *element, gboolean is_last)
{
  if (is_last)
    g_object_remove_toggle_ref (element, on_last, NULL);
}

/**
 * gst_peer_outlives_last_reference:
 *
 * For an element's dispose, which has nothing to do then. What was not set to
 * NULL is stopped first, on a thread of GStreamer's pool. Whoever drops the
 * reference may be a thread of its own, for which a stop waits: GStreamer holds
 * one to everything that an object is in while it tells of a property.
 */
gboolean
gst_peer_outlives_last_reference (GstElement *element)
{
  if (GST_STATE (element) == GST_STATE_NULL ||
      g_object_get_data (G_OBJECT (element), STOPPED) != NULL)
    return FALSE;
  /* It may be stopped before whoever drops the reference comes back from the
   * dispose, and would then be finalized without another one. This reference is
   * given up after that one, whichever thread is faster. */
  g_object_add_toggle_ref (G_OBJECT (element), on_last, NULL);
  gst_element_call_async (element, stop, NULL, NULL);

  return TRUE;
}
