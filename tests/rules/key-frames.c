/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "key-frames.h"

#define MS G_GINT64_CONSTANT (1000)

GST_START_TEST (test_the_first_is_asked_for_at_once)
{
  GstPeerKeyFrames frames = { 0 };

  fail_unless (gst_peer_key_frames_request (&frames, 5 * MS));
}

GST_END_TEST;

/* An encoder that answers after 40 ms, and frames every 10 ms. */
GST_START_TEST (test_twenty_within_300_ms_are_two)
{
  GstPeerKeyFrames frames = { 0 };
  gint64 made = G_MAXINT64;
  guint n = 0;

  for (gint64 now = 1000 * MS; now < 3000 * MS; now += 10 * MS) {
    if (now >= made) {
      gst_peer_key_frames_made (&frames, now);
      made = G_MAXINT64;
    }
    if ((now < 1300 * MS && now % (15 * MS) < 10 * MS &&
            gst_peer_key_frames_request (&frames, now)) ||
        gst_peer_key_frames_take (&frames, now)) {
      made = now + 40 * MS;
      n++;
    }
  }
  fail_unless_equals_int (n, 2);
}

GST_END_TEST;

GST_START_TEST (test_one_that_is_made_serves_who_has_asked)
{
  GstPeerKeyFrames frames = { 0 };

  fail_unless (gst_peer_key_frames_request (&frames, 0));
  fail_if (gst_peer_key_frames_request (&frames, 10 * MS));
  gst_peer_key_frames_made (&frames, 40 * MS);
  fail_if (gst_peer_key_frames_take (&frames, 1000 * MS));
}

GST_END_TEST;

GST_START_TEST (test_one_that_is_not_made_is_asked_for_again)
{
  GstPeerKeyFrames frames = { 0 };

  fail_unless (gst_peer_key_frames_request (&frames, 0));
  fail_if (gst_peer_key_frames_request (&frames, 999 * MS));
  fail_if (gst_peer_key_frames_take (&frames, 999 * MS));
  fail_unless (gst_peer_key_frames_take (&frames, 1000 * MS));
  fail_if (gst_peer_key_frames_take (&frames, 2900 * MS));
}

GST_END_TEST;

/* An encoder that takes 700 ms, as on a machine that is busy, and somebody who
 * asks with every frame until there is one. */
GST_START_TEST (test_a_slow_one_is_asked_for_once)
{
  GstPeerKeyFrames frames = { 0 };
  guint n = 0;

  for (gint64 now = 0; now < 700 * MS; now += 10 * MS)
    if (gst_peer_key_frames_take (&frames, now) ||
        gst_peer_key_frames_request (&frames, now))
      n++;
  gst_peer_key_frames_made (&frames, 700 * MS);
  fail_if (gst_peer_key_frames_take (&frames, 2000 * MS));
  fail_unless_equals_int (n, 1);
}

GST_END_TEST;

static Suite *
key_frames_suite (void)
{
  Suite *suite = suite_create ("key-frames");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_the_first_is_asked_for_at_once);
  tcase_add_test (tcase, test_twenty_within_300_ms_are_two);
  tcase_add_test (tcase, test_one_that_is_made_serves_who_has_asked);
  tcase_add_test (tcase, test_one_that_is_not_made_is_asked_for_again);
  tcase_add_test (tcase, test_a_slow_one_is_asked_for_once);

  return suite;
}

GST_CHECK_MAIN (key_frames);
