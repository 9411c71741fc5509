/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where packets wait for those that are late: rtpjitterbuffer. */

#include "insides.h"

/* On the thread that ends the stream. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  g_autoptr (GstElement) jitterbuffer = NULL;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;

  jitterbuffer = gst_pad_get_parent_element (pad);
  if (jitterbuffer != NULL)
    g_object_set (jitterbuffer, "rtx-max-retries", 0, NULL);

  return GST_PAD_PROBE_REMOVE;
}

/**
 * gst_peer_insides_mend_jitterbuffer:
 * @jitterbuffer: which has just been made
 *
 * When its stream has ended it asks for each packet that is missing until the
 * clock has passed the time for it, without a pause
 * (gst/rtpmanager/gstrtpjitterbuffer.c, do_expected_timeout, also in 1.28): up
 * to 160,000 times for one packet, which there is nobody to send.
 */
void
gst_peer_insides_mend_jitterbuffer (GstElement *jitterbuffer)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (jitterbuffer, "sink");

  if (pad != NULL)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, NULL, NULL);
}

static GstPadProbeReturn
keep_back (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

/* Playing, the thread of the timers runs them all when it is woken, and wakes
 * the other. */
static void
flush (gpointer jitterbuffer, gpointer user_data)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (jitterbuffer, "sink");
  g_autoptr (GstPad) source = gst_element_get_static_pad (jitterbuffer, "src");

  if (GST_STATE (jitterbuffer) < GST_STATE_PAUSED)
    return;
  gst_pad_add_probe (source,
      GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      keep_back, NULL, NULL);
  gst_element_set_state (jitterbuffer, GST_STATE_PLAYING);
  gst_pad_send_event (sink, gst_event_new_flush_start ());
}

/**
 * gst_peer_insides_flush_jitterbuffers:
 *
 * Right before they are stopped; waits for their threads as that does. At the
 * end of a stream the thread that gives packets on waits for the timers, on the
 * condition that the thread of those waits on when paused. A stop wakes but one
 * of the two, and may wait for the other for ever (gstrtpjitterbuffer.c,
 * pop_and_push_next and JBUF_SIGNAL_TIMER, also in 1.28).
 */
void
gst_peer_insides_flush_jitterbuffers (GstElement *child)
{
  g_autoptr (GPtrArray) jitterbuffers =
      gst_peer_insides_find_all (child, "rtpjitterbuffer");

  g_ptr_array_foreach (jitterbuffers, flush, NULL);
}
