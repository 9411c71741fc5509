/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

/* Property ids from here on are webrtcbin's. */
#define GST_PEER_SURFACE_FIRST_PROPERTY 1000

void gst_peer_surface_install (GObjectClass *klass);

void gst_peer_surface_connect (GstPeerConnection *element, GstElement *child);
void gst_peer_surface_copy_settings (GstElement *from, GstElement *to);

void gst_peer_surface_get_property (
    GstPeerConnection *element, GValue *value, GParamSpec *pspec);
void gst_peer_surface_set_property (
    GstPeerConnection *element, const GValue *value, GParamSpec *pspec);

G_END_DECLS
