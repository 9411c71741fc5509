/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The last step of a close, seen from a TURN server: a client that is done
 * with its allocation says so (RFC 8656 section 7.2, Refresh with a lifetime
 * of 0), rather than leave it to time out in ten minutes. */

#include "inside.h"
#include "peers.h"
#include "turnserver.h"

#include <gio/gio.h>

/* From the call until the server has seen the release: 21 to 29 ms. What a
 * sanitizer adds is no figure of ours. */
#ifdef SANITIZED
#define RELEASE_WITHIN (1000 * G_TIME_SPAN_MILLISECOND)
/* ThreadSanitizer takes 0.75 to 0.91 s to stop the rest of the pipeline. */
#define STOP_WITHIN (2000 * G_TIME_SPAN_MILLISECOND)
#else
#define RELEASE_WITHIN (100 * G_TIME_SPAN_MILLISECOND)
#define STOP_WITHIN (100 * G_TIME_SPAN_MILLISECOND)
#endif
/* Before that, for a peer that does not answer a close_notify (close-repeat.c),
 * as webrtcbin does not. */
#define UNANSWERED (80 * G_TIME_SPAN_MILLISECOND)
/* For a server that does not answer, and what its close may take beyond. The rest
 * of the pipeline has then to be stopped (STOP_WITHIN), which is GStreamer's. */
#define CLOSE_TIMEOUT 500
#define MARGIN 100

typedef enum { CLOSE, END_OF_STREAM, STATE_NULL } Way;

typedef struct {
  const char *transport;
  Way way;
} Row;

static const char *const way_names[] = { "close", "eos", "set_state(NULL)" };

static const Row rows[] = {
  { "udp", CLOSE },
  { "udp", END_OF_STREAM },
  { "udp", STATE_NULL },
  { "tcp", CLOSE },
  { "tcp", END_OF_STREAM },
  { "tcp", STATE_NULL },
  { "tls", CLOSE },
  { "tls", END_OF_STREAM },
  { "tls", STATE_NULL },
  /* Allocations over UDP and over TCP. */
  { "any", CLOSE },
};

static const Row frozen_rows[] = {
  { "udp", CLOSE },
  { "udp", STATE_NULL },
  { "tcp", CLOSE },
  { "tcp", STATE_NULL },
  { "tls", CLOSE },
  { "tls", STATE_NULL },
};

/* The offerer is behind the relay. Gathering has ended, so no further
 * allocation is to come. */
static void
connect_through (TurnServer *server, Peers *peers, const char *transport)
{
  g_autofree char *uri = turn_server_get_uri (server, transport);

  turn_server_trust (server);
  gst_util_set_object_arg (
      G_OBJECT (peers->offerer->element), "bundle-policy", "max-bundle");
  gst_util_set_object_arg (
      G_OBJECT (peers->answerer->element), "bundle-policy", "max-bundle");
  gst_util_set_object_arg (
      G_OBJECT (peers->offerer->element), "ice-transport-policy", "relay");
  g_object_set (peers->offerer->element, "turn-server", uri, NULL);
  peers_use_loopback (peers);
  peers_connect (peers);
  peer_await (peers->offerer, "ice-gathering-state=complete");
  peer_mark (peers->offerer);
  peer_mark (peers->answerer);
}

static Peers *
connect_peers (TurnServer *server, const char *transport, PeerFeatures features)
{
  Peers *peers = peers_new ("peerconnection", "peerconnection");

  peers_add (peers, features);
  connect_through (server, peers, transport);
  return peers;
}

/* Returns when that was asked for. */
static gint64
close_by (Peer *peer, Way way)
{
  gint64 called = g_get_monotonic_time ();

  switch (way) {
  case CLOSE: {
    g_autoptr (GstStructure) report = peer_close (peer, NULL);
    const GstStructure *step = peer_report_step (report, "ice");

    GST_INFO ("%" GST_PTR_FORMAT, report);
    ck_assert_str_eq (gst_structure_get_string (step, "result"), "done");
    break;
  }
  case END_OF_STREAM:
    peer_send_eos (peer);
    peer_await (peer, "connection-state=closed");
    break;
  case STATE_NULL:
    gst_element_set_state (peer->pipeline, GST_STATE_NULL);
    break;
  }
  return called;
}

/* All that were made, of which the last one counts: libnice asks for more
 * allocations than it has a use for, and releases the redundant ones by itself.
 * Returns their number. */
static guint
assert_released (TurnServer *server, gint64 called, const char *what)
{
  guint n;
  gint64 took =
      turn_server_await_each (server, TURN_NEW, TURN_RELEASED, &n) - called;

  GST_INFO ("%s: %u released after %.1f ms", what, n, (double)took / 1000);
  /* One at least was in use until then. */
  ck_assert_int_gt (took, 0);
  ck_assert_msg (took <= RELEASE_WITHIN, "%s: %u released only after %.1f ms",
      what, n, (double)took / 1000);
  return n;
}

/* TLS where it was asked for, and only there. */
static void
assert_encrypted (TurnServer *server, guint n_allocations, gboolean encrypted)
{
  for (guint n = 1; n <= n_allocations; n++) {
    g_autofree char *line = NULL;

    turn_server_await (server, TURN_NEW, n, &line);
    ck_assert_msg (
        g_pattern_match_simple ("*, cipher=*TLS*", line) == encrypted, "%s",
        line);
  }
}

/* The server's own account that what the peers said went through it: packets
 * from the remote and to it, in one of its sessions. */
static void
assert_was_relayed (TurnServer *server, guint n_allocations)
{
  guint n, n_used = 0;

  for (n = 1; n <= n_allocations; n++) {
    g_autofree char *line = NULL;

    turn_server_await (server, TURN_PEER_USAGE, n, &line);
    if (!g_pattern_match_simple ("*, rp=0, *", line) &&
        !g_pattern_match_simple ("*, sp=0, *", line))
      n_used++;
  }
  ck_assert_uint_ge (n_used, 1);
}

GST_START_TEST (test_allocation_is_released)
{
  const Row *row = &rows[__i__];
  g_autofree char *what =
      g_strdup_printf ("%s, %s", row->transport, way_names[row->way]);
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers =
      connect_peers (server, row->transport, PEER_AUDIO | PEER_CHANNEL);
  guint n_allocations;
  gint64 called;

  called = close_by (peers->offerer, row->way);
  n_allocations = assert_released (server, called, what);
  /* The remote learns of it through the relay, which goes last. */
  peer_await (peers->answerer, "channel:on-close");
  /* And so the server forgets everything else about the client, too. */
  turn_server_await_each (server, TURN_NEW, TURN_DELETED, &n_allocations);
  assert_was_relayed (server, n_allocations);
  assert_encrypted (server, n_allocations, g_str_equal (row->transport, "tls"));
}
GST_END_TEST;

GST_START_TEST (test_remote_is_told_before_the_release)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers = connect_peers (server, "udp", PEER_CHANNEL);
  gint64 called, noticed;

  gst_webrtc_data_channel_send_string (peers->offerer->channel, "before");
  peer_await (peers->answerer, "channel:on-message-string=before");
  called = close_by (peers->offerer, CLOSE);
  noticed = peer_await (peers->answerer, "channel:on-close");
  GST_INFO ("noticed after %.1f ms", (double)(noticed - called) / 1000);
  ck_assert_int_le (noticed - called, RELEASE_WITHIN);
  peer_await (peers->answerer, "channel:ready-state=closed");
  ck_assert_uint_eq (peer_count (peers->answerer, "channel:on-close"), 1);
}
GST_END_TEST;

/* While nothing has been connected there is an allocation already. */
GST_START_TEST (test_unconnected_allocation_is_released)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autofree char *uri = turn_server_get_uri (server, "udp");
  gint64 called;

  gst_util_set_object_arg (
      G_OBJECT (peers->offerer->element), "ice-transport-policy", "relay");
  g_object_set (peers->offerer->element, "turn-server", uri, NULL);
  peers->offerer->withhold_candidates = TRUE;
  peers->answerer->withhold_candidates = TRUE;
  peers_use_loopback (peers);
  peers_add (peers, PEER_CHANNEL);
  peers_play (peers);
  peers_negotiate (peers, peers->offerer);
  peer_await (peers->offerer, "ice-gathering-state=complete");
  called = close_by (peers->offerer, CLOSE);
  assert_released (server, called, "unconnected");
}
GST_END_TEST;

static void
assert_gives_up (Peer *peer, const GstStructure *report, gint64 took)
{
  const GstStructure *step = peer_report_step (report, "ice");
  guint64 total;

  ck_assert (gst_structure_get_uint64 (report, "total-us", &total));
  GST_INFO ("%s: replied after %.1f ms, total %.1f ms", peer->name,
      (double)took / 1000, (double)total / 1000);
  /* From libnice 0.1.23 on, that has given up before. */
  if (!g_str_equal (gst_structure_get_string (step, "result"), "done"))
    ck_assert_str_eq (gst_structure_get_string (step, "result"), "overdue");
  ck_assert_uint_le (total, (CLOSE_TIMEOUT + MARGIN) * 1000);
}

/* The server is there, but does not answer. */
GST_START_TEST (test_frozen_server_does_not_hold_the_close)
{
  const Row *row = &frozen_rows[__i__];
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers =
      connect_peers (server, row->transport, PEER_AUDIO | PEER_CHANNEL);
  Peer *peer = peers->offerer;
  gint64 called, took;
  guint n_allocations;

  g_object_set (peer->element, "close-timeout", CLOSE_TIMEOUT, NULL);
  turn_server_freeze (server);
  called = g_get_monotonic_time ();
  if (row->way == CLOSE) {
    g_autoptr (GstPromise) promise = peer_promise (peer, "close");

    g_signal_emit_by_name (peer->element, "close", promise);
    peer_assert_closed (peer);
    ck_assert_uint_eq (peer_count (peer, "promise:close=*"), 0);
    took = peer_await (peer, "promise:close=replied") - called;
    assert_gives_up (peer, gst_promise_get_reply (promise), took);
  } else {
    g_autoptr (GstStructure) report = NULL;

    gst_element_set_state (peer->pipeline, GST_STATE_NULL);
    took = g_get_monotonic_time () - called;
    peer_assert_closed (peer);
    g_object_get (peer->element, "close-report", &report, NULL);
    assert_gives_up (peer, report, took);
  }
  ck_assert_int_le (
      took, CLOSE_TIMEOUT * G_TIME_SPAN_MILLISECOND + STOP_WITHIN);

  /* It had been told, though. */
  turn_server_thaw (server);
  turn_server_await_each (server, TURN_NEW, TURN_RELEASED, &n_allocations);
}
GST_END_TEST;

/* Packets every 2.5 ms rather than every 20. */
static void
shorten_frames (Peer *peer)
{
  g_autoptr (GstElement) encoder = dup_inside (peer->pipeline, "opusenc");

  gst_util_set_object_arg (G_OBJECT (encoder), "frame-size", "2.5");
}

/* The sockets are read by the thread that pushes what arrives downstream. If
 * media that comes after the end of its stream stopped that thread, then nobody
 * would read the server's answer. webrtcbin goes on sending whatever it hears,
 * so some arrives in the 20 ms that libnice waits before the release. */
GST_START_TEST (test_late_media_does_not_hold_the_close)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers = peers_new ("peerconnection", "webrtcbin");
  gint64 called;

  peers_add (peers, PEER_AUDIO | PEER_CHANNEL);
  shorten_frames (peers->answerer);
  connect_through (server, peers, "udp");
  called = close_by (peers->offerer, CLOSE);
  assert_released (server, called + UNANSWERED, "late media");
}
GST_END_TEST;

/* The same of data: SCTP ends here while the peer goes on sending. */
GST_START_TEST (test_late_data_does_not_hold_the_close)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autofree char *text = g_strnfill (1000, 'x');
  gint64 called;

  peers_add (peers, PEER_CHANNEL);
  connect_through (server, peers, "udp");
  for (guint i = 0; i < 200; i++)
    gst_webrtc_data_channel_send_string (peers->answerer->channel, text);
  peer_await (peers->offerer, "channel:on-message-string=*");
  called = close_by (peers->offerer, CLOSE);
  assert_released (server, called, "late data");
}
GST_END_TEST;

/* A server whose certificate nobody has vouched for gets nothing, in TLS or in
 * the clear. */
GST_START_TEST (test_untrusted_server_is_refused)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autofree char *uri = turn_server_get_uri (server, "tls");

  g_object_set (peers->offerer->element, "turn-server", uri, NULL);
  peers_use_loopback (peers);
  peers_add (peers, PEER_CHANNEL);
  peers_play (peers);
  peers_negotiate (peers, peers->offerer);
  peer_await (peers->offerer,
      "bus:warning=*TURN server 127.0.0.1:*(*nacceptable TLS certificate*)");
  peer_await (peers->offerer, "ice-gathering-state=complete");
  turn_server_freeze (server);
  ck_assert_uint_eq (turn_server_count (server, TURN_NEW), 0);
  ck_assert_uint_eq (peer_count (peers->offerer, "bus:warning=*"), 1);
}
GST_END_TEST;

/* The application sees the URI that it gave, in this life and the next. */
GST_START_TEST (test_tls_in_every_life)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autofree char *uri = turn_server_get_uri (server, "tls");
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  GstElement *element = peers->offerer->element;
  guint n;

  peers_add (peers, PEER_AUDIO);
  connect_through (server, peers, "tls");
  for (guint i = 0; i < 2; i++) {
    g_autofree char *given = NULL;

    g_object_get (element, "turn-server", &given, NULL);
    ck_assert_str_eq (given, uri);
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
    gst_element_set_state (peers->answerer->pipeline, GST_STATE_NULL);
    turn_server_await_each (server, TURN_NEW, TURN_RELEASED, &n);
    assert_encrypted (server, n, TRUE);
    peer_mark (peers->offerer);
    /* Each life has an ICE agent of its own. */
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_READY);
    gst_element_set_state (peers->answerer->pipeline, GST_STATE_READY);
    peers_use_loopback (peers);
    peers_play (peers);
    peers_negotiate (peers, peers->offerer);
    peer_await (peers->offerer, "connection-state=connected");
  }
}
GST_END_TEST;

GST_START_TEST (test_tls_by_add_turn_server)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  GstElement *element = peers->offerer->element;
  g_autofree char *uri = turn_server_get_uri (server, "tls");
  gboolean added = FALSE;
  guint n;

  turn_server_trust (server);
  g_signal_emit_by_name (element, "add-turn-server", uri, &added);
  ck_assert (added);
  g_signal_emit_by_name (element, "add-turn-server", "turns://x:y@", &added);
  ck_assert (!added);
  gst_util_set_object_arg (G_OBJECT (element), "ice-transport-policy", "relay");
  peers_use_loopback (peers);
  peers_add (peers, PEER_CHANNEL);
  peers_connect (peers);
  close_by (peers->offerer, CLOSE);
  turn_server_await_each (server, TURN_NEW, TURN_RELEASED, &n);
  assert_encrypted (server, n, TRUE);
}
GST_END_TEST;

/* What libnice says first to the port of a turns: URI. As long as this holds,
 * turn-tls.c is needed. */
GST_START_TEST (test_libnice_speaks_no_tls)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *uri =
      g_strdup_printf ("turns://user:password@127.0.0.1:%u", port);
  g_autoptr (Peers) peers = peers_new ("webrtcbin", "webrtcbin");
  g_autoptr (GSocketConnection) connection = NULL;
  guint8 head[8];

  g_object_set (peers->offerer->element, "turn-server", uri, NULL);
  peers_use_loopback (peers);
  peers_add (peers, PEER_CHANNEL);
  peers_play (peers);
  peers_negotiate (peers, peers->offerer);
  connection = g_socket_listener_accept (listener, NULL, NULL, NULL);
  ck_assert (g_input_stream_read_all (
      g_io_stream_get_input_stream (G_IO_STREAM (connection)), head,
      sizeof (head), NULL, NULL, NULL));
  /* An Allocate request with the magic cookie, in the clear; a TLS handshake
   * would begin with 0x16 0x03. */
  ck_assert_uint_eq (GST_READ_UINT16_BE (head), 0x0003);
  ck_assert_uint_eq (GST_READ_UINT32_BE (head + 4), 0x2112a442);
}
GST_END_TEST;

static Suite *
turn_suite (void)
{
  Suite *suite = suite_create ("turn");
  TCase *tcase = tcase_create ("turn");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_allocation_is_released, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tcase, test_remote_is_told_before_the_release);
  tcase_add_test (tcase, test_unconnected_allocation_is_released);
  tcase_add_loop_test (tcase, test_frozen_server_does_not_hold_the_close, 0,
      G_N_ELEMENTS (frozen_rows));
  tcase_add_test (tcase, test_late_media_does_not_hold_the_close);
  tcase_add_test (tcase, test_late_data_does_not_hold_the_close);
  tcase_add_test (tcase, test_untrusted_server_is_refused);
  tcase_add_test (tcase, test_tls_in_every_life);
  tcase_add_test (tcase, test_tls_by_add_turn_server);
  tcase_add_test (tcase, test_libnice_speaks_no_tls);
  return suite;
}

GST_CHECK_MAIN (turn);
