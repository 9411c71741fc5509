/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* CONNECTIONS=1000 [FACTORY=webrtcbin] connections
 *
 * Connections that are opened, used and closed in one process, and what that
 * leaves behind: no thread, file descriptor, object and memory. With webrtcbin as
 * FACTORY the figures are the same. */

#include "figures.h"
#include "peers.h"
#include "upnp.h"

#include <stdlib.h>

/* Opened side by side, which is mostly waiting. */
#define AT_A_TIME 4
#define WARM_UP 20
#define STEADY 100
#define GROWTH_PERCENT 2

typedef enum { BY_CLOSE, BY_EOS, BY_NULL, BY_REMOTE, N_WAYS } Way;

static const char *factory = "peerconnection";
static guint n_connections = 1000;

/* === a connection === */

/* Each new SSRC leaves some strings that GLib keeps for ever, as webrtcbin
 * makes them the names of fields (gst_sdp_media_attributes_to_caps). */
static void
set_ssrc (const GValue *payloader, gpointer peer)
{
  g_object_set (g_value_get_object (payloader), "ssrc",
      g_str_equal (((Peer *)peer)->name, "offerer") ? 1 : 2, NULL);
}

static void
prepare (Peer *peer)
{
  g_autoptr (GstIterator) payloaders = NULL;

  gst_util_set_object_arg (
      G_OBJECT (peer->element), "bundle-policy", "max-bundle");
  disable_upnp (peer->element);
  peer_add (peer, PEER_AUDIO);
  payloaders = gst_bin_iterate_all_by_element_factory_name (
      GST_BIN (peer->pipeline), "rtpopuspay");
  gst_iterator_foreach (payloaders, set_ssrc, peer);
}

static Peers *
open_connection (void)
{
  Peers *peers = peers_new (factory, factory);

  prepare (peers->offerer);
  prepare (peers->answerer);
  peer_add (peers->offerer, PEER_CHANNEL);
  peers_play (peers);
  peers_negotiate (peers, peers->offerer);

  return peers;
}

/* Media has come when it is connected. */
static void
use (Peers *peers)
{
  peers_await_connected (peers);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "to");
  peer_await (peers->answerer, "channel:on-message-string=to");
  gst_webrtc_data_channel_send_string (peers->answerer->channel, "fro");
  peer_await (peers->offerer, "channel:on-message-string=fro");
}

static void
begin_close (Peers *peers, Way way)
{
  switch (way) {
  case BY_CLOSE:
    g_signal_emit_by_name (peers->offerer->element, "close", NULL);
    break;
  case BY_EOS:
    peer_send_eos (peers->offerer);
    break;
  case BY_NULL:
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
    break;
  default:
    g_signal_emit_by_name (peers->answerer->element, "close", NULL);
  }
}

/* Both know, but for who went to NULL, whose bus is flushed. */
static void
await_end (Peers *peers, Way way)
{
  if (way != BY_NULL)
    peer_await (peers->offerer, "bus:eos");
  peer_await (peers->answerer, "bus:eos");
}

static void
churn (guint n, guint done)
{
  Peers *peers[AT_A_TIME];
  gboolean closes = !g_str_equal (factory, "webrtcbin");

  for (guint i = 0; i < n; i++)
    peers[i] = open_connection ();
  for (guint i = 0; i < n; i++)
    use (peers[i]);
  for (guint i = 0; i < n && closes; i++)
    begin_close (peers[i], (done + i) % N_WAYS);
  for (guint i = 0; i < n && closes; i++)
    await_end (peers[i], (done + i) % N_WAYS);
  for (guint i = 0; i < n; i++)
    peers_free (peers[i]);
}

/* === what is left === */

static void
print (guint n, const Figures *figures, gint64 begin)
{
  g_print ("%11u %7.1f %7u %4u %7u %7u %8u %12u\n", n,
      (double)(g_get_monotonic_time () - begin) / G_TIME_SPAN_SECOND,
      figures->threads, figures->fds, figures->objects, figures->buffers,
      figures->heap, figures->resident);
}

GST_START_TEST (test_nothing_is_left)
{
  gint64 begin = g_get_monotonic_time ();
  Figures warm, now;
  Figures steady = { 0 };

  g_print ("%s\nconnections seconds threads  fds objects buffers heap/KiB "
           "resident/KiB\n",
      factory);
  for (guint done = 0; done < n_connections;) {
    guint goal =
        MIN (done < WARM_UP ? WARM_UP : done / STEADY * STEADY + STEADY,
            n_connections);

    while (done < goal) {
      guint n = MIN (AT_A_TIME, goal - done);

      churn (n, done);
      done += n;
    }
    if (done == WARM_UP) {
      figures_settle (&warm);
      print (done, &warm, begin);
      continue;
    }
    ck_assert (figures_return (&now, &warm));
    ck_assert_uint_le (now.buffers, warm.buffers);
    print (done, &now, begin);
    if (done == STEADY)
      steady = now;
    ck_assert_uint_le (now.heap * 100, steady.heap * (100 + GROWTH_PERCENT));
    ck_assert_uint_le (
        now.resident * 100, steady.resident * (100 + GROWTH_PERCENT));
  }
}
GST_END_TEST

static Suite *
connections_suite (void)
{
  Suite *suite = suite_create ("connections");
  TCase *all = tcase_create ("all");

  if (g_getenv ("CONNECTIONS") != NULL)
    n_connections = atoi (g_getenv ("CONNECTIONS"));
  if (g_getenv ("FACTORY") != NULL)
    factory = g_getenv ("FACTORY");
  figures_init ();
  suite_add_tcase (suite, all);
  tcase_set_timeout (all, 900);
  tcase_add_test (all, test_nothing_is_left);

  return suite;
}

GST_CHECK_MAIN (connections);
