/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "loop.h"
#include "session.h"
#include "signaller.h"

G_BEGIN_DECLS

/* The peers of one element: they come through a signaller and go. */
typedef struct _GstPeerSessions GstPeerSessions;

/**
 * GstPeerSessionsEvents:
 * @is_ready: whether what there is to be sent is known
 * @added: there is a new one
 * @described: our description is on its way to the peer, or the peer's is here
 * @connected: media flows from here on
 * @failed: it comes to nothing; @http_status is 0 where no server said so
 * @ended: nothing is left of it; @report is nullable
 *
 * What happens to a session. On the loop.
 */
typedef struct {
  gboolean (*is_ready) (gpointer user_data);
  void (*added) (GstPeerSession *session, gpointer user_data);
  void (*described) (
      GstPeerSession *session, gboolean answered, gpointer user_data);
  void (*connected) (GstPeerSession *session, gpointer user_data);
  void (*failed) (GstPeerSession *session, const GError *error,
      guint http_status, gpointer user_data);
  void (*ended) (
      GstPeerSession *session, const GstStructure *report, gpointer user_data);
} GstPeerSessionsEvents;

GstPeerSessions *gst_peer_sessions_new (GstBin *element, GstPeerLoop *loop,
    const GstPeerMedia *media, const GstPeerSessionsEvents *events,
    gpointer user_data);
void gst_peer_sessions_free (GstPeerSessions *self);

gboolean gst_peer_sessions_start (
    GstPeerSessions *self, GstPeerSignaller *signaller, GError **error);
void gst_peer_sessions_stop (GstPeerSessions *self);

void gst_peer_sessions_check_ready (GstPeerSessions *self);
void gst_peer_sessions_refuse (GstPeerSessions *self);
void gst_peer_sessions_close_all (GstPeerSessions *self);
void gst_peer_sessions_close_unconnected (GstPeerSessions *self);
void gst_peer_sessions_close_one (GstPeerSessions *self, const char *id);

gboolean gst_peer_sessions_are_over (GstPeerSessions *self);
GPtrArray *gst_peer_sessions_dup_all (GstPeerSessions *self);
GstPeerSession *gst_peer_sessions_dup_one (
    GstPeerSessions *self, const char *id);

gboolean gst_peer_sessions_take_message (
    GstPeerSessions *self, GstMessage *message);

G_END_DECLS
