/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The little of SCTP (RFC 9260) that is needed to give an ABORT its reason. */

#include "sctp-packet.h"

#include <string.h>

#define COMMON_HEADER_SIZE 12 /* ports, verification tag, checksum: 3.1 */
#define CHECKSUM_OFFSET 8
#define CHUNK_HEADER_SIZE 4           /* type, flags, length: 3.2 */
#define CHUNK_ABORT 6                 /* 3.3.7 */
#define CAUSE_USER_INITIATED_ABORT 12 /* 3.3.10.12 */

static guint16
read_uint16 (const guint8 *data)
{
  return data[0] << 8 | data[1];
}

static void
write_uint16 (guint8 *data, guint16 value)
{
  data[0] = value >> 8;
  data[1] = value & 0xff;
}

/* The offset of the first one, or 0. */
static gsize
find_abort (const guint8 *data, gsize size)
{
  gsize offset = COMMON_HEADER_SIZE;

  while (size >= CHUNK_HEADER_SIZE && offset <= size - CHUNK_HEADER_SIZE) {
    gsize length = read_uint16 (data + offset + 2);

    if (length < CHUNK_HEADER_SIZE || length > size - offset)
      return 0;
    if (data[offset] == CHUNK_ABORT)
      return offset;
    offset += (length + 3) & ~(gsize)3;
  }

  return 0;
}

gboolean
gst_peer_sctp_packet_has_abort (const guint8 *data, gsize size)
{
  return find_abort (data, size) != 0;
}

/**
 * gst_peer_crc32c:
 *
 * The checksum of RFC 9260, Appendix A: CRC32c, reflected.
 */
guint32
gst_peer_crc32c (const guint8 *data, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= data[i];
    for (guint bit = 0; bit < 8; bit++)
      crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
  }

  return ~crc;
}

/**
 * gst_peer_sctp_packet_new_abort:
 * @data: a packet that contains an ABORT chunk
 * @size: its size
 * @reason: the Upper Layer Abort Reason
 *
 * Returns: (nullable): a packet with the same addresses and tag, and one ABORT
 *   that gives User-Initiated Abort (12) as its cause; %NULL when @data has no
 *   ABORT in it
 */
GBytes *
gst_peer_sctp_packet_new_abort (
    const guint8 *data, gsize size, const char *reason)
{
  gsize abort = find_abort (data, size);
  gsize reason_size = strlen (reason);
  gsize cause_size = 4 + reason_size; /* padding is not counted */
  gsize chunk_size = CHUNK_HEADER_SIZE + cause_size;
  gsize packet_size = COMMON_HEADER_SIZE + ((chunk_size + 3) & ~(gsize)3);
  guint8 *packet, *chunk;
  guint32 checksum;

  if (abort == 0)
    return NULL;

  packet = g_malloc0 (packet_size);
  memcpy (packet, data, CHECKSUM_OFFSET);
  chunk = packet + COMMON_HEADER_SIZE;
  chunk[0] = CHUNK_ABORT;
  chunk[1] = data[abort + 1]; /* the T flag goes with the tag */
  write_uint16 (chunk + 2, chunk_size);
  write_uint16 (chunk + 4, CAUSE_USER_INITIATED_ABORT);
  write_uint16 (chunk + 6, cause_size);
  memcpy (chunk + 8, reason, reason_size);

  checksum = GUINT32_TO_LE (gst_peer_crc32c (packet, packet_size));
  memcpy (packet + CHECKSUM_OFFSET, &checksum, sizeof (checksum));

  return g_bytes_new_take (packet, packet_size);
}
