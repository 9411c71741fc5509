/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The associations of a process. */

#include "inside.h"
#include "report.h"

#include <gst/check/gsttestclock.h>

/* === numbers === */

/* The test's, for GStreamer too: webrtcbin draws the number of each association
 * from these, and always the same. */
__attribute__ ((visibility ("default"))) gint32
g_random_int_range (gint32 begin, gint32 end)
{
  if (begin == 0 && end == G_MAXUINT16)
    return 1;

  return begin + g_random_int () % (guint32)(end - begin);
}

GST_START_TEST (test_each_has_its_own)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (Peers) others = connect_peers (PEER_CHANNEL);

  gst_webrtc_data_channel_send_string (others->offerer->channel, "others");
  peer_await (others->answerer, "channel:on-message-string=others");
  gst_webrtc_data_channel_send_string (peers->answerer->channel, "peers");
  peer_await (peers->offerer, "channel:on-message-string=peers");
}
GST_END_TEST

/* === usrsctp's own thread, which is inside of one that is closed and freed === */

/* The log's function stays, as in races.c: so this is static. */
static struct {
  Peer *peer;
  GMutex lock;
  GCond cond;
  GObject *association; /* only to be compared */
  gboolean may_leave;
  gboolean has_left;
  gboolean is_freed;
} visit;

static void
set (gboolean *flag)
{
  g_mutex_lock (&visit.lock);
  *flag = TRUE;
  g_cond_broadcast (&visit.cond);
  g_mutex_unlock (&visit.lock);
}

static void
await (gboolean *flag)
{
  g_mutex_lock (&visit.lock);
  while (!*flag)
    g_cond_wait (&visit.cond, &visit.lock);
  g_mutex_unlock (&visit.lock);
}

static void
on_freed (gpointer data, GObject *association)
{
  set (&visit.is_freed);
}

/* Once it is in another one, it has left. */
static void
on_log (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *association,
    GstDebugMessage *message, gpointer data)
{
  if (strstr (gst_debug_message_get (message), "SCTP_SEND_FAILED_EVENT") ==
      NULL)
    return;

  if (visit.association == NULL) {
    visit.association = association;
    g_object_weak_ref (association, on_freed, NULL);
    peer_log (visit.peer, "inside");
    await (&visit.may_leave);
  } else if (association != visit.association) {
    set (&visit.has_left);
  }
}

static void
on_ready_state (GstWebRTCDataChannel *channel, GParamSpec *pspec, Peer *peer)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    peer_log (peer, "open");
}

/* Its messages are given up when a timeout finds one that has not arrived. */
static GstWebRTCDataChannel *
add_unreliable (Peer *peer)
{
  g_autoptr (GstStructure) options =
      gst_structure_new ("options", "max-retransmits", G_TYPE_INT, 0, NULL);
  GstWebRTCDataChannel *channel = NULL;

  g_signal_emit_by_name (
      peer->element, "create-data-channel", "unreliable", options, &channel);
  g_signal_connect (
      channel, "notify::ready-state", G_CALLBACK (on_ready_state), peer);
  on_ready_state (channel, NULL, peer);
  peer_await (peer, "open");

  return channel;
}

static GstPadProbeReturn
lose (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

static void
lose_message (Peer *peer, GstWebRTCDataChannel *channel)
{
  g_autoptr (GstElement) encoder = dup_inside (peer->element, "sctpenc");
  g_autoptr (GstPad) exit = gst_element_get_static_pad (encoder, "src");

  gst_pad_add_probe (exit,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, lose, NULL,
      NULL);
  gst_webrtc_data_channel_send_string (channel, "lost");
}

/* It is freed with @clock. */
static void
visit_and_close (GstClock *clock)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (GstWebRTCDataChannel) channel = add_unreliable (peers->offerer);

  visit.peer = peers->offerer;
  lose_message (peers->offerer, channel);
  peer_await (peers->offerer, "inside");
  gst_system_clock_set_default (clock);
  gst_structure_free (peer_close (peers->offerer, NULL));
}

GST_START_TEST (test_it_outlives_who_is_inside)
{
  g_autoptr (Peers) others = connect_peers (PEER_CHANNEL);
  g_autoptr (GstWebRTCDataChannel) channel = add_unreliable (others->offerer);
  g_autoptr (GstClock) clock = gst_test_clock_new ();

  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_threshold_for_name ("sctpassociation", GST_LEVEL_ERROR);
  gst_debug_add_log_function (on_log, NULL, NULL);
  visit_and_close (clock);
  g_mutex_lock (&visit.lock);
  ck_assert (!visit.is_freed);
  g_mutex_unlock (&visit.lock);

  lose_message (others->offerer, channel);
  set (&visit.may_leave);
  await (&visit.has_left);
  gst_system_clock_set_default (NULL);
  gst_clear_object (&clock);
  await (&visit.is_freed);
}
GST_END_TEST

static Suite *
associations_suite (void)
{
  Suite *suite = suite_create ("associations");
  TCase *numbers = peers_tcase_create ("numbers");
  TCase *visits = peers_tcase_create ("visits");

  suite_add_tcase (suite, numbers);
  tcase_add_test (numbers, test_each_has_its_own);
  suite_add_tcase (suite, visits);
  tcase_add_test (visits, test_it_outlives_who_is_inside);

  return suite;
}

GST_CHECK_MAIN (associations);
