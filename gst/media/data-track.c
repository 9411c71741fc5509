/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "data-track.h"

#include "channels.h"

/* What may wait for one peer. webrtcbin counts the payload only, while each
 * message takes memory of its own. */
#define MAX_BUFFERED (1024 * 1024) /* bytes */
#define MESSAGE_COST 512           /* bytes */

struct _GstPeerDataTrack {
  gint ref_count; /* the owner's, the stream's and those of the handlers */
  GstElement *connection;
  GstWebRTCDataChannel *channel;
  GstPeerDataTrackChanged changed;
  GObject *owner; /* who is told */
  gboolean may_lose;

  gint cut;       /* nothing is sent any more */
  gint finishing; /* it is closed when all has been sent */
  gint finished;

  /* Used on the streaming thread: how much had been sent after each of the
   * messages that wait. */
  guint64 n_sent; /* bytes */
  GQueue marks;   /* element-type guint64 */
};

GstPeerDataTrack *
gst_peer_data_track_ref (GstPeerDataTrack *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
gst_peer_data_track_unref (GstPeerDataTrack *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_queue_clear_full (&self->marks, g_free);
  gst_clear_object (&self->channel);
  gst_object_unref (self->connection);
  g_object_unref (self->owner);
  g_free (self);
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  gst_peer_data_track_unref (data);
}

/* === the channel's state === */

static GstWebRTCDataChannelState
get_state (GstPeerDataTrack *self)
{
  GstWebRTCDataChannelState state;

  g_object_get (self->channel, "ready-state", &state, NULL);
  return state;
}

gboolean
gst_peer_data_track_is_open (GstPeerDataTrack *self)
{
  return !g_atomic_int_get (&self->cut) &&
         get_state (self) == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
}

gboolean
gst_peer_data_track_is_over (GstPeerDataTrack *self)
{
  return g_atomic_int_get (&self->cut) ||
         get_state (self) >= GST_WEBRTC_DATA_CHANNEL_STATE_CLOSING;
}

/**
 * gst_peer_data_track_may_lose:
 *
 * Returns: whether messages may get lost, so that none has to be waited for
 */
gboolean
gst_peer_data_track_may_lose (GstPeerDataTrack *self)
{
  return self->may_lose;
}

static void
check_finish (GstPeerDataTrack *self)
{
  if (g_atomic_int_get (&self->finishing) &&
      get_state (self) == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN &&
      g_atomic_int_compare_and_exchange (&self->finished, FALSE, TRUE))
    gst_peer_channels_finish (
        GST_PEER_CONNECTION (self->connection), self->channel);
}

/* On webrtcbin's threads. */
static void
on_state (GstWebRTCDataChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  GstPeerDataTrack *self = user_data;

  check_finish (self);
  self->changed (self->owner);
}

/* With every message that is sent, as one that goes away makes room as well as
 * many bytes do. */
static void
on_buffered_amount (
    GstWebRTCDataChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  GstPeerDataTrack *self = user_data;

  self->changed (self->owner);
}

/* === life === */

/**
 * gst_peer_data_track_new:
 * @connection: in READY at least
 *
 * Returns: (nullable): %NULL when @connection takes no such channel
 */
GstPeerDataTrack *
gst_peer_data_track_new (GstPeerDataSinkPad *pad, GstElement *connection,
    GstPeerDataTrackChanged changed, GObject *owner)
{
  GstWebRTCDataChannel *channel =
      gst_peer_data_sink_pad_create_channel (pad, connection);
  int max_retransmits, max_packet_lifetime;
  GstPeerDataTrack *self;

  if (channel == NULL)
    return NULL;

  self = g_new0 (GstPeerDataTrack, 1);
  self->ref_count = 1;
  self->connection = gst_object_ref (connection);
  self->channel = channel;
  self->changed = changed;
  self->owner = g_object_ref (owner);
  g_queue_init (&self->marks);
  g_object_get (channel, "max-retransmits", &max_retransmits,
      "max-packet-lifetime", &max_packet_lifetime, NULL);
  self->may_lose = max_retransmits >= 0 || max_packet_lifetime >= 0;
  g_signal_connect_data (channel, "notify::ready-state", G_CALLBACK (on_state),
      gst_peer_data_track_ref (self), unref_closure, 0);
  g_signal_connect_data (channel, "notify::buffered-amount",
      G_CALLBACK (on_buffered_amount), gst_peer_data_track_ref (self),
      unref_closure, 0);

  return self;
}

/**
 * gst_peer_data_track_detach:
 *
 * No event comes any more.
 */
void
gst_peer_data_track_detach (GstPeerDataTrack *self)
{
  g_atomic_int_set (&self->cut, TRUE);
  g_signal_handlers_disconnect_by_data (self->channel, self);
}

/* === messages, on the streaming thread === */

static void
drop_marks (GstPeerDataTrack *self, guint64 buffered)
{
  guint64 gone = self->n_sent > buffered ? self->n_sent - buffered : 0;

  while (!g_queue_is_empty (&self->marks) &&
         *(guint64 *)g_queue_peek_head (&self->marks) <= gone)
    g_free (g_queue_pop_head (&self->marks));
}

/**
 * gst_peer_data_track_has_room:
 *
 * On the streaming thread.
 *
 * Returns: whether a message of @size may be sent now
 */
gboolean
gst_peer_data_track_has_room (GstPeerDataTrack *self, gsize size)
{
  guint64 buffered;
  guint n_messages;

  g_object_get (self->channel, "buffered-amount", &buffered, NULL);
  drop_marks (self, buffered);
  n_messages = g_queue_get_length (&self->marks);

  return n_messages == 0 ||
         buffered + size + n_messages * MESSAGE_COST <= MAX_BUFFERED;
}

/* What it does not take, it leaks (webrtcdatachannel.c, 1.22). */
static gboolean
give_to_webrtcbin (
    GstPeerDataTrack *self, const GstPeerMessage *message, GError **error)
{
  return message->bytes != NULL ? gst_webrtc_data_channel_send_data_full (
                                      self->channel, message->bytes, error)
                                : gst_webrtc_data_channel_send_string_full (
                                      self->channel, message->text, error);
}

/**
 * gst_peer_data_track_send:
 *
 * On the streaming thread. Does not wait.
 */
gboolean
gst_peer_data_track_send (
    GstPeerDataTrack *self, const GstPeerMessage *message, GError **error)
{
  if (!give_to_webrtcbin (self, message, error))
    return FALSE;
  self->n_sent += message->size;
  g_queue_push_tail (
      &self->marks, g_memdup2 (&self->n_sent, sizeof (self->n_sent)));

  return TRUE;
}

/* === the end === */

/**
 * gst_peer_data_track_finish:
 *
 * What was sent is delivered, then the channel is closed.
 */
void
gst_peer_data_track_finish (GstPeerDataTrack *self)
{
  g_atomic_int_set (&self->finishing, TRUE);
  check_finish (self);
}

/**
 * gst_peer_data_track_cut:
 *
 * The channel gets nothing more, and is closed as soon as the peer has taken
 * what waits for it.
 */
void
gst_peer_data_track_cut (GstPeerDataTrack *self)
{
  g_atomic_int_set (&self->cut, TRUE);
  gst_peer_data_track_finish (self);
}
