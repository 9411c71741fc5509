/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What has been sent in a channel that a peer closes. */

#include "inside.h"
#include "mute.h"
#include "peers.h"

#include <gst/check/gstcheck.h>

#define N_MESSAGES 500

static struct {
  GMutex lock;
  GCond cond;
  gboolean held;     /* the thread of the channel, with a message */
  gboolean is_reset; /* SCTP has got to the end of the stream */
} stream;

static void
set (gboolean *flag)
{
  g_mutex_lock (&stream.lock);
  *flag = TRUE;
  g_cond_broadcast (&stream.cond);
  g_mutex_unlock (&stream.lock);
}

static void
await (gboolean *flag)
{
  g_mutex_lock (&stream.lock);
  while (!*flag)
    g_cond_wait (&stream.cond, &stream.lock);
  g_mutex_unlock (&stream.lock);
}

/* Those behind it wait in the decoder's queue. */
static GstPadProbeReturn
hold_message (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  set (&stream.held);
  await (&stream.is_reset);

  return GST_PAD_PROBE_REMOVE;
}

/* On the thread of what comes in, before anybody else is told. */
static gboolean
on_reset (GSignalInvocationHint *hint, guint n_args, const GValue *args,
    gpointer user_data)
{
  set (&stream.is_reset);

  return G_SOURCE_REMOVE;
}

/* Its type is there when the first one has been made. */
static void
watch_reset (void)
{
  GstElement *decoder =
      gst_object_ref_sink (gst_element_factory_make ("sctpdec", NULL));

  gst_element_set_state (decoder, GST_STATE_PAUSED);
  gst_element_set_state (decoder, GST_STATE_NULL);
  gst_object_unref (decoder);
  g_signal_add_emission_hook (
      g_signal_lookup ("stream-reset", g_type_from_name ("GstSctpAssociation")),
      0, on_reset, NULL, NULL);
}

/* Messages wait for a thread of the channel's as the stream is reset, whichever
 * packet has brought that about: a peer may ask for it before SCTP has all. */
GST_START_TEST (test_all_messages_come_before_the_end)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autoptr (GstElement) decoder = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autofree char *name = NULL;
  int id;

  watch_reset ();
  peers_add (peers, PEER_CHANNEL);
  peers_connect (peers);
  g_object_get (peers->answerer->channel, "id", &id, NULL);
  decoder = dup_inside (peers->answerer->element, "sctpdec");
  name = g_strdup_printf ("src_%d", id);
  pad = gst_element_get_static_pad (decoder, name);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, hold_message, NULL, NULL);

  for (guint i = 0; i < N_MESSAGES; i++)
    gst_webrtc_data_channel_send_string (peers->offerer->channel, "message");
  await (&stream.held);
  peer_send_eos (peers->offerer);

  peer_await (peers->answerer, "channel:ready-state=closed");
  ck_assert_uint_eq (
      peer_count (peers->answerer, "channel:on-message-string=*"), N_MESSAGES);
}
GST_END_TEST

static void
on_low (GstWebRTCDataChannel *channel, Peer *peer)
{
  peer_log (peer, "all is on its way");
}

/* usrsctp takes 1 MiB that is not acknowledged: the last one not as a whole. */
#define N_LARGE 18
#define LARGE (60 * 1024) /* bytes */

/* Half a message in the association would keep all other channels out of it. */
GST_START_TEST (test_the_end_of_one_channel_is_that_of_no_other)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  Peer *from = peers->offerer;
  Peer *to = peers->answerer;
  g_autofree guint8 *zeros = g_malloc0 (LARGE);
  g_autoptr (GBytes) large = g_bytes_new (zeros, LARGE);
  GstWebRTCDataChannel *full, *other;

  peers_add (peers, PEER_CHANNEL);
  other = peer_add_channel (from, "other");
  peers_connect (peers);
  peer_await_nth (to, "channel:on-open", 2);
  peer_await_nth (from, "channel:on-open", 2);

  full = peer_find_channel (to, from->channel);

  g_signal_connect (
      from->channel, "on-buffered-amount-low", G_CALLBACK (on_low), from);
  peer_mark (from);
  mute_large_packets (to->pipeline);
  for (guint i = 0; i < N_LARGE; i++)
    ck_assert (
        gst_webrtc_data_channel_send_data_full (from->channel, large, NULL));
  peer_await (from, "all is on its way");
  gst_webrtc_data_channel_close (full);
  peer_await (from, "channel:ready-state=closing");
  gst_webrtc_data_channel_send_string (other, "goes on");
  hear_network (to->pipeline);

  peer_await (to, "channel:on-message-string=goes on");
  peer_await (from, "channel:ready-state=closed");
  peer_await (to, "channel:ready-state=closed");
  ck_assert_uint_eq (peer_count (from, "channel:ready-state=closed"), 1);
}
GST_END_TEST

static Suite *
delivery_suite (void)
{
  Suite *suite = suite_create ("delivery");
  TCase *tcase = peers_tcase_create ("delivery");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_all_messages_come_before_the_end);
  tcase_add_test (tcase, test_the_end_of_one_channel_is_that_of_no_other);

  return suite;
}

GST_CHECK_MAIN (delivery);
