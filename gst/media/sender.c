/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sender.h"

#include "codecs.h"
#include "data-sender.h"
#include "data-sink.h"
#include "peersink.h"
#include "remote-description.h"
#include "track.h"

typedef struct {
  GstPeerSession *session; /* which this is a part of */
  GstPeerSink *sink;
  GPtrArray *tracks; /* element-type GstPeerTrack */
  GstPeerDataSender *data;
  gboolean has_data;

  GPtrArray *streams; /* element-type GstPeerStream */
  GArray *media;      /* element-type Medium */
} Sender;

/* A stream in an m-line. */
typedef struct {
  GstPeerStream *stream;
  guint mline;
  GstPad *sink; /* of the connection */
  guint32 ssrc;
  guint payload_type; /* that was chosen */
} Medium;

static void
clear_medium (gpointer data)
{
  gst_clear_object (&((Medium *)data)->sink);
}

static void
on_data_ended (GstPeerSession *session)
{
  Sender *self = gst_peer_session_get_media (session);

  gst_peer_data_sender_take_end (self->data);
}

static gpointer
create (GstPeerSession *session, gpointer element)
{
  Sender *self = g_new0 (Sender, 1);

  self->session = session;
  self->sink = element;
  self->tracks =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_track_free);
  self->data = gst_peer_data_sender_new (session, on_data_ended);
  self->streams = gst_peer_sink_dup_streams (element);
  self->media = g_array_new (FALSE, FALSE, sizeof (Medium));
  g_array_set_clear_func (self->media, clear_medium);

  return self;
}

static void
sender_free (gpointer user_data)
{
  Sender *self = user_data;

  g_ptr_array_unref (self->tracks);
  gst_peer_data_sender_free (self->data);
  g_ptr_array_unref (self->streams);
  g_array_unref (self->media);
  g_free (self);
}

/* On a streaming thread. */
static void
on_track_failed (gpointer session)
{
  g_autoptr (GError) error = g_error_new_literal (GST_STREAM_ERROR,
      GST_STREAM_ERROR_FAILED, "A stream cannot be sent to the peer.");

  gst_peer_session_call_fail (session, error);
}

/* A sink of the connection, which sends what @caps say. The description names
 * the SSRC: those who have no other way of telling bundled streams apart, such as
 * webrtcbin, go by it. */
static Medium *
add_medium (Sender *self, GstPeerStream *stream, guint mline, GstCaps *caps)
{
  GstElement *connection = gst_peer_session_get_connection (self->session);
  g_autofree char *name = g_strdup_printf ("sink_%u", mline);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  Medium medium = { stream, mline, NULL, g_random_int (), 0 };

  gst_structure_set (
      gst_caps_get_structure (caps, 0), "ssrc", G_TYPE_UINT, medium.ssrc, NULL);
  medium.sink = gst_element_request_pad (connection,
      gst_element_get_pad_template (connection, "sink_%u"), name, caps);
  if (medium.sink != NULL) {
    /* One MediaStream for all, so that they are played in time. */
    g_object_set (medium.sink, "msid", "peersink", NULL);
    g_object_get (medium.sink, "transceiver", &transceiver, NULL);
    g_object_set (transceiver, "codec-preferences", caps, "direction",
        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "do-nack", TRUE, NULL);
  }
  g_array_append_val (self->media, medium);

  return &g_array_index (self->media, Medium, self->media->len - 1);
}

static gboolean
add_track (
    Sender *self, Medium *medium, const GstPeerCodec *codec, GError **error)
{
  GstPeerTrack *track = gst_peer_track_new (medium->stream,
      gst_peer_session_get_id (self->session),
      gst_peer_session_get_connection (self->session), on_track_failed,
      self->session);

  g_ptr_array_add (self->tracks, track);
  if (!gst_peer_track_link (track, codec, medium->sink, medium->payload_type,
          medium->ssrc, error))
    return FALSE;
  gst_peer_data_sender_watch (self->data, medium->sink);

  return TRUE;
}

static gboolean
open_data (Sender *self, GError **error)
{
  g_autoptr (GPtrArray) sinks =
      gst_peer_data_sinks_dup (GST_ELEMENT (self->sink));

  self->has_data = sinks->len > 0;
  return gst_peer_data_sender_open (self->data, sinks, error);
}

static void
close_data (Sender *self)
{
  self->has_data = FALSE;
  gst_peer_data_sender_close (self->data);
}

static gboolean
check_tracks (Sender *self, GError **error)
{
  if (self->tracks->len > 0 || self->has_data)
    return TRUE;

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "There is no codec that both sides have: the peer takes none that this "
      "stream can be sent in.");
  return FALSE;
}

/* === answers === */

/* The rest of the answer is what the offer says of this payload type. What the
 * payloader says, such as the profile that it has found in the stream, may be
 * more exact than that, and must not fail for it. */
static GstCaps *
make_preference (const GstSDPMedia *media, guint payload_type)
{
  g_autoptr (GstCaps) offered =
      gst_sdp_media_get_caps_from_media (media, payload_type);
  const GstStructure *structure = gst_caps_get_structure (offered, 0);
  int clock_rate = 90000;

  gst_structure_get_int (structure, "clock-rate", &clock_rate);

  return gst_caps_new_simple ("application/x-rtp", "media", G_TYPE_STRING,
      gst_sdp_media_get_media (media), "encoding-name", G_TYPE_STRING,
      gst_structure_get_string (structure, "encoding-name"), "clock-rate",
      G_TYPE_INT, clock_rate, "payload", G_TYPE_INT, (int)payload_type, NULL);
}

static gboolean
answer_with (Sender *self, GstPeerStream *stream, const GstPeerCodec *codec,
    const GstSDPMedia *media, guint mline, guint payload_type, GError **error)
{
  g_autoptr (GstCaps) caps = make_preference (media, payload_type);
  Medium *medium = add_medium (self, stream, mline, caps);

  medium->payload_type = payload_type;
  return add_track (self, medium, codec, error);
}

/* One m-line for each stream, the first that has a codec of ours. */
static gboolean
answer_stream (Sender *self, GstPeerStream *stream, const GstSDPMessage *offer,
    guint64 *taken, GError **error)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
    const GstPeerCodec *codec;
    guint payload_type;

    if (*taken & (G_GUINT64_CONSTANT (1) << i) ||
        !gst_peer_media_receives (media))
      continue;
    codec = gst_peer_stream_choose (stream, media, &payload_type);
    if (codec == NULL)
      continue;
    *taken |= G_GUINT64_CONSTANT (1) << i;
    return answer_with (self, stream, codec, media, i, payload_type, error);
  }

  return TRUE;
}

static gboolean
answer (gpointer user_data, GstSDPMessage *offer, GError **error)
{
  Sender *self = user_data;
  guint64 taken = 0;

  /* When an offer of ours was turned down. */
  close_data (self);
  if (gst_peer_description_has_data (offer) && !open_data (self, error))
    return FALSE;
  for (guint i = 0; i < self->streams->len; i++) {
    if (!answer_stream (
            self, g_ptr_array_index (self->streams, i), offer, &taken, error))
      return FALSE;
  }

  return check_tracks (self, error);
}

/* The profile of a stream that is sent as it is is in the stream. */
static void
describe (gpointer user_data, GstSDPMessage *answer)
{
  Sender *self = user_data;

  for (guint i = 0; i < self->media->len; i++) {
    Medium *medium = &g_array_index (self->media, Medium, i);
    g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (medium->stream);

    if (input != NULL && medium->mline < gst_sdp_message_medias_len (answer))
      gst_peer_codec_write_profile (
          (GstSDPMedia *)gst_sdp_message_get_media (answer, medium->mline),
          medium->payload_type, input);
  }
}

/* === offers === */

static gboolean
offer_stream (Sender *self, GstPeerStream *stream, guint mline, GError **error)
{
  g_autoptr (GstCaps) caps = gst_peer_stream_make_offer (stream);
  g_autofree char *mid = g_strdup_printf ("%u", mline);

  if (caps == NULL) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "There is no encoder for this stream.");
    return FALSE;
  }
  caps = gst_caps_make_writable (caps);
  gst_structure_set (
      gst_caps_get_structure (caps, 0), "a-mid", G_TYPE_STRING, mid, NULL);
  add_medium (self, stream, mline, caps);

  return TRUE;
}

static gboolean
offer (gpointer user_data, GError **error)
{
  Sender *self = user_data;

  /* More may have come since the session was asked for. */
  g_ptr_array_unref (self->streams);
  self->streams = gst_peer_sink_dup_streams (self->sink);
  for (guint i = 0; i < self->streams->len; i++) {
    GstPeerStream *stream = g_ptr_array_index (self->streams, i);
    g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (stream);

    if (input != NULL && !offer_stream (self, stream, self->media->len, error))
      return FALSE;
  }

  return open_data (self, error);
}

static gboolean
accept_answer (gpointer user_data, const GstSDPMessage *answer, GError **error)
{
  Sender *self = user_data;
  guint n_media = MIN (self->media->len, gst_sdp_message_medias_len (answer));

  if (!gst_peer_description_has_data (answer))
    close_data (self);
  for (guint i = 0; i < n_media; i++) {
    Medium *medium = &g_array_index (self->media, Medium, i);
    const GstSDPMedia *media = gst_sdp_message_get_media (answer, i);
    const GstPeerCodec *codec;

    if (!gst_peer_media_is_active (media))
      continue;
    codec =
        gst_peer_stream_choose (medium->stream, media, &medium->payload_type);
    if (codec != NULL && !add_track (self, medium, codec, error))
      return FALSE;
  }

  return check_tracks (self, error);
}

/* === the connection === */

static void
open_tracks (gpointer user_data)
{
  Sender *self = user_data;

  for (guint i = 0; i < self->tracks->len; i++)
    gst_peer_track_open (g_ptr_array_index (self->tracks, i));
}

static void
close_tracks (gpointer user_data)
{
  Sender *self = user_data;

  for (guint i = 0; i < self->tracks->len; i++)
    gst_peer_track_close (g_ptr_array_index (self->tracks, i));
  close_data (self);
}

static void
end (gpointer user_data)
{
}

const GstPeerMedia gst_peer_sender_media = {
  .create = create,
  .offer = offer,
  .answer = answer,
  .describe = describe,
  .accept = accept_answer,
  .open = open_tracks,
  .close = close_tracks,
  .end = end,
  .free = sender_free,
};
