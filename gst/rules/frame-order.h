/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Whether frames come in another order than that they are shown in. */
typedef struct {
  GstClockTime latest;
  guint n_back;
  guint n_forward; /* since the last that went back */
} GstPeerFrameOrder;

#define GST_PEER_FRAME_ORDER_INIT                                              \
  {                                                                            \
    GST_CLOCK_TIME_NONE, 0, 0                                                  \
  }

void gst_peer_frame_order_break (GstPeerFrameOrder *self);
gboolean gst_peer_frame_order_check (GstPeerFrameOrder *self, GstClockTime pts);

gboolean gst_peer_h264_is_b_frame (const guint8 *data, gsize size);

G_END_DECLS
