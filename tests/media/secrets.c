/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tokens, passwords and keys: at no level does our own code log one, none is on
 * the bus or on stderr. GStreamer's own code logs those of ICE, as it has them in
 * its SDP and, from 1.26 on, in its caps: they are good for one session, for who
 * sees its packets. It logs no other. */

#include "debug-run.h"
#include "players.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "certificate.h"
#include "ports.h"
#include "scripted-server.h"

#define TOKEN "TokenOfTheStream7a1c"
#define WRONG_TOKEN "TokenOfNobody52e9"
#define TURN_PASSWORD "TurnPassword84fd"
#define LINK_PASSWORD "LinkPassword31b0"
#define USER_PASSWORD "UserPassword6c2d"
#define KEY "QueryKey90ae"
#define ICE_PASSWORD "IcePassword0123456789abc"

#define VIDEO "videotestsrc is-live=true ! video/x-raw,width=160,height=120"

static DebugRun *
begin (void)
{
  static const char *const secrets[] = { TOKEN, WRONG_TOKEN, TURN_PASSWORD,
    LINK_PASSWORD, USER_PASSWORD, KEY, "PRIVATE KEY" };
  DebugRun *run = debug_run_new ();

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    debug_run_add_secret (run, secrets[i], FALSE);
  debug_run_add_secret (run, ICE_PASSWORD, TRUE);

  return run;
}

static gboolean
report (gpointer origin, gpointer line, gpointer text)
{
  g_string_append_printf (text, "\n%s: %s", (char *)origin, (char *)line);

  return FALSE;
}

static void
end (DebugRun *run)
{
  g_autoptr (GTree) found = debug_run_end (run);
  g_autoptr (GString) text = g_string_new (NULL);

  g_tree_foreach (found, report, text);
  /* libcheck takes no more. */
  if (text->len > 4000)
    g_string_truncate (text, 4000);
  ck_assert_msg (text->len == 0, "%s", text->str);
}

/* === pipelines, whose descriptions have no secrets === */

static GstElement *
make (DebugRun *run, const char *description, const char *turn_server,
    const char *first_property, ...)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *bin = gst_parse_bin_from_description (description, FALSE, NULL);
  g_autoptr (GstElement) peer = gst_bin_get_by_name (GST_BIN (bin), "p");
  va_list properties;

  gst_bin_add (GST_BIN (pipeline), bin);
  va_start (properties, first_property);
  g_object_set_valist (G_OBJECT (peer), first_property, properties);
  va_end (properties);
  if (turn_server != NULL) {
    g_auto (GValue) array = G_VALUE_INIT;
    GValue text = G_VALUE_INIT;

    g_value_init (&array, GST_TYPE_ARRAY);
    g_value_init (&text, G_TYPE_STRING);
    g_value_set_string (&text, turn_server);
    gst_value_array_append_and_take_value (&array, &text);
    g_object_set_property (G_OBJECT (peer), "turn-servers", &array);
  }
  debug_run_watch (run, pipeline);

  return pipeline;
}

static void
stop (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* === a session from its beginning to its end === */

typedef struct {
  GMutex lock;
  GCond cond;
  guint n_frames;
  GstElement *connection;
} Session;

static void
on_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Session *self)
{
  g_mutex_lock (&self->lock);
  self->n_frames++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
on_session_added (
    GstElement *element, const char *id, GstElement *connection, Session *self)
{
  gst_object_replace ((GstObject **)&self->connection, GST_OBJECT (connection));
}

static void
add_ice_password (DebugRun *run, GstElement *connection, const char *name)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  g_object_get (connection, name, &description, NULL);
  ck_assert (description != NULL);
  debug_run_add_secret (run,
      gst_sdp_media_get_attribute_val (
          gst_sdp_message_get_media (description->sdp, 0), "ice-pwd"),
      TRUE);
}

/* By its own TURN server, whose address nobody listens at. */
GST_START_TEST (test_a_session)
{
  DebugRun *run = begin ();
  g_autofree char *pem = certificate_make ("IP:127.0.0.1", -60, 3600);
  g_autofree char *path = NULL;
  g_autofree char *location =
      g_strdup_printf ("wheps://127.0.0.1:%u/live", find_port ());
  g_autofree char *turn_server = g_strdup_printf (
      "turn://user:" TURN_PASSWORD "@127.0.0.1:%u", find_port ());
  Session session = { .n_frames = 0 };
  GstElement *server, *client;
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstElement) sink = NULL;
  gint64 until = g_get_monotonic_time () + WATCHDOG / GST_USECOND;

  /* The elements want the file. */
  g_object_unref (certificate_trust (pem, &path));
  g_mutex_init (&session.lock);
  g_cond_init (&session.cond);
  server = make (run, VIDEO " ! peersink name=p", turn_server, "location",
      location, "auth-token", TOKEN, "tls-certificate", path, NULL);
  client = make (run,
      "peersrc name=p ! video/x-raw ! fakesink name=f signal-handoffs=true",
      NULL, "location", location, "auth-token", TOKEN, "tls-ca-file", path,
      NULL);
  source = gst_bin_get_by_name (GST_BIN (client), "p");
  sink = gst_bin_get_by_name (GST_BIN (client), "f");
  g_signal_connect (
      source, "session-added", G_CALLBACK (on_session_added), &session);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &session);
  gst_element_set_state (server, GST_STATE_PLAYING);
  gst_element_set_state (client, GST_STATE_PLAYING);

  g_mutex_lock (&session.lock);
  while (session.n_frames < 20 &&
         g_cond_wait_until (&session.cond, &session.lock, until)) {
  }
  ck_assert_uint_ge (session.n_frames, 20);
  g_mutex_unlock (&session.lock);
  add_ice_password (run, session.connection, "local-description");
  add_ice_password (run, session.connection, "remote-description");

  stop (client);
  stop (server);
  gst_object_unref (session.connection);
  g_remove (path);
  end (run);
}
GST_END_TEST

/* === requests to a server === */

static guint
send_request (const char *method, const char *url, const char *token,
    const char *type, const char *body, char **location)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  g_autofree char *authorization = g_strconcat ("Bearer ", token, NULL);
  g_autoptr (GBytes) reply = NULL;

  soup_message_headers_append (soup_message_get_request_headers (message),
      "Authorization", authorization);
  soup_message_set_request_body_from_bytes (message, type, bytes);
  reply = soup_session_send_and_read (session, message, NULL, NULL);
  if (location != NULL) {
    g_autoptr (GUri) found =
        g_uri_parse_relative (soup_message_get_uri (message),
            soup_message_headers_get_one (
                soup_message_get_response_headers (message), "Location"),
            SOUP_HTTP_URI_FLAGS, NULL);

    *location = g_uri_to_string (found);
  }

  return soup_message_get_status (message);
}

#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"
#define CREDENTIALS "a=ice-ufrag:offr\r\na=ice-pwd:" ICE_PASSWORD "\r\n"
#define OFFER                                                                  \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                        \
  "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"          \
  "a=sendonly\r\na=rtpmap:96 VP8/90000\r\na=rtcp-mux\r\na=setup:actpass\r\n"   \
  "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"     \
  "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n" CREDENTIALS

GST_START_TEST (test_requests_of_all_kinds)
{
  DebugRun *run = begin ();
  guint port = find_port ();
  g_autofree char *location = g_strdup_printf ("whip://127.0.0.1:%u/in", port);
  g_autofree char *url = g_strdup_printf (
      "http://user:" USER_PASSWORD "@127.0.0.1:%u/in?key=" KEY, port);
  g_autofree char *turn_server = g_strdup_printf (
      "turn://user:" TURN_PASSWORD "@127.0.0.1:%u", find_port ());
  g_autofree char *session = NULL;
  GstElement *server = make (run, "peersrc name=p ! fakesink", turn_server,
      "location", location, "auth-token", TOKEN, "wait-for-next", TRUE, NULL);

  gst_element_set_state (server, GST_STATE_PLAYING);
  ck_assert_uint_eq (
      send_request ("POST", url, WRONG_TOKEN, SDP, OFFER, NULL), 401);
  ck_assert_uint_eq (
      send_request ("POST", url, TOKEN, SDP, CREDENTIALS, NULL), 400);
  ck_assert_uint_eq (
      send_request ("POST", url, TOKEN, SDP, OFFER, &session), 201);
  ck_assert_uint_eq (
      send_request ("PATCH", session, WRONG_TOKEN, FRAGMENT, CREDENTIALS, NULL),
      401);
  ck_assert_uint_eq (send_request ("PATCH", session, TOKEN, FRAGMENT,
                         CREDENTIALS "m=video 9 RTP/AVP 0\r\na=mid:0\r\n"
                                     "a=candidate:1 1 UDP 1 127.0.0.1 9 typ "
                                     "host\r\n",
                         NULL),
      204);
  ck_assert_uint_eq (
      send_request ("PATCH", session, TOKEN, FRAGMENT,
          "a=ice-ufrag:x\r\na=ice-pwd:" ICE_PASSWORD "\r\n", NULL),
      422);
  ck_assert_uint_eq (
      send_request ("DELETE", session, WRONG_TOKEN, SDP, "", NULL), 401);
  ck_assert_uint_eq (
      send_request ("DELETE", session, TOKEN, SDP, "", NULL), 200);

  stop (server);
  end (run);
}
GST_END_TEST

/* === errors === */

#define ECHO                                                                   \
  "Content-Type: text/plain\r\nConnection: close\r\n\r\nYour token is " TOKEN  \
  ".\n"
#define TOLD                                                                   \
  "Link: <turn:127.0.0.1:9>; rel=\"ice-server\"; username=\"u\"; "             \
  "credential=\"" LINK_PASSWORD "\"; credential-type=\"password\"\r\n"

static const ScriptedReply echoes[] = {
  { "OPTIONS", "204 No Content\r\n" TOLD "Connection: close\r\n\r\n", REPLY },
  { "POST",
      "307 Temporary Redirect\r\nContent-Length: 0\r\nConnection: close\r\n"
      "Location: http://user:" USER_PASSWORD "@127.0.0.1:{port}/there?key=" KEY
      "\r\n\r\n",
      REPLY },
  { "POST", "401 Unauthorized\r\n" ECHO, REPLY },
};

static const ScriptedReply again[] = {
  { "POST", "503 Later\r\nRetry-After: 1\r\n" ECHO, REPLY },
  { "POST",
      "302 Found\r\nConnection: close\r\nLocation: ftp://user:" USER_PASSWORD
      "@h/?key=" KEY "\r\n\r\n",
      REPLY },
};

static const ScriptedReply nonsense[] = {
  { "POST",
      "201 Created\r\nContent-Type: application/sdp\r\nLocation: /x?key=" KEY
      "\r\nConnection: close\r\n\r\nv=0\r\na=ice-pwd:" ICE_PASSWORD "\r\n",
      REPLY },
};

static const struct {
  const char *what;
  const ScriptedReply *replies;
  guint n_replies;
  const char *token;
  const char *location; /* with a port */
  const char *turn_server;
} faults[] = {
  { "a refusal behind a redirection", echoes, G_N_ELEMENTS (echoes), TOKEN,
      "whep://user:" USER_PASSWORD "@127.0.0.1:%u/live?key=" KEY, NULL },
  { "a redirection to elsewhere", again, G_N_ELEMENTS (again), TOKEN,
      "whep://127.0.0.1:%u/live?key=" KEY, NULL },
  { "no answer", nonsense, G_N_ELEMENTS (nonsense), TOKEN,
      "whep://127.0.0.1:%u/live?key=" KEY,
      "turn://user:" TURN_PASSWORD "@127.0.0.1:9" },
  { "a scheme of nobody", NULL, 0, TOKEN,
      "ftp://user:" USER_PASSWORD "@127.0.0.1:%u/live?key=" KEY, NULL },
  { "no location", NULL, 0, TOKEN,
      "whep:user:" USER_PASSWORD "@127.0.0.1:%u/live?key=" KEY, NULL },
  { "a location that is no URI", NULL, 0, TOKEN,
      "whep://user:" USER_PASSWORD "@127.0.0.1:%u:/?key=" KEY, NULL },
  { "a location that a server cannot have", NULL, 0, TOKEN,
      "whip://user:" USER_PASSWORD "@127.0.0.1:%u/live?key=" KEY, NULL },
  { "a token that is none", NULL, 0, TOKEN " " WRONG_TOKEN,
      "whep://127.0.0.1:%u/live", NULL },
  { "a server's token that is none", NULL, 0, TOKEN " " WRONG_TOKEN,
      "whip://127.0.0.1:%u/live", NULL },
  { "a TURN server without a port", NULL, 0, TOKEN, "whip://127.0.0.1:%u/live",
      "turn://user:" TURN_PASSWORD "@127.0.0.1:99999" },
  { "a TURN server of no scheme", NULL, 0, TOKEN, "whip://127.0.0.1:%u/live",
      "user:" TURN_PASSWORD "@127.0.0.1" },
  { "a TURN server that no Link can tell", NULL, 0, TOKEN,
      "whip://127.0.0.1:%u/live", "turn://user:a," TURN_PASSWORD "@127.0.0.1" },
};

GST_START_TEST (test_errors)
{
  DebugRun *run = begin ();
  ScriptedServer *server = scripted_server_new (
      faults[__i__].replies, faults[__i__].n_replies, NULL);
  guint port = faults[__i__].replies != NULL ? scripted_server_get_port (server)
                                             : find_port ();
  g_autofree char *location = g_strdup_printf (faults[__i__].location, port);
  GstElement *client =
      make (run, "peersrc name=p ! fakesink", faults[__i__].turn_server,
          "location", location, "auth-token", faults[__i__].token, NULL);

  gst_element_set_state (client, GST_STATE_PLAYING);
  debug_run_await (run, "error ");
  stop (client);
  scripted_server_free (server);
  end (run);
}
GST_END_TEST

/* === peerconnection === */

static const char *const turn_servers[] = {
  "turn://user:" TURN_PASSWORD "@127.0.0.1:9",
  "turn://user:" TURN_PASSWORD "@127.0.0.1:99999",
  "turns://user:" TURN_PASSWORD "@127.0.0.1:9?transport=tcp",
  "turns://user:" TURN_PASSWORD "@:9",
  "turn://" TURN_PASSWORD "@127.0.0.1:9",
  "turn://:" TURN_PASSWORD "@127.0.0.1:9",
  "nothing://user:" TURN_PASSWORD "@127.0.0.1:9",
  TURN_PASSWORD,
};

/* Twice, as a second life is given what the first one had. */
GST_START_TEST (test_turn_servers)
{
  DebugRun *run = begin ();
  GstElement *pipeline =
      make (run, "peerconnection name=p", NULL, "name", "p", NULL);
  g_autoptr (GstElement) peer = gst_bin_get_by_name (GST_BIN (pipeline), "p");
  gboolean added;

  g_object_set (peer, "turn-server", turn_servers[__i__], NULL);
  g_signal_emit_by_name (peer, "add-turn-server", turn_servers[__i__], &added);
  for (guint i = 0; i < 2; i++) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_signal_emit_by_name (peer, "close", NULL);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  stop (pipeline);
  end (run);
}
GST_END_TEST

static Suite *
secrets_suite (void)
{
  Suite *suite = suite_create ("secrets");
  TCase *tcase = tcase_create ("secrets");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_a_session);
  tcase_add_test (tcase, test_requests_of_all_kinds);
  tcase_add_loop_test (tcase, test_errors, 0, G_N_ELEMENTS (faults));
  tcase_add_loop_test (
      tcase, test_turn_servers, 0, G_N_ELEMENTS (turn_servers));

  return suite;
}

GST_CHECK_MAIN (secrets);
