/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A close in mid-handshake. The DTLS client is done with it after the server,
 * which hears of nothing before the client has its last packets. */

#include "report.h"

#include <gst/check/gstcheck.h>

#define FACTORY "dtlsdec"

/* The first bytes of records, and of handshake messages (RFC 5246, 6347). */
#define CHANGE_CIPHER_SPEC 20
#define HANDSHAKE 22
#define NEW_SESSION_TICKET 4
#define HEADER 13

/* For what must not come meanwhile. */
#define A_WHILE (200 * G_TIME_SPAN_MILLISECOND)

static struct {
  GMutex lock;
  GCond cond;
  gboolean held;
  gboolean released;
  gboolean replied; /* to who closes */
} last_flight;

static void
set (gboolean *flag)
{
  g_mutex_lock (&last_flight.lock);
  *flag = TRUE;
  g_cond_broadcast (&last_flight.cond);
  g_mutex_unlock (&last_flight.lock);
}

static gboolean
await (const gboolean *flag, gint64 end)
{
  gboolean was_set;

  g_mutex_lock (&last_flight.lock);
  while (
      !*flag && g_cond_wait_until (&last_flight.cond, &last_flight.lock, end)) {
  }
  was_set = *flag;
  g_mutex_unlock (&last_flight.lock);

  return was_set;
}

static gboolean
is_last_flight (GstBuffer *buffer)
{
  guint8 start[HEADER + 1] = { 0 };

  gst_buffer_extract (buffer, 0, start, sizeof (start));

  return start[0] == CHANGE_CIPHER_SPEC ||
         (start[0] == HANDSHAKE && start[HEADER] == NEW_SESSION_TICKET);
}

static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBuffer *first =
      info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST
          ? gst_buffer_list_get (GST_PAD_PROBE_INFO_BUFFER_LIST (info), 0)
          : GST_PAD_PROBE_INFO_BUFFER (info);

  if (!is_last_flight (first))
    return GST_PAD_PROBE_OK;
  set (&last_flight.held);
  await (&last_flight.released, G_MAXINT64);

  return GST_PAD_PROBE_REMOVE;
}

static void
on_element (
    GstBin *pipeline, GstBin *bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) sink = NULL;

  if (factory == NULL || !g_str_equal (GST_OBJECT_NAME (factory), FACTORY))
    return;
  sink = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (sink,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, hold, NULL,
      NULL);
}

static void
on_reply (GstPromise *promise, gpointer user_data)
{
  set (&last_flight.replied);
}

GST_START_TEST (test_the_peer_that_is_done_is_told)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  Peer *server = peers->offerer;
  Peer *client = peers->answerer;
  g_autoptr (GstPromise) promise =
      gst_promise_new_with_change_func (on_reply, NULL, NULL);

  g_signal_connect (
      client->pipeline, "deep-element-added", G_CALLBACK (on_element), NULL);
  /* A tenth of it is for the handshake. */
  g_object_set (client->element, "close-timeout", 20000, NULL);
  peers_add (peers, PEER_CHANNEL);
  peers_play (peers);
  peers_negotiate (peers, server);
  ck_assert (
      await (&last_flight.held, g_get_monotonic_time () + PEERS_WATCHDOG));
  peer_await (server, "connection-state=connected");

  g_signal_emit_by_name (client->element, "close", promise);
  peer_assert_closed (client);
  ck_assert (!await (&last_flight.replied, g_get_monotonic_time () + A_WHILE));
  set (&last_flight.released);

  peer_await (server, "bus:element=peerconnection-closed");
  assert_reason (server, "remote");
  peer_await (client, "bus:element=peerconnection-closed");
}
GST_END_TEST

static Suite *
handshake_suite (void)
{
  Suite *suite = suite_create ("handshake");
  TCase *tcase = peers_tcase_create ("handshake");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_the_peer_that_is_done_is_told);

  return suite;
}

GST_CHECK_MAIN (handshake);
