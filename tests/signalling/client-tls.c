/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whom a client trusts: with TLS, and with the token. */

#include "certificate.h"
#include "client-fixture.h"

#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>
#include <string.h>

#define LOCATION "Location: /s/1\r\n"
#define CREATED ANSWER ("201 Created", LOCATION)
#define DONE "requested, answer, released"
#define DAY (24 * 60 * 60)

/* === TLS === */

static const struct {
  const char *name; /* of the certificate */
  long from, to;
  gboolean is_known;
  gboolean no_validation;
  const char *said; /* NULL: it is trusted */
} certificates[] = {
  { "IP:127.0.0.1", -DAY, DAY, TRUE, FALSE, NULL },
  { "IP:127.0.0.1", -DAY, DAY, FALSE, FALSE,
      "cannot be trusted: it is signed by an unknown authority. " },
  { "IP:127.0.0.1", -DAY, DAY, FALSE, TRUE, NULL },
  { "DNS:example.net", -DAY, DAY, TRUE, FALSE,
      "cannot be trusted: it belongs to another host. " },
  { "DNS:example.net", -DAY, DAY, FALSE, FALSE,
      "it is signed by an unknown authority, and it belongs to another host. " },
  { "IP:127.0.0.1", -2 * DAY, -DAY, TRUE, FALSE, "it has expired. " },
  { "IP:127.0.0.1", DAY, 2 * DAY, TRUE, FALSE, "it is not valid yet. " },
  { "DNS:example.net", -2 * DAY, -DAY, FALSE, TRUE, NULL },
};

/* All of it on one connection, as a handshake may take long. */
GST_START_TEST (test_certificates)
{
  g_autofree char *answer =
      g_strdup_printf ("201 Created\r\n" SDP_TYPE LOCATION
                       "Content-Length: %zu\r\n\r\n" SDP_ANSWER,
          strlen (SDP_ANSWER));
  const ScriptedReply replies[] = { { "POST", answer, KEEP } };
  g_autofree char *pem = certificate_make (certificates[__i__].name,
      certificates[__i__].from, certificates[__i__].to);
  g_autoptr (GTlsCertificate) certificate =
      g_tls_certificate_new_from_pem (pem, -1, NULL);
  g_autofree char *path = NULL;
  g_autoptr (GTlsDatabase) database =
      certificates[__i__].is_known ? certificate_trust (pem, &path) : NULL;
  ClientSettings settings = {
    .no_ice_servers = TRUE,
    .tls_database = database,
    .no_validation = certificates[__i__].no_validation,
  };
  ScriptedServer *server = scripted_server_new (replies, 1, certificate);
  g_autofree char *location = g_strdup_printf (
      "whips://127.0.0.1:%u/whip", scripted_server_get_port (server));
  ClientFixture *client = client_fixture_new (location, &settings);
  const char *said = certificates[__i__].said;
  g_autofree char *log = NULL;
  g_autofree char *lines = NULL;

  client_fixture_start (client);
  client_fixture_wait (client, "released");
  log = client_fixture_get_log (client);
  lines = scripted_server_get_lines (server);
  if (said == NULL) {
    ck_assert_str_eq (log, DONE);
    ck_assert_str_eq (lines, "POST /whip, DELETE /s/1");
  } else {
    ck_assert_str_eq (log, "requested, failed OPEN_WRITE 0, released");
    ck_assert_str_eq (lines, "");
    ck_assert_msg (strstr (client->error->message, said) != NULL, "%s",
        client->error->message);
  }
  /* Nothing gets better by another try. */
  ck_assert_uint_eq (scripted_server_count_connections (server), 1);

  if (path != NULL)
    g_unlink (path);
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

GST_START_TEST (test_a_server_without_tls)
{
  static const ScriptedReply replies[] = { { "POST", CREATED } };
  static const ClientSettings settings = { .no_ice_servers = TRUE,
    .timeout = 5000 };
  /* Never reads a request to its end, and so answers nothing by itself. */
  ScriptedServer *server = scripted_server_new (replies, 1, NULL);
  g_autofree char *location = g_strdup_printf (
      "whips://127.0.0.1:%u/whip", scripted_server_get_port (server));
  ClientFixture *client = client_fixture_new (location, &settings);
  g_autofree char *log = NULL;

  client_fixture_start (client);
  client_fixture_wait (client, "released");
  log = client_fixture_get_log (client);
  ck_assert_str_eq (log, "requested, failed OPEN_WRITE 0, released");
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

/* === the token === */

static gboolean
has_token (ScriptedServer *server, guint index)
{
  const ScriptedRequest *request = scripted_server_get (server, index);

  ck_assert (request != NULL);

  return scripted_request_has_header (request, "Authorization: Bearer " TOKEN);
}

GST_START_TEST (test_the_token_stays_with_its_origin)
{
  static const ScriptedReply replies[] = {
    { "POST", EMPTY ("307 There", "Location: http://127.0.0.1:{other}/x\r\n") },
  };
  static const ScriptedReply others[] = {
    { "POST", EMPTY ("307 There", "Location: /whip\r\n") },
    { "POST", ANSWER ("201 Created", "Location: s/1\r\nETag: \"x\"\r\n") },
  };
  static const char *const candidates[] = { "", NULL };
  static const ClientSettings settings = { .token = TOKEN };
  ScriptedServer *server = scripted_server_new (replies, 1, NULL);
  ScriptedServer *other = scripted_server_new (others, 2, NULL);
  g_autofree char *location = g_strdup_printf (
      "whip://127.0.0.1:%u/whip", scripted_server_get_port (server));
  ClientFixture *client = client_fixture_new (location, &settings);
  g_autofree char *lines = NULL;
  g_autofree char *other_lines = NULL;

  scripted_server_set_other (server, scripted_server_get_port (other));
  client->ends = FALSE;
  client->candidates = candidates;
  client_fixture_start (client);
  scripted_server_wait (other, 3);
  gst_peer_signaller_end_session (client->signaller, client->id);
  client_fixture_wait (client, "released");

  lines = scripted_server_get_lines (server);
  other_lines = scripted_server_get_lines (other);
  ck_assert_str_eq (lines, "OPTIONS /whip, POST /whip");
  ck_assert_str_eq (
      other_lines, "POST /x, POST /whip, PATCH /s/1, DELETE /s/1");
  for (guint i = 0; i < 2; i++)
    ck_assert (has_token (server, i));
  for (guint i = 0; i < 4; i++)
    ck_assert (strstr (scripted_server_get (other, i)->headers,
                   "Authorization") == NULL);
  client_fixture_free (client);
  scripted_server_free (server);
  scripted_server_free (other);
}

GST_END_TEST;

GST_START_TEST (test_the_token_comes_back_with_its_origin)
{
  static const ScriptedReply replies[] = {
    { "POST", EMPTY ("307 There", "Location: http://127.0.0.1:{other}/x\r\n") },
  };
  static const ScriptedReply others[] = {
    { "POST",
        ANSWER ("201 Created", "Location: http://127.0.0.1:{other}/s/1\r\n") },
  };
  static const ClientSettings settings = { .token = TOKEN };
  ScriptedServer *server = scripted_server_new (replies, 1, NULL);
  ScriptedServer *other = scripted_server_new (others, 1, NULL);
  g_autofree char *location = g_strdup_printf (
      "whip://127.0.0.1:%u/whip", scripted_server_get_port (server));
  ClientFixture *client = client_fixture_new (location, &settings);
  g_autofree char *lines = NULL;

  scripted_server_set_other (server, scripted_server_get_port (other));
  scripted_server_set_other (other, scripted_server_get_port (server));
  client_fixture_start (client);
  client_fixture_wait (client, "released");
  lines = scripted_server_get_lines (server);
  ck_assert_str_eq (lines, "OPTIONS /whip, POST /whip, DELETE /s/1");
  ck_assert (has_token (server, 2));
  ck_assert (!has_token (other, 0));
  client_fixture_free (client);
  scripted_server_free (server);
  scripted_server_free (other);
}

GST_END_TEST;

GST_START_TEST (test_a_user_and_a_password)
{
  static const ScriptedReply replies[] = {
    { "POST", EMPTY ("401 No", "WWW-Authenticate: Basic realm=\"x\"\r\n") },
    { "POST", CREATED },
  };
  static const ClientSettings settings = { .no_ice_servers = TRUE };
  ScriptedServer *server = scripted_server_new (replies, 2, NULL);
  g_autofree char *location =
      g_strdup_printf ("whip://us%%65r:pa:ss@127.0.0.1:%u/whip",
          scripted_server_get_port (server));
  ClientFixture *client = client_fixture_new (location, &settings);
  g_autofree char *log = NULL;
  const ScriptedRequest *request;

  client_fixture_start (client);
  client_fixture_wait (client, "released");
  log = client_fixture_get_log (client);
  ck_assert_str_eq (log, DONE);
  request = scripted_server_get (server, 1);
  ck_assert_str_eq (request->body, SDP_OFFER);
  ck_assert (scripted_request_has_header (
      request, "Authorization: Basic dXNlcjpwYTpzcw=="));
  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

static Suite *
client_tls_suite (void)
{
  Suite *suite = suite_create ("client-tls");
  TCase *tcase = tcase_create ("client-tls");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_certificates, 0, G_N_ELEMENTS (certificates));
  tcase_add_test (tcase, test_a_server_without_tls);
  tcase_add_test (tcase, test_the_token_stays_with_its_origin);
  tcase_add_test (tcase, test_the_token_comes_back_with_its_origin);
  tcase_add_test (tcase, test_a_user_and_a_password);

  return suite;
}

GST_CHECK_MAIN (client_tls);
