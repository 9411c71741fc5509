/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "data-message.h"
#include "data-pad.h"

G_BEGIN_DECLS

/* One data channel of one session: from its data pad to the peer. From any
 * thread, but for what says otherwise. */
typedef struct _GstPeerDataTrack GstPeerDataTrack;

/**
 * GstPeerDataTrackChanged:
 *
 * It may have opened, have room, or be over. On webrtcbin's thread or on one of
 * its streaming threads.
 */
typedef void (*GstPeerDataTrackChanged) (gpointer owner);

GstPeerDataTrack *gst_peer_data_track_new (GstPeerDataSinkPad *pad,
    GstElement *connection, GstPeerDataTrackChanged changed, GObject *owner);
GstPeerDataTrack *gst_peer_data_track_ref (GstPeerDataTrack *self);
void gst_peer_data_track_unref (GstPeerDataTrack *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerDataTrack, gst_peer_data_track_unref)

gboolean gst_peer_data_track_is_open (GstPeerDataTrack *self);
gboolean gst_peer_data_track_is_over (GstPeerDataTrack *self);
gboolean gst_peer_data_track_may_lose (GstPeerDataTrack *self);

gboolean gst_peer_data_track_has_room (GstPeerDataTrack *self, gsize size);
gboolean gst_peer_data_track_send (
    GstPeerDataTrack *self, const GstPeerMessage *message, GError **error);

void gst_peer_data_track_finish (GstPeerDataTrack *self);
void gst_peer_data_track_cut (GstPeerDataTrack *self);
void gst_peer_data_track_detach (GstPeerDataTrack *self);

G_END_DECLS
