/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* No state of ICE is told while webrtcbin applies a remote description.
 *
 * Whether packets may come in is decided under a lock, on webrtcbin's thread
 * when the answer is applied, on the ICE agent's when its state changes. The
 * latter reads what was decided last before it takes the lock
 * (ext/webrtc/transportreceivebin.c, _on_notify_ice_connection_state), so that
 * a first check of the peer's that comes in just then puts "block" back in
 * force, and the two never connect. Seen up to GStreamer 1.28. */

#include "ice-hold.h"

#include "peerconnection-private.h"

static void
add (GPtrArray *transports, GObject *dtls_transport)
{
  GObject *transport = NULL;

  if (dtls_transport != NULL)
    g_object_get (dtls_transport, "transport", &transport, NULL);
  if (transport != NULL && g_ptr_array_find (transports, transport, NULL))
    g_object_unref (transport);
  else if (transport != NULL)
    g_ptr_array_add (transports, transport);
}

static GPtrArray *
find_transports (GstElement *child)
{
  GPtrArray *transports = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GArray) transceivers = NULL;
  g_autoptr (GObject) sctp = NULL;

  g_signal_emit_by_name (child, "get-transceivers", &transceivers);
  for (guint i = 0; transceivers != NULL && i < transceivers->len; i++) {
    g_autoptr (GObject) receiver = NULL;
    g_autoptr (GObject) dtls = NULL;

    g_object_get (g_array_index (transceivers, GObject *, i), "receiver",
        &receiver, NULL);
    g_object_get (receiver, "transport", &dtls, NULL);
    add (transports, dtls);
  }

  g_object_get (child, "sctp-transport", &sctp, NULL);
  if (sctp != NULL) {
    g_autoptr (GObject) dtls = NULL;

    g_object_get (sctp, "transport", &dtls, NULL);
    add (transports, dtls);
  }

  return transports;
}

static void
replace (GstPeerConnection *element, GPtrArray *transports)
{
  GPtrArray *before;

  GST_OBJECT_LOCK (element);
  before = element->ice_transports;
  element->ice_transports = transports;
  GST_OBJECT_UNLOCK (element);
  g_clear_pointer (&before, g_ptr_array_unref);
}

/**
 * gst_peer_ice_hold_learn:
 *
 * To be called when the signaling state has changed, on webrtcbin's thread,
 * where its lock is not held: to ask at any other time might wait for that.
 */
void
gst_peer_ice_hold_learn (GstPeerConnection *element, GstElement *child)
{
  GstWebRTCSignalingState state;

  g_object_get (child, "signaling-state", &state, NULL);
  if (state == GST_WEBRTC_SIGNALING_STATE_HAVE_LOCAL_OFFER)
    replace (element, find_transports (child));
  else
    replace (element, NULL);
}

void
gst_peer_ice_hold_forget (GstPeerConnection *element)
{
  replace (element, NULL);
}

static gpointer
hold_one (gconstpointer transport, gpointer user_data)
{
  g_object_freeze_notify ((gpointer)transport);
  return g_object_ref ((gpointer)transport);
}

/**
 * gst_peer_ice_hold:
 *
 * Returns: (transfer full) (nullable): for gst_peer_ice_release(), when the
 *   remote description has been applied
 */
GPtrArray *
gst_peer_ice_hold (GstPeerConnection *element)
{
  g_autoptr (GPtrArray) transports = NULL;
  GPtrArray *held;

  GST_OBJECT_LOCK (element);
  if (element->ice_transports != NULL)
    transports = g_ptr_array_ref (element->ice_transports);
  GST_OBJECT_UNLOCK (element);
  if (transports == NULL)
    return NULL;

  held = g_ptr_array_copy (transports, hold_one, NULL);
  g_ptr_array_set_free_func (held, g_object_unref);

  return held;
}

/**
 * gst_peer_ice_release:
 * @held: (transfer full) (nullable)
 * @tell: whether to tell here and now what has changed meanwhile: of a
 *   webrtcbin that has stopped, those who would be told may be gone
 */
void
gst_peer_ice_release (GPtrArray *held, gboolean tell)
{
  if (held == NULL)
    return;
  for (guint i = 0; tell && i < held->len; i++)
    g_object_thaw_notify (g_ptr_array_index (held, i));
  g_ptr_array_unref (held);
}
