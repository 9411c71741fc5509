/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "frame-order.h"

/* A clock that was set back once is no B-frame; those come again and again. */
#define ENOUGH_BACK 3
#define LONG_FORWARD 300

/**
 * gst_peer_frame_order_break:
 *
 * What follows has nothing to do with what came before: a seek, a gap, another
 * segment.
 */
void
gst_peer_frame_order_break (GstPeerFrameOrder *self)
{
  self->latest = GST_CLOCK_TIME_NONE;
}

/**
 * gst_peer_frame_order_check:
 * @pts: when the next frame is shown; it may be unknown
 *
 * Returns: %FALSE when the frames are in another order than that of display
 */
gboolean
gst_peer_frame_order_check (GstPeerFrameOrder *self, GstClockTime pts)
{
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return TRUE;

  if (GST_CLOCK_TIME_IS_VALID (self->latest) && pts < self->latest) {
    self->n_back++;
    self->n_forward = 0;
    return self->n_back < ENOUGH_BACK;
  }

  self->latest = pts;
  if (++self->n_forward >= LONG_FORWARD)
    self->n_back = 0;

  return TRUE;
}

/* === without times === */

#define NAL_SLICE 1
#define NAL_SLICE_PARTITION_A 2
#define NAL_SLICE_IDR 5
#define SLICE_B 1

/* What is over reads as ones, which end every code. */
static guint
read_bit (const guint8 *data, gsize size, gsize *position)
{
  gsize byte = *position / 8;
  guint shift = 7 - *position % 8;

  (*position)++;

  return byte < size ? data[byte] >> shift & 1 : 1;
}

/* Exp-Golomb (ITU-T H.264, 9.1) of no more bits than macroblocks need. */
static guint
read_ue (const guint8 *data, gsize size, gsize *position)
{
  guint n_bits = 0;
  guint value = 1;

  while (n_bits < 24 && !read_bit (data, size, position))
    n_bits++;
  for (guint i = 0; i < n_bits; i++)
    value = value << 1 | read_bit (data, size, position);

  return value - 1;
}

static gboolean
is_b_slice (const guint8 *data, gsize size)
{
  gsize position = 0;

  read_ue (data, size, &position); /* first_mb_in_slice */

  return read_ue (data, size, &position) % 5 == SLICE_B;
}

/**
 * gst_peer_h264_is_b_frame:
 * @data: an access unit, as a byte stream
 *
 * Where frames have no times, as those of an elementary stream.
 *
 * Returns: whether its first slice is one of type B
 */
gboolean
gst_peer_h264_is_b_frame (const guint8 *data, gsize size)
{
  for (gsize i = 0; i + 3 < size; i++) {
    guint type;

    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1)
      continue;
    type = data[i + 3] & 0x1f;
    if (type == NAL_SLICE || type == NAL_SLICE_PARTITION_A)
      return is_b_slice (data + i + 4, size - i - 4);
    if (type == NAL_SLICE_IDR)
      return FALSE;
  }

  return FALSE;
}
