/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the server answers: a row for each requirement. */

#include "server-fixture.h"

#include <string.h>

#define AUTHORIZED "Authorization: Bearer " TOKEN "\r\n"
#define HTML "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"
#define ETAG "If-Match: ETAG\r\n" /* of the session */

#define CANDIDATE "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host"

static const char *const ice_servers[] = { "stun:192.0.2.1",
  "turn://us%20er:p%22w@turn.example:3478?transport=udp", NULL };

#define LINK_STUN "Link: <stun:192.0.2.1:3478>; rel=\"ice-server\"\r"
#define LINK_TURN                                                              \
  "Link: <turn:turn.example:3478?transport=udp>; rel=\"ice-server\"; "         \
  "username=\"us er\"; credential=\"p\\\"w\"; credential-type=\"password\"\r"

typedef enum { OPEN, GUARDED, STRICT, IMPATIENT } Kind;

static Server *
make_server (Kind kind)
{
  Server *server = server_new (kind == GUARDED ? "whip" : "whep", "ice-servers",
      ice_servers, "auth-token", kind == GUARDED ? TOKEN : NULL, "strict",
      kind == STRICT, "timeout", kind == IMPATIENT ? 100u : 10000u, NULL);

  server_start (server);
  return server;
}

/* === requests for the stream === */

static const struct {
  const char *what;
  Kind kind;
  const char *method;
  const char *path;
  const char *headers;
  const char *body;
  guint status;
  const char *found[5];
  const char *missing;
  const char *content; /* what the body has in it */
} requests[] = {
  /* POST */
  { "a session opens", OPEN, "POST", "/live", SDP, OFFER, 201,
      { "Content-Type: application/sdp\r", "Location: /live/", "ETag: \"",
          "Accept-Patch: " FRAGMENT_TYPE "\r" },
      NULL, ANSWER_LINE },
  { "ICE servers, one header each", OPEN, "POST", "/live", SDP, OFFER, 201,
      { LINK_STUN, LINK_TURN }, NULL, NULL },
  { "a charset parameter", OPEN, "POST", "/live",
      "Content-Type: application/sdp; charset=utf-8\r\n", OFFER, 201, { NULL },
      NULL, NULL },
  { "a type in any case", OPEN, "POST", "/live",
      "Content-Type: Application/SDP\r\n", OFFER, 201, { NULL }, NULL, NULL },
  { "a slash at the end", OPEN, "POST", "/live/", SDP, OFFER, 201,
      { "Location: /live/" }, NULL, NULL },
  { "setup:active", OPEN, "POST", "/live", SDP,
      OFFER_WITH (CREDENTIALS, "a=setup:active\r\n"), 201, { NULL }, NULL,
      NULL },
  { "setup:passive", OPEN, "POST", "/live", SDP,
      OFFER_WITH (CREDENTIALS, "a=setup:passive\r\n"), 201, { NULL }, NULL,
      NULL },
  { "ice-options with a comma", OPEN, "POST", "/live", SDP,
      OFFER_WITH ("a=ice-options:ice2,trickle\r\n", CREDENTIALS), 201, { NULL },
      NULL, NULL },
  { "another type", OPEN, "POST", "/live", "Content-Type: application/json\r\n",
      OFFER, 415, { NULL }, "Location", "application/sdp" },
  { "no type", OPEN, "POST", "/live", "", OFFER, 415, { NULL }, NULL, NULL },
  { "no SDP", OPEN, "POST", "/live", SDP, "v=nothing", 400, { NULL }, NULL,
      NULL },
  { "what is not UTF-8", OPEN, "POST", "/live", SDP, OFFER "a=x:\xe4\r\n", 400,
      { NULL }, NULL, NULL },
  { "an empty body", OPEN, "POST", "/live", SDP, "", 400, { NULL }, NULL,
      NULL },
  { "no body", OPEN, "POST", "/live", SDP, NULL, 400, { NULL }, NULL, NULL },
  { "no m-line", OPEN, "POST", "/live", SDP,
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", 400, { NULL },
      NULL, NULL },
  { "an element that is silent", IMPATIENT, "POST", "/live", SDP, OFFER, 504,
      { NULL }, "Location", NULL },

  /* OPTIONS, HEAD, GET and others */
  { "OPTIONS", OPEN, "OPTIONS", "/live", "", NULL, 204,
      { "Accept-Post: application/sdp\r", LINK_STUN, LINK_TURN }, NULL, NULL },
  { "HEAD", OPEN, "HEAD", "/live", "", NULL, 200,
      { "Content-Type: application/sdp\r" }, NULL, NULL },
  { "GET by a browser", OPEN, "GET", "/live", HTML, NULL, 200,
      { "Content-Type: text/html" }, NULL, "<!doctype html>" },
  { "GET with a query", OPEN, "GET", "/live?publish", HTML, NULL, 200,
      { "Content-Type: text/html" }, NULL, "<!doctype html>" },
  { "GET by another", OPEN, "GET", "/live", "", NULL, 204, { NULL }, NULL,
      NULL },
  { "PUT", OPEN, "PUT", "/live", SDP, OFFER, 405,
      { "Allow: OPTIONS, GET, HEAD, POST\r" }, NULL, NULL },
  { "DELETE of a stream", OPEN, "DELETE", "/live", "", NULL, 405,
      { "Allow: OPTIONS, GET, HEAD, POST\r" }, NULL, NULL },
  { "PATCH of a stream", OPEN, "PATCH", "/live", FRAGMENT, "", 405,
      { "Allow: OPTIONS, GET, HEAD, POST\r" }, NULL, NULL },
  { "GET of a part", OPEN, "GET", "/live", HTML "Range: bytes=0-1,3-4\r\n",
      NULL, 200, { NULL }, NULL, "<!doctype html>" },

  /* tokens */
  { "POST without a token", GUARDED, "POST", "/live", SDP, OFFER, 401,
      { "WWW-Authenticate: Bearer\r" }, "Location", NULL },
  { "POST with another token", GUARDED, "POST", "/live",
      SDP "Authorization: Bearer other\r\n", OFFER, 401,
      { "WWW-Authenticate: Bearer\r" }, "Link", NULL },
  { "POST with another scheme", GUARDED, "POST", "/live",
      SDP "Authorization: Basic " TOKEN "\r\n", OFFER, 401,
      { "WWW-Authenticate: Bearer\r" }, NULL, NULL },
  { "POST with the token", GUARDED, "POST", "/live", SDP AUTHORIZED, OFFER, 201,
      { LINK_STUN, LINK_TURN }, NULL, NULL },
  { "who has no token learns nothing of the type", GUARDED, "POST", "/live", "",
      "x", 401, { NULL }, NULL, NULL },
  { "PATCH without a token", GUARDED, "PATCH", "/live/x", FRAGMENT, "", 401,
      { "WWW-Authenticate: Bearer\r" }, NULL, NULL },
  { "DELETE without a token", GUARDED, "DELETE", "/live/x", "", NULL, 401,
      { "WWW-Authenticate: Bearer\r" }, NULL, NULL },
  { "the page needs no token", GUARDED, "GET", "/live", HTML, NULL, 200,
      { "Content-Type: text/html" }, NULL, NULL },
  { "HEAD needs no token", GUARDED, "HEAD", "/live", "", NULL, 200, { NULL },
      NULL, NULL },
  { "OPTIONS without a token", GUARDED, "OPTIONS", "/live", "", NULL, 204,
      { "Accept-Post: application/sdp\r" }, "Link", NULL },
  { "OPTIONS with the token", GUARDED, "OPTIONS", "/live", AUTHORIZED, NULL,
      204, { LINK_STUN, LINK_TURN }, NULL, NULL },

  /* what is beside the stream */
  { "the list", OPEN, "GET", "/", "Accept: application/json\r\n", NULL, 200,
      { "Content-Type: application/json", "Vary: Accept\r" }, NULL,
      "{\"streams\":[{\"path\":\"/live\",\"protocol\":\"whep\","
      "\"sessions\":0}]}" },
  { "the list of a WHIP server", GUARDED, "GET", "/", "", NULL, 200, { NULL },
      NULL, "\"protocol\":\"whip\"" },
  { "the list as a page", OPEN, "GET", "/", HTML, NULL, 200,
      { "Content-Type: text/html", "Vary: Accept\r" }, NULL,
      "<!doctype html>" },
  { "HEAD of the list", OPEN, "HEAD", "/", "", NULL, 200,
      { "Content-Type: application/json" }, NULL, NULL },
  { "OPTIONS of the list", OPEN, "OPTIONS", "/", "", NULL, 204, { NULL }, NULL,
      NULL },
  { "OPTIONS of all", OPEN, "OPTIONS", "*", "", NULL, 204, { NULL }, NULL,
      NULL },
  { "POST to the list", OPEN, "POST", "/", SDP, OFFER, 405,
      { "Allow: OPTIONS, GET, HEAD\r" }, NULL, NULL },
  { "POST elsewhere", OPEN, "POST", "/other", SDP, OFFER, 404, { NULL }, NULL,
      NULL },
  { "POST beside", OPEN, "POST", "/live2", SDP, OFFER, 404, { NULL }, NULL,
      NULL },
  { "a browser elsewhere", OPEN, "GET", "/other", HTML, NULL, 404,
      { "Content-Type: text/html" }, NULL, "<!doctype html>" },
  { "no such file", OPEN, "GET", "/-/nothing", "", NULL, 404, { NULL }, NULL,
      NULL },
  { "a file of elsewhere", OPEN, "GET", "/-/../../etc/passwd", "", NULL, 404,
      { NULL }, NULL, NULL },
  { "POST to a file", OPEN, "POST", "/-/player.js", SDP, OFFER, 405,
      { "Allow: OPTIONS, GET, HEAD\r" }, NULL, NULL },
  { "the folder above, encoded", OPEN, "GET", "/live/%2e%2e/%2e%2e/x", "", NULL,
      404, { NULL }, NULL, NULL },

  /* no such session */
  { "PATCH of no session", OPEN, "PATCH", "/live/x", FRAGMENT, "", 404,
      { NULL }, NULL, NULL },
  { "DELETE of no session", OPEN, "DELETE", "/live/x", "", NULL, 404, { NULL },
      NULL, NULL },
  { "GET of no session", OPEN, "GET", "/live/x", HTML, NULL, 404, { NULL },
      NULL, NULL },
  { "OPTIONS of any session", OPEN, "OPTIONS", "/live/x", "", NULL, 204,
      { "Accept-Patch: " FRAGMENT_TYPE "\r" }, NULL, NULL },
};

static void
check_found (Reply *reply, const char *const *found, const char *missing)
{
  for (; *found != NULL; found++)
    ck_assert_msg (
        reply_has (reply, *found), "no %s in %s", *found, reply->head);
  if (missing != NULL) {
    g_autofree char *header = g_strconcat (missing, ":", NULL);

    ck_assert_msg (!reply_has (reply, header), "%s", reply->head);
  }
}

GST_START_TEST (test_requests)
{
  g_autoptr (Server) server = make_server (requests[__i__].kind);
  g_autoptr (Reply) reply = NULL;

  server->behaviour =
      requests[__i__].kind == IMPATIENT ? IS_SILENT : ANSWERS_LATER;
  reply = request (server->port, requests[__i__].method, requests[__i__].path,
      requests[__i__].headers, requests[__i__].body);
  ck_assert_msg (reply->status == requests[__i__].status, "%s: %u",
      requests[__i__].what, reply->status);
  check_found (reply, requests[__i__].found, requests[__i__].missing);
  if (requests[__i__].content != NULL)
    ck_assert_msg (strstr (reply->body, requests[__i__].content) != NULL,
        "%s: %s", requests[__i__].what, reply->body);
  if (requests[__i__].kind == IMPATIENT)
    server_await (server, "ended");
}
GST_END_TEST

/* === what the element says === */

static const struct {
  Behaviour behaviour;
  GQuark (*domain) (void);
  int code;
  guint status;
  const char *found[2];
  const char *content;
} refusals[] = {
  { REFUSES, gst_resource_error_quark, GST_RESOURCE_ERROR_BUSY, 503,
      { "Retry-After: " }, "why" },
  { REFUSES, gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_FOUND, 409,
      { "Retry-After: " }, "why" },
  { REFUSES, gst_resource_error_quark, GST_RESOURCE_ERROR_SETTINGS, 422,
      { NULL }, "why" },
  { REFUSES, gst_webrtc_error_quark, GST_WEBRTC_ERROR_INVALID_MODIFICATION, 422,
      { NULL }, "why" },
  { ENDS, NULL, 0, 503, { "Retry-After: " }, NULL },
};

GST_START_TEST (test_refusals)
{
  g_autoptr (Server) server = make_server (OPEN);
  g_autoptr (Reply) reply = NULL;

  server->behaviour = refusals[__i__].behaviour;
  if (refusals[__i__].domain != NULL)
    server->refusal = g_error_new_literal (
        refusals[__i__].domain (), refusals[__i__].code, "why");
  reply = request (server->port, "POST", "/live", SDP, OFFER);
  ck_assert_uint_eq (reply->status, refusals[__i__].status);
  check_found (reply, refusals[__i__].found, "Location");
  if (refusals[__i__].content != NULL)
    ck_assert (strstr (reply->body, refusals[__i__].content) != NULL);
  server_await (server, "released");
}
GST_END_TEST

GST_START_TEST (test_too_many_sessions)
{
  g_autoptr (Server) server = server_new ("whip", "max-sessions", 1u, NULL);
  g_autofree char *session = NULL;
  g_autofree char *next = NULL;
  g_autoptr (Reply) more = NULL;
  g_autoptr (Reply) listed = NULL;
  g_autoptr (Reply) end = NULL;

  server_start (server);
  session = open_session (server);
  more = request (server->port, "POST", "/live", SDP, OFFER);
  ck_assert_uint_eq (more->status, 503);
  ck_assert (reply_has (more, "Retry-After: "));
  listed = request (server->port, "GET", "/", "", NULL);
  ck_assert (strstr (listed->body, "\"sessions\":1}") != NULL);

  end = request (server->port, "DELETE", session, "", NULL);
  ck_assert_uint_eq (end->status, 200);
  next = open_session (server);
  ck_assert_str_ne (session, next);
}
GST_END_TEST

GST_START_TEST (test_too_many_mlines)
{
  g_autoptr (Server) server = make_server (OPEN);
  g_autoptr (GString) offer = g_string_new (OFFER);
  g_autoptr (Reply) reply = NULL;

  for (guint i = 0; i < 63; i++)
    g_string_append (offer, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
  reply = request (server->port, "POST", "/live", SDP, offer->str);
  ck_assert_uint_eq (reply->status, 422);
}
GST_END_TEST

/* 128 bits below the path, and no query. */
GST_START_TEST (test_location)
{
  g_autoptr (Server) server = make_server (OPEN);
  g_autofree char *first = open_session (server);
  g_autofree char *second = open_session (server);

  ck_assert_msg (
      g_regex_match_simple ("^/live/[0-9a-f]{32}$", first, 0, 0), "%s", first);
  ck_assert_str_ne (first, second);
}
GST_END_TEST

/* A path is what it is in the location, however it has to be written. */
GST_START_TEST (test_path_with_everything)
{
  g_autoptr (Server) server = server_new ("whep", NULL);
  g_autofree char *location = g_strdup_printf (
      "whep://127.0.0.1:%u/one%%20two/%%22%%3f%%c3%%a4/", server->port);
  g_autoptr (Reply) reply = NULL;
  g_autoptr (Reply) end = NULL;
  g_autoptr (Reply) listed = NULL;
  g_autofree char *session = NULL;

  g_object_set (server->signaller, "location", location, NULL);
  server_start (server);
  reply = request (server->port, "POST", "/one%20two/%22%3F%C3%A4", SDP, OFFER);
  ck_assert_uint_eq (reply->status, 201);
  session = reply_get (reply, "Location");
  ck_assert_msg (
      g_str_has_prefix (session, "/one%20two/%22%3F%C3%A4/"), "%s", session);
  end = request (server->port, "DELETE", session, "", NULL);
  ck_assert_uint_eq (end->status, 200);
  listed = request (server->port, "GET", "/", "", NULL);
  ck_assert_msg (strstr (listed->body, "\"/one two/\\\"?\xc3\xa4\"") != NULL,
      "%s", listed->body);
}
GST_END_TEST

/* === requests for a session === */

static const struct {
  const char *what;
  Kind kind;
  const char *method;
  const char *headers; /* with ETAG for the session's */
  const char *body;
  guint status;
  const char *found[2];
  const char *event;
} session_requests[] = {
  { "a candidate", OPEN, "PATCH", FRAGMENT, "a=mid:1\r\na=" CANDIDATE "\r\n",
      204, { NULL }, "candidate 1 " CANDIDATE },
  { "RFC 9725, 4.3.2", OPEN, "PATCH", FRAGMENT ETAG,
      CREDENTIALS "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=" CANDIDATE
                  "\r\na=end-of-candidates\r\n",
      204, { NULL }, "candidate 0 " CANDIDATE },
  { "the end of candidates", OPEN, "PATCH", FRAGMENT,
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n",
      204, { NULL }, "candidate 0 " },
  { "credentials of the m-line", OPEN, "PATCH", FRAGMENT,
      "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n" CREDENTIALS "a=" CANDIDATE
      "\r\n",
      204, { NULL }, "candidate 1 " CANDIDATE },
  { "a charset parameter", OPEN, "PATCH",
      "Content-Type: " FRAGMENT_TYPE ";charset=UTF-8\r\n",
      "a=mid:0\r\na=" CANDIDATE "\r\n", 204, { NULL },
      "candidate 0 " CANDIDATE },
  { "an m-line that is not there", OPEN, "PATCH", FRAGMENT,
      "a=mid:7\r\na=" CANDIDATE "\r\n", 204, { NULL }, NULL },
  { "nothing", OPEN, "PATCH", FRAGMENT, "", 204, { NULL }, NULL },
  { "a restart of ICE", OPEN, "PATCH", FRAGMENT "If-Match: \"*\"\r\n",
      "a=ice-ufrag:othr\r\na=ice-pwd:0123456789abcdefghijkl\r\n", 422, { NULL },
      NULL },
  { "no fragment", OPEN, "PATCH", FRAGMENT, "{}", 400, { NULL }, NULL },
  { "another type", OPEN, "PATCH", SDP, OFFER, 415, { NULL }, NULL },
  { "no type", OPEN, "PATCH", "", "a=" CANDIDATE, 415, { NULL }, NULL },

  { "lenient: any ETag", OPEN, "PATCH", FRAGMENT "If-Match: \"other\"\r\n", "",
      204, { NULL }, NULL },
  { "lenient: an asterisk", OPEN, "PATCH", FRAGMENT "If-Match: *\r\n", "", 204,
      { NULL }, NULL },
  { "lenient: a quoted asterisk", OPEN, "PATCH", FRAGMENT "If-Match: \"*\"\r\n",
      "", 204, { NULL }, NULL },
  { "lenient: the tag in another header", OPEN, "PATCH",
      FRAGMENT "ETag: ETAG\r\n", "", 204, { NULL }, NULL },
  { "strict: the ETag", STRICT, "PATCH", FRAGMENT ETAG, "", 204, { NULL },
      NULL },
  { "strict: the ETag among others", STRICT, "PATCH",
      FRAGMENT "If-Match: \"other\", ETAG\r\n", "", 204, { NULL }, NULL },
  { "strict: an asterisk", STRICT, "PATCH", FRAGMENT "If-Match: *\r\n", "", 204,
      { NULL }, NULL },
  { "strict: no ETag", STRICT, "PATCH", FRAGMENT, "", 428, { NULL }, NULL },
  { "strict: another ETag", STRICT, "PATCH", FRAGMENT "If-Match: \"other\"\r\n",
      "", 412, { NULL }, NULL },
  { "strict: a weak ETag", STRICT, "PATCH", FRAGMENT "If-Match: W/ETAG\r\n", "",
      412, { NULL }, NULL },
  { "strict: a quoted asterisk", STRICT, "PATCH",
      FRAGMENT "If-Match: \"*\"\r\n", "", 412, { NULL }, NULL },

  { "PATCH with the token", GUARDED, "PATCH", FRAGMENT AUTHORIZED, "", 204,
      { NULL }, NULL },
  { "PATCH without", GUARDED, "PATCH", FRAGMENT, "", 401,
      { "WWW-Authenticate: Bearer\r" }, NULL },
  { "DELETE with the token", GUARDED, "DELETE", AUTHORIZED, NULL, 200, { NULL },
      "ended" },
  { "DELETE without", GUARDED, "DELETE", "", NULL, 401,
      { "WWW-Authenticate: Bearer\r" }, NULL },

  { "DELETE", OPEN, "DELETE", "", NULL, 200, { NULL }, "ended" },
  { "DELETE with a body", OPEN, "DELETE", SDP, OFFER, 200, { NULL }, "ended" },
  { "OPTIONS", OPEN, "OPTIONS", "", NULL, 204,
      { "Accept-Patch: " FRAGMENT_TYPE "\r" }, NULL },
  { "GET", OPEN, "GET", HTML, NULL, 405, { "Allow: OPTIONS, PATCH, DELETE\r" },
      NULL },
  { "POST", OPEN, "POST", SDP, OFFER, 405,
      { "Allow: OPTIONS, PATCH, DELETE\r" }, NULL },
  { "PUT", OPEN, "PUT", SDP, OFFER, 405, { "Allow: OPTIONS, PATCH, DELETE\r" },
      NULL },
};

static char *
replace (const char *text, const char *name, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (text, name, -1);

  return g_strjoinv (value, parts);
}

/* Beside the one that was asked for, of one that goes on. */
GST_START_TEST (test_session_requests)
{
  g_autoptr (Server) server = make_server (session_requests[__i__].kind);
  g_autoptr (Reply) opened =
      request (server->port, "POST", "/live", SDP AUTHORIZED, OFFER);
  g_autofree char *path = reply_get (opened, "Location");
  g_autofree char *etag = reply_get (opened, "ETag");
  g_autofree char *headers =
      replace (session_requests[__i__].headers, "ETAG", etag);
  g_autoptr (Reply) reply =
      request (server->port, session_requests[__i__].method, path, headers,
          session_requests[__i__].body);

  ck_assert_msg (reply->status == session_requests[__i__].status, "%s: %u",
      session_requests[__i__].what, reply->status);
  check_found (reply, session_requests[__i__].found, NULL);
  if (session_requests[__i__].event != NULL)
    server_await (server, session_requests[__i__].event);
  else
    ck_assert_uint_eq (server->events->len, 1);
}
GST_END_TEST

/* Players close their media first, so the DELETE finds nothing. */
GST_START_TEST (test_delete_stays_answered)
{
  g_autoptr (Server) server = make_server (OPEN);
  g_autofree char *deleted = open_session (server);
  g_autofree char *ended = NULL;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (Reply) reply =
        request (server->port, "DELETE", deleted, "", NULL);

    ck_assert_uint_eq (reply->status, 200);
  }
  ck_assert_uint_eq (server_count (server, "ended"), 1);

  ended = open_session (server);
  gst_peer_signaller_end_session (server->signaller, server->session);
  server_await (server, "released");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Reply) reply = request (server->port, "DELETE", ended, "", NULL);
    g_autoptr (Reply) patch =
        request (server->port, "PATCH", ended, FRAGMENT, "");

    ck_assert_uint_eq (reply->status, 200);
    ck_assert_uint_eq (patch->status, 404);
  }
  ck_assert_uint_eq (server_count (server, "ended"), 1);
}
GST_END_TEST

GST_START_TEST (test_delete_before_the_answer)
{
  g_autoptr (Server) server = make_server (OPEN);
  g_autoptr (GSocketConnection) client = client_connect (server->port);
  g_autofree char *path = NULL;
  g_autofree char *text =
      g_strdup_printf ("POST /live HTTP/1.1\r\nHost: x\r\n" SDP
                       "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
          strlen (OFFER));
  g_autoptr (Reply) reply = NULL;
  g_autoptr (Reply) post = NULL;

  server->behaviour = IS_SILENT;
  client_write (client, text);
  server_await (server, "requested");
  path = g_strconcat ("/live/", server->session, NULL);
  reply = request (server->port, "DELETE", path, "", NULL);
  ck_assert_uint_eq (reply->status, 200);
  post = client_read (G_IO_STREAM (client));
  ck_assert_uint_eq (post->status, 410);
  ck_assert_uint_eq (server_count (server, "ended"), 1);
}
GST_END_TEST

static Suite *
server_http_suite (void)
{
  Suite *suite = suite_create ("server-http");
  TCase *tcase = tcase_create ("server-http");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_requests, 0, G_N_ELEMENTS (requests));
  tcase_add_loop_test (tcase, test_refusals, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (
      tcase, test_session_requests, 0, G_N_ELEMENTS (session_requests));
  tcase_add_test (tcase, test_too_many_sessions);
  tcase_add_test (tcase, test_too_many_mlines);
  tcase_add_test (tcase, test_location);
  tcase_add_test (tcase, test_path_with_everything);
  tcase_add_test (tcase, test_delete_stays_answered);
  tcase_add_test (tcase, test_delete_before_the_answer);

  return suite;
}

GST_CHECK_MAIN (server_http);
