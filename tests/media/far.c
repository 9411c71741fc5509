/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plays one line until it has ended, or is killed: gst-launch-1.0 cannot load
 * what a sanitizer is in. */

#include <gst/gst.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  gst_init (&argc, &argv);
  pipeline = gst_parse_launch (argv[1], &error);
  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_print ("plays\n");
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
}
