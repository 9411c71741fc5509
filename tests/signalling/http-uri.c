/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <string.h>

#include "http-uri.h"

static const struct {
  const char *location;
  const char *uri; /* NULL: it is none */
} locations[] = {
  { "whip://host/live", "http://host/live" },
  { "WHIP://host:8889/live/whip?a=b", "http://host:8889/live/whip?a=b" },
  { "whips://host/live", "https://host/live" },
  { "whep://host", "http://host/" },
  { "wheps://[::1]:1/x", "https://[::1]:1/x" },
  { "http://user:pass@host/", "http://user:pass@host/" },
  { "https://host/%2Fa%20b", "https://host/%2Fa%20b" },
  { "", NULL },
  { "live", NULL },
  { "whip:", NULL },
  { "whip:///live", NULL },
  { "whip://:80/live", NULL },
  { "whip://host:99999/", NULL },
  { "file:///etc/passwd", NULL },
  { "rtsp://host/", NULL },
};

GST_START_TEST (test_locations)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) uri =
      gst_peer_http_uri_new (locations[__i__].location, &error);
  g_autofree char *text = uri != NULL ? g_uri_to_string (uri) : NULL;

  ck_assert_msg (g_strcmp0 (text, locations[__i__].uri) == 0, "%s: %s",
      locations[__i__].location, text);
  ck_assert ((uri == NULL) == (error != NULL));
}

GST_END_TEST;

static const struct {
  const char *base;
  const char *reference;
  const char *uri; /* NULL: it is not followed */
} references[] = {
  { "http://h/a/b", "/c", "http://h/c" },
  { "http://h/a/b", "c?d=e", "http://h/a/c?d=e" },
  { "http://h/a/b", "../c#f", "http://h/c" },
  { "http://h/a?b", "?c", "http://h/a?c" },
  { "http://h:1/a", "//i/b", "http://i/b" },
  { "http://h/a", "https://h/b", "https://h/b" },
  { "http://h/a", "HTTP://H/b", "http://H/b" },
  { "http://h/a", "ftp://h/b", NULL },
  { "http://h/a", "file:///b", NULL },
  { "http://h/a", "javascript:b", NULL },
  { "http://h/a", "http://", NULL },
  { "http://h/a", "http://h:x/", NULL },
  { "http://h/a", "/\xff b", "http://h/%FF%20b" },
  /* user and password stay where they are */
  { "http://u:p@h/a", "/b", "http://u:p@h/b" },
  { "http://u:p@h/a", "http://h:80/b", "http://u:p@h/b" },
  { "http://u:p@h/a", "http://h:81/b", "http://h:81/b" },
  { "http://u:p@h/a", "http://i/b", "http://i/b" },
  { "http://u:p@h/a", "https://h/b", "https://h/b" },
  { "http://h/a", "http://v:q@h/b", "http://h/b" },
  { "http://h/a", "http://v:q@i/b", "http://i/b" },
  /* TLS is not left */
  { "https://h/a", "http://h/b?c", "https://h/b?c" },
  { "https://h:8/a", "http://H:9/b", "https://h:8/b" },
  { "https://u:p@h/a", "http://h/b", "https://u:p@h/b" },
  { "https://h/a", "http://i/b", NULL },
};

GST_START_TEST (test_references)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) base = gst_peer_http_uri_new (references[__i__].base, NULL);
  g_autoptr (GUri) uri =
      gst_peer_http_uri_resolve (base, references[__i__].reference, &error);
  g_autofree char *text = uri != NULL ? g_uri_to_string (uri) : NULL;

  ck_assert_msg (g_strcmp0 (text, references[__i__].uri) == 0, "%s + %s: %s",
      references[__i__].base, references[__i__].reference, text);
  ck_assert ((uri == NULL) == (error != NULL));
}

GST_END_TEST;

GST_START_TEST (test_what_is_said_has_no_secrets)
{
  g_autoptr (GUri) uri = gst_peer_http_uri_new (
      "whips://user:pass@host:1/live?token=sesame#x", NULL);
  g_autofree char *text = gst_peer_http_uri_to_text (uri);

  ck_assert_str_eq (text, "https://host:1/live");
}

GST_END_TEST;

static Suite *
http_uri_suite (void)
{
  Suite *suite = suite_create ("http-uri");
  TCase *tcase = tcase_create ("http-uri");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_locations, 0, G_N_ELEMENTS (locations));
  tcase_add_loop_test (tcase, test_references, 0, G_N_ELEMENTS (references));
  tcase_add_test (tcase, test_what_is_said_has_no_secrets);

  return suite;
}

GST_CHECK_MAIN (http_uri);
