/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One session from its beginning to its end, against servers of every kind. */

#include "client-fixture.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#define LOCATION "Location: /s/1\r\n"
#define CREATED ANSWER ("201 Created", LOCATION)
#define TEXT(status, text)                                                     \
  status "\r\n" CLOSE "Content-Type: text/plain\r\n\r\n" text
#define REDIRECT(status, location) EMPTY (status, "Location: " location "\r\n")

typedef struct {
  const char *name;
  ScriptedReply replies[8];
  const char *log;
  const char *lines; /* NULL: as many as there is time for */
  const char *said;  /* in the error */
  const char *location;
  ClientSettings settings;
} Row;

#define WHEP                                                                   \
  {                                                                            \
    .scheme = "whep"                                                           \
  }
#define DONE "requested, answer, released"
#define ONCE "OPTIONS /whip, POST /whip, DELETE /s/1"
#define FAILED(what) "requested, failed " what ", released"
#define REFUSED "OPTIONS /whip, POST /whip"

static const Row rows[] = {
  { "a session is made and ended", { { "POST", CREATED } }, DONE, ONCE },
  { "HTTP has other names", { { "POST", CREATED } }, DONE, ONCE, NULL,
      "http://127.0.0.1:{port}/whip" },
  { "nobody is asked for ICE servers that are not wanted",
      { { "POST", CREATED } }, DONE, "POST /whip, DELETE /s/1", NULL, NULL,
      { .no_ice_servers = TRUE } },

  /* OPTIONS */
  { "OPTIONS is not known",
      { { "OPTIONS", EMPTY ("405 No", "") }, { "POST", CREATED } }, DONE,
      ONCE },
  { "OPTIONS is never answered",
      { { "OPTIONS", NULL, HANG }, { "POST", CREATED } }, DONE, ONCE },
  { "OPTIONS ends the connection",
      { { "OPTIONS", NULL, CUT }, { "POST", CREATED } }, DONE, ONCE },

  /* responses that are good enough */
  { "200 is as good as 201", { { "POST", ANSWER ("200 OK", LOCATION) } }, DONE,
      ONCE },
  { "the type has a parameter",
      { { "POST",
          "201 Created\r\n" CLOSE LOCATION
          "content-type: Application/SDP; charset=utf-8\r\n\r\n" SDP_ANSWER } },
      DONE, ONCE },
  { "there is no Location", { { "POST", ANSWER ("201 Created", "") } }, DONE,
      REFUSED },
  { "the Location is of no scheme that can be asked",
      { { "POST",
          ANSWER ("201 Created", "Location: file:///etc/passwd\r\n") } },
      DONE, REFUSED },
  { "the Location is relative",
      { { "POST", ANSWER ("201 Created", "Location: s/1\r\n") } }, DONE,
      "OPTIONS /a/whip, POST /a/whip, DELETE /a/s/1", NULL,
      "whip://127.0.0.1:{port}/a/whip" },
  { "the Location is a URL",
      { { "POST", ANSWER ("201 Created",
                      "Location: http://127.0.0.1:{port}/s/1?x=%20y\r\n") } },
      DONE, "OPTIONS /whip, POST /whip, DELETE /s/1?x=%20y" },
  { "the DELETE finds nothing",
      { { "POST", CREATED }, { "DELETE", EMPTY ("404 Gone", "") } }, DONE,
      ONCE },
  { "the DELETE ends the connection",
      { { "POST", CREATED }, { "DELETE", NULL, CUT } }, DONE, ONCE },
  { "the DELETE is never answered",
      { { "POST", CREATED }, { "DELETE", NULL, HANG } }, DONE, ONCE },

  /* redirections */
  { "307 is followed",
      { { "POST", REDIRECT ("307 There", "/b/c") },
          { "POST", ANSWER ("201 OK", "Location: s/1\r\n") } },
      DONE, "OPTIONS /whip, POST /whip, POST /b/c, DELETE /b/s/1" },
  { "308 is followed",
      { { "POST", REDIRECT ("308 There", "/c") }, { "POST", CREATED } }, DONE,
      "OPTIONS /whip, POST /whip, POST /c, DELETE /s/1" },
  { "301, 302 and 303 are followed by a POST",
      { { "POST", REDIRECT ("301 There", "/b") },
          { "POST", REDIRECT ("302 There", "c") },
          { "POST", REDIRECT ("303 There", "//127.0.0.1:{port}/d") },
          { "POST", CREATED } },
      DONE,
      "OPTIONS /whip, POST /whip, POST /b, POST /c, POST /d, DELETE /s/1" },
  { "OPTIONS and DELETE are followed, too",
      { { "OPTIONS", REDIRECT ("307 There", "/o") }, { "POST", CREATED },
          { "DELETE", REDIRECT ("307 There", "/s/2") } },
      DONE, "OPTIONS /whip, OPTIONS /o, POST /whip, DELETE /s/1, DELETE /s/2" },
  { "a circle ends",
      { { "POST", REDIRECT ("307 There", "/b") },
          { "POST", REDIRECT ("307 There", "/whip") } },
      FAILED ("OPEN_WRITE 307"), "OPTIONS /whip, POST /whip, POST /b",
      "circle" },
  { "a redirection to itself ends",
      { { "POST", REDIRECT ("307 There", "/whip") } },
      FAILED ("OPEN_WRITE 307"), REFUSED, "circle" },
  { "six redirections are too many",
      { { "POST", REDIRECT ("307 There", "/1") },
          { "POST", REDIRECT ("307 There", "/2") },
          { "POST", REDIRECT ("307 There", "/3") },
          { "POST", REDIRECT ("307 There", "/4") },
          { "POST", REDIRECT ("307 There", "/5") },
          { "POST", REDIRECT ("307 There", "/6") } },
      FAILED ("OPEN_WRITE 307"),
      "OPTIONS /whip, POST /whip, POST /1, POST /2, POST /3, POST /4, POST /5",
      "more than 5 redirections" },
  { "a redirection to a file is none",
      { { "POST", REDIRECT ("307 There", "file:///etc/passwd") } },
      FAILED ("OPEN_WRITE 307"), REFUSED, "no http:// or https:// URL" },
  { "a redirection to nowhere is none", { { "POST", EMPTY ("307 There", "") } },
      FAILED ("OPEN_WRITE 307"), REFUSED, "without a Location" },

  /* answers that are none */
  { "201 with nothing", { { "POST", EMPTY ("201 Created", LOCATION) } },
      FAILED ("OPEN_WRITE 201"), ONCE, "does not answer with an SDP" },
  { "204", { { "POST", "204 No Content\r\n" CLOSE LOCATION "\r\n" } },
      FAILED ("OPEN_WRITE 204"), ONCE, "does not answer with an SDP" },
  { "the wrong type",
      { { "POST", "201 Created\r\n" CLOSE LOCATION
                  "Content-Type: text/html\r\n\r\n" SDP_ANSWER } },
      FAILED ("OPEN_WRITE 201"), ONCE, "does not answer with an SDP" },
  { "no SDP inside",
      { { "POST", "201 Created\r\n" CLOSE SDP_TYPE LOCATION "\r\n<html>" } },
      FAILED ("OPEN_WRITE 201"), ONCE, "does not answer with an SDP" },
  { "no m-line inside",
      { { "POST", "201 Created\r\n" CLOSE SDP_TYPE LOCATION "\r\n" SDP_HEAD } },
      FAILED ("OPEN_WRITE 201"), ONCE, "does not answer with an SDP" },
  { "a body without an end",
      { { "POST", "201 Created\r\n" CLOSE SDP_TYPE LOCATION "\r\n", FLOOD } },
      FAILED ("OPEN_WRITE 201"), ONCE, "more than 256 KiB" },
  { "a body of 1 GB",
      { { "POST",
          "201 Created\r\n" SDP_TYPE LOCATION
          "Content-Length: 1073741824\r\n\r\n",
          FLOOD } },
      FAILED ("OPEN_WRITE 201"), ONCE, "more than 256 KiB" },
  { "redirections, options and deletions without an end",
      { { "OPTIONS", "200 OK\r\nLink: <stun:s>; rel=ice-server\r\n\r\n",
            FLOOD },
          { "POST", "307 There\r\nLocation: /b\r\n\r\n", FLOOD },
          { "POST", CREATED }, { "DELETE", "200 OK\r\n\r\n", FLOOD } },
      DONE, "OPTIONS /whip, POST /whip, POST /b, DELETE /s/1" },
  { "headers without an end", { { "POST", "201 Created\r\nX: ", FLOOD } },
      FAILED ("OPEN_WRITE 0"), NULL, "The request to http://127.0.0.1:", NULL,
      { .timeout = 99 } },
  { "an error without an end", { { "POST", TEXT ("500 Oh", "alas "), FLOOD } },
      FAILED ("OPEN_WRITE 500"), REFUSED, "It says: alas aaaa" },

  /* statuses */
  { "400", { { "POST", TEXT ("400 Bad", "m-line\r\n\r\n  2\001 is\tbad\n") } },
      FAILED ("OPEN_WRITE 400"), REFUSED, "It says: m-line 2 is bad" },
  { "401", { { "POST", EMPTY ("401 No", "WWW-Authenticate: Bearer\r\n") } },
      FAILED ("NOT_AUTHORIZED 401"), REFUSED, "set auth-token" },
  { "401 with a token", { { "POST", TEXT ("401 No", "What is " TOKEN "?\n") } },
      FAILED ("NOT_AUTHORIZED 401"), REFUSED,
      "does not accept this auth-token (HTTP status 401 Unauthorized). "
      "It says: What is ...?",
      NULL, { .token = TOKEN } },
  { "403", { { "POST", EMPTY ("403 No", "") } }, FAILED ("NOT_AUTHORIZED 403"),
      REFUSED, "does not allow this" },
  { "404", { { "POST", TEXT ("404 No", "nothing live") } },
      FAILED ("NOT_FOUND 404"), REFUSED, "It says: nothing live" },
  { "410", { { "POST", EMPTY ("410 No", "") } }, FAILED ("NOT_FOUND 410"),
      REFUSED },
  { "405", { { "POST", EMPTY ("405 No", "") } }, FAILED ("OPEN_WRITE 405"),
      REFUSED, "takes no sessions there" },
  { "415", { { "POST", EMPTY ("415 No", "") } }, FAILED ("OPEN_WRITE 415"),
      REFUSED },
  { "422", { { "POST", EMPTY ("422 No", "") } }, FAILED ("OPEN_WRITE 422"),
      REFUSED, "does not take what is offered" },
  { "500 of a viewer", { { "POST", EMPTY ("500 No", "") } },
      FAILED ("OPEN_READ 500"), REFUSED, NULL, "whep://127.0.0.1:{port}/whip",
      WHEP },
  { "304", { { "POST", "304 Same\r\n" CLOSE "\r\n" } },
      FAILED ("OPEN_WRITE 304"), REFUSED },

  /* other tries */
  { "503 is tried again when it says",
      { { "POST", EMPTY ("503 Busy", "Retry-After: 1\r\n") },
          { "POST", CREATED } },
      DONE, "OPTIONS /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "409 and 429 are tried again",
      { { "POST", EMPTY ("409 Conflict", "") },
          { "POST", EMPTY ("429 Too Many", "Retry-After: 0\r\n") },
          { "POST", CREATED } },
      DONE, "OPTIONS /whip, POST /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "an hour is too long",
      { { "POST", EMPTY ("503 Busy", "Retry-After: 3600\r\n") } },
      FAILED ("BUSY 503"), REFUSED, "come back in 3600 s." },
  { "a date is too long",
      { { "POST", EMPTY ("503 Busy",
                      "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n") } },
      FAILED ("BUSY 503"), REFUSED, "come back in 2" },
  { "a date that is past is no reason to wait",
      { { "POST", EMPTY ("503 Busy",
                      "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n") },
          { "POST", CREATED } },
      DONE, "OPTIONS /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "a Retry-After that is none",
      { { "POST", EMPTY ("503 Busy", "Retry-After: soon\r\n") },
          { "POST", CREATED } },
      DONE, "OPTIONS /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "the time is over in the middle of another try",
      { { "POST", EMPTY ("503 Busy", "Retry-After: 0\r\n") },
          { "POST", NULL, HANG } },
      FAILED ("BUSY 503"), "OPTIONS /whip, POST /whip, POST /whip", "503", NULL,
      { .timeout = 700 } },
  { "a connection that was kept ends",
      { { "OPTIONS", "204 None\r\n\r\n", KEEP }, { "POST", NULL, CUT },
          { "POST", CREATED } },
      DONE, "OPTIONS /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "a connection is kept",
      { { "OPTIONS", "204 None\r\n\r\n", KEEP },
          { "POST", "409 No\r\nContent-Length: 2\r\n\r\nno", KEEP },
          { "POST", "503 No\r\nContent-Length: 0\r\n\r\n", KEEP },
          { "POST", CREATED } },
      DONE, "OPTIONS /whip, POST /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "the connection ends", { { "POST", NULL, CUT }, { "POST", CREATED } }, DONE,
      "OPTIONS /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "the connection ends in the headers",
      { { "POST", "201 Cre", CUT_OFF }, { "POST", CREATED } }, DONE,
      "OPTIONS /whip, POST /whip, POST /whip, DELETE /s/1" },
  { "a session that came with half of its answer is told away",
      { { "POST",
            "201 Created\r\n" CLOSE SDP_TYPE LOCATION
            "Content-Length: 5000\r\n\r\n" SDP_ANSWER,
            CUT_OFF },
          { "POST", ANSWER ("201 Created", "Location: /s/2\r\n") } },
      DONE, "OPTIONS /whip, POST /whip, DELETE /s/1, POST /whip, DELETE /s/2" },
  { "a chunk that is cut off",
      { { "POST",
            "201 Created\r\n" SDP_TYPE LOCATION
            "Transfer-Encoding: chunked\r\n\r\n5000\r\n" SDP_ANSWER,
            CUT_OFF },
          { "POST", ANSWER ("201 Created", "Location: /s/2\r\n") } },
      DONE, "OPTIONS /whip, POST /whip, DELETE /s/1, POST /whip, DELETE /s/2" },
  { "chunks without an end",
      { { "POST",
            "201 Created\r\n" SDP_TYPE LOCATION
            "Transfer-Encoding: chunked\r\n\r\n99\r\n" SDP_ANSWER,
            CUT_OFF },
          { "POST", ANSWER ("201 Created", "Location: /s/2\r\n") } },
      DONE, "OPTIONS /whip, POST /whip, DELETE /s/1, POST /whip, DELETE /s/2" },
  { "no HTTP at all", { { "POST", "xyz\r\n\r\n" } }, FAILED ("OPEN_WRITE 0"),
      REFUSED, "The request to http://127.0.0.1:", NULL, { .timeout = 99 } },
  { "an answer that comes never", { { "POST", NULL, HANG } },
      FAILED ("OPEN_WRITE 0"), REFUSED, "No answer within 700 ms.", NULL,
      { .timeout = 700 } },
  { "half of an answer, and no more",
      { { "POST",
          "201 Created\r\n" SDP_TYPE LOCATION
          "Content-Length: 5000\r\n\r\n" SDP_ANSWER,
          STALL } },
      FAILED ("OPEN_WRITE 201"), ONCE, "No answer within 700 ms.", NULL,
      { .timeout = 700 } },
  { "nobody listens", { { NULL } }, FAILED ("OPEN_WRITE 0"), "", "refused.",
      "whip://user:pass@127.0.0.1:{dead}/whip", { .timeout = 700 } },
  { "there is no such host", { { NULL } }, FAILED ("OPEN_READ 0"), "",
      "The request to http://nowhere.invalid", "whep://nowhere.invalid/whep",
      WHEP },

  /* counter-offers of WHEP */
  { "a counter-offer is answered", { { "POST", ANSWER ("406 No", LOCATION) } },
      "requested, offer, ended by the test, released",
      "OPTIONS /whip, POST /whip, PATCH /s/1, DELETE /s/1", NULL,
      "whep://127.0.0.1:{port}/whip", WHEP },
  { "a counter-offer that cannot be answered",
      { { "POST", ANSWER ("406 No", "") } }, FAILED ("OPEN_READ 406"), REFUSED,
      NULL, "whep://127.0.0.1:{port}/whip", WHEP },
  { "the answer to a counter-offer is refused",
      { { "POST", ANSWER ("406 No", LOCATION) },
          { "PATCH", TEXT ("422 No", "bad answer") } },
      "requested, offer, failed OPEN_READ 422, released",
      "OPTIONS /whip, POST /whip, PATCH /s/1, DELETE /s/1",
      "It says: bad answer", "whep://127.0.0.1:{port}/whip", WHEP },
  { "the answer to a counter-offer is tried again",
      { { "POST", ANSWER ("406 No", LOCATION) }, { "PATCH", NULL, CUT },
          { "PATCH", EMPTY ("410 No", "") } },
      "requested, offer, failed NOT_FOUND 410, released",
      "OPTIONS /whip, POST /whip, PATCH /s/1, PATCH /s/1, DELETE /s/1", NULL,
      "whep://127.0.0.1:{port}/whip", WHEP },
  { "406 without an offer", { { "POST", EMPTY ("406 No", "") } },
      FAILED ("OPEN_READ 406"), REFUSED, "does not take what is offered",
      "whep://127.0.0.1:{port}/whip", WHEP },
  { "406 is no offer for a publisher",
      { { "POST", ANSWER ("406 No", LOCATION) } }, FAILED ("OPEN_WRITE 406"),
      REFUSED },
};

static guint
get_dead_port (void)
{
  ScriptedServer *server = scripted_server_new (NULL, 0, NULL);
  guint port = scripted_server_get_port (server);

  scripted_server_free (server);

  return port;
}

static char *
fill_in (const char *location, guint port)
{
  g_autoptr (GString) text = g_string_new (
      location != NULL ? location : "whip://127.0.0.1:{port}/whip");
  g_autofree char *number = g_strdup_printf ("%u", port);
  g_autofree char *dead = g_strdup_printf ("%u", get_dead_port ());

  g_string_replace (text, "{port}", number, 0);
  g_string_replace (text, "{dead}", dead, 0);

  return g_strdup (text->str);
}

/* What holds for every request. */
static void
check_requests (const Row *row, ScriptedServer *server)
{
  const ScriptedRequest *request;
  gboolean countered = strstr (row->log, "offer") != NULL;

  for (guint i = 0; (request = scripted_server_get (server, i)) != NULL; i++) {
    ck_assert_msg (
        row->settings.token == NULL || scripted_request_has_header (request,
                                           "Authorization: Bearer " TOKEN),
        "%s: %s", row->name, request->headers);
    if (g_str_has_prefix (request->line, "POST")) {
      ck_assert (scripted_request_has_header (
          request, "Content-Type: application/sdp"));
      ck_assert (
          scripted_request_has_header (request, "Accept: application/sdp"));
      ck_assert_str_eq (request->body, SDP_OFFER);
    }
    if (g_str_has_prefix (request->line, "PATCH") && countered) {
      ck_assert (scripted_request_has_header (
          request, "Content-Type: application/sdp"));
      ck_assert_str_eq (request->body, SDP_OFFER);
    }
  }
}

static void
check_error (const Row *row, const GError *error)
{
  if (error == NULL) {
    ck_assert_msg (row->said == NULL, "%s", row->name);
    return;
  }
  ck_assert_msg (
      row->said == NULL || strstr (error->message, row->said) != NULL, "%s: %s",
      row->name, error->message);
  ck_assert_msg (strstr (error->message, TOKEN) == NULL &&
                     strstr (error->message, "pass") == NULL &&
                     g_utf8_validate (error->message, -1, NULL),
      "%s: %s", row->name, error->message);
  ck_assert (strlen (error->message) < 600);
}

static guint
get_n_replies (const Row *row)
{
  guint n = 0;

  while (n < G_N_ELEMENTS (row->replies) && row->replies[n].method != NULL)
    n++;

  return n;
}

GST_START_TEST (test_sessions)
{
  const Row *row = &rows[__i__];
  guint n_replies = get_n_replies (row);
  ScriptedServer *server = scripted_server_new (row->replies, n_replies, NULL);
  g_autofree char *location =
      fill_in (row->location, scripted_server_get_port (server));
  ClientFixture *client = client_fixture_new (location, &row->settings);
  g_autofree char *log = NULL;
  g_autofree char *lines = NULL;

  GST_INFO ("%s", row->name);
  client_fixture_start (client);
  if (strstr (row->log, "ended by the test") != NULL) {
    scripted_server_wait (server, 3);
    client_fixture_note (client, "ended by the test");
    gst_peer_signaller_end_session (client->signaller, client->id);
  }
  client_fixture_wait (client, "released");
  gst_peer_signaller_stop (client->signaller);

  log = client_fixture_get_log (client);
  lines = scripted_server_get_lines (server);
  ck_assert_msg (g_str_equal (log, row->log), "%s: %s: %s", row->name, log,
      client->error != NULL ? client->error->message : "no error");
  ck_assert_msg (row->lines == NULL || g_str_equal (lines, row->lines),
      "%s: %s", row->name, lines);
  check_requests (row, server);
  check_error (row, client->error);
  /* What the kernel takes for a reader that reads no more. */
  ck_assert_uint_lt (scripted_server_get_flood (server), 16 * 1024 * 1024);

  client_fixture_free (client);
  scripted_server_free (server);
}

GST_END_TEST;

static const struct {
  const char *scheme;
  const char *location;
  const char *token;
  const char *said;
} settings[] = {
  { "whip", NULL, NULL, "The location is none of " },
  { "whip", "", NULL, "The location is none of " },
  { "whip", "rtsp://host/", NULL, "The location is none of " },
  { "whip", "whep://host/", NULL, "whip://, whips://, http:// or https://." },
  { "whep", "whip://host/", NULL, "whep://, wheps://, http:// or https://." },
  { "whip", "whips://u:pass@host/a", "", "The auth-token for https://host/a " },
  { "whip", "whips://u:pass@host/a", "a\r\nX: y", "The auth-token for " },
};

GST_START_TEST (test_settings_that_are_none)
{
  g_autoptr (GObject) client = g_object_new (GST_TYPE_PEER_SESSION_CLIENT,
      "scheme", settings[__i__].scheme, "location", settings[__i__].location,
      "auth-token", settings[__i__].token, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert (!gst_peer_signaller_start (GST_PEER_SIGNALLER (client), &error));
  ck_assert (
      g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  ck_assert_msg (strstr (error->message, settings[__i__].said) != NULL, "%s",
      error->message);
  ck_assert (strstr (error->message, "pass") == NULL);
  gst_peer_signaller_stop (GST_PEER_SIGNALLER (client));
}

GST_END_TEST;

static Suite *
session_client_suite (void)
{
  Suite *suite = suite_create ("session-client");
  TCase *tcase = tcase_create ("session-client");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_sessions, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (
      tcase, test_settings_that_are_none, 0, G_N_ELEMENTS (settings));

  return suite;
}

GST_CHECK_MAIN (session_client);
