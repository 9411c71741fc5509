/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stream.h"

G_BEGIN_DECLS

/* One medium of one session: from its stream to the peer connection. */
typedef struct _GstPeerTrack GstPeerTrack;

/**
 * GstPeerTrackFailed:
 *
 * It cannot send any more. On a streaming thread.
 */
typedef void (*GstPeerTrackFailed) (gpointer user_data);

GstPeerTrack *gst_peer_track_new (GstPeerStream *stream, const char *session,
    GstElement *connection, GstPeerTrackFailed failed, gpointer user_data);
void gst_peer_track_free (GstPeerTrack *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerTrack, gst_peer_track_free)

gboolean gst_peer_track_link (GstPeerTrack *self, const GstPeerCodec *codec,
    GstPad *sink, guint payload_type, guint32 ssrc, GError **error);
void gst_peer_track_open (GstPeerTrack *self);
void gst_peer_track_close (GstPeerTrack *self);

G_END_DECLS
