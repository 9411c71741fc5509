/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "loop.h"

G_BEGIN_DECLS

/* Who is sent to: peers come through a signaller and go. */
typedef struct _GstPeerSessions GstPeerSessions;

/**
 * GstPeerSessionsGone:
 *
 * One has ended, or there was none to end. On the loop.
 */
typedef void (*GstPeerSessionsGone) (GstBin *element);

GstPeerSessions *gst_peer_sessions_new (GstBin *element, GstPeerLoop *loop,
    GPtrArray *streams, GstPeerSessionsGone gone);
void gst_peer_sessions_free (GstPeerSessions *self);

gboolean gst_peer_sessions_start (GstPeerSessions *self, const char *location,
    guint max_sessions, GError **error);
void gst_peer_sessions_stop (GstPeerSessions *self);

void gst_peer_sessions_refuse (GstPeerSessions *self);
void gst_peer_sessions_close_all (GstPeerSessions *self);
void gst_peer_sessions_drain (GstPeerSessions *self, guint timeout);
gboolean gst_peer_sessions_are_over (gpointer self);

gboolean gst_peer_sessions_take_message (
    GstPeerSessions *self, GstMessage *message);

G_END_DECLS
