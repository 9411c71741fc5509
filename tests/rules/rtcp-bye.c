/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>
#include <gst/rtp/rtp.h>

#include "rtcp-bye.h"

#define SSRC 0x89abcdef

static void
fail_unless_bytes (GstBuffer *buffer, const guint8 *expected, gsize size)
{
  gst_check_buffer_data (buffer, expected, size);
  fail_unless (gst_rtcp_buffer_validate (buffer));
  gst_buffer_unref (buffer);
}

GST_START_TEST (test_a_bye_is_a_compound_of_rr_sdes_and_bye)
{
  /* RFC 3550: 6.4.2, 6.5, 6.6 */
  static const guint8 expected[] = {
    0x80, 201, 0, 1, 0x89, 0xab, 0xcd, 0xef, /* RR without a report */
    0x81, 202, 0, 3, 0x89, 0xab, 0xcd, 0xef, /* SDES with one chunk */
    1, 4, 'a', '@', 'b', 'c', 0, 0,          /* CNAME, end and padding */
    0x81, 203, 0, 1, 0x89, 0xab, 0xcd, 0xef, /* BYE for one source */
  };

  fail_unless_bytes (
      gst_peer_rtcp_bye_new (SSRC, "a@bc"), expected, sizeof (expected));
}

GST_END_TEST;

GST_START_TEST (test_a_bye_without_a_name_is_still_a_compound)
{
  static const guint8 expected[] = {
    0x80, 201, 0, 1, 0x89, 0xab, 0xcd, 0xef, /* RR */
    0x81, 202, 0, 2, 0x89, 0xab, 0xcd, 0xef, /* SDES with one chunk */
    0, 0, 0, 0,                              /* that has no item */
    0x81, 203, 0, 1, 0x89, 0xab, 0xcd, 0xef, /* BYE */
  };

  fail_unless_bytes (
      gst_peer_rtcp_bye_new (SSRC, NULL), expected, sizeof (expected));
}

GST_END_TEST;

static const guint name_sizes[] = { 0, 1, 2, 3, 4, 5, 254, 255, 256, 4000 };

GST_START_TEST (test_a_name_of_any_length_makes_a_valid_packet)
{
  guint size = name_sizes[__i__];
  guint length = MIN (size, 255); /* of an item, one octet */
  g_autofree char *cname = g_strnfill (size, 'x');
  GstBuffer *buffer = gst_peer_rtcp_bye_new (SSRC, cname);
  GstMapInfo map;

  fail_unless (gst_rtcp_buffer_validate (buffer));
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  /* RR, SDES: header, SSRC, item and one to four octets of padding. BYE. */
  fail_unless_equals_int (map.size, 8 + 8 + (2 + length) / 4 * 4 + 4 + 8);
  fail_unless_equals_int (map.data[16], GST_RTCP_SDES_CNAME);
  fail_unless_equals_int (map.data[17], length);
  fail_unless_equals_int (memcmp (map.data + 18, cname, length), 0);
  for (gsize i = 18 + length; i < map.size - 8; i++)
    fail_unless_equals_int (map.data[i], 0);
  fail_unless_equals_int (map.data[map.size - 7], GST_RTCP_TYPE_BYE);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

static Suite *
rtcp_bye_suite (void)
{
  Suite *suite = suite_create ("rtcp-bye");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_a_bye_is_a_compound_of_rr_sdes_and_bye);
  tcase_add_test (tcase, test_a_bye_without_a_name_is_still_a_compound);
  tcase_add_loop_test (tcase, test_a_name_of_any_length_makes_a_valid_packet, 0,
      G_N_ELEMENTS (name_sizes));

  return suite;
}

GST_CHECK_MAIN (rtcp_bye);
