/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A library of its own, so that an application can have a signaller of its own:
 * see the property `signaller` of peersink and peersrc. */

#include "signaller.h"

enum {
  SESSION_REQUESTED,
  DESCRIPTION,
  CANDIDATE,
  SESSION_FAILED,
  SESSION_ENDED,
  SESSION_RELEASED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (GstPeerSignaller, gst_peer_signaller, G_TYPE_OBJECT)

static void
install_negotiation_signals (void)
{
  /**
   * GstPeerSignaller::session-requested:
   * @session: its id, new
   * @offer: (nullable): the remote's, or %NULL when one is wanted
   * @ice_servers: (nullable): stun:, turn: and turns: URIs, as the remote names
   *   them
   *
   * To be answered by gst_peer_signaller_send_description() or
   * gst_peer_signaller_refuse(), at once or later.
   */
  signals[SESSION_REQUESTED] =
      g_signal_new ("session-requested", GST_TYPE_PEER_SIGNALLER,
          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_STRING,
          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, G_TYPE_STRV);

  /**
   * GstPeerSignaller::description:
   * @session: its id
   * @description: the answer to our offer; or an offer that takes the place of
   *   ours, to be answered by gst_peer_signaller_send_description()
   */
  signals[DESCRIPTION] = g_signal_new ("description", GST_TYPE_PEER_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION);

  /**
   * GstPeerSignaller::candidate:
   * @session: its id
   * @mline: the index of the m-line
   * @candidate: the value of a candidate attribute; "" ends them
   */
  signals[CANDIDATE] = g_signal_new ("candidate", GST_TYPE_PEER_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_STRING,
      G_TYPE_UINT, G_TYPE_STRING);
}

static void
install_end_signals (void)
{
  /**
   * GstPeerSignaller::session-failed:
   * @session: its id
   * @error: what went wrong, for a person to act on; of #GstResourceError
   * @http_status: what the server has answered, 0 for nothing
   *
   * The session cannot be had. Nothing follows for it but
   * GstPeerSignaller::session-released, once it is ended.
   */
  signals[SESSION_FAILED] = g_signal_new ("session-failed",
      GST_TYPE_PEER_SIGNALLER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_ERROR, G_TYPE_UINT);

  /**
   * GstPeerSignaller::session-ended:
   * @session: its id
   *
   * The remote has said so.
   */
  signals[SESSION_ENDED] =
      g_signal_new ("session-ended", GST_TYPE_PEER_SIGNALLER, G_SIGNAL_RUN_LAST,
          0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * GstPeerSignaller::session-released:
   * @session: its id
   *
   * After gst_peer_signaller_end_session() or gst_peer_signaller_refuse():
   * the remote was told, or cannot be.
   */
  signals[SESSION_RELEASED] = g_signal_new ("session-released",
      GST_TYPE_PEER_SIGNALLER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
gst_peer_signaller_default_init (GstPeerSignallerInterface *iface)
{
  install_negotiation_signals ();
  install_end_signals ();
}

gboolean
gst_peer_signaller_start (GstPeerSignaller *self, GError **error)
{
  return GST_PEER_SIGNALLER_GET_IFACE (self)->start (self, error);
}

void
gst_peer_signaller_stop (GstPeerSignaller *self)
{
  GST_PEER_SIGNALLER_GET_IFACE (self)->stop (self);
}

void
gst_peer_signaller_send_description (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *description)
{
  GST_PEER_SIGNALLER_GET_IFACE (self)->send_description (
      self, session, description);
}

/**
 * gst_peer_signaller_send_candidate:
 *
 * A signaller that has no use for candidates needs no function for them.
 */
void
gst_peer_signaller_send_candidate (GstPeerSignaller *self, const char *session,
    guint mline, const char *candidate)
{
  GstPeerSignallerInterface *iface = GST_PEER_SIGNALLER_GET_IFACE (self);

  if (iface->send_candidate != NULL)
    iface->send_candidate (self, session, mline, candidate);
}

void
gst_peer_signaller_refuse (
    GstPeerSignaller *self, const char *session, const GError *error)
{
  GST_PEER_SIGNALLER_GET_IFACE (self)->refuse (self, session, error);
}

void
gst_peer_signaller_end_session (GstPeerSignaller *self, const char *session)
{
  GST_PEER_SIGNALLER_GET_IFACE (self)->end_session (self, session);
}

void
gst_peer_signaller_session_requested (GstPeerSignaller *self,
    const char *session, GstWebRTCSessionDescription *offer,
    const char *const *ice_servers)
{
  g_signal_emit (
      self, signals[SESSION_REQUESTED], 0, session, offer, ice_servers);
}

void
gst_peer_signaller_description (GstPeerSignaller *self, const char *session,
    GstWebRTCSessionDescription *description)
{
  g_signal_emit (self, signals[DESCRIPTION], 0, session, description);
}

void
gst_peer_signaller_candidate (GstPeerSignaller *self, const char *session,
    guint mline, const char *candidate)
{
  g_signal_emit (self, signals[CANDIDATE], 0, session, mline, candidate);
}

void
gst_peer_signaller_session_failed (GstPeerSignaller *self, const char *session,
    const GError *error, guint http_status)
{
  g_signal_emit (self, signals[SESSION_FAILED], 0, session, error, http_status);
}

void
gst_peer_signaller_session_ended (GstPeerSignaller *self, const char *session)
{
  g_signal_emit (self, signals[SESSION_ENDED], 0, session);
}

void
gst_peer_signaller_session_released (
    GstPeerSignaller *self, const char *session)
{
  g_signal_emit (self, signals[SESSION_RELEASED], 0, session);
}
