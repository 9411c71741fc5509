/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

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

static Suite *
http_rules_suite (void)
{
  Suite *suite = suite_create ("http-rules");
  TCase *tcase = tcase_create ("http-rules");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_bearers, 0, G_N_ELEMENTS (bearers));
  tcase_add_loop_test (tcase, test_tokens, 0, G_N_ELEMENTS (tokens));
  tcase_add_loop_test (tcase, test_if_match, 0, G_N_ELEMENTS (if_matches));

  return suite;
}

GST_CHECK_MAIN (http_rules);
