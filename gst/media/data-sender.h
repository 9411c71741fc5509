/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session.h"

G_BEGIN_DECLS

/* The data channels of one session of a peersink, one for each data pad, and
 * the end of a session that has some. On the loop. */
typedef struct _GstPeerDataSender GstPeerDataSender;

GstPeerDataSender *gst_peer_data_sender_new (
    GstPeerSession *session, GstPeerSessionFunc ended);
void gst_peer_data_sender_free (GstPeerDataSender *self);

gboolean gst_peer_data_sender_open (
    GstPeerDataSender *self, GPtrArray *sinks, GError **error);
void gst_peer_data_sender_watch (GstPeerDataSender *self, GstPad *sink);
void gst_peer_data_sender_take_end (GstPeerDataSender *self);
void gst_peer_data_sender_close (GstPeerDataSender *self);

G_END_DECLS
