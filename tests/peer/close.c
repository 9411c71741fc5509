/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The close between two elements: what the other side sees of it. */

#include "report.h"

/* A caller's thread is not held up, and the peer is told within this. What runs
 * many times as slowly says nothing by its time. */
#ifdef SANITIZED
#define RETURN_LIMIT G_MAXINT64
#define NOTICE_LIMIT G_MAXINT64
#else
#define RETURN_LIMIT (1 * G_TIME_SPAN_MILLISECOND)
#define NOTICE_LIMIT (30 * G_TIME_SPAN_MILLISECOND)
#endif

/* What an element sees of the other's close, whatever began it. */
static void
await_noticed (Peer *peer, gint64 called)
{
  gint64 noticed = peer_await (peer, "channel:on-close");

  ck_assert_int_lt (noticed - called, NOTICE_LIMIT);
  peer_await (peer, "pad-eos=src_0");
  peer_await (peer, "pad-eos=src_1");
  peer_await (peer, "bus:element=peerconnection-closed");
  peer_await (peer, "bus:eos");
  assert_reason (peer, "remote");
  peer_assert_closed (peer);
  ck_assert_uint_eq (peer_count (peer, "bus:error=*"), 0);
}

static void
assert_silent_at_home (Peer *peer)
{
  ck_assert_uint_eq (peer_count (peer, "signaling-state=*"), 1);
  ck_assert_uint_eq (peer_count (peer, "connection-state=*"), 1);
  ck_assert_uint_eq (peer_count (peer, "ice-connection-state=*"), 1);
  ck_assert_uint_eq (peer_count (peer, "on-*"), 0);
  ck_assert_uint_eq (peer_count (peer, "channel:on-*"), 0);
  ck_assert_uint_eq (peer_count (peer, "bus:error=*"), 0);
  ck_assert_uint_eq (peer_count (peer, "bus:element=peerconnection-closed"), 1);
}

GST_START_TEST (test_signal)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstStructure) report = NULL;
  gint64 called, returned;

  called = g_get_monotonic_time ();
  report = peer_close (peers->offerer, &returned);
  peer_assert_closed (peers->offerer);
  ck_assert_int_lt (returned - called, RETURN_LIMIT);
  assert_all_told (report);

  await_noticed (peers->answerer, called);
  peer_await (peers->answerer, "channel:on-error");
  peer_await (peers->offerer, "pad-eos=src_0");
  peer_await (peers->offerer, "bus:eos");
  assert_silent_at_home (peers->offerer);
  assert_reason (peers->offerer, "close");
}
GST_END_TEST

GST_START_TEST (test_second_close)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstPromise) promise = peer_promise (peers->offerer, "second");
  g_autoptr (GstPromise) third = peer_promise (peers->offerer, "third");
  g_autoptr (GstStructure) report = NULL;

  g_signal_emit_by_name (peers->offerer->element, "close", NULL);
  g_signal_emit_by_name (peers->offerer->element, "close", promise);
  peer_await (peers->offerer, "promise:second=replied");
  report = peer_close (peers->offerer, NULL);
  assert_all_told (report);
  g_signal_emit_by_name (peers->offerer->element, "close", third);
  peer_await (peers->offerer, "promise:third=replied");
  peer_await (peers->offerer, "bus:eos");
  assert_silent_at_home (peers->offerer);
}
GST_END_TEST

GST_START_TEST (test_eos_of_pipeline)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstStructure) report = NULL;
  gint64 began;

  peer_send_eos (peers->offerer);
  peer_await (peers->offerer, "bus:eos");
  report = get_report (peers->offerer);
  assert_all_told (report);
  assert_step (report, "drain", "done");
  assert_reason (peers->offerer, "eos");

  /* Drained first, so an orderly close of the channel: no error. */
  began = peer_await (peers->offerer, "channel:ready-state=closing");
  await_noticed (peers->answerer, began);
  ck_assert_uint_eq (peer_count (peers->answerer, "channel:on-error"), 0);
}
GST_END_TEST

GST_START_TEST (test_eos_of_element)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  gint64 called = g_get_monotonic_time ();

  gst_element_send_event (peers->offerer->element, gst_event_new_eos ());
  await_noticed (peers->answerer, called);
  peer_await (peers->offerer, "bus:eos");
  assert_reason (peers->offerer, "eos");
}
GST_END_TEST

static void
push_eos (Peer *peer, const char *name)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (peer->element, name);
  g_autoptr (GstPad) upstream = gst_pad_get_peer (sink);

  gst_pad_push_event (upstream, gst_event_new_eos ());
}

static GstWebRTCRTPTransceiverDirection
get_direction (Peer *peer, const char *pad_name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->element, pad_name);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  GstWebRTCRTPTransceiverDirection direction;

  g_object_get (pad, "transceiver", &transceiver, NULL);
  g_object_get (transceiver, "direction", &direction, NULL);

  return direction;
}

/* One of two: its own stream ends, the other one and the channel go on. */
GST_START_TEST (test_eos_of_one_pad)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);

  push_eos (peers->offerer, "sink_0");
  peer_await (peers->answerer, "pad-eos=src_*");
  ck_assert_int_eq (get_direction (peers->offerer, "sink_0"),
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
  ck_assert_int_eq (get_direction (peers->offerer, "sink_1"),
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV);

  gst_webrtc_data_channel_send_string (peers->offerer->channel, "still here");
  peer_await (peers->answerer, "channel:on-message-string=still here");
  peer_assert_state (peers->offerer, "connection-state", "connected");
  ck_assert_uint_eq (peer_count (peers->answerer, "pad-eos=src_*"), 1);

  push_eos (peers->offerer, "sink_1");
  peer_await_nth (peers->answerer, "pad-eos=src_*", 2);
  peer_await (peers->offerer, "bus:eos");
  assert_reason (peers->offerer, "eos");
  peer_await (peers->answerer, "channel:on-close");
}
GST_END_TEST

GST_START_TEST (test_eos_without_close)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);

  g_object_set (peers->offerer->element, "close-on-eos", FALSE, NULL);
  push_eos (peers->offerer, "sink_0");
  push_eos (peers->offerer, "sink_1");
  peer_await_nth (peers->answerer, "pad-eos=src_*", 2);
  peer_assert_state (peers->offerer, "connection-state", "connected");
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "still here");
  peer_await (peers->answerer, "channel:on-message-string=still here");
}
GST_END_TEST

GST_START_TEST (test_null)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstStructure) report = NULL;
  gint64 called = g_get_monotonic_time ();

  gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
  report = get_report (peers->offerer);
  assert_all_told (report);
  assert_reason (peers->offerer, "state-change");
  await_noticed (peers->answerer, called);
  peer_assert_closed (peers->offerer);
  ck_assert_uint_eq (peer_count (peers->offerer, "channel:on-*"), 0);
}
GST_END_TEST

GST_START_TEST (test_paused)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstStructure) report = NULL;
  gint64 called;

  gst_element_set_state (peers->offerer->pipeline, GST_STATE_PAUSED);
  called = g_get_monotonic_time ();
  report = peer_close (peers->offerer, NULL);
  assert_all_told (report);
  await_noticed (peers->answerer, called);
}
GST_END_TEST

static void
pause_pipeline (GstElement *element, GParamSpec *pspec, Peer *peer)
{
  gst_element_set_state (peer->pipeline, GST_STATE_PAUSED);
}

/* As it does that has got the EOS of the source pads, which is a part of the
 * close: what is told after that is told as well. */
GST_START_TEST (test_pause_in_mid_close)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstStructure) report = NULL;

  g_signal_connect (peers->offerer->element, "notify::signaling-state",
      G_CALLBACK (pause_pipeline), peers->offerer);
  gst_element_send_event (peers->offerer->element, gst_event_new_eos ());
  peer_await (peers->answerer, "channel:on-close");
  peer_await (peers->answerer, "signaling-state=closed");
  report = peer_close (peers->offerer, NULL);
  assert_all_told (report);
}
GST_END_TEST

/* What was buffered before EOS arrives; what was before a close need not. */
GST_START_TEST (test_eos_drains_channel)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autofree char *text = g_strnfill (10000, 'x');
  const guint n_messages = 200;

  /* More than the sockets buffer: what is lost is sent again after 1 s. */
  g_object_set (peers->offerer->element, "close-timeout", 20000, NULL);
  for (guint i = 0; i < n_messages; i++)
    gst_webrtc_data_channel_send_string (peers->offerer->channel, text);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "last");
  peer_send_eos (peers->offerer);

  peer_await (peers->answerer, "channel:on-message-string=last");
  ck_assert_uint_eq (
      peer_count (peers->answerer, "channel:on-message-string=x*"), n_messages);
  peer_await (peers->answerer, "channel:on-close");
}
GST_END_TEST

/* As from a bin: it goes on its way to the sink pads, and gets there later, or
 * not at all. */
GST_START_TEST (test_eos_again_cuts_nothing_short)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  GstElement *element = peers->offerer->element;
  g_autoptr (GstEvent) eos = gst_event_new_eos ();
  g_autoptr (GstStructure) report = NULL;

  g_object_set (element, "close-timeout", 1000, NULL);
  gst_element_send_event (element, gst_event_ref (eos));
  gst_element_send_event (element, gst_event_ref (eos));
  peer_await (peers->offerer, "bus:element=peerconnection-closed");
  report = get_report (peers->offerer);
  assert_step (report, "drain", "overdue");
  peer_await (peers->answerer, "channel:on-close");
}
GST_END_TEST

GST_START_TEST (test_both_at_once)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstPromise) one = peer_promise (peers->offerer, "close");
  g_autoptr (GstPromise) other = peer_promise (peers->answerer, "close");

  g_signal_emit_by_name (peers->offerer->element, "close", one);
  g_signal_emit_by_name (peers->answerer->element, "close", other);
  peer_await (peers->offerer, "promise:close=replied");
  peer_await (peers->answerer, "promise:close=replied");
  ck_assert_uint_eq (peer_count (peers->offerer, "bus:error=*"), 0);
  ck_assert_uint_eq (peer_count (peers->answerer, "bus:error=*"), 0);
}
GST_END_TEST

/* webrtcbin as the peer: it has no notice of a close, but must not suffer. */
GST_START_TEST (test_webrtcbin_as_peer)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "webrtcbin");
  g_autoptr (GstStructure) report = NULL;

  bundle (peers);
  peers_add (peers, ALL_FEATURES);
  peers_connect (peers);
  report = peer_close (peers->offerer, NULL);
  assert_all_told (report);
}
GST_END_TEST

/* Every transport has an end of its own. */
GST_START_TEST (test_unbundled)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autoptr (GstStructure) report = NULL;

  peers_add (peers, PEER_AUDIO | PEER_VIDEO);
  peers_connect (peers);
  peer_mark (peers->answerer);
  report = peer_close (peers->offerer, NULL);
  assert_step (report, "rtp-bye", "done");
  assert_step (report, "sctp-abort", "skipped");
  assert_step (report, "dtls-close-notify", "done");
  assert_step (report, "ice", "done");
  peer_await (peers->answerer, "pad-eos=src_0");
  peer_await (peers->answerer, "pad-eos=src_1");
  peer_await (peers->answerer, "bus:eos");
  assert_reason (peers->answerer, "remote");
}
GST_END_TEST

static Suite *
close_suite (void)
{
  Suite *suite = suite_create ("close");
  TCase *wire = peers_tcase_create ("wire");

  suite_add_tcase (suite, wire);
  tcase_add_test (wire, test_signal);
  tcase_add_test (wire, test_second_close);
  tcase_add_test (wire, test_eos_of_pipeline);
  tcase_add_test (wire, test_eos_of_element);
  tcase_add_test (wire, test_eos_of_one_pad);
  tcase_add_test (wire, test_eos_without_close);
  tcase_add_test (wire, test_null);
  tcase_add_test (wire, test_paused);
  tcase_add_test (wire, test_pause_in_mid_close);
  tcase_add_test (wire, test_eos_drains_channel);
  tcase_add_test (wire, test_eos_again_cuts_nothing_short);
  tcase_add_test (wire, test_both_at_once);
  tcase_add_test (wire, test_webrtcbin_as_peer);
  tcase_add_test (wire, test_unbundled);

  return suite;
}

GST_CHECK_MAIN (close);
