/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two threads in the same place. Where the first one is, GStreamer's log tells:
 * it waits there until the second one is done or waits for it. */

#include "asleep.h"
#include "inside.h"
#include "report.h"

typedef struct {
  Peers *peers;
  const char *line; /* of the log, with which it begins */
  void (*act) (GObject *object);
  GObject *object; /* (nullable): before there is one, nothing happens */

  GThread *second; /* (nullable) */
  gint second_id;  /* of the kernel's */
  gint done;
} Race;

static gpointer
act (gpointer data)
{
  Race *race = data;

  g_atomic_int_set (&race->second_id, get_thread_id ());
  race->act (race->object);
  g_atomic_int_set (&race->done, TRUE);
  peer_log (race->peers->offerer, "acted");

  return NULL;
}

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer data)
{
  Race *race = data;

  if (g_atomic_pointer_get (&race->second) != NULL || race->object == NULL ||
      object == NULL ||
      strstr (gst_debug_message_get (message), race->line) == NULL ||
      !gst_object_has_as_ancestor (
          GST_OBJECT (object), GST_OBJECT (race->peers->offerer->element)))
    return;

  g_atomic_pointer_set (&race->second, g_thread_new ("second", act, race));
  while (!g_atomic_int_get (&race->done) &&
         !is_asleep (g_atomic_int_get (&race->second_id)))
    g_thread_yield ();
}

static void
race_begin (Race *race, const char *category, GstDebugLevel level)
{
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_threshold_for_name (category, level);
  gst_debug_add_log_function (on_log, race, NULL);
}

/* GStreamer's log function stays: to take it away while others log is a race of
 * GStreamer's own (gstinfo.c, gst_debug_remove_with_compare_func). So @race is
 * static. */
static void
race_end (Race *race)
{
  GThread *second = g_atomic_pointer_get (&race->second);

  ck_assert_msg (second != NULL, "no \"%s\" in the log", race->line);
  g_thread_join (second);
  g_object_unref (race->object);
}

/* === the first check of the peer's, while the answer is applied === */

static void
tell_state (GObject *ice_transport)
{
  g_object_notify (ice_transport, "state");
}

/* On webrtcbin's thread, which holds no lock then. */
static void
on_signaling_state (GstElement *element, GParamSpec *pspec, Race *race)
{
  g_autoptr (GObject) sctp = NULL;
  g_autoptr (GObject) dtls = NULL;
  GstWebRTCSignalingState state;

  g_object_get (
      element, "signaling-state", &state, "sctp-transport", &sctp, NULL);
  if (state != GST_WEBRTC_SIGNALING_STATE_HAVE_LOCAL_OFFER)
    return;
  g_object_get (sctp, "transport", &dtls, NULL);
  g_object_get (dtls, "transport", &race->object, NULL);
}

GST_START_TEST (test_ice_speaks_while_the_answer_is_set)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  static Race race = { .line = "receive state to pass", .act = tell_state };

  race.peers = peers;
  g_signal_connect (peers->offerer->element, "notify::signaling-state",
      G_CALLBACK (on_signaling_state), &race);
  race_begin (&race, "webrtctransportreceivebin", GST_LEVEL_DEBUG);
  peers_add (peers, PEER_CHANNEL);
  peers_connect (peers);
  race_end (&race);
}
GST_END_TEST

/* === a packet on its way into the network, while that is paused === */

static void
pause_exit (GObject *sink)
{
  gst_element_set_state (GST_ELEMENT (sink), GST_STATE_PAUSED);
}

GST_START_TEST (test_a_packet_leaves_while_it_is_paused)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  static Race race = { .line = "to be sent", .act = pause_exit };

  race.peers = peers;
  race.object = G_OBJECT (dup_inside (peers->offerer->pipeline, "nicesink"));
  race_begin (&race, "nicesink", GST_LEVEL_LOG);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "on its way");
  /* If that was a packet before the message's, this waits in the sink. */
  peer_await (peers->offerer, "acted");
  gst_element_set_state (GST_ELEMENT (race.object), GST_STATE_PLAYING);
  peer_await (peers->answerer, "channel:on-message-string=on its way");
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "next");
  peer_await (peers->answerer, "channel:on-message-string=next");
  race_end (&race);
}
GST_END_TEST

static Suite *
races_suite (void)
{
  Suite *suite = suite_create ("races");
  TCase *races = peers_tcase_create ("races");

  suite_add_tcase (suite, races);
  tcase_add_test (races, test_ice_speaks_while_the_answer_is_set);
  tcase_add_test (races, test_a_packet_leaves_while_it_is_paused);

  return suite;
}

GST_CHECK_MAIN (races);
