/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <string.h>
#include <time.h>

#include "http-rules.h"

static const struct {
  const char *authorization;
  gboolean matches;
} bearers[] = {
  { "Bearer s3cret", TRUE },
  { "bearer s3cret", TRUE },
  { "BEARER   s3cret", TRUE },
  { NULL, FALSE },
  { "", FALSE },
  { "Bearer", FALSE },
  { "Bearer ", FALSE },
  { "Bearers3cret", FALSE },
  { "Bearer s3cre", FALSE },
  { "Bearer s3cret2", FALSE },
  { "Bearer S3cret", FALSE },
  { "Bearer s3cret ", FALSE },
  { "Bearer s3cret, Bearer s3cret", FALSE },
  { "Basic s3cret", FALSE },
  { "s3cret", FALSE },
};

GST_START_TEST (test_bearers)
{
  ck_assert_msg (gst_peer_http_bearer_matches (bearers[__i__].authorization,
                     "s3cret") == bearers[__i__].matches,
      "%s", bearers[__i__].authorization);
}

GST_END_TEST;

/* None but the token itself, however much of it there is. */
GST_START_TEST (test_bearers_that_are_almost_right)
{
  static const char token[] = "eyJhbGciOi.e30.Zm9v_-~+/==";
  gsize length = strlen (token);

  for (gsize i = 0; i <= length; i++) {
    g_autofree char *prefix = g_strdup_printf ("Bearer %.*s", (int)i, token);
    g_autofree char *suffix = g_strdup_printf ("Bearer %s", token + i);
    g_autofree char *longer =
        g_strdup_printf ("Bearer %s%.*s", token, (int)i, token);
    g_autofree char *other = g_strdup_printf ("Bearer %s", token);

    if (i < length)
      other[strlen ("Bearer ") + i] ^= 1;
    ck_assert_int_eq (
        gst_peer_http_bearer_matches (prefix, token), i == length);
    ck_assert_int_eq (gst_peer_http_bearer_matches (suffix, token), i == 0);
    ck_assert_int_eq (gst_peer_http_bearer_matches (longer, token), i == 0);
    ck_assert_int_eq (gst_peer_http_bearer_matches (other, token), i == length);
  }
}

GST_END_TEST;

#define LONG (1024 * 1024)

/* The least that it takes, in ns of this thread. */
static gint64
measure (const char *authorization, const char *token)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < 5; i++) {
    struct timespec since, until;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &since);
    ck_assert (!gst_peer_http_bearer_matches (authorization, token));
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &until);
    least = MIN (
        least, (until.tv_sec - since.tv_sec) * G_GINT64_CONSTANT (1000000000) +
                   until.tv_nsec - since.tv_nsec);
  }

  return least;
}

/* Tokens that are long enough for the difference to show, if there were one:
 * a comparison that ends where they differ would take no time at all for some
 * of these. */
GST_START_TEST (test_bearers_take_the_same_time)
{
  g_autofree char *token = g_strnfill (LONG, 't');
  g_autofree char *last = g_strconcat ("Bearer ", token, NULL);
  g_autofree char *first = g_strdup (last);
  g_autofree char *longer = g_strconcat (last, "t", NULL);
  gint64 time;

  last[strlen (last) - 1] = 'x';
  first[strlen ("Bearer ")] = 'x';
  time = measure (last, token);
  ck_assert_int_gt (measure (first, token), time / 2);
  ck_assert_int_gt (measure (longer, token), time / 2);
  /* What somebody sends says nothing of how long the token is. */
  ck_assert_int_gt (measure ("Bearer t", token), time / 4);
}

GST_END_TEST;

static const struct {
  const char *token;
  gboolean is;
} tokens[] = {
  { "t", TRUE },
  { "eyJhbGciOi.e30.Zm9v_-~+/==", TRUE },
  { "", FALSE },
  { "two words", FALSE },
  { "line\n", FALSE },
  { "\xc3\xa4", FALSE },
};

GST_START_TEST (test_tokens)
{
  ck_assert_msg (
      gst_peer_http_is_token (tokens[__i__].token) == tokens[__i__].is, "%s",
      tokens[__i__].token);
}

GST_END_TEST;

#define MISSING GST_PEER_IF_MATCH_MISSING
#define DIFFERS GST_PEER_IF_MATCH_DIFFERS
#define MATCHES GST_PEER_IF_MATCH_MATCHES

static const struct {
  const char *if_match;
  GstPeerIfMatch result;
} if_matches[] = {
  { NULL, MISSING },
  { "*", MATCHES },
  { "\"tag\"", MATCHES },
  { "\"other\", \"tag\"", MATCHES },
  { "\"tag\",\"other\"", MATCHES },
  { "\"a,b\", \"tag\"", MATCHES },
  { "W/\"x\", \"tag\"", MATCHES },
  { "", DIFFERS },
  { "tag", DIFFERS },
  { "\"Tag\"", DIFFERS },
  { "\"tag", DIFFERS },
  { "\"tag\", x", DIFFERS },
  { "W/\"tag\"", DIFFERS },
  { "\"*\"", DIFFERS },
  { "\"ta\"", DIFFERS },
  { "\"tag2\"", DIFFERS },
};

GST_START_TEST (test_if_match)
{
  ck_assert_msg (gst_peer_http_if_match (if_matches[__i__].if_match,
                     "\"tag\"") == if_matches[__i__].result,
      "%s", if_matches[__i__].if_match);
}

GST_END_TEST;

#define LINE "POST / HTTP/1.1\r\n"

static const struct {
  const char *text;
  gsize size; /* of the head, from behind; G_MAXSIZE: not all is there */
  gboolean is;
} heads[] = {
  { LINE "\r\n", 0, TRUE },
  { LINE "\r\nbody\r\n\r\n", 8, TRUE },
  { LINE "Host: x\r\n\r\n", 0, TRUE },
  { "POST / HTTP/1.1\nHost: x\n\n", 0, TRUE },
  { "\r\n\n" LINE "Host: x\r\n\r\n", 0, TRUE },
  { LINE "Content-Length: 12\r\n\r\n", 0, TRUE },
  { LINE "content-length:12 \r\n\r\n", 0, TRUE },
  { LINE "Transfer-Encoding: chunked\r\n\r\n", 0, TRUE },
  { LINE "transfer-encoding:Chunked\n\n", 0, TRUE },
  { "", G_MAXSIZE, FALSE },
  { LINE, G_MAXSIZE, FALSE },
  { LINE "\r", G_MAXSIZE, FALSE },
  { "\r\n\r\n\r\n", G_MAXSIZE, FALSE },
  { LINE "Content-Length: -1\r\n\r\n", 0, FALSE },
  { LINE "Content-Length: 1x\r\n\r\n", 0, FALSE },
  { LINE "Content-Length: 1 2\r\n\r\n", 0, FALSE },
  { LINE "Content-Length:\r\n\r\n", 0, FALSE },
  { LINE "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 0, FALSE },
  { LINE "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 0, FALSE },
  { LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
      FALSE },
  { LINE "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, FALSE },
  { LINE "Transfer-Encoding: chunked\r\n x\r\n\r\n", 0, FALSE },
  { LINE "Transfer-Encoding:\r\n chunked\r\n\r\n", 0, FALSE },
  { LINE "Transfer-Encoding: chu\rnked\r\n\r\n", 0, FALSE },
  { LINE "no header\r\n\r\n", 0, FALSE },
};

GST_START_TEST (test_heads)
{
  const char *text = heads[__i__].text;
  gsize size = gst_peer_http_find_head (text, strlen (text));

  if (heads[__i__].size == G_MAXSIZE) {
    ck_assert_uint_eq (size, 0);
    return;
  }
  ck_assert_msg (size == strlen (text) - heads[__i__].size, "%s", text);
  ck_assert_msg (
      gst_peer_http_is_head (text, size) == heads[__i__].is, "%s", text);
}

GST_END_TEST;

GST_START_TEST (test_a_head_has_no_zero_byte)
{
  static const char head[] = LINE "Transfer-\0Encoding: gzip\r\n\r\n";

  ck_assert_uint_eq (
      gst_peer_http_find_head (head, sizeof (head) - 1), sizeof (head) - 1);
  ck_assert (!gst_peer_http_is_head (head, sizeof (head) - 1));
}

GST_END_TEST;

static Suite *
http_rules_suite (void)
{
  Suite *suite = suite_create ("http-rules");
  TCase *tcase = tcase_create ("http-rules");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_bearers, 0, G_N_ELEMENTS (bearers));
  tcase_add_test (tcase, test_bearers_that_are_almost_right);
  tcase_add_test (tcase, test_bearers_take_the_same_time);
  tcase_add_loop_test (tcase, test_tokens, 0, G_N_ELEMENTS (tokens));
  tcase_add_loop_test (tcase, test_heads, 0, G_N_ELEMENTS (heads));
  tcase_add_test (tcase, test_a_head_has_no_zero_byte);
  tcase_add_loop_test (tcase, test_if_match, 0, G_N_ELEMENTS (if_matches));

  return suite;
}

GST_CHECK_MAIN (http_rules);
