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
