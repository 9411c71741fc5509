/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A packet is lost, and either side has closed: nobody is asked for it again. A
 * jitterbuffer that is told the end of its stream runs all its timers at once,
 * and that of a packet asks until the clock has passed it, thousands of times. */

#include "ports.h"
#include "sides.h"

#include <gst/rtp/gstrtpbuffer.h>

#define N_BEFORE 5
/* One each 40 ms or so, for as long as a packet may be late. */
#define MAX_REQUESTS 20

typedef struct {
  Side *side;
  guint n_packets;
  guint16 lost;
  gint requests;
} Losses;

/* However often it comes. */
static GstPadProbeReturn
lose_one (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Losses *self = user_data;
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint16 number;

  ck_assert (gst_rtp_buffer_map (
      GST_PAD_PROBE_INFO_BUFFER (info), GST_MAP_READ, &rtp));
  number = gst_rtp_buffer_get_seq (&rtp);
  gst_rtp_buffer_unmap (&rtp);

  self->n_packets++;
  if (self->n_packets == N_BEFORE)
    self->lost = number;

  return self->n_packets >= N_BEFORE && number == self->lost
             ? GST_PAD_PROBE_DROP
             : GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_requests (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Losses *self = user_data;

  if (gst_event_has_name (
          GST_PAD_PROBE_INFO_EVENT (info), "GstRTPRetransmissionRequest") &&
      g_atomic_int_add (&self->requests, 1) == 0)
    side_log (self->side, "asked");

  return GST_PAD_PROBE_OK;
}

static void
watch_jitterbuffer (Losses *self)
{
  g_autoptr (GstIterator) iterator =
      gst_bin_iterate_all_by_element_factory_name (
          GST_BIN (self->side->pipeline), "rtpjitterbuffer");
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GstPad) pad = NULL;

  ck_assert_int_eq (gst_iterator_next (iterator, &value), GST_ITERATOR_OK);
  pad = gst_element_get_static_pad (g_value_get_object (&value), "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, lose_one, self, NULL);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count_requests, self, NULL);
}

GST_START_TEST (test_nobody_is_asked_after_the_end)
{
  guint16 port = find_port ();
  g_autofree char *sink_description = g_strdup_printf (
      "videotestsrc is-live=true ! video/x-raw,framerate=30/1 ! peersink "
      "name=element location=whep://127.0.0.1:%u/live",
      port);
  g_autofree char *src_description = g_strdup_printf (
      "peersrc name=element location=whep://127.0.0.1:%u/live fakesink name=end "
      "signal-handoffs=true async=false sync=false",
      port);
  Side *sink = side_new (sink_description);
  Side *src = side_new (src_description);
  Losses losses = { .side = src };

  gst_element_set_state (sink->pipeline, GST_STATE_PLAYING);
  gst_element_set_state (src->pipeline, GST_STATE_PLAYING);
  side_await (src, "frame", 5);
  watch_jitterbuffer (&losses);
  side_await (src, "asked", 1);
  g_signal_emit_by_name (
      __i__ == 0 ? sink->element : src->element, "close", NULL);
  side_await (src, "session-removed", 1);
  ck_assert_int_lt (g_atomic_int_get (&losses.requests), MAX_REQUESTS);
  side_free (src);
  side_free (sink);
}
GST_END_TEST

static Suite *
losses_suite (void)
{
  Suite *suite = suite_create ("losses");
  TCase *tcase = tcase_create ("losses");

  suite_add_tcase (suite, tcase);
  /* The one who sends closes, and the one who is sent to. */
  tcase_add_loop_test (tcase, test_nobody_is_asked_after_the_end, 0, 2);

  return suite;
}

GST_CHECK_MAIN (losses);
