/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What every other member does once the connection is closed. */

#include "report.h"

#include <gst/sdp/sdp.h>

static void
assert_invalid_state (GstPromise *promise)
{
  g_autoptr (GError) error = NULL;
  const GstStructure *reply;

  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  reply = gst_promise_get_reply (promise);
  ck_assert (gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL));
  ck_assert_msg (
      g_error_matches (error, GST_WEBRTC_ERROR, GST_WEBRTC_ERROR_INVALID_STATE),
      "%s", error->message);
}

static void
assert_refused (GstElement *element, const char *action, gpointer argument)
{
  g_autoptr (GstPromise) promise = gst_promise_new ();

  g_signal_emit_by_name (element, action, argument, promise);
  assert_invalid_state (promise);
}

GST_START_TEST (test_actions_are_refused)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  GstElement *element = peers->offerer->element;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  g_autoptr (GstWebRTCDataChannel) channel = NULL;
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  gboolean added = TRUE;
  guint latency_before, latency_after;

  close_peer (peers->offerer);
  g_object_get (element, "local-description", &description, "latency",
      &latency_before, NULL);
  ck_assert (description != NULL);
  peer_assert_state (peers->offerer, "ice-gathering-state", "complete");

  assert_refused (element, "create-offer", NULL);
  assert_refused (element, "create-answer", NULL);
  assert_refused (element, "set-local-description", description);
  assert_refused (element, "set-remote-description", description);
  g_signal_emit_by_name (element, "create-data-channel", "x", NULL, &channel);
  ck_assert (channel == NULL);
  g_signal_emit_by_name (element, "add-transceiver",
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV, NULL, &transceiver);
  ck_assert (transceiver == NULL);
  g_signal_emit_by_name (
      element, "add-turn-server", "turn://u:p@127.0.0.1", &added);
  ck_assert (!added);
  g_signal_emit_by_name (element, "add-ice-candidate", 0, "candidate:x");
  g_object_set (element, "latency", latency_before + 1, NULL);
  g_object_get (element, "latency", &latency_after, NULL);
  ck_assert_uint_eq (latency_before, latency_after);
  ck_assert_uint_eq (peer_count (peers->offerer, "on-*"), 0);
}
GST_END_TEST

GST_START_TEST (test_stats_still_answer)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstPromise) promise = gst_promise_new ();
  const GstStructure *stats;

  close_peer (peers->offerer);
  g_signal_emit_by_name (peers->offerer->element, "get-stats", NULL, promise);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  stats = gst_promise_get_reply (promise);
  ck_assert_msg (!gst_structure_has_field (stats, "error"), "%s",
      gst_structure_to_string (stats));
  ck_assert_int_gt (gst_structure_n_fields (stats), 0);
}
GST_END_TEST

GST_START_TEST (test_stats_of_a_pad)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstPromise) promise = gst_promise_new ();
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (peers->offerer->element, "sink_0");

  g_signal_emit_by_name (peers->offerer->element, "get-stats", pad, promise);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
}
GST_END_TEST

/* A promise in flight is answered, not forgotten. The child's thread is kept
 * busy, so that the action can not be over before the close. */
static void
hold (GstElement *element, guint mline, const char *candidate, gpointer data)
{
  GMutex *gate = data;

  g_mutex_lock (gate);
  g_mutex_unlock (gate);
}

GST_START_TEST (test_promises_in_flight)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  GstElement *element = peers->offerer->element;
  g_autoptr (GstPromise) promise = gst_promise_new ();
  g_autoptr (GstPromise) offer = gst_promise_new ();
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  peers_add (peers, PEER_CHANNEL);
  peers_play (peers);
  g_signal_emit_by_name (element, "create-offer", NULL, offer);
  gst_promise_wait (offer);
  gst_structure_get (gst_promise_get_reply (offer), "offer",
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  g_signal_connect (element, "on-ice-candidate", G_CALLBACK (hold), &gate);
  g_signal_emit_by_name (element, "set-local-description", description, NULL);
  peer_await (peers->offerer, "on-ice-candidate");

  g_signal_emit_by_name (element, "create-offer", NULL, promise);
  g_signal_emit_by_name (element, "close", NULL);
  assert_invalid_state (promise);
  g_mutex_unlock (&gate);
}
GST_END_TEST

GST_START_TEST (test_pads_are_refused)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);

  close_peer (peers->offerer);
  ck_assert (gst_element_request_pad_simple (
                 peers->offerer->element, "sink_%u") == NULL);
  peer_await (peers->offerer, "bus:error=*");
}
GST_END_TEST

static void
log_direction (Peer *peer)
{
  peer_log (peer, "direction");
}

GST_START_TEST (test_transceivers_are_stopped)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO);
  g_autoptr (GstStructure) report = NULL;
  g_autoptr (GArray) transceivers = NULL;
  GstWebRTCRTPTransceiverDirection direction;
  GObject *transceiver;

  g_signal_emit_by_name (
      peers->offerer->element, "get-transceivers", &transceivers);
  ck_assert_uint_eq (transceivers->len, 1);
  transceiver = g_array_index (transceivers, GObject *, 0);
  g_signal_connect_swapped (transceiver, "notify::direction",
      G_CALLBACK (log_direction), peers->offerer);
  report = peer_close (peers->offerer, NULL);
  peer_await (peers->offerer, "direction");
  g_object_get (transceiver, "direction", &direction, NULL);
  ck_assert_int_eq (direction, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE);
}
GST_END_TEST

static Suite *
after_close_suite (void)
{
  Suite *suite = suite_create ("after-close");
  TCase *members = peers_tcase_create ("members");

  suite_add_tcase (suite, members);
  tcase_add_test (members, test_actions_are_refused);
  tcase_add_test (members, test_stats_still_answer);
  tcase_add_test (members, test_stats_of_a_pad);
  tcase_add_test (members, test_promises_in_flight);
  tcase_add_test (members, test_pads_are_refused);
  tcase_add_test (members, test_transceivers_are_stopped);

  return suite;
}

GST_CHECK_MAIN (after_close);
