/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <string.h>

#include "sdp-fragment.h"

#define C1 "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host"
#define C2 "candidate:2 1 UDP 1015021823 198.51.100.7 11000 typ relay"

/* @found: for each candidate "mid or m-line=attribute", divided by | */
static const struct {
  const char *text;
  const char *found; /* NULL: it is no fragment */
} fragments[] = {
  { "", "" },
  { "a=ice-ufrag:x\r\na=ice-pwd:y\r\n", "" },
  /* RFC 9725, 4.4.2 */
  { "a=ice-ufrag:x\r\na=ice-pwd:y\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
    "a=mid:0\r\na=" C1 "\r\na=" C2 "\r\na=end-of-candidates\r\n",
      "0=" C1 "|0=" C2 "|0=" },
  /* only LF, and nothing at the end */
  { "a=mid:v\na=" C1, "v=" C1 },
  /* several m-lines, with their ids and without */
  { "m=audio 9 RTP 0\na=mid:a\na=" C1 "\nm=video 9 RTP 0\na=mid:b\na=" C2 "\n",
      "a=" C1 "|b=" C2 },
  { "m=audio 9 RTP 0\na=" C1 "\nm=video 9 RTP 0\na=" C2 "\n",
      "#0=" C1 "|#1=" C2 },
  { "a=" C1 "\n", "#0=" C1 },
  { "{\"candidate\": \"x\"}", NULL },
  { "a", NULL },
  { "a=mid:\xff\n", NULL },
};

static char *
describe (const GstPeerSdpFragment *fragment)
{
  GPtrArray *candidates = fragment->candidates;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < candidates->len; i++) {
    GstPeerFragmentCandidate *candidate = g_ptr_array_index (candidates, i);

    if (i > 0)
      g_string_append_c (text, '|');
    if (candidate->mid != NULL)
      g_string_append (text, candidate->mid);
    else
      g_string_append_printf (text, "#%u", candidate->mline);
    g_string_append_printf (text, "=%s", candidate->candidate);
  }

  return g_strdup (text->str);
}

GST_START_TEST (test_fragments)
{
  const char *text = fragments[__i__].text;
  g_autoptr (GstPeerSdpFragment) found =
      gst_peer_sdp_fragment_parse (text, strlen (text));
  g_autofree char *description = found != NULL ? describe (found) : NULL;

  ck_assert_msg (
      g_strcmp0 (description, fragments[__i__].found) == 0, "%s", description);
}

GST_END_TEST;

GST_START_TEST (test_a_zero_byte_ends_nothing)
{
  static const char text[] = "a=mid:0\n\0a=mid:1\n";

  ck_assert (gst_peer_sdp_fragment_parse (text, sizeof (text) - 1) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_too_many_candidates_are_refused)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 256; i++)
    g_string_append (text, "a=" C1 "\n");
  gst_peer_sdp_fragment_free (
      gst_peer_sdp_fragment_parse (text->str, text->len));
  g_string_append (text, "a=" C1 "\n");
  ck_assert (gst_peer_sdp_fragment_parse (text->str, text->len) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_a_line_has_an_end)
{
  g_autoptr (GString) text = g_string_new ("a=candidate:");

  for (guint i = 0; i < 2000; i++)
    g_string_append_c (text, '1');
  ck_assert (gst_peer_sdp_fragment_parse (text->str, text->len) == NULL);
}

GST_END_TEST;

static const char *const session_ufrags[] = { "one", "two", NULL };

static const struct {
  const char *text;
  gboolean restart;
} generations[] = {
  { "a=" C1 "\r\n", FALSE },
  { "a=ice-ufrag:one\r\na=ice-pwd:x\r\na=" C1 "\r\n", FALSE },
  { "m=audio 9 RTP 0\r\na=mid:0\r\na=ice-ufrag:two\r\na=" C1 "\r\n", FALSE },
  { "a=ice-ufrag:one\nm=video 9 RTP 0\na=ice-ufrag:two\n", FALSE },
  { "a=ice-ufrag:three\r\na=ice-pwd:x\r\n", TRUE },
  { "a=ice-ufrag:one\nm=video 9 RTP 0\na=ice-ufrag:three\n", TRUE },
  { "a=ice-ufrag:\n", TRUE },
  { "a=ice-ufrag:on\n", TRUE },
};

GST_START_TEST (test_generations)
{
  const char *text = generations[__i__].text;
  g_autoptr (GstPeerSdpFragment) fragment =
      gst_peer_sdp_fragment_parse (text, strlen (text));

  ck_assert (fragment != NULL);
  ck_assert_msg (gst_peer_sdp_fragment_is_restart (fragment, session_ufrags) ==
                     generations[__i__].restart,
      "%s", text);
}

GST_END_TEST;

/* @candidates: "m-line=attribute" */
static const struct {
  const char *candidates[5];
  const char *text;
  const char *found; /* by the parser */
} written[] = {
  { { NULL }, "a=ice-ufrag:u\r\na=ice-pwd:p\r\n", "" },
  { { "0=" C1, "0=" C2, "0=" },
      "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"
      "a=" C1 "\r\na=" C2 "\r\na=end-of-candidates\r\n",
      "a=" C1 "|a=" C2 "|a=" },
  /* the order of the m-lines, and an m-line without an id */
  { { "1=" C1, "0=", "1=" C2, "0=" C1 },
      "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"
      "a=" C1 "\r\na=end-of-candidates\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=" C1 "\r\na=" C2 "\r\n",
      "a=" C1 "|a=|#1=" C1 "|#1=" C2 },
  { { "0=" },
      "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"
      "a=end-of-candidates\r\n",
      "a=" },
  /* what is no line, and what is for no m-line */
  { { "0=" C1 "\r\na=mid:b", "2=" C1, "0=" C2 },
      "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\na=" C2 "\r\n",
      "a=" C2 },
};

GST_START_TEST (test_what_is_written_is_understood)
{
  static const GstPeerFragmentMedia media[] = {
    { "audio 9 UDP/TLS/RTP/SAVPF 0", "a" },
    { "video 9 UDP/TLS/RTP/SAVPF 96", NULL },
  };
  g_autoptr (GPtrArray) candidates = gst_peer_fragment_candidates_new ();
  g_autoptr (GstPeerSdpFragment) found = NULL;
  g_autofree char *text = NULL;
  g_autofree char *description = NULL;

  for (guint i = 0; written[__i__].candidates[i] != NULL; i++)
    gst_peer_fragment_candidates_add (candidates, NULL,
        written[__i__].candidates[i][0] - '0',
        written[__i__].candidates[i] + strlen ("0="));
  text = gst_peer_sdp_fragment_write (
      "u", "p", media, G_N_ELEMENTS (media), candidates);
  ck_assert_str_eq (text, written[__i__].text);

  found = gst_peer_sdp_fragment_parse (text, strlen (text));
  description = describe (found);
  ck_assert_str_eq (description, written[__i__].found);
}

GST_END_TEST;

static Suite *
sdp_fragment_suite (void)
{
  Suite *suite = suite_create ("sdp-fragment");
  TCase *tcase = tcase_create ("sdp-fragment");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_fragments, 0, G_N_ELEMENTS (fragments));
  tcase_add_loop_test (
      tcase, test_what_is_written_is_understood, 0, G_N_ELEMENTS (written));
  tcase_add_test (tcase, test_a_zero_byte_ends_nothing);
  tcase_add_test (tcase, test_too_many_candidates_are_refused);
  tcase_add_test (tcase, test_a_line_has_an_end);
  tcase_add_loop_test (tcase, test_generations, 0, G_N_ELEMENTS (generations));

  return suite;
}

GST_CHECK_MAIN (sdp_fragment);
