/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <gst/check/gstcheck.h>

#include "sctp-packet.h"

/* RFC 9260, 3.1; the checksum is not looked at. */
#define HEADER 0x13, 0x88, 0x13, 0x89, 1, 2, 3, 4, 9, 9, 9, 9
#define HEADER_SIZE 12
#define MAX_SIZE 40

/* RFC 3720, B.4, which RFC 9260 takes the polynomial from. */
static const struct {
  const char *hex;
  guint32 checksum;
} checksums[] = {
  { "", 0 },
  { "313233343536373839", 0xe3069283 },
  { "0000000000000000000000000000000000000000000000000000000000000000",
      0x8a9136aa },
  { "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      0x62a8ab43 },
  { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      0x46dd794e },
};

GST_START_TEST (test_the_checksum_is_that_of_the_rfc)
{
  const char *hex = checksums[__i__].hex;
  guint8 data[32];
  gsize size = strlen (hex) / 2;

  for (gsize i = 0; i < size; i++)
    data[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 |
              g_ascii_xdigit_value (hex[2 * i + 1]);
  fail_unless_equals_uint64 (
      gst_peer_crc32c (data, size), checksums[__i__].checksum);
}

GST_END_TEST;

static const struct {
  gboolean has_abort;
  gsize size;
  guint8 data[MAX_SIZE];
} packets[] = {
  /* alone, and with a cause */
  { TRUE, 16, { HEADER, 6, 0, 0, 4 } },
  { TRUE, 20, { HEADER, 6, 0, 0, 8, 0, 12, 0, 4 } },
  /* after a chunk, one whose padding counts, and several */
  { TRUE, 20, { HEADER, 3, 0, 0, 4, 6, 0, 0, 4 } },
  { TRUE, 24, { HEADER, 3, 0, 0, 5, 7, 0, 0, 0, 6, 0, 0, 4 } },
  { TRUE, 24, { HEADER, 3, 0, 0, 8, 0, 0, 0, 0, 6, 0, 0, 4 } },
  { TRUE, 28, { HEADER, 3, 0, 0, 4, 3, 0, 0, 5, 7, 0, 0, 0, 6, 0, 0, 4 } },
  /* before one */
  { TRUE, 20, { HEADER, 6, 0, 0, 4, 3, 0, 0, 4 } },
  /* other chunks, and 6 where no chunk begins */
  { FALSE, 16, { HEADER, 3, 0, 0, 4 } },
  { FALSE, 16, { HEADER, 3, 6, 0, 4 } },
  { FALSE, 20, { HEADER, 3, 0, 0, 8, 6, 0, 0, 4 } },
  { FALSE, 20, { HEADER, 3, 0, 0, 5, 6, 0, 0, 4 } },
  /* nothing after the header, and less than a header */
  { FALSE, 12, { HEADER } },
  { FALSE, 0, { HEADER } },
  { FALSE, 3, { HEADER } },
  { FALSE, 4, { 6, 0, 0, 4 } },
  { FALSE, 11, { HEADER } },
  /* cut in the chunk's header, or its value */
  { FALSE, 15, { HEADER, 6, 0, 0, 4 } },
  { FALSE, 19, { HEADER, 6, 0, 0, 8, 0, 12, 0, 4 } },
  { FALSE, 19, { HEADER, 3, 0, 0, 4, 6, 0, 0, 4 } },
  { FALSE, 17, { HEADER, 3, 0, 0, 5, 7, 0, 0, 0 } },
  /* lengths that lie: none may loop, or read past the end */
  { FALSE, 20, { HEADER, 3, 0, 0, 0, 6, 0, 0, 4 } },
  { FALSE, 20, { HEADER, 3, 0, 0, 3, 6, 0, 0, 4 } },
  { FALSE, 20, { HEADER, 6, 0, 0, 3, 0, 0, 0, 0 } },
  { FALSE, 20, { HEADER, 6, 0, 0, 9, 0, 0, 0, 0 } },
  { FALSE, 20, { HEADER, 6, 0, 0xff, 0xff, 0, 0, 0, 0 } },
  { FALSE, 20, { HEADER, 3, 0, 0xff, 0xff, 6, 0, 0, 4 } },
};

/* A copy that ends where a page ends, before one that must not be read. */
static guint8 *
copy_packet (gsize i)
{
  gsize page = sysconf (_SC_PAGESIZE);
  guint8 *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  guint8 *copy = pages + page - packets[i].size;

  fail_unless (pages != MAP_FAILED);
  fail_unless (mprotect (pages + page, page, PROT_NONE) == 0);
  memcpy (copy, packets[i].data, packets[i].size);

  return copy;
}

static void
free_packet (guint8 *copy)
{
  gsize page = sysconf (_SC_PAGESIZE);

  munmap (copy - 1 - ((gsize)(copy - 1) & (page - 1)), 2 * page);
}

GST_START_TEST (test_an_abort_is_found_at_the_start_of_any_chunk)
{
  guint8 *data = copy_packet (__i__);

  fail_unless_equals_int (
      gst_peer_sctp_packet_has_abort (data, packets[__i__].size),
      packets[__i__].has_abort);
  free_packet (data);
}

GST_END_TEST;

GST_START_TEST (test_an_abort_is_made_from_an_abort_only)
{
  guint8 *data = copy_packet (__i__);
  GBytes *packet =
      gst_peer_sctp_packet_new_abort (data, packets[__i__].size, "why");

  fail_unless_equals_int (packet != NULL, packets[__i__].has_abort);
  g_clear_pointer (&packet, g_bytes_unref);
  free_packet (data);
}

GST_END_TEST;

/* Checks the checksum and gives the packet with zeros in its place. */
static guint8 *
take_without_checksum (GBytes *packet, gsize *size)
{
  guint8 *data = g_bytes_unref_to_data (packet, size);
  guint32 checksum =
      data[8] | data[9] << 8 | data[10] << 16 | (guint32)data[11] << 24;

  memset (data + 8, 0, 4);
  fail_unless_equals_uint64 (gst_peer_crc32c (data, *size), checksum);
  return data;
}

GST_START_TEST (test_the_new_abort_has_the_reason_as_its_cause)
{
  static const guint8 abort[] = { HEADER, 6, 1, 0, 4 };
  static const guint8 expected[] = {
    0x13, 0x88, 0x13, 0x89, 1, 2, 3, 4, 0, 0, 0, 0, /* as it was */
    6, 1, 0, 13,                                    /* ABORT, T as it was */
    0, 12, 0, 9, 'c', 'l', 'o', 's', 'e',           /* the cause */
    0, 0, 0,                                        /* padding, not counted */
  };
  gsize size;
  guint8 *data = take_without_checksum (
      gst_peer_sctp_packet_new_abort (abort, sizeof (abort), "close"), &size);

  fail_unless_equals_int (size, sizeof (expected));
  fail_unless_equals_int (memcmp (data, expected, size), 0);
  g_free (data);
}

GST_END_TEST;

GST_START_TEST (test_the_new_abort_leaves_the_other_chunks_out)
{
  static const guint8 packet[] = { HEADER, 3, 9, 0, 4, 6, 0, 0, 8, 0, 1, 0, 4 };
  static const guint8 expected[] = {
    0x13, 0x88, 0x13, 0x89, 1, 2, 3, 4, 0, 0, 0, 0, /* as it was */
    6, 0, 0, 8, 0, 12, 0, 4,                        /* flags of the ABORT */
  };
  gsize size;
  guint8 *data = take_without_checksum (
      gst_peer_sctp_packet_new_abort (packet, sizeof (packet), ""), &size);

  fail_unless_equals_int (size, sizeof (expected));
  fail_unless_equals_int (memcmp (data, expected, size), 0);
  g_free (data);
}

GST_END_TEST;

GST_START_TEST (test_the_new_abort_is_padded_to_four_bytes)
{
  static const guint8 abort[] = { HEADER, 6, 0, 0, 4 };
  g_autofree char *reason = g_strnfill (__i__, 'x');
  gsize size;
  guint8 *data = take_without_checksum (
      gst_peer_sctp_packet_new_abort (abort, sizeof (abort), reason), &size);

  fail_unless_equals_int (size, HEADER_SIZE + 8 + (__i__ + 3) / 4 * 4);
  fail_unless_equals_int (data[HEADER_SIZE + 3], 8 + __i__);
  fail_unless_equals_int (data[HEADER_SIZE + 7], 4 + __i__);
  for (gsize i = HEADER_SIZE + 8 + __i__; i < size; i++)
    fail_unless_equals_int (data[i], 0);
  fail_unless (gst_peer_sctp_packet_has_abort (data, size));
  g_free (data);
}

GST_END_TEST;

static Suite *
sctp_packet_suite (void)
{
  Suite *suite = suite_create ("sctp-packet");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_the_checksum_is_that_of_the_rfc, 0, G_N_ELEMENTS (checksums));
  tcase_add_loop_test (tcase, test_an_abort_is_found_at_the_start_of_any_chunk,
      0, G_N_ELEMENTS (packets));
  tcase_add_loop_test (tcase, test_an_abort_is_made_from_an_abort_only, 0,
      G_N_ELEMENTS (packets));
  tcase_add_test (tcase, test_the_new_abort_has_the_reason_as_its_cause);
  tcase_add_test (tcase, test_the_new_abort_leaves_the_other_chunks_out);
  tcase_add_loop_test (tcase, test_the_new_abort_is_padded_to_four_bytes, 0, 9);

  return suite;
}

GST_CHECK_MAIN (sctp_packet);
