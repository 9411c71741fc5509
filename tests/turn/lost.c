/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Behind a TURN server a peer may be quiet for as long as it likes, and the way
 * to it may be cut for a while. When it is gone that is noticed. */

#include "peers.h"
#include "turnserver.h"

/* A peer is asked after 2.5 s and silent after 5. */
#define CUT_MS 3000
/* 20 s after its last answer; libnice by itself does so after 30 or 50. */
#define GIVEN_UP (25 * G_TIME_SPAN_SECOND)
#define TIMEOUT_S 150

static const char *const transports[] = { "udp", "tcp", "tls" };

static Peers *
connect_peers (Peers *peers)
{
  peers_use_loopback (peers);
  peers_add (peers, PEER_CHANNEL);
  peers_connect (peers);
  peer_mark (peers->offerer);
  peer_mark (peers->answerer);

  return peers;
}

static Peers *
connect_through (TurnServer *server, const char *transport)
{
  g_autofree char *uri = turn_server_get_uri (server, transport);
  Peers *peers = peers_new ("peerconnection", "peerconnection");

  if (g_str_equal (transport, "tls"))
    turn_server_trust (server);
  gst_util_set_object_arg (
      G_OBJECT (peers->offerer->element), "ice-transport-policy", "relay");
  g_object_set (peers->offerer->element, "turn-server", uri, NULL);

  return connect_peers (peers);
}

/* No TURN server, but TCP (RFC 6544). */
static Peers *
connect_over_tcp (void)
{
  Peers *peers = peers_new ("peerconnection", "peerconnection");

  peer_end_transport (peers->offerer, "ice-udp");
  peer_end_transport (peers->answerer, "ice-udp");

  return connect_peers (peers);
}

static gboolean
on_time_over (gpointer peer)
{
  peer_log (peer, "time-over");
  return G_SOURCE_REMOVE;
}

static void
assert_unchanged (Peers *peers)
{
  ck_assert_uint_eq (peer_count (peers->offerer, "*connection-state=*"), 0);
  ck_assert_uint_eq (peer_count (peers->answerer, "*connection-state=*"), 0);
}

static void
let_pass (Peers *peers, guint ms)
{
  g_autoptr (GSource) timer = g_timeout_source_new (ms);
  guint n = peer_count (peers->offerer, "time-over");

  g_source_set_callback (timer, on_time_over, peers->offerer, NULL);
  g_source_attach (timer, peers->signalling);
  peer_await_nth (peers->offerer, "time-over", n + 1);
}

static void
await_failed (Peers *peers, const char *transport, gint64 since)
{
  gint64 took;

  peer_await (peers->offerer, "connection-state=disconnected");
  took = peer_await (peers->offerer, "connection-state=failed") - since;
  GST_INFO ("%s: failed after %.1f s", transport, (double)took / 1e6);
  ck_assert_int_lt (took, GIVEN_UP);
  peer_await (peers->offerer, "bus:eos");
}

GST_START_TEST (test_quiet_and_then_gone)
{
  g_autoptr (TurnServer) server = turn_server_new ();
  g_autoptr (TurnServer) gone_server = turn_server_new ();
  g_autoptr (Peers) direct = connect_over_tcp ();
  g_autoptr (Peers) gone = connect_through (gone_server, "tcp");
  Peers *peers[G_N_ELEMENTS (transports)];
  gint64 since;

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    peers[i] = connect_through (server, transports[i]);

  turn_server_freeze (server);
  turn_server_freeze (gone_server);
  since = g_get_monotonic_time ();
  let_pass (direct, CUT_MS);
  turn_server_thaw (server);
  await_failed (gone, "tcp, beside others", since);
  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    assert_unchanged (peers[i]);

  turn_server_freeze (server);
  since = g_get_monotonic_time ();
  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    await_failed (peers[i], transports[i], since);
  assert_unchanged (direct);

  turn_server_thaw (server);
  turn_server_thaw (gone_server);
  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    peers_free (peers[i]);
}
GST_END_TEST

static Suite *
lost_suite (void)
{
  Suite *suite = suite_create ("lost");
  TCase *tcase = peers_tcase_create ("relayed");

  tcase_set_timeout (tcase, TIMEOUT_S);
  tcase_add_test (tcase, test_quiet_and_then_gone);
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (lost)
