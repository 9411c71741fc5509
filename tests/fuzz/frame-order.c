/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "frame-order.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Every byte that is looked at is one of the frame. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gst_peer_h264_is_b_frame (data, size);

  return 0;
}
