/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a session lives in. */

#include "session-bin.h"

#include <gst/check/gstcheck.h>

/* As the pipeline does that is paused by another thread, and has got hold of it
 * before it is stopped. GstCheck fails on who is disposed in PAUSED. */
GST_START_TEST (test_stopped_for_good)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstElement) bin = gst_peer_session_bin_new ();

  gst_bin_add (
      GST_BIN (bin), gst_parse_launch ("fakesrc ! fakesink async=false", NULL));
  gst_bin_add (GST_BIN (pipeline), bin);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  ck_assert_int_eq (GST_STATE (bin), GST_STATE_PLAYING);

  gst_peer_session_bin_stop (GST_PEER_SESSION_BIN (bin));
  ck_assert (GST_OBJECT_PARENT (bin) == NULL);
  ck_assert_int_eq (GST_STATE (bin), GST_STATE_NULL);
  gst_element_set_state (bin, GST_STATE_PAUSED);
  ck_assert_int_eq (GST_STATE (bin), GST_STATE_NULL);

  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST

static Suite *
session_bin_suite (void)
{
  Suite *suite = suite_create ("session-bin");
  TCase *bins = tcase_create ("bins");

  suite_add_tcase (suite, bins);
  tcase_add_test (bins, test_stopped_for_good);

  return suite;
}

GST_CHECK_MAIN (session_bin);
