/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "signaller.h"

enum { SESSION_REQUESTED, CANDIDATE, SESSION_ENDED, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (GstPeerSignaller, gst_peer_signaller, G_TYPE_OBJECT)

static void
gst_peer_signaller_default_init (GstPeerSignallerInterface *iface)
{
  /**
   * GstPeerSignaller::session-requested:
   * @session: its id
   * @offer: the remote's
   *
   * To be answered by gst_peer_signaller_send_description() or
   * gst_peer_signaller_refuse(), at once or later.
   */
  signals[SESSION_REQUESTED] = g_signal_new ("session-requested",
      GST_TYPE_PEER_SIGNALLER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_STRING, GST_TYPE_WEBRTC_SESSION_DESCRIPTION);

  /**
   * GstPeerSignaller::candidate:
   * @session: its id
   * @mline: the index of the m-line
   * @candidate: the value of a candidate attribute; "" ends them
   */
  signals[CANDIDATE] = g_signal_new ("candidate", GST_TYPE_PEER_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_STRING,
      G_TYPE_UINT, G_TYPE_STRING);

  /**
   * GstPeerSignaller::session-ended:
   * @session: its id
   *
   * The remote has said so.
   */
  signals[SESSION_ENDED] =
      g_signal_new ("session-ended", GST_TYPE_PEER_SIGNALLER, G_SIGNAL_RUN_LAST,
          0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
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
    const char *session, GstWebRTCSessionDescription *offer)
{
  g_signal_emit (self, signals[SESSION_REQUESTED], 0, session, offer);
}

void
gst_peer_signaller_candidate (GstPeerSignaller *self, const char *session,
    guint mline, const char *candidate)
{
  g_signal_emit (self, signals[CANDIDATE], 0, session, mline, candidate);
}

void
gst_peer_signaller_session_ended (GstPeerSignaller *self, const char *session)
{
  g_signal_emit (self, signals[SESSION_ENDED], 0, session);
}
