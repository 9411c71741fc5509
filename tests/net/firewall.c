/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the peers is what lets nothing through but what goes to a TURN
 * server: they find each other by it, and it is told when they part. */

#include "link.h"

#include "net-peers.h"
#include "turnserver.h"

static const char *const transports[] = { "udp", "tcp", "tls" };

GST_START_TEST (test_only_a_relay_is_reached)
{
  const char *transport = transports[__i__];
  g_autoptr (Link) link = link_new ();
  g_autoptr (TurnServer) server = NULL;
  g_autoptr (Peers) peers = net_peers_new (link);
  g_autofree char *uri = NULL;
  g_autoptr (GstStructure) report = NULL;
  guint n_allocations;

  link_enter (link, LINK_FAR);
  server = turn_server_new_at (LINK_FAR_ADDRESS);
  turn_server_trust (server);
  uri = turn_server_get_uri (server, transport);
  link_enter (link, LINK_NEAR);
  g_object_set (peers->offerer->element, "turn-server", uri, NULL);
  link_enter (link, LINK_HOME);
  link_set_faults (link,
      (LinkFaults){ .only_port = turn_server_get_port (server, transport) });

  peers_add (peers, PEER_AUDIO | PEER_CHANNEL);
  peers_play (peers);
  peers_negotiate (peers, peers->offerer);
  /* Or what the server has seen instead. */
  turn_server_await (server, TURN_NEW, 1, NULL);
  peers_await_connected (peers);
  peer_await (peers->offerer, "ice-gathering-state=complete");
  report = peer_close (peers->offerer, NULL);
  peer_await (peers->answerer, "connection-state=closed");
  turn_server_await_each (server, TURN_NEW, TURN_RELEASED, &n_allocations);
  ck_assert_uint_ge (n_allocations, 1);
}
GST_END_TEST

static Suite *
firewall_suite (void)
{
  Suite *suite = suite_create ("firewall");
  TCase *tcase = tcase_create ("general");

  tcase_add_loop_test (
      tcase, test_only_a_relay_is_reached, 0, G_N_ELEMENTS (transports));
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (firewall)
