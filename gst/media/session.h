/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "loop.h"
#include "stream.h"

G_BEGIN_DECLS

/* One peer that is sent to. Everything is called on the element's loop, and so
 * are the events. */
typedef struct _GstPeerSession GstPeerSession;

/**
 * GstPeerSessionEvents:
 * @answered: the answer with its candidates
 * @failed: it came to nothing; @ended follows
 * @connected: media flows from here on
 * @ended: the close sequence is over; @report is nullable
 */
typedef struct {
  void (*answered) (GstPeerSession *session,
      GstWebRTCSessionDescription *answer, gpointer user_data);
  void (*failed) (
      GstPeerSession *session, const GError *error, gpointer user_data);
  void (*connected) (GstPeerSession *session, gpointer user_data);
  void (*ended) (
      GstPeerSession *session, const GstStructure *report, gpointer user_data);
} GstPeerSessionEvents;

GstPeerSession *gst_peer_session_new (const char *id, GstBin *bin,
    GstPeerLoop *loop, const GstPeerSessionEvents *events, gpointer user_data);
GstPeerSession *gst_peer_session_ref (GstPeerSession *self);
void gst_peer_session_unref (GstPeerSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerSession, gst_peer_session_unref)

const char *gst_peer_session_get_id (GstPeerSession *self);
gboolean gst_peer_session_is_connected (GstPeerSession *self);

gboolean gst_peer_session_accept (GstPeerSession *self, GPtrArray *streams,
    GstWebRTCSessionDescription *offer, GError **error);
void gst_peer_session_add_candidate (
    GstPeerSession *self, guint mline, const char *candidate);
void gst_peer_session_close (GstPeerSession *self);
gboolean gst_peer_session_owns (GstPeerSession *self, GstObject *source);
void gst_peer_session_take_message (GstPeerSession *self, GstMessage *message);

G_END_DECLS
