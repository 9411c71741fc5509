/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <string.h>

#include "ice-server.h"

/* NULL as a result: it is refused. */
static const struct {
  const char *uri;
  const char *link;
  const char *same; /* as GStreamer has it */
} uris[] = {
  { "stun:h", "<stun:h:3478>; rel=\"ice-server\"", "stun://h:3478" },
  { "stun://h.example:1", "<stun:h.example:1>; rel=\"ice-server\"",
      "stun://h.example:1" },
  { "STUN:192.0.2.1", "<stun:192.0.2.1:3478>; rel=\"ice-server\"",
      "stun://192.0.2.1:3478" },
  { "stun:[2001:db8::1]", "<stun:[2001:db8::1]:3478>; rel=\"ice-server\"",
      "stun://[2001:db8::1]:3478" },
  { "turn://u:p@h:9?transport=udp",
      "<turn:h:9?transport=udp>; rel=\"ice-server\"; username=\"u\"; "
      "credential=\"p\"; credential-type=\"password\"",
      "turn://u:p@h:9?transport=udp" },
  { "turn:u:p@h?transport=TCP",
      "<turn:h:3478?transport=tcp>; rel=\"ice-server\"; username=\"u\"; "
      "credential=\"p\"; credential-type=\"password\"",
      "turn://u:p@h:3478?transport=tcp" },
  { "turns://u:p@h",
      "<turns:h:5349>; rel=\"ice-server\"; username=\"u\"; "
      "credential=\"p\"; credential-type=\"password\"",
      "turns://u:p@h:5349" },
  /* REST API for TURN, and what has to be escaped in each of the ways */
  { "turn://17%3Au:a%2Fb%3D%22%5C@h",
      "<turn:h:3478>; rel=\"ice-server\"; username=\"17:u\"; "
      "credential=\"a/b=\\\"\\\\\"; credential-type=\"password\"",
      "turn://17%3Au:a%2Fb%3D%22%5C@h:3478" },
  { "turn://u:p:q@h",
      "<turn:h:3478>; rel=\"ice-server\"; username=\"u\"; "
      "credential=\"p:q\"; credential-type=\"password\"",
      "turn://u:p%3Aq@h:3478" },
  { "turn://u:p@q@h",
      "<turn:h:3478>; rel=\"ice-server\"; username=\"u\"; "
      "credential=\"p@q\"; credential-type=\"password\"",
      "turn://u:p%40q@h:3478" },
  /* no comma in a Link, but in a URI */
  { "turn://u:p%2Cq@h", NULL, "turn://u:p%2Cq@h:3478" },
  { "turn://h", NULL, NULL },
  { "turn://u@h", NULL, NULL },
  { "turn://:p@h", NULL, NULL },
  { "turn://u:@h", NULL, NULL },
  { "turn://u:p%0D%0AX@h", NULL, NULL },
  { "turn://u:p%00@h", NULL, NULL },
  { "turn://u:%ff@h", NULL, NULL },
  { "turn://u:%zz@h", NULL, NULL },
  { "turn://u:p@h?transport=sctp", NULL, NULL },
  { "turn://u:p@h?x=y", NULL, NULL },
  { "turn://u:p@h:0", NULL, NULL },
  { "turn://u:p@h:65536", NULL, NULL },
  { "turn://u:p@h:-1", NULL, NULL },
  { "turn://u:p@h: 1", NULL, NULL },
  { "turn://u:p@h:", NULL, NULL },
  { "turn://u:p@h/path", NULL, NULL },
  { "turn://u:p@", NULL, NULL },
  { "turn://u:p@[::1", NULL, NULL },
  { "turn://u:p@[h]", NULL, NULL },
  { "turn://u:p@[]", NULL, NULL },
  { "stun:h>", NULL, NULL },
  { "stun:h?transport=udp", NULL, NULL },
  { "stun:", NULL, NULL },
  { "http://h", NULL, NULL },
  { "turn", NULL, NULL },
  { "", NULL, NULL },
};

GST_START_TEST (test_uris)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPeerIceServer) server =
      gst_peer_ice_server_new_from_uri (uris[__i__].uri, &error);
  g_autofree char *same =
      server != NULL ? gst_peer_ice_server_to_uri (server) : NULL;
  g_autofree char *link =
      server != NULL ? gst_peer_ice_server_to_link (server, &error) : NULL;

  ck_assert_msg (g_strcmp0 (same, uris[__i__].same) == 0, "%s is %s",
      uris[__i__].uri, same);
  ck_assert_msg (g_strcmp0 (link, uris[__i__].link) == 0, "%s is %s",
      uris[__i__].uri, link);
  ck_assert ((link == NULL) == (error != NULL));
}

GST_END_TEST;

static const struct {
  const char *url;
  const char *username;
  const char *credential;
  const char *uri;
} urls[] = {
  { "stun:h:1", NULL, NULL, "stun://h:1" },
  { "stun:h:1", "u", "p", "stun://h:1" },
  { "turn:h:1?transport=udp", "u", "p", "turn://u:p@h:1?transport=udp" },
  { "turn:h:1%3Ftransport=udp", "u", "p", "turn://u:p@h:1?transport=udp" },
  { "turns:h", "u@x", "p:/%", "turns://u%40x:p%3A%2F%25@h:5349" },
  { "turn:[::1]:1", "u", "p", "turn://u:p@[::1]:1" },
  { "turn:h", NULL, NULL, NULL },
  { "turn:h", "u", NULL, NULL },
  { "turn:h", "u", "", NULL },
  { "turn:h", "u", "a\rb", NULL },
  { "turn:u:p@h", "u", "p", NULL },
  { "turn:h%00", "u", "p", NULL },
  { "turn:h%0d", "u", "p", NULL },
};

GST_START_TEST (test_urls)
{
  g_autoptr (GstPeerIceServer) server = gst_peer_ice_server_new (
      urls[__i__].url, urls[__i__].username, urls[__i__].credential, NULL);
  g_autofree char *uri =
      server != NULL ? gst_peer_ice_server_to_uri (server) : NULL;

  ck_assert_msg (
      g_strcmp0 (uri, urls[__i__].uri) == 0, "%s is %s", urls[__i__].url, uri);
}

GST_END_TEST;

GST_START_TEST (test_what_is_too_long_is_refused)
{
  g_autofree char *long_text = g_strnfill (4000, 'x');
  g_autofree char *url = g_strconcat ("stun:", long_text, NULL);

  ck_assert (gst_peer_ice_server_new (url, NULL, NULL, NULL) == NULL);
  ck_assert (gst_peer_ice_server_new_from_uri (url, NULL) == NULL);
  ck_assert (gst_peer_ice_server_new ("turn:h", "u", long_text, NULL) == NULL);
}

GST_END_TEST;

static Suite *
ice_server_suite (void)
{
  Suite *suite = suite_create ("ice-server");
  TCase *tcase = tcase_create ("ice-server");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_uris, 0, G_N_ELEMENTS (uris));
  tcase_add_loop_test (tcase, test_urls, 0, G_N_ELEMENTS (urls));
  tcase_add_test (tcase, test_what_is_too_long_is_refused);

  return suite;
}

GST_CHECK_MAIN (ice_server);
