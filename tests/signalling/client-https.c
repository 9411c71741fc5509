/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A server that prefers HTTP/2 is spoken to in HTTP/1.1. */

#include "certificate.h"
#include "client-fixture.h"

#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>
#include <string.h>

#define DAY (24 * 60 * 60)

typedef struct {
  GSubprocess *process;
  GDataInputStream *lines;
  char *pem; /* its path */
  GTlsDatabase *database;
  char *port;
} Server;

static char *
read_line (Server *self)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (self->lines, NULL, NULL, &error);

  g_assert_no_error (error);
  ck_assert_msg (line != NULL, "the server has ended");

  return line;
}

static Server *
server_new (void)
{
  Server *self = g_new0 (Server, 1);
  g_autofree char *pem = certificate_make ("IP:127.0.0.1", -DAY, DAY);
  g_autoptr (GError) error = NULL;

  self->database = certificate_trust (pem, &self->pem);
  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
      "node", g_getenv ("HTTPS_SERVER"), self->pem, SDP_ANSWER, NULL);
  g_assert_no_error (error);
  self->lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  self->port = read_line (self);

  return self;
}

static void
server_free (Server *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_object_unref (self->lines);
  g_unlink (self->pem);
  g_free (self->pem);
  g_object_unref (self->database);
  g_free (self->port);
  g_free (self);
}

#define DONE "requested, answer, released"

static const struct {
  const char *path;
  const char *log;
  const char *lines[5];
  const char *said;
} rows[] = {
  { "/whip", DONE,
      { "1.1 POST /whip body", "1.1 PATCH /s/1 body", "1.1 DELETE /s/1 " } },
  { "/redirect", DONE,
      { "1.1 POST /redirect body", "1.1 POST /whip body", "1.1 PATCH /s/1 body",
          "1.1 DELETE /s/1 " } },
  { "/flood", "requested, failed OPEN_WRITE 201, released",
      { "1.1 POST /flood body", "1.1 DELETE /s/1 " }, "more than 256 KiB" },
  { "/gone", DONE,
      { "1.1 POST /gone body", "1.1 POST /gone body", "1.1 PATCH /s/1 body",
          "1.1 DELETE /s/1 " } },
};

GST_START_TEST (test_sessions)
{
  static const char *const candidates[] = { "", NULL };
  Server *server = server_new ();
  const ClientSettings settings = { .no_ice_servers = TRUE,
    .tls_database = server->database };
  g_autofree char *location = g_strdup_printf (
      "whips://127.0.0.1:%s%s", server->port, rows[__i__].path);
  ClientFixture *client = client_fixture_new (location, &settings);
  gboolean is_made = g_str_equal (rows[__i__].log, DONE);
  g_autofree char *log = NULL;

  client->candidates = candidates;
  client->ends = !is_made;
  client_fixture_start (client);
  for (guint i = 0; rows[__i__].lines[i] != NULL; i++) {
    g_autofree char *line = NULL;

    if (is_made && strstr (rows[__i__].lines[i], "DELETE") != NULL)
      gst_peer_signaller_end_session (client->signaller, client->id);
    line = read_line (server);
    ck_assert_str_eq (line, rows[__i__].lines[i]);
  }
  client_fixture_wait (client, "released");
  log = client_fixture_get_log (client);
  ck_assert_msg (g_str_equal (log, rows[__i__].log), "%s: %s", log,
      client->error != NULL ? client->error->message : "no error");
  if (client->error != NULL)
    ck_assert_msg (strstr (client->error->message, rows[__i__].said) != NULL,
        "%s", client->error->message);

  client_fixture_free (client);
  server_free (server);
}

GST_END_TEST;

static const struct {
  const char *path;
  const char *post;
  const char *deletion; /* NULL when there is nothing to delete */
} ends[] = {
  { "/half", "1.1 POST /half body", "1.1 DELETE /s/1 " },
  { "/never", "1.1 POST /never body", NULL },
};

GST_START_TEST (test_the_end_of_a_post_that_is_under_way)
{
  Server *server = server_new ();
  const ClientSettings settings = { .no_ice_servers = TRUE,
    .tls_database = server->database };
  g_autofree char *location = g_strdup_printf (
      "whips://127.0.0.1:%s%s", server->port, ends[__i__].path);
  ClientFixture *client = client_fixture_new (location, &settings);
  g_autofree char *posted = NULL;
  g_autofree char *log = NULL;

  client->ends = FALSE;
  client_fixture_start (client);
  posted = read_line (server);
  ck_assert_str_eq (posted, ends[__i__].post);
  gst_peer_signaller_end_session (client->signaller, client->id);
  if (ends[__i__].deletion != NULL) {
    g_autofree char *deleted = read_line (server);

    ck_assert_str_eq (deleted, ends[__i__].deletion);
  }
  client_fixture_wait (client, "released");
  log = client_fixture_get_log (client);
  ck_assert_str_eq (log, "requested, released");
  client_fixture_free (client);
  server_free (server);
}

GST_END_TEST;

static Suite *
client_https_suite (void)
{
  Suite *suite = suite_create ("client-https");
  TCase *tcase = tcase_create ("client-https");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_sessions, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (
      tcase, test_the_end_of_a_post_that_is_under_way, 0, G_N_ELEMENTS (ends));

  return suite;
}

GST_CHECK_MAIN (client_https);
