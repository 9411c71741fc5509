/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of a session, whenever it comes and whoever wants it. */

#include "client-fixture.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#define LOCATION "Location: /s/1\r\n"
#define CREATED ANSWER ("201 Created", LOCATION)

static ScriptedServer *server;
static ClientFixture *client;
static gint64 start;

static void
begin_at (const char *format, const ScriptedReply *replies, guint n_replies,
    const ClientSettings *settings)
{
  g_autofree char *port = NULL;
  g_autoptr (GString) location = g_string_new (format);

  server = scripted_server_new (replies, n_replies, NULL);
  port = g_strdup_printf ("%u", scripted_server_get_port (server));
  g_string_replace (location, "{port}", port, 0);
  client = client_fixture_new (location->str, settings);
  client->ends = FALSE;
}

static void
begin (const ScriptedReply *replies, guint n_replies)
{
  static const ClientSettings settings = { .no_ice_servers = TRUE };

  begin_at ("whip://127.0.0.1:{port}/whip", replies, n_replies, &settings);
}

static void
end (void)
{
  start = g_get_monotonic_time ();
  gst_peer_signaller_end_session (client->signaller, client->id);
}

/* What is not waited for takes less than the two seconds of a wait. */
static void
wait_for_release (double at_least, double at_most)
{
  double taken;

  client_fixture_wait (client, "released");
  taken = (g_get_monotonic_time () - start) / 1e6;
  ck_assert_msg (taken >= at_least && taken <= at_most, "%.3f s", taken);
}

static void
finish (const char *log, const char *lines)
{
  g_autofree char *found_log = NULL;
  g_autofree char *found_lines = NULL;

  gst_peer_signaller_stop (client->signaller);
  found_log = client_fixture_get_log (client);
  found_lines = scripted_server_get_lines (server);
  ck_assert_str_eq (found_log, log);
  ck_assert_str_eq (found_lines, lines);
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_START_TEST (test_before_the_offer)
{
  begin (NULL, 0);
  client->offers = FALSE;
  client_fixture_start (client);
  client_fixture_wait (client, "requested");
  end ();
  wait_for_release (0, 1.9);
  finish ("requested, released", "");
}

GST_END_TEST;

GST_START_TEST (test_while_the_post_is_under_way)
{
  static const ScriptedReply replies[] = { { "POST", CREATED, HOLD } };

  begin (replies, 1);
  client_fixture_start (client);
  scripted_server_wait (server, 1);
  end ();
  scripted_server_release (server);
  wait_for_release (0, 1.9);
  finish ("requested, released", "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_while_the_post_is_under_way_and_comes_to_nothing)
{
  static const ScriptedReply replies[] = { { "POST", EMPTY ("503 No", ""),
      HOLD } };

  begin (replies, 1);
  client_fixture_start (client);
  scripted_server_wait (server, 1);
  end ();
  scripted_server_release (server);
  wait_for_release (0, 1.9);
  finish ("requested, released", "POST /whip");
}

GST_END_TEST;

GST_START_TEST (test_while_the_post_is_never_answered)
{
  static const ScriptedReply replies[] = { { "POST", NULL, HANG } };

  begin (replies, 1);
  client_fixture_start (client);
  scripted_server_wait (server, 1);
  end ();
  wait_for_release (1.9, 5);
  finish ("requested, released", "POST /whip");
}

GST_END_TEST;

GST_START_TEST (test_as_soon_as_the_location_is_known)
{
  static const ScriptedReply replies[] = { { "POST",
      "201 Created\r\n" SDP_TYPE LOCATION "Content-Length: 5000\r\n\r\nv=0",
      STALL } };

  begin (replies, 1);
  client_fixture_start (client);
  scripted_server_wait (server, 1);
  end ();
  wait_for_release (0, 1.9);
  finish ("requested, released", "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_while_a_pause_is_made)
{
  static const ScriptedReply replies[] = { { "POST",
      EMPTY ("503 No", "Retry-After: 5\r\n") } };

  begin (replies, 1);
  client_fixture_start (client);
  scripted_server_wait (server, 1);
  end ();
  wait_for_release (0, 1.9);
  finish ("requested, released", "POST /whip");
}

GST_END_TEST;

/* The server has not seen the offer, so nothing can come of it. */
GST_START_TEST (test_while_the_connection_is_made)
{
  static const ClientSettings settings = { .no_ice_servers = TRUE };

  begin_at ("whips://127.0.0.1:{port}/whip", NULL, 0, &settings);
  client_fixture_start (client);
  client_fixture_wait (client, "requested");
  end ();
  wait_for_release (0, 1.9);
  finish ("requested, released", "");
}

GST_END_TEST;

GST_START_TEST (test_a_delete_that_is_never_answered)
{
  static const ScriptedReply replies[] = { { "POST", CREATED },
    { "DELETE", NULL, HANG } };

  begin (replies, 2);
  client_fixture_start (client);
  client_fixture_wait (client, "answer");
  end ();
  wait_for_release (1.9, 5);
  finish ("requested, answer, released", "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_twice_and_of_others)
{
  static const ScriptedReply replies[] = { { "POST", CREATED } };

  begin (replies, 1);
  client_fixture_start (client);
  client_fixture_wait (client, "answer");
  gst_peer_signaller_end_session (client->signaller, "another");
  gst_peer_signaller_send_candidate (client->signaller, "another", 0, "");
  end ();
  end ();
  wait_for_release (0, 1.9);
  end ();
  gst_peer_signaller_send_candidate (client->signaller, client->id, 0, "");
  finish ("requested, answer, released", "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_no_offer_can_be_made)
{
  g_autoptr (GError) error =
      g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND, "none");

  begin (NULL, 0);
  client->offers = FALSE;
  client_fixture_start (client);
  client_fixture_wait (client, "requested");
  gst_peer_signaller_refuse (client->signaller, client->id, error);
  client_fixture_wait (client, "released");
  finish ("requested, released", "");
}

GST_END_TEST;

/* === stop === */

GST_START_TEST (test_stop_tells_the_server_and_nobody_else)
{
  static const ScriptedReply replies[] = { { "POST", CREATED } };

  begin (replies, 1);
  client_fixture_start (client);
  client_fixture_wait (client, "answer");
  gst_peer_signaller_stop (client->signaller);
  finish ("requested, answer", "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_stop_while_the_post_is_under_way)
{
  static const ScriptedReply replies[] = { { "POST", NULL, HANG } };

  begin (replies, 1);
  client_fixture_start (client);
  scripted_server_wait (server, 1);
  start = g_get_monotonic_time ();
  gst_peer_signaller_stop (client->signaller);
  ck_assert_int_lt (g_get_monotonic_time () - start, 5 * G_TIME_SPAN_SECOND);
  finish ("requested", "POST /whip");
}

GST_END_TEST;

GST_START_TEST (test_stop_waits_for_an_end)
{
  static const ScriptedReply replies[] = { { "POST", CREATED } };

  begin (replies, 1);
  client_fixture_start (client);
  client_fixture_wait (client, "answer");
  end ();
  gst_peer_signaller_stop (client->signaller);
  finish ("requested, answer, released", "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_stop_at_once)
{
  begin (NULL, 0);
  gst_peer_signaller_stop (client->signaller);
  client->offers = FALSE;
  client_fixture_start (client);
  gst_peer_signaller_stop (client->signaller);
  gst_peer_signaller_stop (client->signaller);
  gst_peer_signaller_end_session (client->signaller, "x");
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

static void
stop_here (GstPeerSignaller *signaller)
{
  gst_peer_signaller_stop (signaller);
  client_fixture_note (client, "stopped");
}

static const struct {
  const char *signal;
  ScriptedReply reply;
  const char *log;
  const char *lines;
} handlers[] = {
  { "session-requested", { "POST", CREATED }, "requested, stopped",
      "POST /whip" },
  { "description", { "POST", CREATED }, "requested, answer, stopped",
      "POST /whip, DELETE /s/1" },
  { "session-failed", { "POST", EMPTY ("404 No", "") },
      "requested, failed NOT_FOUND 404, stopped", "POST /whip" },
  { "session-released", { "POST", CREATED },
      "requested, answer, released, stopped", "POST /whip, DELETE /s/1" },
};

/* On the client's own thread, which cannot wait for itself. */
GST_START_TEST (test_stop_in_a_handler)
{
  begin (&handlers[__i__].reply, 1);
  client->ends = g_str_equal (handlers[__i__].signal, "session-released");
  client->offers = !g_str_equal (handlers[__i__].signal, "session-requested");
  g_signal_connect (
      client->client, handlers[__i__].signal, G_CALLBACK (stop_here), NULL);
  client_fixture_start (client);
  client_fixture_wait (client, "stopped");
  finish (handlers[__i__].log, client->offers ? handlers[__i__].lines : "");
}

GST_END_TEST;

static void
on_gone (gpointer user_data, GObject *object)
{
  client_fixture_note (client, "gone");
}

/* Which may be that of a task, on the client's own thread. */
GST_START_TEST (test_the_last_reference_stops)
{
  static const ScriptedReply replies[] = { { "POST", CREATED } };
  g_autofree char *lines = NULL;

  begin (replies, 1);
  client_fixture_start (client);
  client_fixture_wait (client, "answer");
  g_object_weak_ref (G_OBJECT (client->client), on_gone, NULL);
  g_object_unref (client->client);
  client_fixture_wait (client, "requested, answer, gone");
  lines = scripted_server_get_lines (server);
  ck_assert_str_eq (lines, "POST /whip, DELETE /s/1");

  client->client = g_object_new (GST_TYPE_PEER_SESSION_CLIENT, NULL);
  client->signaller = GST_PEER_SIGNALLER (client->client);
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

GST_START_TEST (test_another_start)
{
  static const ScriptedReply replies[] = { { "POST", CREATED },
    { "POST", CREATED } };
  g_autofree char *first = NULL;

  begin (replies, 2);
  client->ends = TRUE;
  client_fixture_start (client);
  client_fixture_wait (client, "released");
  gst_peer_signaller_stop (client->signaller);
  first = g_steal_pointer (&client->id);
  client_fixture_start (client);
  client_fixture_wait (client, "released, requested, answer, released");
  ck_assert_str_ne (first, client->id);
  finish ("requested, answer, released, requested, answer, released",
      "POST /whip, DELETE /s/1, POST /whip, DELETE /s/1");
}

GST_END_TEST;

/* === from many threads === */

static gpointer
say_much (gpointer user_data)
{
  g_autoptr (GstWebRTCSessionDescription) offer =
      client_fixture_make (GST_WEBRTC_SDP_TYPE_OFFER, SDP_OFFER);

  for (guint i = 0; i < 200; i++) {
    gst_peer_signaller_send_description (client->signaller, client->id, offer);
    gst_peer_signaller_send_candidate (client->signaller, client->id, 0,
        "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host");
    gst_peer_signaller_end_session (client->signaller, client->id);
  }

  return NULL;
}

GST_START_TEST (test_everything_at_once)
{
  static const ScriptedReply replies[] = { { "POST", CREATED } };
  GThread *threads[4];

  begin (replies, 1);
  client_fixture_start (client);
  client_fixture_wait (client, "requested");
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("talker", say_much, NULL);
  gst_peer_signaller_stop (client->signaller);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

static Suite *
client_end_suite (void)
{
  Suite *suite = suite_create ("client-end");
  TCase *tcase = tcase_create ("client-end");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_before_the_offer);
  tcase_add_test (tcase, test_while_the_post_is_under_way);
  tcase_add_test (tcase, test_while_the_post_is_under_way_and_comes_to_nothing);
  tcase_add_test (tcase, test_while_the_post_is_never_answered);
  tcase_add_test (tcase, test_as_soon_as_the_location_is_known);
  tcase_add_test (tcase, test_while_a_pause_is_made);
  tcase_add_test (tcase, test_while_the_connection_is_made);
  tcase_add_test (tcase, test_a_delete_that_is_never_answered);
  tcase_add_test (tcase, test_twice_and_of_others);
  tcase_add_test (tcase, test_no_offer_can_be_made);
  tcase_add_test (tcase, test_stop_tells_the_server_and_nobody_else);
  tcase_add_test (tcase, test_stop_while_the_post_is_under_way);
  tcase_add_test (tcase, test_stop_waits_for_an_end);
  tcase_add_test (tcase, test_stop_at_once);
  tcase_add_loop_test (
      tcase, test_stop_in_a_handler, 0, G_N_ELEMENTS (handlers));
  tcase_add_test (tcase, test_the_last_reference_stops);
  tcase_add_test (tcase, test_another_start);
  tcase_add_test (tcase, test_everything_at_once);

  return suite;
}

GST_CHECK_MAIN (client_end);
