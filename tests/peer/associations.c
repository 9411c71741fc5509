/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The associations of a process. */

#include "report.h"

/* The test's, for GStreamer too: webrtcbin draws the number of each association
 * from these, and always the same. */
__attribute__ ((visibility ("default"))) gint32
g_random_int_range (gint32 begin, gint32 end)
{
  if (begin == 0 && end == G_MAXUINT16)
    return 1;

  return begin + g_random_int () % (guint32)(end - begin);
}

GST_START_TEST (test_each_has_its_own)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (Peers) others = connect_peers (PEER_CHANNEL);

  gst_webrtc_data_channel_send_string (others->offerer->channel, "others");
  peer_await (others->answerer, "channel:on-message-string=others");
  gst_webrtc_data_channel_send_string (peers->answerer->channel, "peers");
  peer_await (peers->offerer, "channel:on-message-string=peers");
}
GST_END_TEST

static Suite *
associations_suite (void)
{
  Suite *suite = suite_create ("associations");
  TCase *numbers = tcase_create ("numbers");

  suite_add_tcase (suite, numbers);
  tcase_add_test (numbers, test_each_has_its_own);

  return suite;
}

GST_CHECK_MAIN (associations);
