/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-client.h"

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* The candidates that are found after the description: on the http client's
 * thread. */
typedef struct _GstPeerTrickle GstPeerTrickle;

GstPeerTrickle *gst_peer_trickle_new (GstPeerHttpClient *http);
void gst_peer_trickle_free (GstPeerTrickle *self);

void gst_peer_trickle_set_description (
    GstPeerTrickle *self, const GstSDPMessage *sdp);
void gst_peer_trickle_add (
    GstPeerTrickle *self, guint mline, const char *candidate);
void gst_peer_trickle_open (
    GstPeerTrickle *self, GUri *resource, const char *etag);
void gst_peer_trickle_refuse (GstPeerTrickle *self);

G_END_DECLS
