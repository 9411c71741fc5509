/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

GType gst_peer_child_type (void);
GstElement *gst_peer_child_dup (GstPeerConnection *element);

gboolean gst_peer_child_create (GstPeerConnection *element);
void gst_peer_child_replace (GstPeerConnection *element);

void gst_peer_child_saw_pc_thread (GstPeerConnection *element);
gboolean gst_peer_child_is_pc_thread (GstPeerConnection *element);
void gst_peer_child_stop_later (GstPeerConnection *element);
void gst_peer_child_stopped (GstPeerConnection *element);

G_END_DECLS
