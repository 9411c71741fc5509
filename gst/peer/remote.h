/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

void gst_peer_remote_watch (GstPeerConnection *element, GstElement *child);
void gst_peer_remote_unwatch (GstPeerConnection *element, GstElement *child);
gboolean gst_peer_remote_take_message (
    GstPeerConnection *element, GstMessage *message);

G_END_DECLS
