/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

#define GST_TYPE_PEER_SIGNALLER (gst_peer_signaller_get_type ())
G_DECLARE_INTERFACE (
    GstPeerSignaller, gst_peer_signaller, GST, PEER_SIGNALLER, GObject)

/**
 * GstPeerSignallerInterface:
 * @start: begins; after this the signals may come, on a thread of the
 *   signaller's own
 * @stop: ends all sessions; no signal comes once it has returned
 * @send_description: the answer to an offer. All candidates are in it
 * @refuse: there will be no answer
 * @end_session: the session is over on this side
 *
 * How peers find each other. Every function but @start and @stop may be called
 * on any thread, and for a session that is over already.
 */
struct _GstPeerSignallerInterface {
  GTypeInterface parent;

  gboolean (*start) (GstPeerSignaller *self, GError **error);
  void (*stop) (GstPeerSignaller *self);
  void (*send_description) (GstPeerSignaller *self, const char *session,
      GstWebRTCSessionDescription *description);
  void (*refuse) (
      GstPeerSignaller *self, const char *session, const GError *error);
  void (*end_session) (GstPeerSignaller *self, const char *session);
};

gboolean gst_peer_signaller_start (GstPeerSignaller *self, GError **error);
void gst_peer_signaller_stop (GstPeerSignaller *self);
void gst_peer_signaller_send_description (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *description);
void gst_peer_signaller_refuse (
    GstPeerSignaller *self, const char *session, const GError *error);
void gst_peer_signaller_end_session (
    GstPeerSignaller *self, const char *session);

/* For implementations. */
void gst_peer_signaller_session_requested (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *offer);
void gst_peer_signaller_candidate (GstPeerSignaller *self, const char *session,
    guint mline, const char *candidate);
void gst_peer_signaller_session_ended (
    GstPeerSignaller *self, const char *session);

G_END_DECLS
