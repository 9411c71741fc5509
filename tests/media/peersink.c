/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peersink and one that plays from it, in one process. */

#include "inside.h"
#include "players.h"

#include <gio/gio.h>
#include <string.h>

#define LIVE "videotestsrc is-live=true name=source"

GST_START_TEST (test_eos_without_peers)
{
  g_autoptr (Server) server = server_new ("videotestsrc num-buffers=5");
  g_autoptr (GstMessage) eos = NULL;

  gst_element_set_state (server->pipeline, GST_STATE_PLAYING);
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

GST_START_TEST (test_a_seek_goes_to_the_sources)
{
  g_autoptr (Server) server = server_new ("videotestsrc name=source");

  server_play (server);
  ck_assert (gst_element_seek_simple (
      server->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SECOND));
  server_play (server);
}
GST_END_TEST

GST_START_TEST (test_address_in_use)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GUri) uri = g_uri_parse (server->url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  ck_assert (g_socket_listener_add_inet_port (
      listener, g_uri_get_port (uri), NULL, NULL));
  ck_assert_int_eq (gst_element_set_state (server->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  message = await_message (server->pipeline, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, &debug);
  ck_assert_msg (
      strstr (error->message, "127.0.0.1") != NULL, "%s", error->message);
}
GST_END_TEST

/* Two of a process share the server, and each has its path. */
GST_START_TEST (test_shared_server)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autofree char *location =
      g_strdup_printf ("whep%s2", server->url + strlen ("http"));
  g_autoptr (GstElement) same =
      gst_object_ref_sink (gst_element_factory_make ("peersink", NULL));
  g_autoptr (GstElement) other =
      gst_object_ref_sink (gst_element_factory_make ("peersink", NULL));
  g_autofree char *taken =
      g_strdup_printf ("whep%s", server->url + strlen ("http"));

  g_object_set (same, "location", taken, NULL);
  g_object_set (other, "location", location, NULL);
  gst_element_set_state (server->pipeline, GST_STATE_PLAYING);
  ck_assert_int_eq (gst_element_set_state (other, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  ck_assert_int_eq (gst_element_set_state (same, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (same, GST_STATE_NULL);
  gst_element_set_state (other, GST_STATE_NULL);
}
GST_END_TEST

GST_START_TEST (test_eos_tells_the_peer)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (Player) player = NULL;
  g_autoptr (GstMessage) eos = NULL;

  server_play (server);
  player = player_new (server->url);
  gst_element_send_event (server->pipeline, gst_event_new_eos ());
  player_await (
      player, "connection-state", GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

GST_START_TEST (test_null_tells_the_peer)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (Player) player = NULL;

  server_play (server);
  player = player_new (server->url);
  gst_element_set_state (server->pipeline, GST_STATE_NULL);
  player_await (
      player, "connection-state", GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
}
GST_END_TEST

/* The stream goes on for those who come and go, and come again after NULL. */
GST_START_TEST (test_peers_come_and_go)
{
  g_autoptr (Server) server = server_new (LIVE);

  for (guint life = 0; life < 2; life++) {
    server_play (server);
    for (guint i = 0; i < 2; i++) {
      g_autoptr (Player) one = player_new (server->url);
      g_autoptr (Player) two = player_new (server->url);

      gst_element_set_state (one->pipeline, GST_STATE_NULL);
      ck_assert_int_eq (player_get_enum (two, "connection-state"),
          GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED);
    }
    gst_element_set_state (server->pipeline, GST_STATE_NULL);
  }
}
GST_END_TEST

static const char *const locations[] = { "wheps://127.0.0.1/live",
  "whep:///live", "whep:live", "live" };

/* Nothing else is served in its place, least of all in the clear. */
GST_START_TEST (test_other_locations_are_refused)
{
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_factory_make ("peersink", NULL));

  g_object_set (sink, "location", locations[__i__], NULL);
  ck_assert_int_eq (gst_element_set_state (sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (sink, GST_STATE_NULL);
}
GST_END_TEST

typedef struct {
  GMutex lock;
  GCond cond;
  guint n_source;
  guint n_encoded;
} Counts;

static GstPadProbeReturn
count_source (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Counts *counts = user_data;

  g_mutex_lock (&counts->lock);
  counts->n_source++;
  g_cond_broadcast (&counts->cond);
  g_mutex_unlock (&counts->lock);

  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_encoded (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Counts *counts = user_data;

  g_mutex_lock (&counts->lock);
  counts->n_encoded++;
  g_mutex_unlock (&counts->lock);

  return GST_PAD_PROBE_OK;
}

static void
await_source (Counts *counts, guint n_more)
{
  guint end;

  g_mutex_lock (&counts->lock);
  end = counts->n_source + n_more;
  while (counts->n_source < end)
    g_cond_wait (&counts->cond, &counts->lock);
  g_mutex_unlock (&counts->lock);
}

static void
watch_pad (GstElement *element, GstPadProbeCallback count, Counts *counts)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count, counts, NULL);
}

static void
await_session_removed (Server *server)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (server->pipeline);
  gboolean removed = FALSE;

  while (!removed) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, WATCHDOG, GST_MESSAGE_ELEMENT);

    ck_assert_msg (message != NULL, "the session stays");
    removed = gst_message_has_name (message, "session-removed");
  }
}

GST_START_TEST (test_nothing_is_encoded_for_nobody)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (Player) player = NULL;
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (server->pipeline), "source");
  g_autoptr (GstElement) encoder = NULL;
  Counts counts = { .n_source = 0 };
  guint before, after;

  g_mutex_init (&counts.lock);
  g_cond_init (&counts.cond);
  server_play (server);
  player = player_new (server->url);
  encoder = dup_inside (server->pipeline, "vp8enc");
  watch_pad (source, count_source, &counts);
  watch_pad (encoder, count_encoded, &counts);
  await_source (&counts, 10);
  ck_assert_uint_gt (counts.n_encoded, 0);

  gst_element_set_state (player->pipeline, GST_STATE_NULL);
  await_session_removed (server);
  before = counts.n_encoded;
  await_source (&counts, 30);
  after = counts.n_encoded;
  /* What is in the encoder's queue and in the encoder gets through. */
  ck_assert_uint_le (after - before, 5);
  gst_element_set_state (server->pipeline, GST_STATE_NULL);
}
GST_END_TEST

static Suite *
peersink_suite (void)
{
  Suite *suite = suite_create ("peersink");
  TCase *tcase = tcase_create ("peersink");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_eos_without_peers);
  tcase_add_test (tcase, test_a_seek_goes_to_the_sources);
  tcase_add_test (tcase, test_address_in_use);
  tcase_add_test (tcase, test_shared_server);
  tcase_add_test (tcase, test_eos_tells_the_peer);
  tcase_add_test (tcase, test_null_tells_the_peer);
  tcase_add_test (tcase, test_peers_come_and_go);
  tcase_add_test (tcase, test_nothing_is_encoded_for_nobody);
  tcase_add_loop_test (
      tcase, test_other_locations_are_refused, 0, G_N_ELEMENTS (locations));

  return suite;
}

GST_CHECK_MAIN (peersink);
