/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "loop.h"

G_BEGIN_DECLS

/* One peer: a peer connection, and what it carries. Everything is called on the
 * element's loop unless it says otherwise, and so are the events. */
typedef struct _GstPeerSession GstPeerSession;

/* Of the bin of a session, whose messages are the session's: its id. */
#define GST_PEER_SESSION_ID "peer-session-id"

/**
 * GstPeerSessionEvents:
 * @described: the description for the peer: an offer or an answer, with the
 *   candidates that were found so far
 * @candidate: one more; "" when there will be no more
 * @connected: media flows from here on
 * @failed: what went wrong; the end follows
 * @closing: the close sequence begins
 * @ended: nothing is left of it; @report is nullable
 */
typedef struct {
  void (*described) (GstPeerSession *session,
      GstWebRTCSessionDescription *description, gpointer user_data);
  void (*candidate) (GstPeerSession *session, guint mline,
      const char *candidate, gpointer user_data);
  void (*connected) (GstPeerSession *session, gpointer user_data);
  void (*failed) (
      GstPeerSession *session, const GError *error, gpointer user_data);
  void (*closing) (GstPeerSession *session, gpointer user_data);
  void (*ended) (
      GstPeerSession *session, const GstStructure *report, gpointer user_data);
} GstPeerSessionEvents;

/**
 * GstPeerMedia:
 * @create: of a new session; for @element
 * @offer: gets the session's connection ready to make an offer
 * @answer: gets it ready to answer @offer, of which it may take things away
 * @describe: (nullable): has a last word on our answer to @offer
 * @accept: the peer has answered, as @answer says
 * @open: the peer takes and sends media from now on
 * @close: no more is given to the session
 * @drain: (nullable): its connection has closed; what has come of it may still be
 *   on its way. On a thread that may wait
 * @end: nothing comes from its connection any more. On a thread that may wait
 *
 * What a session carries.
 */
typedef struct {
  gpointer (*create) (GstPeerSession *session, gpointer element);
  gboolean (*offer) (gpointer self, GError **error);
  gboolean (*answer) (gpointer self, GstSDPMessage *offer, GError **error);
  void (*describe) (gpointer self, GstSDPMessage *answer);
  gboolean (*accept) (
      gpointer self, const GstSDPMessage *answer, GError **error);
  void (*open) (gpointer self);
  void (*close) (gpointer self);
  void (*drain) (gpointer self);
  void (*end) (gpointer self);
  void (*free) (gpointer self);
} GstPeerMedia;

GstPeerSession *gst_peer_session_new (const char *id, GstBin *element,
    GstPeerLoop *loop, const char *const *ice_servers,
    const GstPeerMedia *media, const GstPeerSessionEvents *events,
    gpointer user_data);
GstPeerSession *gst_peer_session_ref (GstPeerSession *self);
void gst_peer_session_unref (GstPeerSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerSession, gst_peer_session_unref)

const char *gst_peer_session_get_id (GstPeerSession *self);
GstElement *gst_peer_session_get_connection (GstPeerSession *self);
GstBin *gst_peer_session_get_bin (GstPeerSession *self);
gpointer gst_peer_session_get_media (GstPeerSession *self);
void gst_peer_session_prepare (GstPeerSession *self);
gboolean gst_peer_session_is_new (GstPeerSession *self);
gboolean gst_peer_session_is_connected (GstPeerSession *self);
gboolean gst_peer_session_is_lost (GstPeerSession *self);

void gst_peer_session_offer (GstPeerSession *self);
void gst_peer_session_take_description (
    GstPeerSession *self, GstWebRTCSessionDescription *description);
void gst_peer_session_add_candidate (
    GstPeerSession *self, guint mline, const char *candidate);

void gst_peer_session_fail (GstPeerSession *self, const GError *error);
void gst_peer_session_close (GstPeerSession *self);
void gst_peer_session_release (GstPeerSession *self);

typedef void (*GstPeerSessionFunc) (GstPeerSession *self);
void gst_peer_session_call (GstPeerSession *self, GstPeerSessionFunc func);
void gst_peer_session_set_timeout (
    GstPeerSession *self, guint ms, GstPeerSessionFunc func);

void gst_peer_session_call_fail (GstPeerSession *self, const GError *error);

void gst_peer_session_take_message (GstPeerSession *self, GstMessage *message);

G_END_DECLS
