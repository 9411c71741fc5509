/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

#include "w3c-stats.h"

static const struct {
  const char *ours;
  const char *theirs;
} names[] = {
  { "id", "id" },
  { "packets-received", "packetsReceived" },
  { "round-trip-time", "roundTripTime" },
  { "gst-rtpsource-stats", "gstRtpsourceStats" },
  { "", "" },
};

GST_START_TEST (test_names)
{
  g_autofree char *name = gst_peer_w3c_name (names[__i__].ours);

  ck_assert_str_eq (name, names[__i__].theirs);
}
GST_END_TEST

GST_START_TEST (test_a_report)
{
  g_autoptr (GstStructure) inner = gst_structure_new ("x", "type",
      GST_TYPE_WEBRTC_STATS_TYPE, GST_WEBRTC_STATS_INBOUND_RTP, "id",
      G_TYPE_STRING, "a", "packets-lost", G_TYPE_INT, 3, NULL);
  g_autoptr (GstStructure) stats = gst_structure_new ("application/x-stats",
      "a", GST_TYPE_STRUCTURE, inner, "other", G_TYPE_INT, 1, NULL);
  g_autoptr (GstStructure) result = gst_peer_w3c_stats ("s", stats);
  g_autoptr (GstStructure) report = NULL;
  int lost;

  ck_assert_int_eq (gst_structure_n_fields (result), 1);
  ck_assert (
      gst_structure_get (result, "a", GST_TYPE_STRUCTURE, &report, NULL));
  ck_assert_str_eq (gst_structure_get_name (report), "inbound-rtp");
  ck_assert_str_eq (gst_structure_get_string (report, "type"), "inbound-rtp");
  ck_assert_str_eq (gst_structure_get_string (report, "id"), "a");
  ck_assert (gst_structure_get_int (report, "packetsLost", &lost));
  ck_assert_int_eq (lost, 3);
}
GST_END_TEST

static Suite *
w3c_stats_suite (void)
{
  Suite *suite = suite_create ("w3c-stats");
  TCase *tcase = tcase_create ("w3c-stats");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_names, 0, G_N_ELEMENTS (names));
  tcase_add_test (tcase, test_a_report);

  return suite;
}

GST_CHECK_MAIN (w3c_stats);
