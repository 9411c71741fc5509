/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "channels.h"

#include "child.h"
#include "insides.h"
#include "peerconnection-private.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

#define DRAIN_MARKER "peerconnection-channel-end"

void
gst_peer_channels_init (GstPeerChannels *self)
{
  g_mutex_init (&self->lock);
  self->channels = g_ptr_array_new_with_free_func (g_object_unref);
  self->closed = g_ptr_array_new_with_free_func (g_object_unref);
}

void
gst_peer_channels_clear (GstPeerChannels *self)
{
  g_ptr_array_unref (self->channels);
  g_ptr_array_unref (self->closed);
  g_mutex_clear (&self->lock);
}

static GPtrArray *
snapshot (GstPeerChannels *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_object_unref);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->channels->len; i++)
    g_ptr_array_add (
        copy, g_object_ref (g_ptr_array_index (self->channels, i)));
  g_mutex_unlock (&self->lock);

  return copy;
}

static GstWebRTCDataChannelState
get_ready_state (GstWebRTCDataChannel *channel)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  return state;
}

static gboolean
needs_draining (GstWebRTCDataChannel *channel)
{
  GstWebRTCDataChannelState state = get_ready_state (channel);

  return state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN ||
         state == GST_WEBRTC_DATA_CHANNEL_STATE_CLOSING;
}

/* On the child's thread, on a streaming thread or on the loop. */
static void
on_ready_state (GstWebRTCDataChannel *channel, GParamSpec *pspec,
    GstPeerConnection *element)
{
  GstPeerChannels *self = &element->channels;
  gboolean draining = FALSE;

  if (get_ready_state (channel) != GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED)
    return;

  g_object_ref (channel);
  g_signal_handlers_disconnect_by_func (channel, on_ready_state, element);
  g_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->channels, channel);
  g_mutex_unlock (&self->lock);
  g_object_unref (channel);

  {
    g_autoptr (GPtrArray) left = snapshot (self);

    for (guint i = 0; i < left->len; i++)
      draining |= needs_draining (g_ptr_array_index (left, i));
  }
  if (!draining)
    gst_peer_close_on_channels_drained (element);
}

/**
 * gst_peer_channels_forget:
 *
 * The webrtcbin that they belonged to has stopped.
 */
void
gst_peer_channels_forget (GstPeerConnection *element)
{
  GstPeerChannels *self = &element->channels;
  g_autoptr (GPtrArray) channels = NULL;
  g_autoptr (GPtrArray) closed = NULL;

  g_mutex_lock (&self->lock);
  channels = self->channels;
  closed = self->closed;
  self->channels = g_ptr_array_new_with_free_func (g_object_unref);
  self->closed = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_unlock (&self->lock);

  /* Each may be freed on any thread, as the element may. */
  for (guint i = 0; i < channels->len; i++)
    g_signal_handlers_disconnect_by_func (
        g_ptr_array_index (channels, i), on_ready_state, element);
}

static void
close_channel (GstPeerConnection *element, GstWebRTCDataChannel *channel)
{
  GstPeerChannels *self = &element->channels;

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->closed, g_object_ref (channel));
  g_mutex_unlock (&self->lock);
  gst_peer_insides_close_channel (channel);
}

/**
 * gst_peer_channels_add:
 *
 * From prepare-data-channel: webrtcbin holds its channel lock, so the channel
 * is only taken note of.
 */
void
gst_peer_channels_add (
    GstPeerConnection *element, GstWebRTCDataChannel *channel)
{
  GstPeerChannels *self = &element->channels;

  g_signal_connect_object (
      channel, "notify::ready-state", G_CALLBACK (on_ready_state), element, 0);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->channels, g_object_ref (channel));
  g_mutex_unlock (&self->lock);
}

/* On the channel's streaming thread, behind all that was sent. */
static GstPadProbeReturn
on_marker (GstPad *pad, GstPadProbeInfo *info, gpointer channel)
{
  if (!gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), DRAIN_MARKER))
    return GST_PAD_PROBE_OK;

  gst_webrtc_data_channel_close (channel);
  return GST_PAD_PROBE_DROP;
}

/**
 * gst_peer_channels_finish:
 * @channel: an open one
 *
 * RTCDataChannel.close() (webrtc-pc 6.2): what is buffered is delivered first,
 * then the stream is reset. From any thread.
 *
 * webrtcbin takes a channel for drained when its appsrc lets go of the last
 * message; then the encoder flushes the pad that this is on its way into, and
 * it is lost (webrtcdatachannel.c, on_appsrc_data; gstsctpenc.c,
 * gst_sctp_enc_release_pad). So the close waits for an event that goes through
 * the same queue.
 */
void
gst_peer_channels_finish (
    GstPeerConnection *element, GstWebRTCDataChannel *channel)
{
  g_autoptr (GstElement) child = gst_peer_child_dup (element);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) sink = NULL;

  if (!gst_peer_insides_channel_path (child, channel, &source, &sink)) {
    gst_webrtc_data_channel_close (channel);
    return;
  }

  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_marker,
      g_object_ref (channel), g_object_unref);
  gst_element_send_event (
      source, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
                  gst_structure_new_empty (DRAIN_MARKER)));
}

static GstPadProbeReturn
drop (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

static GstWebRTCDataChannel *
dup_by_id (GstPeerChannels *self, gint id)
{
  g_autoptr (GPtrArray) channels = snapshot (self);

  for (guint i = 0; i < channels->len; i++) {
    GstWebRTCDataChannel *channel = g_ptr_array_index (channels, i);
    gint own;

    g_object_get (channel, "id", &own, NULL);
    if (own == id)
      return g_object_ref (channel);
  }

  return NULL;
}

/**
 * gst_peer_channels_on_reset:
 * @id: of the channel that the peer has closed, which webrtcbin does not know yet
 *
 * Nothing more is sent in it. On the streaming thread of what comes from the
 * network.
 *
 * webrtcbin will close it as well when its appsrc has let go of the last message.
 * Where a full send buffer has taken a part of that, the encoder flushes the
 * rest, and the association waits for it for ever: it takes no message of any
 * other channel any more (usrsctp: stream_locked). So there is one more to wait
 * for, which goes nowhere.
 */
void
gst_peer_channels_on_reset (
    GstPeerConnection *element, GstElement *child, gint id)
{
  static const guint8 none = 0;
  g_autoptr (GstWebRTCDataChannel) channel = dup_by_id (&element->channels, id);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GBytes) message = NULL;

  if (channel == NULL ||
      !gst_peer_insides_channel_path (child, channel, &source, &sink))
    return;

  gst_pad_add_probe (sink,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop, NULL,
      NULL);
  if (GST_PAD_STREAM_TRYLOCK (sink)) {
    GST_PAD_STREAM_UNLOCK (sink);
    return;
  }
  message = g_bytes_new_static (&none, sizeof (none));
  gst_webrtc_data_channel_send_data_full (channel, message, NULL);
}

/**
 * gst_peer_channels_drain:
 *
 * Begins RTCDataChannel.close() on all channels (webrtc-pc 6.2): what is
 * buffered is delivered first, then the streams are reset. The peer has
 * confirmed when gst_peer_close_on_channels_drained() is called.
 *
 * Returns: whether there is anything to wait for
 */
gboolean
gst_peer_channels_drain (GstPeerConnection *element)
{
  g_autoptr (GPtrArray) channels = snapshot (&element->channels);
  gboolean pending = FALSE;

  for (guint i = 0; i < channels->len; i++) {
    GstWebRTCDataChannel *channel = g_ptr_array_index (channels, i);

    if (!needs_draining (channel))
      continue;
    pending = TRUE;
    if (get_ready_state (channel) != GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
      continue;
    gst_peer_channels_finish (element, channel);
  }

  return pending;
}

/**
 * gst_peer_channels_mute:
 *
 * Nobody hears anything from a channel of a closed connection. Takes no lock
 * of webrtcbin's, so that it can be done in any of its callbacks.
 */
void
gst_peer_channels_mute (GstPeerConnection *element)
{
  static const char *const events[] = { "on-open", "on-close", "on-error",
    "on-message-data", "on-message-string", "on-buffered-amount-low" };
  g_autoptr (GPtrArray) channels = snapshot (&element->channels);

  for (guint i = 0; i < channels->len; i++) {
    for (guint j = 0; j < G_N_ELEMENTS (events); j++)
      gst_peer_insides_block_handlers (
          g_ptr_array_index (channels, i), events[j]);
  }
}

static void
end_messages (GstPeerConnection *element)
{
  g_autoptr (GstElement) child = gst_peer_child_dup (element);

  if (child != NULL)
    gst_peer_insides_end_messages (child);
}

/**
 * gst_peer_channels_close:
 *
 * Step 5: every readyState becomes closed, without anything on the wire.
 *
 * Returns: whether there were any
 */
gboolean
gst_peer_channels_close (GstPeerConnection *element)
{
  g_autoptr (GPtrArray) channels = snapshot (&element->channels);

  end_messages (element);
  for (guint i = 0; i < channels->len; i++)
    close_channel (element, g_ptr_array_index (channels, i));

  return channels->len > 0;
}

/**
 * gst_peer_channels_fail:
 *
 * The transport was closed by the peer: error, then close, on every channel
 * ("announce the data channel as closed", webrtc-pc 6.2).
 */
void
gst_peer_channels_fail (GstPeerConnection *element, const GError *error)
{
  g_autoptr (GPtrArray) channels = snapshot (&element->channels);

  end_messages (element);
  for (guint i = 0; i < channels->len; i++) {
    GstWebRTCDataChannel *channel = g_ptr_array_index (channels, i);

    GST_INFO_OBJECT (element, "channel ended: %s", error->message);
    gst_peer_insides_fail_channel (channel, error);
    close_channel (element, channel);
  }
}
