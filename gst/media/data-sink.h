/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesink.h>

#include "data-track.h"
#include "session.h"

G_BEGIN_DECLS

/* Behind a data pad of peersink: gives each message to the data channels of all
 * sessions, as fast as the slowest of them takes it. */
#define GST_TYPE_PEER_DATA_SINK (gst_peer_data_sink_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerDataSink, gst_peer_data_sink, GST, PEER_DATA_SINK, GstBaseSink)

GPtrArray *gst_peer_data_sinks_dup (GstElement *element);

GstPeerDataSink *gst_peer_data_sink_new (
    GstBin *element, const char *name, GstPadTemplate *template);
void gst_peer_data_sink_remove (GstPeerDataSink *self);
GstPad *gst_peer_data_sink_get_pad (GstPeerDataSink *self);
void gst_peer_data_sink_await_peer (GstPeerDataSink *self);

gboolean gst_peer_data_sink_open (
    GstPeerDataSink *self, GstPeerSession *session, GstPeerSessionFunc ended);
void gst_peer_data_sink_release (
    GstPeerDataSink *self, GstPeerSession *session);

G_END_DECLS
