/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Notices a peer that has vanished (RFC 7675): webrtcbin 1.22 would stay
 * connected for ever. The kernel is asked when it last gave us something, so
 * that nothing is done per packet; a peer that has been quiet is asked to say
 * something. The ICE agent says that a peer is lost as well, later, and is the only
 * one to do so where the kernel cannot be asked. Runs on the element's loop. */

#include "presence.h"

#include "child.h"
#include "ice-check.h"
#include "ice-agent.h"
#include "insides.h"
#include "pads.h"
#include "peerconnection-private.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

static void wait_and_look (GstPeerConnection *element, gint64 wait);

/* Returns after how long to look again, in us. */
static gint64
ask (GstPeerConnection *element, guint n_streams, gint64 silence)
{
  g_autoptr (GstPeerCredentials) credentials = NULL;
  gboolean soon;

  /* Taken out while it is in use, instead of sending under the lock. */
  GST_OBJECT_LOCK (element);
  credentials = g_steal_pointer (&element->credentials);
  GST_OBJECT_UNLOCK (element);

  soon = gst_peer_ice_check (
      element->agent, n_streams, credentials, silence >= GST_PEER_CHECK_AFTER);

  GST_OBJECT_LOCK (element);
  if (element->credentials == NULL)
    element->credentials = g_steal_pointer (&credentials);
  GST_OBJECT_UNLOCK (element);

  return soon ? GST_PEER_CHECK_PACE : gst_peer_presence_wait (silence);
}

static void
change (GstPeerConnection *element, GstPeerPresence presence)
{
  element->presence = presence;
  gst_peer_states_set_presence (element, presence);
  if (presence == GST_PEER_LOST &&
      g_object_get_data (G_OBJECT (element), GST_PEER_OWNER_CLOSES) == NULL) {
    gst_peer_pads_end (element, TRUE);
    gst_peer_close_post_eos (element);
  }
}

static gboolean
look (gpointer weak_ref)
{
  g_autoptr (GstPeerConnection) element = g_weak_ref_get (weak_ref);
  g_autoptr (GstElement) child = NULL;
  g_autoptr (GPtrArray) transports = NULL;
  GstPeerPresence presence;
  gint64 silence, wait;

  if (element == NULL)
    return G_SOURCE_REMOVE;

  child = gst_peer_child_dup (element);
  transports = gst_peer_insides_transports (child);
  silence = gst_peer_ice_silence (element->agent, transports->len);
  wait = ask (element, transports->len, silence);

  presence = gst_peer_presence (element->presence, silence);
  if (presence != element->presence) {
    GST_INFO_OBJECT (element,
        "nothing from the peer for %" G_GINT64_FORMAT " ms", silence / 1000);
    change (element, presence);
  }

  gst_peer_presence_stop (element);
  if (presence != GST_PEER_LOST && !gst_peer_states_is_closed (element))
    wait_and_look (element, wait);

  return G_SOURCE_REMOVE;
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
wait_and_look (GstPeerConnection *element, gint64 wait)
{
  GWeakRef *weak_ref = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak_ref, element);
  element->presence_poll = g_timeout_source_new ((wait + 999) / 1000);
  g_source_set_callback (element->presence_poll, look, weak_ref, weak_ref_free);
  g_source_attach (
      element->presence_poll, gst_peer_loop_get_context (element->loop));
}

static gboolean
start (gpointer user_data)
{
  GstPeerConnection *element = user_data;

  if (element->presence_poll != NULL || gst_peer_states_is_closed (element))
    return G_SOURCE_REMOVE;

  change (element, GST_PEER_HEARD);
  wait_and_look (element, 0);

  return G_SOURCE_REMOVE;
}

/* Says the ICE agent, of a connection that there was. */
static gboolean
lose (gpointer user_data)
{
  GstPeerConnection *element = user_data;

  if (element->presence_poll != NULL) {
    gst_peer_presence_stop (element);
    change (element, GST_PEER_LOST);
  }

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_presence_on_state:
 *
 * A state of the webrtcbin has changed. On the webrtcbin's thread.
 */
void
gst_peer_presence_on_state (GstPeerConnection *element)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_WEBRTC_PEER_CONNECTION_STATE);
  gst_peer_states_get (element, "connection-state", &value);
  if (g_value_get_enum (&value) == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    gst_peer_loop_call (
        element->loop, start, gst_object_ref (element), gst_object_unref);
  else if (g_value_get_enum (&value) == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    gst_peer_loop_call (
        element->loop, lose, gst_object_ref (element), gst_object_unref);
}

void
gst_peer_presence_stop (GstPeerConnection *element)
{
  if (element->presence_poll == NULL)
    return;

  g_source_destroy (element->presence_poll);
  g_clear_pointer (&element->presence_poll, g_source_unref);
}
