/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

#include <gst/webrtc/webrtc.h>

#include "connection-state.h"

G_BEGIN_DECLS

/* The three W3C states, kept here so that they can be read from any thread and
 * from inside any callback: webrtcbin's own getters take its lock, which it
 * holds during some of its callbacks. */
typedef struct {
  GMutex lock;
  gboolean closed; /* [[IsClosed]] */
  GstPeerPresence presence;
  GstWebRTCSignalingState signaling;
  GstWebRTCPeerConnectionState connection;
  GstWebRTCICEConnectionState ice;
} GstPeerStates;

void gst_peer_states_init (GstPeerStates *self);
void gst_peer_states_clear (GstPeerStates *self);

gboolean gst_peer_states_is_closed (GstPeerConnection *element);
gboolean gst_peer_states_get (
    GstPeerConnection *element, const char *name, GValue *value);

gboolean gst_peer_states_close (GstPeerConnection *element);
void gst_peer_states_reset (GstPeerConnection *element);
gboolean gst_peer_states_follow (
    GstPeerConnection *element, GstElement *child, const char *name);
void gst_peer_states_set_presence (
    GstPeerConnection *element, GstPeerPresence presence);

G_END_DECLS
