/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <string.h>

#include "link-header.h"

/* @found: "target(rel)", divided by | */
static const struct {
  const char *value;
  const char *found;
} links[] = {
  { "", "" },
  { "   ", "" },
  { "<a>", "a()" },
  { "< a >;rel=b", "a(b)" },
  { "<a>; rel=\"b c\"", "a(b c)" },
  { "<a>; rel=b, <c>; rel=d", "a(b)|c(d)" },
  { "<a>; rel=b,, ,<c>; rel=d,", "a(b)|c(d)" },
  { ",<a>;rel=b", "a(b)" },
  /* what separates, in quotes and in a target */
  { "<a,b;c>; x=\"<d>; rel=e, \"; rel=f", "a,b;c(f)" },
  { "<a>; x=\"\\\"; rel=e\"; REL = b", "a(b)" },
  /* the first one counts */
  { "<a>; rel=b; rel=c", "a(b)" },
  { "<a>; rel", "a()" },
  { "<a>;;; rel=b ; ", "a(b)" },
  /* what came before a fault stands */
  { "<a>; rel=b, c>; rel=d", "a(b)" },
  { "<a>; rel=b <c>; rel=d", "a(b <c>)" },
  { "<a>; rel=b, <c", "a(b)" },
  { "<a>; rel=\"b", "a(b)" },
  { "<a>; rel=\"b\\", "a(b\\)" },
  { "<a> x <b>", "a()" },
  { "a", "" },
};

static char *
describe (GPtrArray *found)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < found->len; i++) {
    GstPeerLink *link = g_ptr_array_index (found, i);
    const char *rel = gst_peer_link_get_parameter (link, "rel");

    g_string_append_printf (text, "%s%s(%s)", i > 0 ? "|" : "",
        gst_peer_link_get_target (link), rel != NULL ? rel : "");
  }

  return g_strdup (text->str);
}

GST_START_TEST (test_links)
{
  g_autoptr (GPtrArray) found = gst_peer_link_header_parse (links[__i__].value);
  g_autofree char *text = describe (found);

  ck_assert_msg (g_str_equal (text, links[__i__].found), "%s: %s",
      links[__i__].value, text);
}

GST_END_TEST;

static const struct {
  const char *value;
  const char *servers;
} ice_servers[] = {
  { NULL, "" },
  { "<stun:stun.example.net>; rel=\"ice-server\"",
      "stun://stun.example.net:3478" },
  /* RFC 9725 section 4.6 */
  { "<stun:stun.example.net>; rel=\"ice-server\", "
    "<turn:turn.example.net?transport=udp>; rel=\"ice-server\"; "
    "username=\"user\"; credential=\"myPassword\"; "
    "credential-type=\"password\", "
    "<turn:turn.example.net?transport=tcp>; rel=\"ice-server\"; "
    "username=\"user\"; credential=\"myPassword\"; "
    "credential-type=\"password\", "
    "<turns:turn.example.net?transport=tcp>; rel=\"ice-server\"; "
    "username=\"user\"; credential=\"myPassword\"; "
    "credential-type=\"password\"",
      "stun://stun.example.net:3478 "
      "turn://user:myPassword@turn.example.net:3478?transport=udp "
      "turn://user:myPassword@turn.example.net:3478?transport=tcp "
      "turns://user:myPassword@turn.example.net:5349?transport=tcp" },
  /* LiveKit */
  { "<turn:t.example.net:443%3Ftransport=udp>; rel=ice-server; username=u; "
    "credential=\"p\"",
      "turn://u:p@t.example.net:443?transport=udp" },
  /* what has to be encoded in GStreamer's URIs */
  { "<turn:t>; rel=ice-server; username=\"1700000000:a b\"; "
    "credential=\"p/@:\\\"\\\\,;\"",
      "turn://1700000000%3Aa%20b:p%2F%40%3A%22%5C%2C%3B@t:3478" },
  { "<TURN:t>; ReL=\"next ICE-Server\"; username=u; credential=p",
      "turn://u:p@t:3478" },
  /* what is of no use */
  { "<turn:t>; rel=ice-server", "" },
  { "<turn:t>; rel=ice-server; username=u", "" },
  { "<http://t>; rel=ice-server, <stun:s>; rel=ice-server", "stun://s:3478" },
  { "<stun:s>; rel=preload", "" },
  { "<stun:s>", "" },
  { "<>; rel=ice-server", "" },
};

GST_START_TEST (test_ice_servers)
{
  g_auto (GStrv) servers =
      gst_peer_link_header_find_ice_servers (ice_servers[__i__].value);
  g_autofree char *text = g_strjoinv (" ", servers);

  ck_assert_str_eq (text, ice_servers[__i__].servers);
}

GST_END_TEST;

GST_START_TEST (test_there_are_bounds)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) servers = NULL;
  g_autoptr (GPtrArray) found = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "<stun:s>; rel=ice-server,");
  servers = gst_peer_link_header_find_ice_servers (text->str);
  ck_assert_uint_eq (g_strv_length (servers), 16);
  found = gst_peer_link_header_parse (text->str);
  ck_assert_uint_eq (found->len, 64);

  g_string_assign (text, "<stun:s>");
  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "; x=y");
  g_string_append (text, "; rel=ice-server");
  g_strfreev (servers);
  servers = gst_peer_link_header_find_ice_servers (text->str);
  ck_assert_uint_eq (g_strv_length (servers), 0);
}

GST_END_TEST;

static Suite *
link_header_suite (void)
{
  Suite *suite = suite_create ("link-header");
  TCase *tcase = tcase_create ("link-header");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_links, 0, G_N_ELEMENTS (links));
  tcase_add_loop_test (tcase, test_ice_servers, 0, G_N_ELEMENTS (ice_servers));
  tcase_add_test (tcase, test_there_are_bounds);

  return suite;
}

GST_CHECK_MAIN (link_header);
