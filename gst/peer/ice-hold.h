/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

void gst_peer_ice_hold_learn (GstPeerConnection *element, GstElement *child);
void gst_peer_ice_hold_forget (GstPeerConnection *element);
GPtrArray *gst_peer_ice_hold (GstPeerConnection *element);
void gst_peer_ice_release (GPtrArray *held, gboolean tell);

G_END_DECLS
