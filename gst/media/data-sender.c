/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "data-sender.h"

#include "data-sink.h"

struct _GstPeerDataSender {
  GstPeerSession *session; /* which this is a part of */
  GstPeerSessionFunc ended;
  GPtrArray *sinks; /* element-type GstPeerDataSink */

  /* Atomic: how many have not ended. */
  gint n_channels;
  gint n_tracks;
};

/**
 * gst_peer_data_sender_new:
 * @ended: is to call gst_peer_data_sender_take_end()
 */
GstPeerDataSender *
gst_peer_data_sender_new (GstPeerSession *session, GstPeerSessionFunc ended)
{
  GstPeerDataSender *self = g_new0 (GstPeerDataSender, 1);

  self->session = session;
  self->ended = ended;
  self->sinks = g_ptr_array_new_with_free_func (g_object_unref);

  return self;
}

void
gst_peer_data_sender_free (GstPeerDataSender *self)
{
  gst_peer_data_sender_close (self);
  g_ptr_array_unref (self->sinks);
  g_free (self);
}

/* === the channels === */

/**
 * gst_peer_data_sender_open:
 * @sinks: (element-type GstPeerDataSink)
 *
 * Before the description is made, in which they are.
 */
gboolean
gst_peer_data_sender_open (
    GstPeerDataSender *self, GPtrArray *sinks, GError **error)
{
  if (sinks->len == 0)
    return TRUE;

  gst_peer_session_prepare (self->session);
  for (guint i = 0; i < sinks->len; i++) {
    GstPeerDataSink *sink = g_ptr_array_index (sinks, i);

    g_atomic_int_inc (&self->n_channels);
    g_ptr_array_add (self->sinks, g_object_ref (sink));
    if (!gst_peer_data_sink_open (sink, self->session, self->ended)) {
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
          "There can be no data channel as the properties of %s have it.",
          GST_PAD_NAME (gst_peer_data_sink_get_pad (sink)));
      return FALSE;
    }
  }

  return TRUE;
}

/**
 * gst_peer_data_sender_close:
 *
 * Nothing is sent any more, and the end of the tracks is the end.
 */
void
gst_peer_data_sender_close (GstPeerDataSender *self)
{
  g_atomic_int_set (&self->n_channels, 0);
  for (guint i = 0; i < self->sinks->len; i++)
    gst_peer_data_sink_release (
        g_ptr_array_index (self->sinks, i), self->session);
  g_ptr_array_set_size (self->sinks, 0);
}

/* === the end === */

/* On a streaming thread. With the last of its tracks, a peer connection ends;
 * while there are channels, it is kept from that. */
static GstPadProbeReturn
on_track_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerDataSender *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;

  return g_atomic_int_dec_and_test (&self->n_tracks) &&
                 g_atomic_int_get (&self->n_channels) > 0
             ? GST_PAD_PROBE_DROP
             : GST_PAD_PROBE_OK;
}

/**
 * gst_peer_data_sender_watch:
 * @sink: of the connection, that a track is linked to
 */
void
gst_peer_data_sender_watch (GstPeerDataSender *self, GstPad *sink)
{
  g_autoptr (GstPad) source = gst_pad_get_peer (sink);

  if (self->sinks->len == 0 || source == NULL)
    return;
  g_atomic_int_inc (&self->n_tracks);
  gst_pad_add_probe (
      source, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_track_event, self, NULL);
}

/**
 * gst_peer_data_sender_take_end:
 *
 * A channel has ended. With the last one, if there are no tracks any more, the
 * connection does, behind what was sent.
 */
void
gst_peer_data_sender_take_end (GstPeerDataSender *self)
{
  if (g_atomic_int_get (&self->n_channels) == 0 ||
      !g_atomic_int_dec_and_test (&self->n_channels) ||
      g_atomic_int_get (&self->n_tracks) > 0)
    return;
  gst_element_send_event (
      gst_peer_session_get_connection (self->session), gst_event_new_eos ());
}
