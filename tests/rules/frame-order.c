/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "frame-order.h"

#include <string.h>

/* Numbers of frames in the order of decoding; -1 is a frame without a time, -2
 * a break. */
static gboolean
is_in_order (const int *frames, guint n)
{
  GstPeerFrameOrder order = GST_PEER_FRAME_ORDER_INIT;

  for (guint i = 0; i < n; i++) {
    if (frames[i] == -2)
      gst_peer_frame_order_break (&order);
    else if (!gst_peer_frame_order_check (&order,
                 frames[i] < 0 ? GST_CLOCK_TIME_NONE
                               : (GstClockTime)frames[i] * 40 * GST_MSECOND))
      return FALSE;
  }

  return TRUE;
}

#define IS_IN_ORDER(...)                                                       \
  is_in_order ((const int[]){ __VA_ARGS__ },                                   \
      sizeof ((const int[]){ __VA_ARGS__ }) / sizeof (int))

GST_START_TEST (test_b_frames)
{
  fail_if (IS_IN_ORDER (0, 3, 1, 2, 6, 4, 5, 9, 7, 8));
  fail_if (IS_IN_ORDER (0, 2, 1, 4, 3, 6, 5));
  fail_if (IS_IN_ORDER (0, 4, 2, 1, 3, 8, 6, 5, 7));
  fail_if (IS_IN_ORDER (0, 1, 2, 3, 4, 6, 5, 7, 8, 10, 9, 12, 11));
}

GST_END_TEST;

GST_START_TEST (test_order_of_display)
{
  fail_unless (IS_IN_ORDER (0, 1, 2, 3, 3, 3, 9, 10, -1, 11));
  fail_unless (IS_IN_ORDER (-1, -1, -1));
  /* a clock that is set back, once and for good */
  fail_unless (IS_IN_ORDER (100, 101, 100, 102, 103));
}

GST_END_TEST;

GST_START_TEST (test_seeks)
{
  fail_unless (IS_IN_ORDER (
      7, 8, -2, 3, 4, -2, 0, 1, -2, 0, 1, -2, 0, 1, -2, 0, 1, -2, 0, 1));
  fail_if (IS_IN_ORDER (7, 9, 8, 11, 10, -2, 0, 2, 1, 3));
}

GST_END_TEST;

/* One jump an hour is none of them. */
GST_START_TEST (test_rare_jumps)
{
  GstPeerFrameOrder order = GST_PEER_FRAME_ORDER_INIT;

  for (guint i = 1; i < 100000; i++)
    fail_unless (gst_peer_frame_order_check (
        &order, (i % 5000 == 0 ? i - 2 : i) * 40 * GST_MSECOND));
}

GST_END_TEST;

/* === without times === */

static const struct {
  const char *unit; /* as hexadecimal digits */
  gboolean is_b;
} units[] = {
  /* first_mb_in_slice 0: "1"; slice_type 0: "1", 1: "010", 2: "011", 5: "00110",
   * 6: "00111", 7: "0001000" */
  { "00000001 41 e0", FALSE }, /* P */
  { "00000001 01 a0", TRUE },  /* B */
  { "000001 01 a0", TRUE },    /* a short start code */
  { "00000001 01 b0", FALSE }, /* I */
  { "00000001 01 98", FALSE }, /* all are P */
  { "00000001 01 9c", TRUE },  /* all are B */
  { "00000001 01 88", FALSE }, /* all are I */
  { "00000001 65 a0", FALSE }, /* IDR, whatever it says */
  /* behind a delimiter, parameter sets and an SEI message */
  { "00000001 09f0 00000001 6742c01f 00000001 68ce3c80 000001 0605ff "
    "00000001 01 a0",
      TRUE },
  { "00000001 09f0 00000001 41 e0 00000001 01 a0", FALSE },
  /* first_mb_in_slice 119: "0000001111000" */
  { "00000001 01 03c2", TRUE },
  { "00000001 01 03c6", FALSE },
  /* what is no access unit */
  { "", FALSE },
  { "000001", FALSE },
  { "000001 01", FALSE },
  { "000001 01 00000000000000", FALSE },
  { "ffffffffffff", FALSE },
};

GST_START_TEST (test_without_times)
{
  const char *digits = units[__i__].unit;
  g_autofree guint8 *data = g_malloc (strlen (digits));
  gsize size = 0;

  for (; *digits != '\0'; digits += *digits == ' ' ? 1 : 2) {
    if (*digits != ' ')
      data[size++] = g_ascii_xdigit_value (digits[0]) << 4 |
                     g_ascii_xdigit_value (digits[1]);
  }
  data = g_realloc (data, size);
  ck_assert_int_eq (gst_peer_h264_is_b_frame (data, size), units[__i__].is_b);
}

GST_END_TEST;

static Suite *
frame_order_suite (void)
{
  Suite *suite = suite_create ("frame-order");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_b_frames);
  tcase_add_test (tcase, test_order_of_display);
  tcase_add_test (tcase, test_seeks);
  tcase_add_test (tcase, test_rare_jumps);
  tcase_add_loop_test (tcase, test_without_times, 0, G_N_ELEMENTS (units));

  return suite;
}

GST_CHECK_MAIN (frame_order);
