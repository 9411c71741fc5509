/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Elements that go while the bin that they are in plays on. */

#include "bins.h"

#include "asleep.h"

#include <gst/check/gstcheck.h>

static gint pausing_id;

static gpointer
pause_pipeline (gpointer pipeline)
{
  g_atomic_int_set (&pausing_id, get_thread_id ());
  gst_element_set_state (pipeline, GST_STATE_PAUSED);

  return NULL;
}

/* Who pauses the pipeline has got hold of it, and waits for its lock, while it is
 * stopped. */
GST_START_TEST (test_taken_out_while_it_is_paused)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  GThread *pausing;

  gst_bin_add (
      GST_BIN (bin), gst_parse_launch ("fakesrc ! fakesink async=false", NULL));
  gst_bin_add (GST_BIN (pipeline), bin);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  GST_STATE_LOCK (bin);
  pausing = g_thread_new ("pausing", pause_pipeline, pipeline);
  while (!is_asleep (g_atomic_int_get (&pausing_id)))
    g_thread_yield ();
  gst_peer_bin_take_out (bin);
  GST_STATE_UNLOCK (bin);
  g_thread_join (pausing);

  ck_assert (GST_OBJECT_PARENT (bin) == NULL);
  ck_assert_int_eq (GST_STATE (bin), GST_STATE_NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST

static Suite *
bins_suite (void)
{
  Suite *suite = suite_create ("bins");
  TCase *bins = tcase_create ("bins");

  suite_add_tcase (suite, bins);
  tcase_add_test (bins, test_taken_out_while_it_is_paused);

  return suite;
}

GST_CHECK_MAIN (bins);
