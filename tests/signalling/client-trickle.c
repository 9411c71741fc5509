/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Candidates that are found after the offer. */

#include "client-fixture.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#define LOCATION "Location: /s/1\r\n"
#define FRAGMENT "application/trickle-ice-sdpfrag"
#define HEAD "a=ice-ufrag:us\r\na=ice-pwd:ours\r\n"
#define MEDIA "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:0\r\n"
#define C1 "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host"
#define C2 "candidate:2 1 UDP 1015021823 198.51.100.7 11000 typ relay"
#define C3 "candidate:3 1 UDP 1015021822 198.51.100.8 11000 typ relay"
#define DONE "requested, answer, released"

static const char *const all[] = { C1, C2, "", NULL };

typedef struct {
  ScriptedServer *server;
  ClientFixture *client;
} Pair;

static Pair *
begin (const ScriptedReply *replies, guint n_replies,
    const char *const *candidates)
{
  static const ClientSettings settings = {
    .scheme = "whep", .token = TOKEN, .no_ice_servers = TRUE
  };
  Pair *self = g_new0 (Pair, 1);
  g_autofree char *location = NULL;

  self->server = scripted_server_new (replies, n_replies, NULL);
  location = g_strdup_printf (
      "http://127.0.0.1:%u/whip", scripted_server_get_port (self->server));
  self->client = client_fixture_new (location, &settings);
  self->client->ends = FALSE;
  self->client->candidates = candidates;
  client_fixture_start (self->client);

  return self;
}

/* Checks that this, and no more, has come of it. */
static void
finish (Pair *self, const char *lines)
{
  g_autofree char *found = NULL;
  g_autofree char *log = NULL;

  gst_peer_signaller_end_session (self->client->signaller, self->client->id);
  client_fixture_wait (self->client, "released");
  log = client_fixture_get_log (self->client);
  ck_assert_str_eq (
      log, self->client->error == NULL ? DONE : "no error is wanted");
  client_fixture_free (self->client);
  found = scripted_server_get_lines (self->server);
  ck_assert_str_eq (found, lines);
  scripted_server_free (self->server);
  g_free (self);
}

static void
send_candidate (Pair *self, const char *candidate)
{
  gst_peer_signaller_send_candidate (
      self->client->signaller, self->client->id, 0, candidate);
}

static void
check_patch (Pair *self, guint index, const char *body)
{
  const ScriptedRequest *request;

  scripted_server_wait (self->server, index + 1);
  request = scripted_server_get (self->server, index);
  ck_assert_str_eq (request->line, "PATCH /s/1");
  ck_assert (scripted_request_has_header (request, "Content-Type: " FRAGMENT));
  ck_assert (
      scripted_request_has_header (request, "Authorization: Bearer " TOKEN));
  ck_assert_str_eq (request->body, body);
}

/* @headers: of the 201, @if_match: of the PATCH, NULL for none of it */
static const struct {
  const char *headers;
  const char *if_match;
} tags[] = {
  { "ETag: \"abc\"\r\n", "\"abc\"" },
  { "ETag: W/\"abc\"\r\n", "W/\"abc\"" },
  { "ETag: abc\r\n", "abc" },
  { "ETag: *\r\n", "*" },
  { "ETag: \"*\"\r\n", "\"*\"" },
  { "ETag: \"a b, c\"\r\n", "\"a b, c\"" },
  { "ETag: a b\r\n", "a b" },
  { "etag:\"\"\r\n", "\"\"" },
  { "ETag: \"\xc3\xa4%22\\\"\r\n", "\"\xc3\xa4%22\\\"" },
  { "ETag: \"abc\"\r\nAccept-Patch: application/sdp, " FRAGMENT "\r\n",
      "\"abc\"" },
  { "Accept-Patch: " FRAGMENT "\r\n", NULL },
};

GST_START_TEST (test_candidates_go_with_the_tag_as_it_is)
{
  g_autofree char *reply =
      g_strdup_printf ("201 Created\r\n" CLOSE SDP_TYPE LOCATION "%s\r\n%s",
          tags[__i__].headers, SDP_ANSWER);
  ScriptedReply replies[] = { { "POST", reply } };
  Pair *pair = begin (replies, 1, all);
  g_autofree char *header = g_strdup_printf (
      "If-Match: %s", tags[__i__].if_match != NULL ? tags[__i__].if_match : "");
  const ScriptedRequest *request;

  check_patch (
      pair, 1, HEAD MEDIA "a=" C1 "\r\na=" C2 "\r\na=end-of-candidates\r\n");
  request = scripted_server_get (pair->server, 1);
  if (tags[__i__].if_match != NULL)
    ck_assert_msg (
        scripted_request_has_header (request, header), "%s", request->headers);
  else
    ck_assert (strstr (request->headers, "If-Match") == NULL);
  finish (pair, "POST /whip, PATCH /s/1, DELETE /s/1");
}

GST_END_TEST;

static const char *const silent[] = {
  ANSWER ("201 Created", LOCATION),
  ANSWER ("201 Created", LOCATION "Accept-Patch: application/sdp\r\n"),
  ANSWER ("201 Created",
      LOCATION "ETag: \"x\"\r\nAccept-Patch: application/sdp\r\n"),
};

GST_START_TEST (test_a_server_that_wants_no_candidates_gets_none)
{
  ScriptedReply replies[] = { { "POST", silent[__i__] } };
  Pair *pair = begin (replies, 1, all);

  client_fixture_wait (pair->client, "answer");
  ck_assert (!scripted_server_wait_for (pair->server, 2, 200));
  finish (pair, "POST /whip, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_without_a_location_there_is_nowhere_to_send_them)
{
  static const ScriptedReply replies[] = { { "POST",
      ANSWER ("201 Created", "ETag: \"x\"\r\n") } };
  Pair *pair = begin (replies, 1, all);

  client_fixture_wait (pair->client, "answer");
  ck_assert (!scripted_server_wait_for (pair->server, 2, 200));
  finish (pair, "POST /whip");
}

GST_END_TEST;

static const ScriptedReply refusals[] = {
  { "PATCH", EMPTY ("404 No", "") },
  { "PATCH", EMPTY ("405 No", "") },
  { "PATCH", EMPTY ("412 No", "") },
  { "PATCH", EMPTY ("415 No", "") },
  { "PATCH", EMPTY ("422 No", "") },
  { "PATCH", EMPTY ("428 No", "") },
  { "PATCH", EMPTY ("500 No", "") },
  { "PATCH", EMPTY ("501 No", "") },
  { "PATCH", EMPTY ("503 No", "Retry-After: 1\r\n") },
  { "PATCH", NULL, CUT },
  { "PATCH", "xyz\r\n\r\n" },
};

GST_START_TEST (test_a_refusal_ends_the_candidates_and_nothing_else)
{
  const ScriptedReply replies[] = {
    { "POST", ANSWER ("201 Created", LOCATION "ETag: \"x\"\r\n") },
    refusals[__i__],
  };
  Pair *pair = begin (replies, 2, all);

  check_patch (
      pair, 1, HEAD MEDIA "a=" C1 "\r\na=" C2 "\r\na=end-of-candidates\r\n");
  send_candidate (pair, C3);
  send_candidate (pair, "");
  ck_assert (!scripted_server_wait_for (pair->server, 3, 200));
  finish (pair, "POST /whip, PATCH /s/1, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_while_one_is_under_way_others_gather)
{
  static const char *const first[] = { C1, NULL };
  static const ScriptedReply replies[] = {
    { "POST", ANSWER ("201 Created", LOCATION "ETag: \"x\"\r\n") },
    { "PATCH", "200 OK\r\n" CLOSE "\r\n", HOLD },
  };
  Pair *pair = begin (replies, 2, first);

  check_patch (pair, 1, HEAD MEDIA "a=" C1 "\r\n");
  send_candidate (pair, C2);
  send_candidate (pair, C3);
  send_candidate (pair, "");
  ck_assert (!scripted_server_wait_for (pair->server, 3, 100));
  scripted_server_release (pair->server);
  check_patch (
      pair, 2, HEAD MEDIA "a=" C2 "\r\na=" C3 "\r\na=end-of-candidates\r\n");
  finish (pair, "POST /whip, PATCH /s/1, PATCH /s/1, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_the_end_does_not_wait_for_candidates)
{
  static const ScriptedReply replies[] = {
    { "POST", ANSWER ("201 Created", LOCATION "ETag: \"x\"\r\n") },
    { "PATCH", NULL, HANG },
  };
  Pair *pair = begin (replies, 2, all);
  gint64 start;

  scripted_server_wait (pair->server, 2);
  start = g_get_monotonic_time ();
  finish (pair, "POST /whip, PATCH /s/1, DELETE /s/1");
  ck_assert_int_lt (g_get_monotonic_time () - start, 1900000);
}

GST_END_TEST;

GST_START_TEST (test_what_is_no_candidate_is_not_sent)
{
  static const char *const candidates[] = { "candidate:x\r\na=mid:1", "a=" C1,
    C1 "\r\na=x:y", C2, "", NULL };
  static const ScriptedReply replies[] = { { "POST",
      ANSWER ("201 Created", LOCATION "ETag: \"x\"\r\n") } };
  Pair *pair = begin (replies, 1, candidates);

  check_patch (pair, 1, HEAD MEDIA "a=" C2 "\r\na=end-of-candidates\r\n");
  finish (pair, "POST /whip, PATCH /s/1, DELETE /s/1");
}

GST_END_TEST;

GST_START_TEST (test_no_more_are_kept_than_there_can_be)
{
  static const ScriptedReply replies[] = { { "POST",
      ANSWER ("201 Created", LOCATION "ETag: \"x\"\r\n"), HOLD } };
  static const char *const none[] = { NULL };
  Pair *pair = begin (replies, 1, none);
  const ScriptedRequest *request;
  const char *c;
  guint n = 0;

  scripted_server_wait (pair->server, 1);
  client_fixture_wait (pair->client, "requested");
  for (guint i = 0; i < 1000; i++)
    send_candidate (pair, C1);
  scripted_server_release (pair->server);
  scripted_server_wait (pair->server, 2);
  request = scripted_server_get (pair->server, 1);
  for (c = request->body; (c = strstr (c, "a=candidate:")) != NULL; c++)
    n++;
  ck_assert_uint_eq (n, 256);
  finish (pair, "POST /whip, PATCH /s/1, DELETE /s/1");
}

GST_END_TEST;

/* The second PATCH is that of candidates, to the m-lines of the answer. */
GST_START_TEST (test_candidates_of_the_answer_to_a_counter_offer)
{
  static const ScriptedReply replies[] = { { "POST",
      ANSWER ("406 No", LOCATION "ETag: \"x\"\r\n") } };
  Pair *pair = begin (replies, 1, all);
  g_autofree char *log = NULL;

  check_patch (
      pair, 2, HEAD MEDIA "a=" C1 "\r\na=" C2 "\r\na=end-of-candidates\r\n");
  ck_assert (scripted_request_has_header (
      scripted_server_get (pair->server, 2), "If-Match: \"x\""));
  gst_peer_signaller_end_session (pair->client->signaller, pair->client->id);
  client_fixture_wait (pair->client, "released");
  log = client_fixture_get_log (pair->client);
  ck_assert_str_eq (log, "requested, offer, released");
  client_fixture_free (pair->client);
  scripted_server_free (pair->server);
  g_free (pair);
}

GST_END_TEST;

static Suite *
client_trickle_suite (void)
{
  Suite *suite = suite_create ("client-trickle");
  TCase *tcase = tcase_create ("client-trickle");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_candidates_go_with_the_tag_as_it_is, 0, G_N_ELEMENTS (tags));
  tcase_add_loop_test (tcase, test_a_server_that_wants_no_candidates_gets_none,
      0, G_N_ELEMENTS (silent));
  tcase_add_test (tcase, test_without_a_location_there_is_nowhere_to_send_them);
  tcase_add_loop_test (tcase,
      test_a_refusal_ends_the_candidates_and_nothing_else, 0,
      G_N_ELEMENTS (refusals));
  tcase_add_test (tcase, test_while_one_is_under_way_others_gather);
  tcase_add_test (tcase, test_the_end_does_not_wait_for_candidates);
  tcase_add_test (tcase, test_what_is_no_candidate_is_not_sent);
  tcase_add_test (tcase, test_no_more_are_kept_than_there_can_be);
  tcase_add_test (tcase, test_candidates_of_the_answer_to_a_counter_offer);

  return suite;
}

GST_CHECK_MAIN (client_trickle);
