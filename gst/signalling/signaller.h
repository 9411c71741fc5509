/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

#define GST_PEER_SIGNALLER_API __attribute__ ((visibility ("default")))

#define GST_TYPE_PEER_SIGNALLER (gst_peer_signaller_get_type ())
GST_PEER_SIGNALLER_API
G_DECLARE_INTERFACE (
    GstPeerSignaller, gst_peer_signaller, GST, PEER_SIGNALLER, GObject)

/**
 * GstPeerSignallerInterface:
 * @start: begins; after this the signals may come, on any thread. May block for
 *   as long as it takes to listen, not for as long as a remote takes to answer.
 *   Errors are of #GstResourceError: %GST_RESOURCE_ERROR_SETTINGS for what has
 *   to be set otherwise, %GST_RESOURCE_ERROR_BUSY for an address or a path that
 *   is in use, %GST_RESOURCE_ERROR_OPEN_READ_WRITE for the rest. The message
 *   names the address
 * @stop: ends what is left; no signal comes once it has returned
 * @send_description: an answer, to an offer that came; or the offer of a
 *   session that was requested without one
 * @send_candidate: one that is not in the description, for the m-line of this
 *   index, from "candidate:" on; "" when there will be no more
 * @refuse: there will be no description. Of #GstResourceError, the remote may
 *   come again after %GST_RESOURCE_ERROR_BUSY (HTTP: 503, with Retry-After) and
 *   %GST_RESOURCE_ERROR_NOT_FOUND, which says that there is no stream now (409,
 *   with Retry-After); any other error is about what it offers (422). It is told
 *   the message
 * @end_session: the session is over on this side, and the remote is to be told.
 *   GstPeerSignaller::session-released follows
 *
 * How peers find each other. A signaller that waits for peers names a session
 * for each with GstPeerSignaller::session-requested and its offer; one that goes
 * to a peer does the same once, with no offer, and is given one.
 *
 * Every function but @start and @stop may be called on any thread, and for a
 * session that is over already. None of them waits for the network.
 */
struct _GstPeerSignallerInterface {
  GTypeInterface parent;

  gboolean (*start) (GstPeerSignaller *self, GError **error);
  void (*stop) (GstPeerSignaller *self);
  void (*send_description) (GstPeerSignaller *self, const char *session,
      GstWebRTCSessionDescription *description);
  void (*send_candidate) (GstPeerSignaller *self, const char *session,
      guint mline, const char *candidate);
  void (*refuse) (
      GstPeerSignaller *self, const char *session, const GError *error);
  void (*end_session) (GstPeerSignaller *self, const char *session);

  /*< private >*/
  gpointer padding[8];
};

GST_PEER_SIGNALLER_API
gboolean gst_peer_signaller_start (GstPeerSignaller *self, GError **error);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_stop (GstPeerSignaller *self);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_send_description (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *description);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_send_candidate (GstPeerSignaller *self,
    const char *session, guint mline, const char *candidate);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_refuse (
    GstPeerSignaller *self, const char *session, const GError *error);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_end_session (
    GstPeerSignaller *self, const char *session);

/* For implementations. */
GST_PEER_SIGNALLER_API
void gst_peer_signaller_session_requested (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *offer,
    const char *const *ice_servers);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_description (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *description);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_candidate (GstPeerSignaller *self, const char *session,
    guint mline, const char *candidate);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_session_failed (GstPeerSignaller *self,
    const char *session, const GError *error, guint http_status);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_session_ended (
    GstPeerSignaller *self, const char *session);
GST_PEER_SIGNALLER_API
void gst_peer_signaller_session_released (
    GstPeerSignaller *self, const char *session);

G_END_DECLS
