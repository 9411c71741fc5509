/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The states that an element shows: those of its webrtcbin, overlaid by what
 * webrtcbin does not know, that the peer is silent and that we have closed. */

#include "connection-state.h"

/**
 * gst_peer_presence:
 * @before: the presence so far
 * @silence: time since anything was received from the peer, in us
 *
 * Returns: the presence now; a lost peer stays lost, as a failed RTCIceTransport
 *   stays failed until an ICE restart (webrtc-pc 5.6.3)
 */
GstPeerPresence
gst_peer_presence (GstPeerPresence before, gint64 silence)
{
  if (before == GST_PEER_LOST || silence >= GST_PEER_LOST_AFTER)
    return GST_PEER_LOST;
  if (silence >= GST_PEER_SILENT_AFTER)
    return GST_PEER_SILENT;
  return GST_PEER_HEARD;
}

/**
 * gst_peer_presence_wait:
 * @silence: as above
 *
 * Returns: the time after which to look again, in us
 */
gint64
gst_peer_presence_wait (gint64 silence)
{
  if (silence < GST_PEER_CHECK_AFTER)
    return GST_PEER_CHECK_AFTER - silence;
  if (silence < GST_PEER_SILENT_AFTER)
    return MIN (G_TIME_SPAN_SECOND, GST_PEER_SILENT_AFTER - silence);
  return G_TIME_SPAN_SECOND;
}

GstWebRTCPeerConnectionState
gst_peer_connection_state (GstWebRTCPeerConnectionState child,
    GstPeerPresence presence, gboolean closed)
{
  if (closed)
    return GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED;
  if (child != GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    return child;
  switch (presence) {
  case GST_PEER_SILENT:
    return GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED;
  case GST_PEER_LOST:
    return GST_WEBRTC_PEER_CONNECTION_STATE_FAILED;
  default:
    return child;
  }
}

GstWebRTCICEConnectionState
gst_peer_ice_connection_state (GstWebRTCICEConnectionState child,
    GstPeerPresence presence, gboolean closed)
{
  if (closed)
    return GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED;
  if (child != GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED &&
      child != GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED)
    return child;
  switch (presence) {
  case GST_PEER_SILENT:
    return GST_WEBRTC_ICE_CONNECTION_STATE_DISCONNECTED;
  case GST_PEER_LOST:
    return GST_WEBRTC_ICE_CONNECTION_STATE_FAILED;
  default:
    return child;
  }
}

GstWebRTCSignalingState
gst_peer_signaling_state (GstWebRTCSignalingState child, gboolean closed)
{
  return closed ? GST_WEBRTC_SIGNALING_STATE_CLOSED : child;
}
