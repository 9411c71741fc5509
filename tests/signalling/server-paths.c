/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths that lead elsewhere, and ids of sessions that are guessed. */

#include "server-fixture.h"

#include <string.h>

#define AUTHORIZED "Authorization: Bearer " TOKEN "\r\n"

#define CANDIDATE "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host"

/* === paths === */

/* There are no files behind them. Dot segments go no further up than to the root,
 * and are gone before anything is looked at (RFC 3986, 6.2.2.3). */
static const struct {
  const char *path;
  guint get;
  guint post;
} paths[] = {
  { "/live", 204, 201 },
  { "/live/", 204, 201 },
  { "/..", 200, 405 },
  { "/../live", 204, 201 },
  { "/live/..", 200, 405 },
  { "/live/../live", 204, 201 },
  { "/live/../../etc/passwd", 404, 404 },
  { "/./live", 204, 201 },
  { "/%2e%2e/live", 204, 201 },
  { "/%2e%2e%2flive", 400, 400 },
  { "/live/%2e%2e/live", 204, 201 },
  { "/live%2f..%2flive", 400, 400 },
  { "/%252e%252e/live", 404, 404 },
  { "//live", 404, 404 },
  { "/live//", 404, 404 },
  { "///", 404, 404 },
  { "//127.0.0.1/live", 404, 404 },
  { "/\\live", 404, 404 },
  { "/live\\", 404, 404 },
  { "/live/..\\..\\x", 404, 404 },
  { "/%5clive", 404, 404 },
  { "/live%00", 400, 400 },
  { "/%00/live", 400, 400 },
  { "/live%00/x", 400, 400 },
  { "/live/%00", 400, 400 },
  { "/-/%2e%2e/live", 204, 201 },
  { "/-/../live", 204, 201 },
  { "/-/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 400, 400 },
  { "/-//etc/passwd", 404, 405 },
  { "/-/player.js%00.html", 400, 400 },
  { "/-/player.js/..", 404, 405 },
  { "/live%", 400, 400 },
  { "/live%zz", 400, 400 },
  { "/%ff%fe", 404, 404 },
  { "/LIVE", 404, 404 },
  { "http://127.0.0.1/live", 204, 201 },
  { "http://elsewhere/live", 204, 201 },
  { "file:///etc/passwd", 400, 400 },
};

GST_START_TEST (test_paths)
{
  g_autoptr (Server) server = server_new ("whep", NULL);
  g_autoptr (Reply) get = NULL;
  g_autoptr (Reply) post = NULL;

  server_start (server);
  get = request (server->port, "GET", paths[__i__].path, "", NULL);
  post = request (server->port, "POST", paths[__i__].path, SDP, OFFER);
  ck_assert_msg (get->status == paths[__i__].get, "GET %s: %u",
      paths[__i__].path, get->status);
  ck_assert_msg (post->status == paths[__i__].post, "POST %s: %u",
      paths[__i__].path, post->status);
  ck_assert (strstr (get->body, "root:") == NULL);
}
GST_END_TEST

/* What no path has in it, as it is. */
static const struct {
  const char *line;
  gsize size;
  guint status;
} lines[] = {
#define LINE(text) text, sizeof (text) - 1
  { LINE ("GET /live\0 HTTP/1.1\r\nHost: x\r\n\r\n"), 400 },
  { LINE ("GET /live\0/../x HTTP/1.1\r\nHost: x\r\n\r\n"), 400 },
  { LINE ("GET /live HTTP/1.1\r\nHost: x\0\r\n\r\n"), 400 },
  { LINE ("GET /li ve HTTP/1.1\r\nHost: x\r\n\r\n"), 400 },
  { LINE ("GET /live\rx HTTP/1.1\r\nHost: x\r\n\r\n"), 404 },
  { LINE ("GET  HTTP/1.1\r\nHost: x\r\n\r\n"), 400 },
  { LINE ("GET\r\nHost: x\r\n\r\n"), 400 },
};

GST_START_TEST (test_lines)
{
  g_autoptr (Server) server = server_new ("whep", NULL);
  g_autoptr (GSocketConnection) client = NULL;
  g_autoptr (Reply) reply = NULL;

  server_start (server);
  client = client_connect (server->port);
  ck_assert (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (client)), lines[__i__].line,
      lines[__i__].size, NULL, NULL, NULL));
  reply = client_read (G_IO_STREAM (client));
  ck_assert_msg (reply->status == lines[__i__].status, "%s: %u",
      lines[__i__].line, reply->status);
}
GST_END_TEST

static const struct {
  gsize length;
  guint status;
} lengths[] = { { 1024, 404 }, { 1025, 414 }, { 8000, 414 }, { 20000, 414 },
  { 40000, 431 } };

GST_START_TEST (test_long_paths)
{
  g_autoptr (Server) server = server_new ("whep", NULL);
  g_autofree char *path = g_strnfill (lengths[__i__].length, 'x');
  g_autoptr (Reply) reply = NULL;

  path[0] = '/';
  server_start (server);
  reply = request (server->port, "GET", path, "", NULL);
  ck_assert_uint_eq (reply->status, lengths[__i__].status);
}
GST_END_TEST

/* === ids === */

static const struct {
  const char *method;
  const char *headers;
  const char *body;
} guesses[] = {
  { "GET", "", NULL },
  { "GET", "Accept: text/html\r\n", NULL },
  { "HEAD", "", NULL },
  { "OPTIONS", "", NULL },
  { "POST", SDP, OFFER },
  { "POST", SDP AUTHORIZED, OFFER },
  { "PUT", SDP, OFFER },
  { "PATCH", FRAGMENT, "a=" CANDIDATE "\r\n" },
  { "PATCH", FRAGMENT AUTHORIZED, "a=" CANDIDATE "\r\n" },
  { "PATCH", FRAGMENT AUTHORIZED "If-Match: *\r\n", "a=" CANDIDATE "\r\n" },
  { "PATCH", SDP AUTHORIZED, OFFER },
  { "DELETE", "", NULL },
  { "DELETE", AUTHORIZED, NULL },
};

/* Without what is of the moment. */
static char *
describe (Reply *reply)
{
  g_autoptr (GRegex) date = g_regex_new ("\r\nDate: [^\r]*", 0, 0, NULL);
  g_autofree char *head =
      g_regex_replace_literal (date, reply->head, -1, 0, "", 0, NULL);

  return g_strconcat (head, reply->body, NULL);
}

static char *
make_path (guint number)
{
  g_autofree char *hash = g_compute_checksum_for_data (
      G_CHECKSUM_MD5, (const guint8 *)&number, sizeof (number));

  return g_strconcat ("/live/", hash, NULL);
}

/* The session of another stream is as unknown as one that nobody has. */
GST_START_TEST (test_guesses)
{
  g_autoptr (Server) server = server_new ("whip", "auth-token", TOKEN, NULL);
  g_autoptr (Server) other = server_new ("whip", "auth-token", TOKEN, NULL);
  g_autofree char *location =
      g_strdup_printf ("whip://127.0.0.1:%u/other", server->port);
  g_autoptr (Reply) opened = NULL;
  g_autofree char *foreign = NULL;
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;

  g_object_set (other->signaller, "location", location, NULL);
  server_start (server);
  server_start (other);
  opened = request (server->port, "POST", "/other", SDP AUTHORIZED, OFFER);
  ck_assert_uint_eq (opened->status, 201);
  foreign = reply_get (opened, "Location");
  path = g_strconcat ("/live", strrchr (foreign, '/'), NULL);

  for (guint i = 0; i < 20; i++) {
    g_autofree char *guess = i == 0   ? g_strdup (path)
                             : i == 1 ? g_strconcat (path, "/", NULL)
                             : i == 2 ? g_strndup (path, strlen (path) - 1)
                                      : make_path (i);
    g_autoptr (Reply) reply = request (server->port, guesses[__i__].method,
        guess, guesses[__i__].headers, guesses[__i__].body);
    g_autofree char *found = describe (reply);

    if (expected == NULL)
      expected = g_strdup (found);
    ck_assert_str_eq (found, expected);
    ck_assert (reply->status == 404 || reply->status == 401 ||
               (reply->status == 204 &&
                   g_str_equal (guesses[__i__].method, "OPTIONS")));
  }
  ck_assert_uint_eq (server_count (server, "requested"), 0);
  ck_assert_uint_eq (server_count (other, "ended"), 0);
  ck_assert_uint_eq (other->events->len, 1);
}
GST_END_TEST

#define N_IDS 256

static void
count_bits (const char *id, guint *n_set)
{
  ck_assert_uint_eq (strspn (id, "0123456789abcdef"), 32);
  for (guint i = 0; i < 128; i++)
    n_set[i] += g_ascii_xdigit_value (id[i / 4]) >> (i % 4) & 1;
}

/* 128 bits, each of which is set in about half of them; a quarter of them less or
 * more is 8 standard deviations away. */
GST_START_TEST (test_ids_cannot_be_guessed)
{
  g_autoptr (Server) server = server_new ("whep", "max-sessions", 1000u, NULL);
  g_autoptr (GHashTable) ids =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_set[128] = { 0 };

  server_start (server);
  for (guint i = 0; i < N_IDS; i++) {
    g_autofree char *path = open_session (server);
    const char *id = path + strlen ("/live/");

    ck_assert_uint_eq (strlen (id), 32);
    count_bits (id, n_set);
    ck_assert (g_hash_table_add (ids, g_strdup (id)));
  }
  for (guint i = 0; i < G_N_ELEMENTS (n_set); i++) {
    ck_assert_uint_gt (n_set[i], N_IDS / 4);
    ck_assert_uint_lt (n_set[i], N_IDS * 3 / 4);
  }
}
GST_END_TEST

static Suite *
server_paths_suite (void)
{
  Suite *suite = suite_create ("server-paths");
  TCase *tcase = tcase_create ("server-paths");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_paths, 0, G_N_ELEMENTS (paths));
  tcase_add_loop_test (tcase, test_lines, 0, G_N_ELEMENTS (lines));
  tcase_add_loop_test (tcase, test_long_paths, 0, G_N_ELEMENTS (lengths));
  tcase_add_loop_test (tcase, test_guesses, 0, G_N_ELEMENTS (guesses));
  tcase_add_test (tcase, test_ids_cannot_be_guessed);

  return suite;
}

GST_CHECK_MAIN (server_paths);
