/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PEER_SRC (gst_peer_src_get_type ())
G_DECLARE_FINAL_TYPE (GstPeerSrc, gst_peer_src, GST, PEER_SRC, GstBin)

GST_ELEMENT_REGISTER_DECLARE (peersrc);

gboolean gst_peer_src_take_data_number (GstPeerSrc *self, guint *number);
void gst_peer_src_free_data_number (GstPeerSrc *self, guint number);

G_END_DECLS
