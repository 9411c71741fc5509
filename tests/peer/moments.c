/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A close at every stage of a connection's life, and from the threads that
 * have reason to call it. Each ends within close-timeout, with the states
 * closed, a report, and no warning from GLib or GStreamer (GstCheck fails on
 * those). */

#include "inside.h"
#include "report.h"

#ifdef UNTIMED
#define CLOSE_LIMIT G_MAXINT64
#else
#define CLOSE_LIMIT (2500 * G_TIME_SPAN_MILLISECOND)
#endif

static void
close_now (Peer *peer)
{
  gint64 called = g_get_monotonic_time ();

  close_peer (peer);
  ck_assert_int_lt (g_get_monotonic_time () - called, CLOSE_LIMIT);
  peer_assert_closed (peer);
  ck_assert_uint_eq (peer_count (peer, "bus:error=*"), 0);
}

static Peers *
new_peers (PeerFeatures features)
{
  Peers *peers = peers_new ("peerconnection", "peerconnection");

  bundle (peers);
  peers_add (peers, features);

  return peers;
}

GST_START_TEST (test_before_ready)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");

  close_now (peers->offerer);
}
GST_END_TEST

GST_START_TEST (test_fresh)
{
  g_autoptr (Peers) peers = new_peers (PEER_CHANNEL);

  peers_play (peers);
  close_now (peers->offerer);
}
GST_END_TEST

GST_START_TEST (test_offer_pending)
{
  g_autoptr (Peers) peers = new_peers (PEER_AUDIO | PEER_CHANNEL);
  g_autoptr (GstPromise) promise = peer_promise (peers->offerer, "offer");

  peers_play (peers);
  g_signal_emit_by_name (
      peers->offerer->element, "create-offer", NULL, promise);
  close_now (peers->offerer);
  peer_await (peers->offerer, "promise:offer=replied");
}
GST_END_TEST

/* The log's own handlers run on the thread that emits. */
static void
close_on_entry (Peers *peers, const char *entry)
{
  peers_play (peers);
  peers->offerer->withhold_candidates = TRUE;
  peers_negotiate (peers, peers->offerer);
  peer_await (peers->offerer, entry);
  close_now (peers->offerer);
}

GST_START_TEST (test_gathering)
{
  g_autoptr (Peers) peers = new_peers (PEER_AUDIO | PEER_CHANNEL);

  close_on_entry (peers, "ice-gathering-state=gathering");
}
GST_END_TEST

GST_START_TEST (test_checking)
{
  g_autoptr (Peers) peers = new_peers (PEER_AUDIO | PEER_CHANNEL);

  close_on_entry (peers, "ice-connection-state=checking");
}
GST_END_TEST

/* Whoever calls, no step waits in vain for the caller's thread. */
static void
assert_nothing_overdue (Peer *peer)
{
  g_autoptr (GstStructure) report = get_report (peer);
  const GValue *steps = gst_structure_get_value (report, "steps");

  for (guint i = 0; i < gst_value_array_get_size (steps); i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (steps, i));

    ck_assert_msg (
        !g_str_equal (gst_structure_get_string (step, "result"), "overdue"),
        "step %s is overdue", gst_structure_get_name (step));
  }
}

/* From inside a handler, on the thread that it runs on. What is given to it
 * beside the object that emits does not matter. */
typedef struct {
  Peer *peer;
  gint calls;
} Closer;

static void
close_in_handler (gpointer object, Closer *closer)
{
  char *state;

  if (g_atomic_int_add (&closer->calls, 1) > 0)
    return;

  g_signal_emit_by_name (closer->peer->element, "close", NULL);
  state = peer_get_state (closer->peer, "connection-state");
  peer_log (closer->peer, "closed-in-handler=%s", state);
  g_free (state);
}

static void
on_object (gpointer object, gpointer other, Closer *closer)
{
  close_in_handler (object, closer);
}

static void
on_candidate (
    gpointer object, guint mline, const char *candidate, Closer *closer)
{
  close_in_handler (object, closer);
}

static void
on_prepare (gpointer object, GObject *channel, gboolean local, Closer *closer)
{
  close_in_handler (object, closer);
}

static GstElement *
on_aux_sender (gpointer object, GObject *transport, Closer *closer)
{
  close_in_handler (object, closer);

  return NULL;
}

static const struct {
  const char *signal;
  GCallback handler;
  gboolean at_answerer;
} callbacks[] = {
  { "notify::signaling-state", G_CALLBACK (on_object), FALSE },
  { "notify::ice-gathering-state", G_CALLBACK (on_object), FALSE },
  { "notify::ice-connection-state", G_CALLBACK (on_object), FALSE },
  { "notify::connection-state", G_CALLBACK (on_object), FALSE },
  { "on-negotiation-needed", G_CALLBACK (close_in_handler), FALSE },
  { "on-ice-candidate", G_CALLBACK (on_candidate), FALSE },
  { "request-aux-sender", G_CALLBACK (on_aux_sender), FALSE },
  { "on-new-transceiver", G_CALLBACK (on_object), TRUE },
  { "on-data-channel", G_CALLBACK (on_object), TRUE },
  { "prepare-data-channel", G_CALLBACK (on_prepare), TRUE },
  { "pad-added", G_CALLBACK (on_object), TRUE },
};

/* An offer and an answer, of which any may come to nothing. */
static void
on_answer (GstPromise *promise, gpointer user_data)
{
  Peers *peers = user_data;
  const GstStructure *reply = gst_promise_get_reply (promise);
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;

  if (reply == NULL || !gst_structure_get (reply, "answer",
                           GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL))
    return;
  g_signal_emit_by_name (
      peers->answerer->element, "set-local-description", answer, NULL);
  g_signal_emit_by_name (
      peers->offerer->element, "set-remote-description", answer, NULL);
}

static void
on_offer (GstPromise *promise, gpointer user_data)
{
  Peers *peers = user_data;
  const GstStructure *reply = gst_promise_get_reply (promise);
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;
  g_autoptr (GstPromise) answered = NULL;

  if (reply == NULL || !gst_structure_get (reply, "offer",
                           GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL))
    return;
  g_signal_emit_by_name (
      peers->offerer->element, "set-local-description", offer, NULL);
  g_signal_emit_by_name (
      peers->answerer->element, "set-remote-description", offer, NULL);
  answered = gst_promise_new_with_change_func (on_answer, peers, NULL);
  g_signal_emit_by_name (
      peers->answerer->element, "create-answer", NULL, answered);
}

GST_START_TEST (test_in_callback)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autoptr (GstPromise) offered = NULL;
  Peer *peer = callbacks[__i__].at_answerer ? peers->answerer : peers->offerer;
  Closer closer = { peer, 0 };
  gulong handler;

  bundle (peers);
  handler = g_signal_connect (peer->element, callbacks[__i__].signal,
      callbacks[__i__].handler, &closer);
  /* The answerer gets its transceivers from the offer. */
  peer_add (peers->offerer, ALL_FEATURES);
  peers_play (peers);
  offered = gst_promise_new_with_change_func (on_offer, peers, NULL);
  g_signal_emit_by_name (
      peers->offerer->element, "create-offer", NULL, offered);
  peer_await (peer, "closed-in-handler=closed");
  peer_await (peer, "bus:element=peerconnection-closed");
  peer_assert_closed (peer);
  assert_nothing_overdue (peer);
  ck_assert_uint_eq (peer_count (peer, "bus:error=*"), 0);
  g_signal_handler_disconnect (peer->element, handler);
  /* No reply is on its way to @peers any more. */
  gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
  gst_element_set_state (peers->answerer->pipeline, GST_STATE_NULL);
}
GST_END_TEST

/* From inside of a handler of a data channel, and what makes it run. */
static void
await_open (Peer *peer)
{
  peer_await (peer, "channel:on-open");
  peer_await (peer_other (peer), "on-data-channel");
}

static void
send_from (Peer *peer)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("data", 4);

  gst_webrtc_data_channel_send_data (peer->channel, bytes);
}

static void
send_to (Peer *peer)
{
  send_from (peer_other (peer));
}

static void
close_other (Peer *peer)
{
  g_signal_emit_by_name (peer_other (peer)->element, "close", NULL);
}

static const struct {
  const char *signal;
  GCallback handler;
  void (*provoke) (Peer *peer);
} of_channels[] = {
  { "notify::ready-state", G_CALLBACK (on_object), NULL },
  { "notify::buffered-amount", G_CALLBACK (on_object), send_from },
  { "on-open", G_CALLBACK (close_in_handler), NULL },
  { "on-message-data", G_CALLBACK (on_object), send_to },
  { "on-buffered-amount-low", G_CALLBACK (close_in_handler), send_from },
  { "on-error", G_CALLBACK (on_object), close_other },
  { "on-close", G_CALLBACK (close_in_handler), close_other },
};

GST_START_TEST (test_in_callback_of_channel)
{
  g_autoptr (Peers) peers = new_peers (PEER_CHANNEL);
  Peer *peer = peers->offerer;
  g_autoptr (GstWebRTCDataChannel) channel = gst_object_ref (peer->channel);
  Closer closer = { peer, 0 };
  gulong handler;

  peers_play (peers);
  /* Some run while it opens as well. */
  if (of_channels[__i__].provoke != NULL) {
    peers_negotiate (peers, peer);
    await_open (peer);
  }
  handler = g_signal_connect (
      channel, of_channels[__i__].signal, of_channels[__i__].handler, &closer);
  if (of_channels[__i__].provoke != NULL)
    of_channels[__i__].provoke (peer);
  else
    peers_negotiate (peers, peer);
  peer_await (peer, "closed-in-handler=closed");
  peer_await (peer, "bus:element=peerconnection-closed");
  peer_await (peers->answerer, "bus:element=peerconnection-closed");
  peer_assert_closed (peer);
  assert_nothing_overdue (peer);
  ck_assert_uint_eq (peer_count (peer, "bus:error=*"), 0);
  g_signal_handler_disconnect (channel, handler);
}
GST_END_TEST

/* MDN's example: a message arrives, the handler closes the connection. */
static void
on_message (GstWebRTCDataChannel *channel, const char *text, Peer *peer)
{
  g_signal_emit_by_name (peer->element, "close", NULL);
  peer_log (peer, "closed-in-handler");
}

GST_START_TEST (test_in_on_message)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  GstWebRTCDataChannelState state;

  g_signal_connect (peers->answerer->channel, "on-message-string",
      G_CALLBACK (on_message), peers->answerer);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "bye");
  peer_await (peers->answerer, "closed-in-handler");
  peer_await (peers->answerer, "bus:element=peerconnection-closed");
  peer_await (peers->offerer, "channel:on-error");
  peer_await (peers->offerer, "channel:on-close");
  peer_assert_closed (peers->answerer);
  ck_assert_uint_eq (peer_count (peers->answerer, "channel:on-close"), 0);
  g_object_get (peers->answerer->channel, "ready-state", &state, NULL);
  ck_assert_int_eq (state, GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED);
}
GST_END_TEST

/* What webrtcbin can only hang at: to NULL on its own thread. */
static void
stop_on_message (GstWebRTCDataChannel *channel, const char *text, Peer *peer)
{
  gst_element_set_state (peer->element, GST_STATE_NULL);
  peer_log (peer, "stopped-in-handler");
}

GST_START_TEST (test_null_in_on_message)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);

  g_signal_connect (peers->answerer->channel, "on-message-string",
      G_CALLBACK (stop_on_message), peers->answerer);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "bye");
  peer_await (peers->answerer, "stopped-in-handler");
  peer_await (peers->offerer, "channel:on-close");
  peer_assert_closed (peers->answerer);
}
GST_END_TEST

/* From a probe on a streaming thread. */
static GstPadProbeReturn
close_in_probe (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Peer *peer = user_data;

  g_signal_emit_by_name (peer->element, "close", NULL);
  peer_log (peer, "closed-in-probe");

  return GST_PAD_PROBE_REMOVE;
}

static void
close_from_pad (const char *name)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (peers->offerer->element, name);

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, close_in_probe, peers->offerer, NULL);
  peer_await (peers->offerer, "closed-in-probe");
  peer_await (peers->offerer, "bus:element=peerconnection-closed");
  peer_await (peers->answerer, "channel:on-close");
  assert_reason (peers->offerer, "close");
}

GST_START_TEST (test_in_sink_probe)
{
  close_from_pad ("sink_0");
}
GST_END_TEST

GST_START_TEST (test_in_src_probe)
{
  close_from_pad ("src_0");
}
GST_END_TEST

static gpointer
close_thread (gpointer peer)
{
  g_signal_emit_by_name (((Peer *)peer)->element, "close", NULL);
  return NULL;
}

GST_START_TEST (test_two_threads)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  GThread *threads[2];

  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("closer", close_thread, peers->offerer);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  peer_await (peers->offerer, "bus:eos");
  ck_assert_uint_eq (
      peer_count (peers->offerer, "bus:element=peerconnection-closed"), 1);
  ck_assert_uint_eq (peer_count (peers->offerer, "signaling-state=*"), 1);
}
GST_END_TEST

/* In mid-close, before the BYEs. The end of DTLS is none of nicesrc's, whose EOS
 * would come around through rtpsession: srtpenc would take no RTCP any more. */
static GstPadProbeReturn
on_rtcp_event (GstPad *pad, GstPadProbeInfo *info, gpointer peer)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    peer_log (peer, "rtcp-eos");

  return GST_PAD_PROBE_OK;
}

static void
let_the_other_close (GstElement *element, GParamSpec *pspec, Peer *peer)
{
  close_other (peer);
  peer_await (peer_other (peer), "bus:element=peerconnection-closed");
  ck_assert_uint_eq (peer_count (peer, "rtcp-eos"), 0);
}

GST_START_TEST (test_other_closes_meanwhile)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  Peer *peer = peers->offerer;
  g_autoptr (GstElement) encoder = dup_inside (peer->pipeline, "srtpenc");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "rtcp_sink_0");

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_rtcp_event, peer, NULL);
  g_signal_connect (peer->element, "notify::signaling-state",
      G_CALLBACK (let_the_other_close), peer);
  peer_send_eos (peer);
  peer_await (peer, "bus:element=peerconnection-closed");
  peer_assert_closed (peer);
  assert_nothing_overdue (peer);
}
GST_END_TEST

/* A channel with a full send buffer: abrupt is abrupt. */
GST_START_TEST (test_full_channel)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autofree guint8 *data = g_malloc0 (65536);
  g_autoptr (GBytes) bytes = g_bytes_new (data, 65536);

  for (guint i = 0; i < 400; i++)
    gst_webrtc_data_channel_send_data (peers->offerer->channel, bytes);
  close_now (peers->offerer);
  peer_await (peers->answerer, "channel:on-close");
}
GST_END_TEST

static Suite *
moments_suite (void)
{
  Suite *suite = suite_create ("moments");
  TCase *pending = tcase_create ("pending");
  TCase *moments = peers_tcase_create ("moments");
  TCase *in_callbacks = peers_tcase_create ("callbacks");

  suite_add_tcase (suite, pending);
  tcase_add_test (pending, test_offer_pending);
  suite_add_tcase (suite, moments);
  tcase_add_test (moments, test_before_ready);
  tcase_add_test (moments, test_fresh);
  tcase_add_test (moments, test_gathering);
  tcase_add_test (moments, test_checking);
  tcase_add_test (moments, test_in_on_message);
  tcase_add_test (moments, test_null_in_on_message);
  tcase_add_test (moments, test_in_sink_probe);
  tcase_add_test (moments, test_in_src_probe);
  tcase_add_test (moments, test_two_threads);
  tcase_add_test (moments, test_other_closes_meanwhile);
  suite_add_tcase (suite, in_callbacks);
  tcase_add_test (in_callbacks, test_full_channel);
  tcase_add_loop_test (
      in_callbacks, test_in_callback, 0, G_N_ELEMENTS (callbacks));
  tcase_add_loop_test (
      in_callbacks, test_in_callback_of_channel, 0, G_N_ELEMENTS (of_channels));

  return suite;
}

GST_CHECK_MAIN (moments);
