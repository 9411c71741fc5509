/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Who the peer is to its ICE agent, for each m-line of its description. */
typedef struct _GstPeerCredentials GstPeerCredentials;

GstPeerCredentials *gst_peer_credentials_new (const GstSDPMessage *sdp);
void gst_peer_credentials_free (GstPeerCredentials *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerCredentials, gst_peer_credentials_free)

/* Between two that are sent soon; Ta of RFC 8445, 14.2 */
#define GST_PEER_CHECK_PACE (50 * G_TIME_SPAN_MILLISECOND)

gboolean gst_peer_ice_check (GObject *ice_agent, guint n_streams,
    const GstPeerCredentials *credentials, gboolean quiet);

G_END_DECLS
