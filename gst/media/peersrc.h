/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PEER_SRC (gst_peer_src_get_type ())
G_DECLARE_FINAL_TYPE (GstPeerSrc, gst_peer_src, GST, PEER_SRC, GstBin)

GST_ELEMENT_REGISTER_DECLARE (peersrc);

void gst_peer_src_call (
    GstPeerSrc *self, GSourceFunc func, gpointer data, GDestroyNotify notify);

/* On the loop, but for the last one. */
guint gst_peer_src_find_number (GstPeerSrc *self, const char *media);
void gst_peer_src_add_pad (GstPeerSrc *self, GstPad *pad);
void gst_peer_src_remove_pad (GstPeerSrc *self, GstPad *pad);

G_END_DECLS
