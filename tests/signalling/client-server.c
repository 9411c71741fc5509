/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Our client and our server, with all between them that there is. */

#include "client-fixture.h"
#include "session-server.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#define C1 "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host"
#define C2 "candidate:2 1 UDP 1015021823 198.51.100.7 11000 typ relay"

static GstPeerSignaller *server;
static ClientFixture *client;
static GMutex lock;
static GCond cond;
static GString *served; /* what has happened at the server; guarded by lock */
static int code;        /* of the refusal, 0 for an answer */

static void G_GNUC_PRINTF (1, 2) note (const char *format, ...)
{
  va_list args;

  g_mutex_lock (&lock);
  if (served->len > 0)
    g_string_append (served, ", ");
  va_start (args, format);
  g_string_append_vprintf (served, format, args);
  va_end (args);
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

static void
wait_for (const char *event)
{
  g_mutex_lock (&lock);
  while (strstr (served->str, event) == NULL)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
}

static void
on_requested (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *offer, char **ice_servers, gpointer user_data)
{
  g_autoptr (GstWebRTCSessionDescription) answer =
      client_fixture_make (GST_WEBRTC_SDP_TYPE_ANSWER, SDP_ANSWER);
  g_autoptr (GError) error = NULL;

  note ("requested %u", gst_sdp_message_medias_len (offer->sdp));
  if (code == 0) {
    gst_peer_signaller_send_description (signaller, id, answer);
    return;
  }
  error = g_error_new (GST_RESOURCE_ERROR, code, "Not for you.");
  gst_peer_signaller_refuse (signaller, id, error);
}

static void
on_candidate (GstPeerSignaller *signaller, const char *id, guint mline,
    const char *candidate, gpointer user_data)
{
  note ("%u=%s", mline, candidate);
}

static void
on_ended (GstPeerSignaller *signaller, const char *id, gpointer user_data)
{
  note ("ended");
}

static guint
get_free_port (void)
{
  ScriptedServer *scripted = scripted_server_new (NULL, 0, NULL);
  guint port = scripted_server_get_port (scripted);

  scripted_server_free (scripted);

  return port;
}

static void
begin (const char *scheme, const char *token, const char *const *ice_servers)
{
  const ClientSettings settings = {
    .scheme = scheme, .token = token, .timeout = 3000
  };
  g_autofree char *location =
      g_strdup_printf ("%s://127.0.0.1:%u/a", scheme, get_free_port ());
  g_autoptr (GError) error = NULL;

  code = 0;
  served = g_string_new (NULL);
  server = g_object_new (GST_TYPE_PEER_SESSION_SERVER, "scheme", scheme,
      "location", location, "auth-token", TOKEN, "ice-servers", ice_servers,
      "strict", TRUE, NULL);
  g_signal_connect (
      server, "session-requested", G_CALLBACK (on_requested), NULL);
  g_signal_connect (server, "candidate", G_CALLBACK (on_candidate), NULL);
  g_signal_connect (server, "session-ended", G_CALLBACK (on_ended), NULL);
  gst_peer_signaller_start (server, &error);
  g_assert_no_error (error);
  client = client_fixture_new (location, &settings);
}

static void
finish (const char *log, const char *expected)
{
  g_autofree char *found = client_fixture_get_log (client);

  ck_assert_str_eq (found, log);
  client_fixture_free (client);
  gst_peer_signaller_stop (server);
  g_object_unref (server);
  ck_assert_str_eq (served->str, expected);
  g_string_free (served, TRUE);
}

static const char *const schemes[] = { "whip", "whep" };

GST_START_TEST (test_a_session)
{
  static const char *const ice_servers[] = { "stun://192.0.2.1:3478",
    "turn://us%20er:p%2F%22@192.0.2.1:3478?transport=tcp", NULL };
  static const char *const candidates[] = { C1, C2, NULL };

  begin (schemes[__i__], TOKEN, ice_servers);
  client->candidates = candidates;
  client->ends = FALSE;
  client_fixture_start (client);
  client_fixture_wait (client, "answer");
  wait_for ("0=" C2);
  gst_peer_signaller_send_candidate (client->signaller, client->id, 1, "");
  wait_for ("1=");
  gst_peer_signaller_end_session (client->signaller, client->id);
  client_fixture_wait (client, "released");
  ck_assert_str_eq (client->ice_servers,
      "stun://192.0.2.1:3478 "
      "turn://us%20er:p%2F%22@192.0.2.1:3478?transport=tcp");
  finish ("requested, answer, released",
      "requested 2, 0=" C1 ", 0=" C2 ", 1=, ended");
}

GST_END_TEST;

static const struct {
  const char *token;
  int code;
  const char *log;
  const char *served;
} refusals[] = {
  { NULL, 0, "requested, failed NOT_AUTHORIZED 401, released", "" },
  { "another", 0, "requested, failed NOT_AUTHORIZED 401, released", "" },
  { TOKEN, GST_RESOURCE_ERROR_SETTINGS,
      "requested, failed OPEN_READ 422, released", "requested 2" },
  { TOKEN, GST_RESOURCE_ERROR_NOT_FOUND, "requested, failed BUSY 409, released",
      "requested 2" },
  { TOKEN, GST_RESOURCE_ERROR_BUSY, "requested, failed BUSY 503, released",
      "requested 2" },
};

GST_START_TEST (test_refusals)
{
  begin ("whep", refusals[__i__].token, NULL);
  code = refusals[__i__].code;
  client_fixture_start (client);
  client_fixture_wait (client, "released");
  if (code != 0)
    ck_assert_msg (
        strstr (client->error->message, "It says: Not for you.") != NULL, "%s",
        client->error->message);
  finish (refusals[__i__].log, refusals[__i__].served);
}

GST_END_TEST;

static Suite *
client_server_suite (void)
{
  Suite *suite = suite_create ("client-server");
  TCase *tcase = tcase_create ("client-server");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_a_session, 0, G_N_ELEMENTS (schemes));
  tcase_add_loop_test (tcase, test_refusals, 0, G_N_ELEMENTS (refusals));

  return suite;
}

GST_CHECK_MAIN (client_server);
