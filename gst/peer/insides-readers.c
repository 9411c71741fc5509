/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reads from the network, one for each transport. */

#include "insides.h"

typedef struct {
  GThread *thread;
  gboolean idle;
} Look;

static void
look_free (gpointer data)
{
  g_atomic_rc_box_release (data);
}

/* Here and now, and it stays so; or on the reader's thread, later. */
static GstPadProbeReturn
on_idle (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Look *look = user_data;

  if (g_thread_self () != look->thread)
    return GST_PAD_PROBE_REMOVE;
  look->idle = TRUE;
  return GST_PAD_PROBE_OK;
}

static void
stop_reader (GstElement *reader)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (reader, "src");
  Look *look = g_atomic_rc_box_new0 (Look);

  look->thread = g_thread_self ();
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_IDLE, on_idle,
      g_atomic_rc_box_acquire (look), look_free);
  if (look->idle)
    gst_element_set_state (reader, GST_STATE_READY);
  look_free (look);
}

/**
 * gst_peer_insides_stop_readers:
 *
 * Of whom nothing more is to come. Waits for those that are inside of the ICE
 * agent, which is short unless an application keeps them in a handler, and not
 * for those that have left with a packet.
 */
void
gst_peer_insides_stop_readers (GstElement *child)
{
  g_autoptr (GPtrArray) readers = gst_peer_insides_find_all (child, "nicesrc");

  for (guint i = 0; i < readers->len; i++)
    if (gst_peer_insides_state (g_ptr_array_index (readers, i)) >=
        GST_STATE_PAUSED)
      stop_reader (g_ptr_array_index (readers, i));
}
