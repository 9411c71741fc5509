/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the server says of its clients in the log, and what it does not. */

#include "server-fixture.h"

#include <string.h>

#define PASSWORD "0123456789abcdefghijkl" /* of CREDENTIALS, for ICE */
#define TURN_PASSWORD "t0pSecret"
#define WRONG_TOKEN "wr0ng-token"

static GMutex lock;
static GCond cond;
static GString *text;

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
    const char *function, int line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  g_mutex_lock (&lock);
  if (g_str_equal (gst_debug_category_get_name (category), "peersignalling") &&
      level <= GST_LEVEL_INFO)
    g_string_append (text, "offence: ");
  g_string_append_printf (text, "%s\n", gst_debug_message_get (message));
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

static void
capture_log (void)
{
  text = g_string_new (NULL);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_default_threshold (GST_LEVEL_MEMDUMP);
}

static void
end_capture (void)
{
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  gst_debug_remove_log_function (on_log);
  g_string_free (text, TRUE);
}

static guint
count_lines (const char *part)
{
  guint n = 0;

  g_mutex_lock (&lock);
  for (const char *at = strstr (text->str, part); at != NULL;
       at = strstr (at + 1, part))
    n++;
  g_mutex_unlock (&lock);

  return n;
}

static void
await_line (const char *part)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&lock);
  while (strstr (text->str, part) == NULL && in_time)
    in_time = g_cond_wait_until (&cond, &lock, end);
  g_mutex_unlock (&lock);
  ck_assert_msg (in_time, "nothing of \"%s\"", part);
}

static void
exchange (Server *server, const char *method, const char *path,
    const char *headers, const char *body, guint status)
{
  g_autoptr (Reply) reply = request (server->port, method, path, headers, body);

  ck_assert_uint_eq (reply->status, status);
}

#define GET "GET /live HTTP/1.1\r\nHost: x\r\n"
#define POST "POST /live HTTP/1.1\r\nHost: x\r\n" SDP

#define RIGHT "Authorization: Bearer " TOKEN "\r\n"
#define WRONG "Authorization: Bearer " WRONG_TOKEN "\r\n"

GST_START_TEST (test_one_line_for_each_offence_and_no_secret)
{
  static const char *const servers[] = { "turn://u:" TURN_PASSWORD "@h", NULL };
  static const char *const secrets[] = { TOKEN, WRONG_TOKEN, PASSWORD,
    TURN_PASSWORD };
  g_autoptr (Server) server = server_new ("whip", "auth-token", TOKEN,
      "ice-servers", servers, "strict", TRUE, NULL);
  g_autofree char *session = NULL;

  capture_log ();
  server_start (server);
  ck_assert_uint_eq (count_lines ("without TLS"), 1);
  session = open_session (server);
  ck_assert_uint_eq (count_lines ("is refused"), 0);

  exchange (server, "POST", "/live", SDP WRONG, OFFER, 401);
  exchange (server, "POST", "/live", RIGHT, OFFER, 415);
  exchange (server, "POST", "/live", SDP RIGHT, CREDENTIALS, 400);
  exchange (server, "PATCH", session, FRAGMENT WRONG, CREDENTIALS, 401);
  exchange (server, "PATCH", session, FRAGMENT RIGHT, CREDENTIALS, 428);
  exchange (server, "PATCH", session, FRAGMENT RIGHT "If-Match: *\r\n",
      CREDENTIALS "x", 400);
  exchange (server, "PATCH", session, FRAGMENT RIGHT "If-Match: *\r\n",
      "a=ice-ufrag:x\r\na=ice-pwd:" PASSWORD "\r\n", 422);
  exchange (server, "DELETE", session, WRONG, NULL, 401);
  exchange (server, "DELETE", "/live/none", RIGHT, NULL, 404);
  ck_assert_uint_eq (count_lines ("is refused"), 9);
  ck_assert_uint_eq (count_lines ("offence: "), 10);
  exchange (server, "DELETE", session, RIGHT, NULL, 200);

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    ck_assert_msg (
        count_lines (secrets[i]) == 0, "%s: %s", secrets[i], text->str);
  ck_assert_uint_eq (count_lines (session + strlen ("/live/")), 0);
  end_capture ();
}
GST_END_TEST

/* === one line, whatever it is === */

static const struct {
  const char *what;
  const char *text;
  gsize n_filling; /* this many times: */
  const char *filling;
  const char *end;
} offences[] = {
  { "no HTTP", "\x16\x03\x01\x02\n\n", 0, "", "" },
  { "headers without end", GET "X-Filling: ", 100000, "x", "\r\n\r\n" },
  { "too many headers", GET, 100, "X-Filling: x\r\n", "\r\n" },
  { "a path of 2 KB", "GET /", 2000, "x", " HTTP/1.1\r\nHost: x\r\n\r\n" },
  { "a large body", POST "Content-Length: 1000000000\r\n\r\n", 1, "v=0\r\n",
      "" },
  { "a body of 300 KB in chunks", POST "Transfer-Encoding: chunked\r\n\r\n",
      10000, "20\r\n0123456789abcdef0123456789abcdef\r\n", "0\r\n\r\n" },
  { "no offer", POST "Content-Length: 3\r\n\r\nv=0", 0, "", "" },
  { "no host", "GET /live HTTP/1.1\r\n\r\n", 0, "", "" },
  { "another version", "GET /live HTTP/3.7\r\nHost: x\r\n\r\n", 0, "", "" },
  { "a method of its own", "BREW /live HTTP/1.1\r\nHost: x\r\n\r\n", 0, "",
      "" },
  { "the folder above", "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 0,
      "", "" },
  { "another session", "PATCH /live/0123 HTTP/1.1\r\nHost: x\r\n\r\n", 0, "",
      "" },
};

GST_START_TEST (test_one_line_whatever_it_is)
{
  g_autoptr (Server) server = server_new ("whep", NULL);
  g_autoptr (GSocketConnection) client = NULL;
  g_autoptr (GString) request_text = g_string_new (offences[__i__].text);
  g_autoptr (Reply) reply = NULL;
  const char *line;

  for (gsize i = 0; i < offences[__i__].n_filling; i++)
    g_string_append (request_text, offences[__i__].filling);
  g_string_append (request_text, offences[__i__].end);

  capture_log ();
  server_start (server);
  client = client_connect (server->port);
  g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (client)), request_text->str,
      request_text->len, NULL, NULL, NULL);
  reply = client_read (G_IO_STREAM (client));
  await_line ("offence: ");
  g_clear_object (&client);
  /* Whatever else there might be of it is there when another one is served. */
  exchange (server, "HEAD", "/live", "", NULL, 200);
  server_free (g_steal_pointer (&server));

  ck_assert_msg (count_lines ("offence: ") == 1, "%s: %s", offences[__i__].what,
      text->str);
  line = strstr (text->str, "offence: ");
  ck_assert (g_str_has_prefix (line, "offence: 127.0.0.1:"));
  end_capture ();
}
GST_END_TEST

#define MANY 1000

/* Nor is the disk filled: the others are counted. */
GST_START_TEST (test_a_flood_is_counted)
{
  g_autoptr (Server) server = server_new ("whip", "auth-token", TOKEN, NULL);

  server_start (server);
  capture_log ();
  for (guint i = 0; i < MANY; i++)
    exchange (server, "POST", "/live", SDP WRONG, OFFER, 401);
  server_free (g_steal_pointer (&server));

  ck_assert_uint_eq (count_lines ("is refused"), 100);
  ck_assert_uint_eq (count_lines ("more are only counted"), 1);
  ck_assert_uint_eq (
      count_lines ("900 more offences were counted and not told"), 1);
  ck_assert_uint_eq (count_lines ("offence: "), 102);
  end_capture ();
}
GST_END_TEST

/* An answer that its client does not read. */
GST_START_TEST (test_who_does_not_read_is_cut_off)
{
  g_autoptr (Server) server = server_new ("whep", "timeout", 10000u, NULL);
  g_autoptr (GSocketConnection) client = NULL;
  g_autofree char *post =
      g_strdup_printf ("POST /live HTTP/1.1\r\nHost: x\r\n" SDP
                       "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
          strlen (OFFER));
  g_autoptr (Reply) reply = NULL;

  capture_log ();
  server->answer_size = 32 * 1024 * 1024;
  server_start (server);
  client = client_connect (server->port);
  client_write (client, post);
  await_line ("the response took too long");
  reply = client_read (G_IO_STREAM (client));
  ck_assert_uint_eq (reply->status, 201);
  ck_assert_uint_lt (strlen (reply->body), server->answer_size);
  exchange (server, "HEAD", "/live", "", NULL, 200);
  end_capture ();
}
GST_END_TEST

static Suite *
server_log_suite (void)
{
  Suite *suite = suite_create ("server-log");
  TCase *tcase = tcase_create ("server-log");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_one_line_for_each_offence_and_no_secret);
  tcase_add_loop_test (
      tcase, test_one_line_whatever_it_is, 0, G_N_ELEMENTS (offences));
  tcase_add_test (tcase, test_a_flood_is_counted);
  tcase_add_test (tcase, test_who_does_not_read_is_cut_off);

  return suite;
}

GST_CHECK_MAIN (server_log);
