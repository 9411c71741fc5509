/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a jitterbuffer does at the end of its stream, when it runs all its timers
 * at once. */

#include "asleep.h"
#include "inside.h"
#include "ports.h"
#include "sides.h"

#include <gst/rtp/gstrtpbuffer.h>

#define N_PER_LOSS 10
/* One each 40 ms or so, for as long as a packet may be late. */
#define MAX_REQUESTS 20

typedef struct {
  Side *side;
  guint n_packets;
  guint16 lost;
  gint requests;
} Losses;

/* However often it comes. One that is found out about too late is not asked for:
 * then there is another. */
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
  if (self->n_packets % N_PER_LOSS == 0 &&
      g_atomic_int_get (&self->requests) == 0)
    self->lost = number;

  return self->n_packets >= N_PER_LOSS && number == self->lost
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
play (Side **sink, Side **src)
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

  *sink = side_new (sink_description);
  *src = side_new (src_description);
  gst_element_set_state ((*sink)->pipeline, GST_STATE_PLAYING);
  gst_element_set_state ((*src)->pipeline, GST_STATE_PLAYING);
  side_await (*src, "frame", 5);
}

/* Either side has closed. A packet's timer asks for it until the clock has
 * passed it, thousands of times. */
GST_START_TEST (test_nobody_is_asked_after_the_end)
{
  g_autoptr (GstElement) jitterbuffer = NULL;
  g_autoptr (GstPad) pad = NULL;
  Losses losses = { NULL };
  Side *sink, *src;

  play (&sink, &src);
  losses.side = src;
  jitterbuffer = dup_jitterbuffer_inside (src->pipeline);
  pad = gst_element_get_static_pad (jitterbuffer, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, lose_one, &losses, NULL);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count_requests, &losses, NULL);
  side_await (src, "asked", 1);
  g_signal_emit_by_name (
      __i__ == 0 ? sink->element : src->element, "close", NULL);
  side_await (src, "session-removed", 1);
  ck_assert_int_lt (g_atomic_int_get (&losses.requests), MAX_REQUESTS);
  side_free (src);
  side_free (sink);
}
GST_END_TEST

/* === stopped at its end === */

/* The log's function stays, as in races.c of the peers: so this is static. */
static struct {
  Side *side;
  GThread *giver; /* that gives packets on */
  GThread *timer;
  gint giver_id; /* of the kernel's */
  gint timer_id;

  GMutex lock;
  GCond cond;
  gboolean released;
} threads;

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  g_atomic_pointer_set (&threads.giver, g_thread_self ());
  g_atomic_int_set (&threads.giver_id, get_thread_id ());
  side_log (threads.side, "giver");

  return GST_PAD_PROBE_REMOVE;
}

static GstPadProbeReturn
lose (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

/* For the next one, which does not come. */
static GstPadProbeReturn
hold_timer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (!gst_event_has_name (
          GST_PAD_PROBE_INFO_EVENT (info), "GstRTPRetransmissionRequest"))
    return GST_PAD_PROBE_OK;

  g_atomic_pointer_set (&threads.timer, g_thread_self ());
  g_atomic_int_set (&threads.timer_id, get_thread_id ());
  side_log (threads.side, "timer");
  g_mutex_lock (&threads.lock);
  while (!threads.released)
    g_cond_wait (&threads.cond, &threads.lock);
  g_mutex_unlock (&threads.lock);

  return GST_PAD_PROBE_OK;
}

static void
release_timer (void)
{
  g_mutex_lock (&threads.lock);
  threads.released = TRUE;
  g_cond_signal (&threads.cond);
  g_mutex_unlock (&threads.lock);
}

/* Under the lock with which they wait, so who sees it comes after them. */
static void
on_log (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  if (!g_str_equal (gst_debug_message_get (message), "waiting timer"))
    return;
  if (g_thread_self () == g_atomic_pointer_get (&threads.giver))
    side_log (threads.side, "giver waits");
  else if (g_thread_self () == g_atomic_pointer_get (&threads.timer))
    side_log (threads.side, "timer waits");
}

/* Who waits, as seen in the log, is on the way there: nothing tells of its
 * arrival but the kernel. */
static void
until_asleep (gint *id)
{
  while (!is_asleep (g_atomic_int_get (id)))
    g_thread_yield ();
}

/* Whoever gives packets on waits for the timers, and their thread waits as it is
 * paused: before that one, when it has played once more, or behind it. A stop
 * wakes the one that has waited for longer. */
GST_START_TEST (test_it_stops_while_it_waits_for_timers)
{
  g_autoptr (GstElement) jitterbuffer = NULL;
  g_autoptr (GstPad) in = NULL;
  g_autoptr (GstPad) out = NULL;
  Side *sink, *src;

  /* Before there are others who log. */
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_threshold_for_name ("rtpjitterbuffer", GST_LEVEL_DEBUG);
  gst_debug_add_log_function (on_log, NULL, NULL);
  play (&sink, &src);
  threads.side = src;
  jitterbuffer = dup_jitterbuffer_inside (src->pipeline);
  in = gst_element_get_static_pad (jitterbuffer, "sink");
  out = gst_element_get_static_pad (jitterbuffer, "src");
  gst_pad_add_probe (out,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet,
      NULL, NULL);
  side_await (src, "giver", 1);
  gst_pad_add_probe (
      in, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hold_timer, NULL, NULL);
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, lose, NULL, NULL);

  side_await (src, "timer", 1);
  gst_pad_send_event (in, gst_event_new_eos ());
  side_await (src, "giver waits", 1);
  until_asleep (&threads.giver_id);
  gst_element_set_state (jitterbuffer, GST_STATE_PAUSED);
  release_timer ();
  side_await (src, "timer waits", 1);
  until_asleep (&threads.timer_id);
  if (__i__ == 0) {
    gst_element_set_state (jitterbuffer, GST_STATE_PLAYING);
    side_await (src, "giver waits", 2);
  }
  g_signal_emit_by_name (src->element, "close", NULL);
  side_await (src, "session-removed", 1);
  side_free (src);
  side_free (sink);
}
GST_END_TEST

static Suite *
jitterbuffer_suite (void)
{
  Suite *suite = suite_create ("jitterbuffer");
  TCase *tcase = tcase_create ("jitterbuffer");

  suite_add_tcase (suite, tcase);
  /* The one who sends closes, and the one who is sent to. */
  tcase_add_loop_test (tcase, test_nobody_is_asked_after_the_end, 0, 2);
  tcase_add_loop_test (tcase, test_it_stops_while_it_waits_for_timers, 0, 2);

  return suite;
}

GST_CHECK_MAIN (jitterbuffer);
