/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A connection over networks of several kinds, and one that is interrupted. */

#include "link.h"

#include "net-peers.h"

static void
say (Peer *peer, const char *text)
{
  g_autofree char *heard =
      g_strdup_printf ("channel:on-message-string=%s", text);

  gst_webrtc_data_channel_send_string (peer->channel, text);
  peer_await (peer_other (peer), heard);
}

/* === bad networks: everything works, and a close is noticed === */

/* Both ways, so that the first one is 300 ms there and back. From 500 ms on,
 * libnice 0.1.21 never connects: both sides answer a check with one of their
 * own, and it forgets the one before when that is due once more. */
static const LinkFaults bad[] = {
  { .delay = 150 },
  { .delay = 30, .early = 25 }, /* the packets change their order */
  { .rate = 1000 },
  { .loss = 5, .delay = 100, .early = 10, .rate = 2000 },
};

GST_START_TEST (test_bad_network)
{
  g_autoptr (Link) link = link_new ();
  g_autoptr (Peers) peers = NULL;
  g_autoptr (GstStructure) report = NULL;
  gint64 since, until;

  link_set_faults (link, bad[__i__]);
  peers = net_peers_connect (link, PEER_AUDIO | PEER_VIDEO | PEER_CHANNEL);
  say (peers->offerer, "there");
  say (peers->answerer, "back");

  peer_mark (peers->answerer);
  since = g_get_monotonic_time ();
  report = peer_close (peers->offerer, NULL);
  until = peer_await (peers->answerer, "connection-state=closed");
  ck_assert_int_lt (until - since, G_TIME_SPAN_SECOND);
}
GST_END_TEST

/* === interruptions === */

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer peer)
{
  peer_log (peer, "media");
  return GST_PAD_PROBE_REMOVE;
}

static void
await_media (Peer *peer)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->element, "src_0");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, peer, NULL);
  peer_await (peer, "media");
}

static void
assert_goes_on (Peers *peers)
{
  peer_mark (peers->offerer);
  peer_mark (peers->answerer);
  say (peers->offerer, "there again");
  say (peers->answerer, "back again");
  await_media (peers->offerer);
  await_media (peers->answerer);
  peer_assert_state (peers->offerer, "connection-state", "connected");
  peer_assert_state (peers->answerer, "connection-state", "connected");
}

/* In less time than a peer is given up in. What was said meanwhile arrives. */
GST_START_TEST (test_cut_of_three_seconds)
{
  g_autoptr (Link) link = link_new ();
  g_autoptr (Peers) peers =
      net_peers_connect (link, PEER_AUDIO | PEER_VIDEO | PEER_CHANNEL);

  link_cut (link, 3000);
  say (peers->offerer, "meanwhile");
  assert_goes_on (peers);
  ck_assert_uint_eq (peer_count (peers->offerer, "connection-state=failed"), 0);
  ck_assert_uint_eq (
      peer_count (peers->answerer, "connection-state=failed"), 0);
}
GST_END_TEST

static const char *const ended[] = { "ice-tcp", "ice-udp" };

static void
assert_disconnected_since (Peer *peer, gint64 cut)
{
  gint64 until = peer_await (peer, "connection-state=disconnected");

  ck_assert_int_lt (until - cut, 7 * G_TIME_SPAN_SECOND);
}

/* In less time again, but long enough for the other to be silent, be it over UDP
 * or over TCP, in which one side has connected to the other. That takes 5 s for
 * both of them, also when the cut comes as soon as they are connected. */
GST_START_TEST (test_cut_of_eight_seconds)
{
  g_autoptr (Link) link = link_new ();
  g_autoptr (Peers) peers = net_peers_new (link);
  gint64 cut;

  peer_end_transport (peers->offerer, ended[__i__]);
  peer_end_transport (peers->answerer, ended[__i__]);
  peers_add (peers, PEER_AUDIO);
  peers_connect (peers);

  cut = g_get_monotonic_time ();
  link_cut (link, 8000);
  assert_disconnected_since (peers->offerer, cut);
  assert_disconnected_since (peers->answerer, cut);
  peer_mark (peers->offerer);
  peer_mark (peers->answerer);
  peer_await (peers->offerer, "connection-state=*");
  peer_await (peers->answerer, "connection-state=*");
  peer_assert_state (peers->offerer, "connection-state", "connected");
  peer_assert_state (peers->answerer, "connection-state", "connected");
  await_media (peers->offerer);
  await_media (peers->answerer);
}
GST_END_TEST

/* As when a router between has forgotten whom it had translated. */
GST_START_TEST (test_other_address)
{
  g_autoptr (Link) link = link_new ();
  g_autoptr (Peers) peers =
      net_peers_connect (link, PEER_AUDIO | PEER_VIDEO | PEER_CHANNEL);

  link_move (link);
  assert_goes_on (peers);
}
GST_END_TEST

static Suite *
faults_suite (void)
{
  Suite *suite = suite_create ("faults");
  TCase *tcase = tcase_create ("general");

  tcase_add_loop_test (tcase, test_bad_network, 0, G_N_ELEMENTS (bad));
  tcase_add_test (tcase, test_cut_of_three_seconds);
  tcase_add_loop_test (
      tcase, test_cut_of_eight_seconds, 0, G_N_ELEMENTS (ended));
  tcase_add_test (tcase, test_other_address);
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (faults)
