/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* What the silence of a peer says about it. */
typedef enum {
  GST_PEER_HEARD,  /* something arrived lately */
  GST_PEER_SILENT, /* nothing for GST_PEER_SILENT_AFTER */
  GST_PEER_LOST,   /* nothing for GST_PEER_LOST_AFTER */
} GstPeerPresence;

#define GST_PEER_CHECK_AFTER (2500 * G_TIME_SPAN_MILLISECOND)
#define GST_PEER_SILENT_AFTER (5 * G_TIME_SPAN_SECOND)
#define GST_PEER_LOST_AFTER (20 * G_TIME_SPAN_SECOND)

GstPeerPresence gst_peer_presence (GstPeerPresence before, gint64 silence);
gint64 gst_peer_presence_wait (gint64 silence);

GstWebRTCPeerConnectionState gst_peer_connection_state (
    GstWebRTCPeerConnectionState child, GstPeerPresence presence,
    gboolean closed);
GstWebRTCICEConnectionState gst_peer_ice_connection_state (
    GstWebRTCICEConnectionState child, GstPeerPresence presence,
    gboolean closed);
GstWebRTCSignalingState gst_peer_signaling_state (
    GstWebRTCSignalingState child, gboolean closed);

G_END_DECLS
