/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "role.h"

static const struct {
  const char *location;
  GstPeerRole when_sending;
  GstPeerRole when_receiving;
} rows[] = {
  { "whip://a/b", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHIP_SERVER },
  { "whips://a", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHIP_SERVER },
  { "whep://a:1/b", GST_PEER_ROLE_WHEP_SERVER, GST_PEER_ROLE_WHEP_CLIENT },
  { "wheps://a", GST_PEER_ROLE_WHEP_SERVER, GST_PEER_ROLE_WHEP_CLIENT },
  { "http://a", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHEP_CLIENT },
  { "https://a", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHEP_CLIENT },
  { "WHEP://a", GST_PEER_ROLE_WHEP_SERVER, GST_PEER_ROLE_WHEP_CLIENT },
  { "rtsp://a", GST_PEER_ROLE_NONE, GST_PEER_ROLE_NONE },
  { "whepx://a", GST_PEER_ROLE_NONE, GST_PEER_ROLE_NONE },
  { "a", GST_PEER_ROLE_NONE, GST_PEER_ROLE_NONE },
  { "", GST_PEER_ROLE_NONE, GST_PEER_ROLE_NONE },
  { NULL, GST_PEER_ROLE_NONE, GST_PEER_ROLE_NONE },
};

GST_START_TEST (test_direction_and_scheme_say_the_role)
{
  ck_assert_int_eq (gst_peer_role_find (rows[__i__].location, TRUE),
      rows[__i__].when_sending);
  ck_assert_int_eq (gst_peer_role_find (rows[__i__].location, FALSE),
      rows[__i__].when_receiving);
}
GST_END_TEST

GST_START_TEST (test_servers_are_those_that_are_found)
{
  ck_assert (gst_peer_role_is_server (GST_PEER_ROLE_WHIP_SERVER));
  ck_assert (gst_peer_role_is_server (GST_PEER_ROLE_WHEP_SERVER));
  ck_assert (!gst_peer_role_is_server (GST_PEER_ROLE_WHIP_CLIENT));
  ck_assert (!gst_peer_role_is_server (GST_PEER_ROLE_WHEP_CLIENT));
  ck_assert (!gst_peer_role_is_server (GST_PEER_ROLE_NONE));
}
GST_END_TEST

static Suite *
role_suite (void)
{
  Suite *suite = suite_create ("role");
  TCase *tcase = tcase_create ("role");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_direction_and_scheme_say_the_role, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tcase, test_servers_are_those_that_are_found);

  return suite;
}

GST_CHECK_MAIN (role);
