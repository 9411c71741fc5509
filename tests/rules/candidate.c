/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <string.h>

#include "candidate.h"

static const struct {
  const char *candidate;
  gboolean valid;
} candidates[] = {
  { "candidate:1 1 UDP 2015363327 192.0.2.1 10000 typ host", TRUE },
  { "candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active", TRUE },
  { "candidate:a+/9 256 UDP 4294967295 2001:db8::1 65535 typ srflx raddr "
    "0.0.0.0 rport 0 generation 0 ufrag abcd network-cost 999",
      TRUE },
  { "candidate:1 1 UDP 1 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 9 typ host",
      TRUE },
  { "", FALSE },
  { "candidate:", FALSE },
  { "a=candidate:1 1 UDP 1 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 1 UDP 1 192.0.2.1 9 typ", FALSE },
  { "candidate:1 1 UDP 1 192.0.2.1 9 typ host tcptype", FALSE },
  { "candidate:1 1 UDP 1 192.0.2.1 9 type host", FALSE },
  { "candidate:1 1 UDP 1  9 typ host", FALSE },
  { "candidate:1 1  UDP 1 192.0.2.1 9 typ host x", FALSE },
  { "candidate: 1 UDP 1 192.0.2.1 9 typ host", FALSE },
  { "candidate:123456789012345678901234567890123 1 UDP 1 192.0.2.1 9 typ host",
      FALSE },
  { "candidate:1_ 1 UDP 1 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 0 UDP 1 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 257 UDP 1 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 +1 UDP 1 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 1 UDP 4294967296 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 1 UDP -1 192.0.2.1 9 typ host", FALSE },
  { "candidate:1 1 UDP 1 192.0.2.1 65536 typ host", FALSE },
  { "candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\na=x y", FALSE },
  { "candidate:1 1 UDP 1 192.0.2.1 9 typ \xc3\xa4", FALSE },
};

GST_START_TEST (test_candidates)
{
  ck_assert_msg (gst_peer_candidate_is_valid (candidates[__i__].candidate) ==
                     candidates[__i__].valid,
      "%s", candidates[__i__].candidate);
}

GST_END_TEST;

GST_START_TEST (test_a_long_one_is_none)
{
  g_autofree char *name = g_strnfill (900, 'a');
  g_autofree char *long_name = g_strnfill (1000, 'a');
  g_autofree char *good =
      g_strdup_printf ("candidate:1 1 UDP 1 %s 9 typ host", name);
  g_autofree char *bad =
      g_strdup_printf ("candidate:1 1 UDP 1 %s 9 typ host", long_name);

  ck_assert (gst_peer_candidate_is_valid (good));
  ck_assert (!gst_peer_candidate_is_valid (bad));
}

GST_END_TEST;

static Suite *
candidate_suite (void)
{
  Suite *suite = suite_create ("candidate");
  TCase *tcase = tcase_create ("candidate");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_candidates, 0, G_N_ELEMENTS (candidates));
  tcase_add_test (tcase, test_a_long_one_is_none);

  return suite;
}

GST_CHECK_MAIN (candidate);
