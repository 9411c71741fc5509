/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* What a buffer at such a pad is: one message. */
#define GST_PEER_TEXT_CAPS "text/x-raw, format=(string)utf8"
#define GST_PEER_BINARY_CAPS "application/octet-stream"
#define GST_PEER_DATA_CAPS GST_PEER_TEXT_CAPS "; " GST_PEER_BINARY_CAPS

/* Of peersink: how to send is set there. */
#define GST_TYPE_PEER_DATA_SINK_PAD (gst_peer_data_sink_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstPeerDataSinkPad, gst_peer_data_sink_pad, GST,
    PEER_DATA_SINK_PAD, GstGhostPad)

GstPad *gst_peer_data_sink_pad_new (
    const char *name, GstPadTemplate *template, GstElement *target);
GstWebRTCDataChannel *gst_peer_data_sink_pad_create_channel (
    GstPeerDataSinkPad *self, GstElement *connection);

/* Of peersrc: shows how the peer sends. */
#define GST_TYPE_PEER_DATA_SRC_PAD (gst_peer_data_src_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerDataSrcPad, gst_peer_data_src_pad, GST, PEER_DATA_SRC_PAD, GstPad)

GstPad *gst_peer_data_src_pad_new (
    const char *name, GstPadTemplate *template, GstWebRTCDataChannel *channel);

G_END_DECLS
