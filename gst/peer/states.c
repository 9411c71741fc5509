/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "states.h"

#include "peerconnection-private.h"

#define SIGNALING "signaling-state"
#define CONNECTION "connection-state"
#define ICE "ice-connection-state"

/* What is shown, as opposed to what is known. */
typedef struct {
  GstWebRTCSignalingState signaling;
  GstWebRTCPeerConnectionState connection;
  GstWebRTCICEConnectionState ice;
} Shown;

void
gst_peer_states_init (GstPeerStates *self)
{
  g_mutex_init (&self->lock);
}

void
gst_peer_states_clear (GstPeerStates *self)
{
  g_mutex_clear (&self->lock);
}

static Shown
show (const GstPeerStates *self)
{
  return (Shown){
    gst_peer_signaling_state (self->signaling, self->closed),
    gst_peer_connection_state (self->connection, self->presence, self->closed),
    gst_peer_ice_connection_state (self->ice, self->presence, self->closed),
  };
}

/* To be called without the lock. */
static void
notify_changes (GstPeerConnection *element, Shown before, Shown after)
{
  GObject *object = G_OBJECT (element);

  if (before.signaling != after.signaling)
    g_object_notify (object, SIGNALING);
  if (before.ice != after.ice)
    g_object_notify (object, ICE);
  if (before.connection != after.connection)
    g_object_notify (object, CONNECTION);
}

gboolean
gst_peer_states_is_closed (GstPeerConnection *element)
{
  GstPeerStates *self = &element->states;
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  g_mutex_unlock (&self->lock);

  return closed;
}

/**
 * gst_peer_states_get:
 *
 * Returns: %FALSE when @name is not one of the three states
 */
gboolean
gst_peer_states_get (
    GstPeerConnection *element, const char *name, GValue *value)
{
  GstPeerStates *self = &element->states;
  Shown shown;

  g_mutex_lock (&self->lock);
  shown = show (self);
  g_mutex_unlock (&self->lock);

  if (g_str_equal (name, SIGNALING))
    g_value_set_enum (value, shown.signaling);
  else if (g_str_equal (name, CONNECTION))
    g_value_set_enum (value, shown.connection);
  else if (g_str_equal (name, ICE))
    g_value_set_enum (value, shown.ice);
  else
    return FALSE;

  return TRUE;
}

/**
 * gst_peer_states_close:
 *
 * Steps 1 to 3, 10 and 11 of "close the connection". From any thread.
 *
 * Returns: %FALSE when it was closed already
 */
gboolean
gst_peer_states_close (GstPeerConnection *element)
{
  GstPeerStates *self = &element->states;
  gboolean was_closed;
  Shown before, after;

  g_mutex_lock (&self->lock);
  was_closed = self->closed;
  before = show (self);
  self->closed = TRUE;
  after = show (self);
  g_mutex_unlock (&self->lock);

  notify_changes (element, before, after);

  return !was_closed;
}

/**
 * gst_peer_states_reset:
 *
 * Back to those of a new peer connection.
 */
void
gst_peer_states_reset (GstPeerConnection *element)
{
  GstPeerStates *self = &element->states;
  Shown before, after;

  g_mutex_lock (&self->lock);
  before = show (self);
  self->closed = FALSE;
  self->presence = GST_PEER_HEARD;
  self->signaling = GST_WEBRTC_SIGNALING_STATE_STABLE;
  self->connection = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
  self->ice = GST_WEBRTC_ICE_CONNECTION_STATE_NEW;
  after = show (self);
  g_mutex_unlock (&self->lock);

  notify_changes (element, before, after);
}

/**
 * gst_peer_states_follow:
 * @child: the webrtcbin that notified
 * @name: of the property that it notified
 *
 * Called on the child's thread, which does not hold its lock then.
 *
 * Returns: %FALSE when @name is not one of the three states
 */
gboolean
gst_peer_states_follow (
    GstPeerConnection *element, GstElement *child, const char *name)
{
  GstPeerStates *self = &element->states;
  gboolean signaling = g_str_equal (name, SIGNALING);
  gboolean connection = g_str_equal (name, CONNECTION);
  Shown before, after;
  gint value;

  if (!signaling && !connection && !g_str_equal (name, ICE))
    return FALSE;

  g_object_get (child, name, &value, NULL);

  g_mutex_lock (&self->lock);
  before = show (self);
  if (signaling)
    self->signaling = value;
  else if (connection)
    self->connection = value;
  else
    self->ice = value;
  after = show (self);
  g_mutex_unlock (&self->lock);

  notify_changes (element, before, after);

  return TRUE;
}

void
gst_peer_states_set_presence (
    GstPeerConnection *element, GstPeerPresence presence)
{
  GstPeerStates *self = &element->states;
  Shown before, after;

  g_mutex_lock (&self->lock);
  before = show (self);
  self->presence = presence;
  after = show (self);
  g_mutex_unlock (&self->lock);

  notify_changes (element, before, after);
}
