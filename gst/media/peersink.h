/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PEER_SINK (gst_peer_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstPeerSink, gst_peer_sink, GST, PEER_SINK, GstBin)

GST_ELEMENT_REGISTER_DECLARE (peersink);

GPtrArray *gst_peer_sink_dup_streams (GstPeerSink *self);

G_END_DECLS
