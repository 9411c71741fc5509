/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*   source of a stream -- queue -- payloader -- peerconnection
 *
 * The stream is told that all is well whatever becomes of its media here. */

#include "track.h"

#include <string.h>

/* What it may hold is decided in front of it: of its own, it would drop what
 * the rest of it needs, and for who joins late begin with all that was missed. */
#define QUEUE                                                                  \
  "queue name=queue max-size-time=0 max-size-buffers=0 max-size-bytes=0"

/* Older media is of no use to anybody who watches live. */
#define MAX_LAG GST_SECOND
#define MAX_BYTES (8 * 1024 * 1024)

struct _GstPeerTrack {
  GstPeerStream *stream;
  char *session;
  GstElement *connection; /* its parent is the bin of the session */
  GstPeerTrackFailed failed;
  gpointer user_data;

  GstPad *source; /* of the stream */
  GstPad *input;  /* where it goes to the session's bin */
  GstPad *inside; /* and from there: its inner side */
  gint open;      /* the peer takes media */

  gboolean waits_for_key; /* used on the streaming thread */

  /* Of the queue; guarded by the object lock of @input. */
  guint n_buffers;
  gsize n_bytes;
  GstClockTime left; /* the time of what has left it last */
};

/**
 * gst_peer_track_new:
 * @session: its id
 */
GstPeerTrack *
gst_peer_track_new (GstPeerStream *stream, const char *session,
    GstElement *connection, GstPeerTrackFailed failed, gpointer user_data)
{
  GstPeerTrack *self = g_new0 (GstPeerTrack, 1);

  self->stream = stream;
  self->session = g_strdup (session);
  self->connection = gst_object_ref (connection);
  self->failed = failed;
  self->user_data = user_data;
  self->waits_for_key = TRUE;

  return self;
}

/**
 * gst_peer_track_free:
 *
 * When nothing flows any more.
 */
void
gst_peer_track_free (GstPeerTrack *self)
{
  gst_clear_object (&self->source);
  gst_clear_object (&self->input);
  gst_clear_object (&self->inside);
  gst_object_unref (self->connection);
  g_free (self->session);
  g_free (self);
}

/* === what flows, on the streaming thread === */

static void
request_key_frame (GstPad *sink)
{
  gst_pad_push_event (
      sink, gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
                gst_structure_new ("GstForceKeyUnit", "all-headers",
                    G_TYPE_BOOLEAN, TRUE, NULL)));
}

static gboolean
has_room (GstPeerTrack *self, GstBuffer *buffer)
{
  GstClockTime time = GST_BUFFER_DTS_OR_PTS (buffer);
  gboolean has_room;

  GST_OBJECT_LOCK (self->input);
  if (self->n_buffers == 0 || !GST_CLOCK_TIME_IS_VALID (self->left))
    self->left = time;
  has_room = self->n_bytes < MAX_BYTES &&
             (!GST_CLOCK_TIME_IS_VALID (time) || time <= self->left + MAX_LAG);
  GST_OBJECT_UNLOCK (self->input);

  return has_room;
}

static void
enter (GstPeerTrack *self, GstBuffer *buffer)
{
  GST_OBJECT_LOCK (self->input);
  self->n_buffers++;
  self->n_bytes += gst_buffer_get_size (buffer);
  GST_OBJECT_UNLOCK (self->input);
}

static GstPadProbeReturn
on_left (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerTrack *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  GST_OBJECT_LOCK (self->input);
  self->n_buffers--;
  self->n_bytes -= gst_buffer_get_size (buffer);
  self->left = GST_BUFFER_DTS_OR_PTS (buffer);
  GST_OBJECT_UNLOCK (self->input);

  return GST_PAD_PROBE_OK;
}

/* Nothing passes before the peer takes it, and nothing before a key frame then,
 * or after a frame that found no room. Every frame that waits for one asks for
 * it, and the stream sees to it that these are not too many. */
static gboolean
may_pass (GstPeerTrack *self, GstPad *pad, GstBuffer *buffer)
{
  if (!g_atomic_int_get (&self->open))
    return FALSE;
  if (!has_room (self, buffer)) {
    self->waits_for_key = TRUE;
    return FALSE;
  }
  if (self->waits_for_key &&
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT)) {
    request_key_frame (pad);
    return FALSE;
  }
  self->waits_for_key = FALSE;
  enter (self, buffer);

  return TRUE;
}

/* What becomes of it here is no matter of the stream's. It is pushed, and not
 * chained into the queue: events that came while the queue was not active yet
 * wait in the pad that pushes. */
static GstPadProbeReturn
on_media (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerTrack *self = user_data;

  if (!may_pass (self, pad, GST_PAD_PROBE_INFO_BUFFER (info)))
    return GST_PAD_PROBE_DROP;

  if (gst_pad_push (self->inside, GST_PAD_PROBE_INFO_BUFFER (info)) <
      GST_FLOW_EOS) {
    g_atomic_int_set (&self->open, FALSE);
    self->failed (self->user_data);
  }
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_OK;

  return GST_PAD_PROBE_HANDLED;
}

/* === setup === */

/* The way into the session's bin, and what watches over it. */
static void
add_input (GstPeerTrack *self, GstElement *chain)
{
  g_autoptr (GstElement) queue = gst_bin_get_by_name (GST_BIN (chain), "queue");
  g_autoptr (GstPad) output = gst_element_get_static_pad (queue, "src");
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (chain));
  g_autoptr (GstPad) sink = gst_element_get_static_pad (chain, "sink");

  self->input = gst_object_ref (gst_ghost_pad_new (NULL, sink));
  self->inside =
      GST_PAD (gst_proxy_pad_get_internal (GST_PROXY_PAD (self->input)));
  gst_pad_add_probe (
      self->input, GST_PAD_PROBE_TYPE_BUFFER, on_media, self, NULL);
  gst_pad_add_probe (output, GST_PAD_PROBE_TYPE_BUFFER, on_left, self, NULL);
  gst_pad_set_active (self->input, TRUE);
  gst_element_add_pad (GST_ELEMENT (bin), self->input);
}

static GstElement *
make_chain (GstPeerTrack *self, const GstPeerCodec *codec, guint payload_type,
    guint32 ssrc, GError **error)
{
  const int length = strcspn (codec->payload, " ");
  g_autofree char *description =
      g_strdup_printf (QUEUE " ! %.*s name=payloader%s pt=%u ssrc=%u", length,
          codec->payload, codec->payload + length, payload_type, ssrc);
  GstElement *chain = gst_parse_bin_from_description (description, TRUE, error);
  g_autoptr (GstElement) payloader = NULL;

  if (chain == NULL)
    return NULL;
  payloader = gst_bin_get_by_name (GST_BIN (chain), "payloader");
  gst_peer_stream_setup_payloader (self->stream, self->session, payloader);

  return chain;
}

/**
 * gst_peer_track_link:
 * @sink: (nullable): of the connection
 */
gboolean
gst_peer_track_link (GstPeerTrack *self, const GstPeerCodec *codec,
    GstPad *sink, guint payload_type, guint32 ssrc, GError **error)
{
  g_autoptr (GstObject) bin =
      gst_object_get_parent (GST_OBJECT (self->connection));
  g_autoptr (GstPad) output = NULL;
  GstElement *chain = make_chain (self, codec, payload_type, ssrc, error);

  if (chain == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (bin), chain);
  add_input (self, chain);
  output = gst_element_get_static_pad (chain, "src");
  if (sink == NULL || gst_pad_link (output, sink) != GST_PAD_LINK_OK) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
        "The peer connection takes no %s.", codec->name);
    return FALSE;
  }
  gst_element_sync_state_with_parent (chain);

  self->source = gst_peer_stream_request_source (self->stream, codec, error);
  if (self->source == NULL)
    return FALSE;
  if (gst_pad_link (self->source, self->input) != GST_PAD_LINK_OK) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
        "The payloader takes no %s.", codec->name);
    return FALSE;
  }

  return TRUE;
}

/**
 * gst_peer_track_open:
 *
 * The peer takes media from now on, and needs a key frame first.
 */
void
gst_peer_track_open (GstPeerTrack *self)
{
  if (self->source == NULL ||
      !g_atomic_int_compare_and_exchange (&self->open, FALSE, TRUE))
    return;
  gst_peer_stream_open_source (self->source);
  request_key_frame (self->input);
}

/**
 * gst_peer_track_close:
 *
 * Lets go of the stream.
 */
void
gst_peer_track_close (GstPeerTrack *self)
{
  g_atomic_int_set (&self->open, FALSE);
  if (self->source != NULL)
    gst_peer_stream_release_source (g_steal_pointer (&self->source));
}
