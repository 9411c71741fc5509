/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

/* Ghosts of webrtcbin's pads, with the same pad properties. */
#define GST_TYPE_PEER_SINK_PAD (gst_peer_sink_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerSinkPad, gst_peer_sink_pad, GST, PEER_SINK_PAD, GstGhostPad)
#define GST_TYPE_PEER_SRC_PAD (gst_peer_src_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerSrcPad, gst_peer_src_pad, GST, PEER_SRC_PAD, GstGhostPad)

GstPad *gst_peer_pads_request (GstPeerConnection *element,
    GstPadTemplate *templ, const char *name, const GstCaps *caps);
void gst_peer_pads_release (GstPeerConnection *element, GstPad *pad);
void gst_peer_pads_adopt (GstPeerConnection *element, GstElement *child);

void gst_peer_pads_add_src (GstPeerConnection *element, GstPad *inner);
void gst_peer_pads_remove_src (GstPeerConnection *element, GstPad *inner);
void gst_peer_pads_remove_all_src (GstPeerConnection *element);

void gst_peer_pads_gate (GstPeerConnection *element);
gboolean gst_peer_pads_await_eos (GstPeerConnection *element);

gboolean gst_peer_pads_end (GstPeerConnection *element, gboolean drain);
void gst_peer_pads_end_ssrc (GstPeerConnection *element, guint32 ssrc);

GstPad *gst_peer_pads_get_inner (GstPad *pad);

G_END_DECLS
