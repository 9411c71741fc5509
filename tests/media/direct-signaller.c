/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "direct-signaller.h"

#define SESSION "the-session"

#define DIRECT_TYPE_SIGNALLER (direct_signaller_get_type ())
G_DECLARE_FINAL_TYPE (
    DirectSignaller, direct_signaller, DIRECT, SIGNALLER, GObject)

struct _DirectSignaller {
  GObject parent;

  DirectSignaller *other; /* not owned */
  gboolean goes;          /* to the other one, which waits */
};

static void direct_signaller_iface_init (GstPeerSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DirectSignaller, direct_signaller, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (
        GST_TYPE_PEER_SIGNALLER, direct_signaller_iface_init))

static gboolean
start (GstPeerSignaller *signaller, GError **error)
{
  if (DIRECT_SIGNALLER (signaller)->goes)
    gst_peer_signaller_session_requested (signaller, SESSION, NULL, NULL);

  return TRUE;
}

static void
stop (GstPeerSignaller *signaller)
{
}

static void
send_description (GstPeerSignaller *signaller, const char *session,
    GstWebRTCSessionDescription *description)
{
  GstPeerSignaller *other =
      GST_PEER_SIGNALLER (DIRECT_SIGNALLER (signaller)->other);

  if (DIRECT_SIGNALLER (signaller)->goes)
    gst_peer_signaller_session_requested (other, session, description, NULL);
  else
    gst_peer_signaller_description (other, session, description);
}

static void
send_candidate (GstPeerSignaller *signaller, const char *session, guint mline,
    const char *candidate)
{
  gst_peer_signaller_candidate (
      GST_PEER_SIGNALLER (DIRECT_SIGNALLER (signaller)->other), session, mline,
      candidate);
}

static void
refuse (GstPeerSignaller *signaller, const char *session, const GError *error)
{
  gst_peer_signaller_session_failed (
      GST_PEER_SIGNALLER (DIRECT_SIGNALLER (signaller)->other), session, error,
      0);
}

static void
end_session (GstPeerSignaller *signaller, const char *session)
{
  gst_peer_signaller_session_ended (
      GST_PEER_SIGNALLER (DIRECT_SIGNALLER (signaller)->other), session);
  gst_peer_signaller_session_released (signaller, session);
}

static void
direct_signaller_iface_init (GstPeerSignallerInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
  iface->send_description = send_description;
  iface->send_candidate = send_candidate;
  iface->refuse = refuse;
  iface->end_session = end_session;
}

static void
direct_signaller_class_init (DirectSignallerClass *klass)
{
}

static void
direct_signaller_init (DirectSignaller *self)
{
}

/**
 * direct_signaller_new:
 * @other: (nullable): one that waits, and outlives this one
 */
GstPeerSignaller *
direct_signaller_new (GstPeerSignaller *other)
{
  DirectSignaller *self = g_object_new (DIRECT_TYPE_SIGNALLER, NULL);

  if (other != NULL) {
    self->goes = TRUE;
    self->other = DIRECT_SIGNALLER (other);
    self->other->other = self;
  }

  return GST_PEER_SIGNALLER (self);
}
