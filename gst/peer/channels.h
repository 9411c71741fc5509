/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* The data channels that are not closed, and those that were closed from here,
 * which webrtcbin would forget while its elements still call them. */
typedef struct {
  GMutex lock;
  GPtrArray *channels;
  GPtrArray *closed;
} GstPeerChannels;

void gst_peer_channels_init (GstPeerChannels *self);
void gst_peer_channels_clear (GstPeerChannels *self);

void gst_peer_channels_forget (GstPeerConnection *element);

void gst_peer_channels_add (
    GstPeerConnection *element, GstWebRTCDataChannel *channel);

void gst_peer_channels_finish (
    GstPeerConnection *element, GstWebRTCDataChannel *channel);
void gst_peer_channels_on_reset (
    GstPeerConnection *element, GstElement *child, gint id);
gboolean gst_peer_channels_drain (GstPeerConnection *element);
void gst_peer_channels_mute (GstPeerConnection *element);
gboolean gst_peer_channels_close (GstPeerConnection *element);
void gst_peer_channels_fail (GstPeerConnection *element, const GError *error);

G_END_DECLS
