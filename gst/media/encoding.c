/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*   tee of the stream -- queue -- convert -- encoder -- parse -- tee -- peers
 *
 * What is encoded already has none of that but the queue.
 */

#include "encoding.h"

#include "bins.h"
#include "key-frames.h"

#include <string.h>

/* Raw frames are large: the encoder that cannot follow loses some. */
#define ENCODER_QUEUE                                                          \
  "queue leaky=downstream max-size-buffers=4 max-size-bytes=0 "                \
  "max-size-time=0"

/* Encoded ones are not: none is lost, whoever sends too many waits. */
#define PLAIN_QUEUE "queue"

struct _GstPeerEncoding {
  const GstPeerCodec *codec;
  GstBin *element;
  GstElement *input; /* the tee of the stream */
  GstElement *bin;
  GstElement *tee;
  GstPad *tee_sink;
  gint n_sources; /* reserved */
  gint n_open;    /* of these, those that media goes to */

  gboolean paused;         /* used on the stream's thread */
  GstPeerKeyFrames frames; /* guarded by the object lock of @tee_sink */
};

/* === key frames === */

static GstEvent *
new_key_frame_request (void)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new (
          "GstForceKeyUnit", "all-headers", G_TYPE_BOOLEAN, TRUE, NULL));
}

/* From any thread that hears a peer. What else comes from one of them, such as
 * its quality of service or its wish to negotiate, is no matter of the
 * encoder's, which works for all of them. */
static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerEncoding *self = user_data;
  gboolean due;

  if (!gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), "GstForceKeyUnit"))
    return GST_PAD_PROBE_DROP;

  GST_OBJECT_LOCK (pad);
  due = gst_peer_key_frames_request (&self->frames, g_get_monotonic_time ());
  GST_OBJECT_UNLOCK (pad);

  return due ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
on_encoded (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerEncoding *self = user_data;

  if (GST_BUFFER_FLAG_IS_SET (
          GST_PAD_PROBE_INFO_BUFFER (info), GST_BUFFER_FLAG_DELTA_UNIT))
    return GST_PAD_PROBE_OK;

  GST_OBJECT_LOCK (pad);
  gst_peer_key_frames_made (&self->frames, g_get_monotonic_time ());
  GST_OBJECT_UNLOCK (pad);

  return GST_PAD_PROBE_OK;
}

/* What comes after a pause is of use to nobody without one. */
static void
ask_for_key_frame (GstPeerEncoding *self, gboolean after_pause)
{
  g_autoptr (GstPad) peer = NULL;
  gint64 now = g_get_monotonic_time ();
  gboolean due;

  GST_OBJECT_LOCK (self->tee_sink);
  if (after_pause)
    self->frames = (GstPeerKeyFrames){ 0 };
  due = after_pause ? gst_peer_key_frames_request (&self->frames, now)
                    : gst_peer_key_frames_take (&self->frames, now);
  GST_OBJECT_UNLOCK (self->tee_sink);
  if (!due)
    return;

  /* Past the probe above. */
  peer = gst_pad_get_peer (self->tee_sink);
  if (peer != NULL)
    gst_pad_send_event (peer, new_key_frame_request ());
}

/* For nobody, nothing is encoded; and what is encoded next has nothing to do
 * with what was before. */
static GstPadProbeReturn
on_input (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerEncoding *self = user_data;

  if (g_atomic_int_get (&self->n_open) == 0) {
    self->paused = TRUE;
    return GST_PAD_PROBE_DROP;
  }

  ask_for_key_frame (self, self->paused);
  if (self->paused) {
    GstBuffer *buffer =
        gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));

    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    GST_PAD_PROBE_INFO_DATA (info) = buffer;
    self->paused = FALSE;
  }

  return GST_PAD_PROBE_OK;
}

/* === nothing but media goes to the peers === */

/* The encoder must not find its caps among those that each peer takes, nor wait
 * until a peer has answered. */
static GstPadProbeReturn
on_query (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  GstCaps *filter;

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS:
    gst_query_parse_caps (query, &filter);
    if (filter != NULL)
      gst_query_set_caps_result (query, filter);
    else {
      g_autoptr (GstCaps) any = gst_caps_new_any ();

      gst_query_set_caps_result (query, any);
    }
    return GST_PAD_PROBE_HANDLED;
  case GST_QUERY_ACCEPT_CAPS:
    gst_query_set_accept_caps_result (query, TRUE);
    return GST_PAD_PROBE_HANDLED;
  default:
    return GST_QUERY_IS_SERIALIZED (query) ? GST_PAD_PROBE_DROP
                                           : GST_PAD_PROBE_OK;
  }
}

/* === setup === */

/* A tee gives a new pad what is sticky by then, and an event that is on its way
 * is not yet: nothing may pass meanwhile. */
static GstPad *
request_tee_source (GstElement *tee)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (tee, "sink");
  GstPad *source;

  GST_PAD_STREAM_LOCK (sink);
  source = gst_element_request_pad_simple (tee, "src_%u");
  GST_PAD_STREAM_UNLOCK (sink);

  return source;
}

static void
link_input (GstElement *tee, GstElement *bin)
{
  g_autoptr (GstPad) source = request_tee_source (tee);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (bin, "sink");

  gst_pad_link (source, sink);
}

/* The first word is the factory. */
static char *
describe_encoder (const GstPeerCodec *codec, const char *encoder)
{
  int length = strcspn (encoder, " ");

  return g_strdup_printf (ENCODER_QUEUE
      " ! %s ! %.*s name=encoder%s ! %s ! tee name=tee allow-not-linked=true",
      codec->convert, length, encoder, encoder + length,
      codec->parse != NULL ? codec->parse : "identity silent=true");
}

/* Installed is not working: an encoder may have no device. */
static GstElement *
try_encoder (const GstPeerCodec *codec, const char *description,
    GstPeerEncoderSetup setup, gpointer user_data, GError **error)
{
  g_autofree char *all = describe_encoder (codec, description);
  g_autoptr (GstElement) encoder = NULL;
  GstElement *bin = gst_parse_bin_from_description (all, TRUE, error);

  if (bin == NULL)
    return NULL;

  gst_object_ref_sink (bin);
  encoder = gst_bin_get_by_name (GST_BIN (bin), "encoder");
  setup (encoder, user_data);
  if (gst_element_set_state (bin, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE)
    return bin;

  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
      "The encoder %s cannot be used.",
      GST_OBJECT_NAME (gst_element_get_factory (encoder)));
  gst_element_set_state (bin, GST_STATE_NULL);
  gst_object_unref (bin);

  return NULL;
}

static GstElement *
make_encoder (const GstPeerCodec *codec, GstPeerEncoderSetup setup,
    gpointer user_data, GError **error)
{
  GstElement *bin = NULL;
  const char *encoder;
  guint next = 0;

  while (bin == NULL &&
         (encoder = gst_peer_codec_find_encoder (codec, &next)) != NULL) {
    if (error != NULL && *error != NULL)
      GST_WARNING ("%s", (*error)->message);
    g_clear_error (error);
    bin = try_encoder (codec, encoder, setup, user_data, error);
  }

  return bin;
}

static GstElement *
make_bin (const GstPeerCodec *codec, const GstCaps *input,
    GstPeerEncoderSetup setup, gpointer user_data, GError **error)
{
  GstElement *bin;

  if (gst_peer_caps_are_raw (input))
    return make_encoder (codec, setup, user_data, error);

  bin = gst_parse_bin_from_description (
      PLAIN_QUEUE " ! tee name=tee allow-not-linked=true", TRUE, error);

  return bin != NULL ? gst_object_ref_sink (bin) : NULL;
}

static void
add_probes (GstPeerEncoding *self)
{
  g_autoptr (GstPad) input = gst_element_get_static_pad (self->bin, "sink");

  self->tee_sink = gst_element_get_static_pad (self->tee, "sink");
  gst_pad_add_probe (self->tee_sink, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      on_upstream_event, self, NULL);
  gst_pad_add_probe (self->tee_sink, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      on_query, self, NULL);
  gst_pad_add_probe (
      self->tee_sink, GST_PAD_PROBE_TYPE_BUFFER, on_encoded, self, NULL);
  gst_pad_add_probe (input, GST_PAD_PROBE_TYPE_BUFFER, on_input, self, NULL);
}

/**
 * gst_peer_encoding_new:
 * @element: to add elements to
 * @tee: of the stream
 * @input: what comes from there
 * @setup: is called for every encoder that is tried, without a lock
 *
 * Returns: (nullable): %NULL when no encoder works
 */
GstPeerEncoding *
gst_peer_encoding_new (GstBin *element, GstElement *tee,
    const GstPeerCodec *codec, const GstCaps *input, GstPeerEncoderSetup setup,
    gpointer user_data, GError **error)
{
  GstElement *bin = make_bin (codec, input, setup, user_data, error);
  GstPeerEncoding *self;

  if (bin == NULL)
    return NULL;

  self = g_new0 (GstPeerEncoding, 1);
  self->codec = codec;
  self->element = element;
  self->input = gst_object_ref (tee);
  self->bin = bin;
  self->tee = gst_bin_get_by_name (GST_BIN (bin), "tee");
  add_probes (self);
  gst_bin_add (element, bin);
  gst_element_sync_state_with_parent (bin);
  link_input (tee, bin);

  return self;
}

static void
unlink_input (GstPeerEncoding *self)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->bin, "sink");
  g_autoptr (GstPad) source = gst_pad_get_peer (sink);

  if (source == NULL)
    return;
  gst_pad_unlink (source, sink);
  gst_element_release_request_pad (self->input, source);
}

/**
 * gst_peer_encoding_free:
 *
 * When nothing flows to it any more, or on the thread of what does.
 */
void
gst_peer_encoding_free (GstPeerEncoding *self)
{
  unlink_input (self);
  gst_peer_bin_take_away (self->element, self->bin);
  gst_object_unref (self->input);
  gst_object_unref (self->tee_sink);
  gst_object_unref (self->tee);
  g_free (self);
}

const GstPeerCodec *
gst_peer_encoding_get_codec (GstPeerEncoding *self)
{
  return self->codec;
}

GstElement *
gst_peer_encoding_get_bin (GstPeerEncoding *self)
{
  return self->bin;
}

gboolean
gst_peer_encoding_is_used (GstPeerEncoding *self)
{
  return g_atomic_int_get (&self->n_sources) > 0;
}

/* === sources, one for each peer === */

static GQuark
encoding_quark (void)
{
  return g_quark_from_static_string ("gst-peer-encoding");
}

static GQuark
open_quark (void)
{
  return g_quark_from_static_string ("gst-peer-encoding-open");
}

/**
 * gst_peer_encoding_reserve_source:
 *
 * It is used from here on, for the one source that is requested next.
 */
void
gst_peer_encoding_reserve_source (GstPeerEncoding *self)
{
  g_atomic_int_inc (&self->n_sources);
}

/**
 * gst_peer_encoding_request_source:
 *
 * One that is reserved.
 *
 * Returns: (transfer full): a pad that gives what is encoded, once it is open
 */
GstPad *
gst_peer_encoding_request_source (GstPeerEncoding *self)
{
  GstPad *source = gst_ghost_pad_new_no_target (NULL, GST_PAD_SRC);
  g_autoptr (GstPad) inner = NULL;

  /* What flows already would end at a pad that is not active yet. */
  gst_pad_set_active (source, TRUE);
  gst_element_add_pad (self->bin, source);
  inner = request_tee_source (self->tee);
  gst_ghost_pad_set_target (GST_GHOST_PAD (source), inner);
  g_object_set_qdata (G_OBJECT (source), encoding_quark (), self);

  return gst_object_ref (source);
}

/**
 * gst_peer_encoding_open_source:
 *
 * Media goes there from now on.
 */
void
gst_peer_encoding_open_source (GstPad *source)
{
  GstPeerEncoding *self =
      g_object_get_qdata (G_OBJECT (source), encoding_quark ());

  if (g_object_get_qdata (G_OBJECT (source), open_quark ()) != NULL)
    return;
  g_object_set_qdata (G_OBJECT (source), open_quark (), self);
  g_atomic_int_inc (&self->n_open);
}

/* At a moment when nothing passes. */
static GstPadProbeReturn
on_source_idle (GstPad *source, GstPadProbeInfo *info, gpointer user_data)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (source);
  g_autoptr (GstPad) inner = gst_ghost_pad_get_target (GST_GHOST_PAD (source));
  g_autoptr (GstElement) bin = gst_pad_get_parent_element (source);
  g_autoptr (GstElement) tee = gst_pad_get_parent_element (inner);

  if (peer != NULL)
    gst_pad_unlink (source, peer);
  gst_ghost_pad_set_target (GST_GHOST_PAD (source), NULL);
  if (tee != NULL)
    gst_element_release_request_pad (tee, inner);
  if (bin != NULL)
    gst_element_remove_pad (bin, source);

  return GST_PAD_PROBE_REMOVE;
}

/**
 * gst_peer_encoding_release_source:
 * @source: (transfer full)
 */
void
gst_peer_encoding_release_source (GstPad *source)
{
  GstPeerEncoding *self =
      g_object_get_qdata (G_OBJECT (source), encoding_quark ());

  if (g_object_steal_qdata (G_OBJECT (source), open_quark ()) != NULL)
    g_atomic_int_add (&self->n_open, -1);
  g_atomic_int_add (&self->n_sources, -1);
  gst_pad_add_probe (
      source, GST_PAD_PROBE_TYPE_IDLE, on_source_idle, NULL, NULL);
  gst_object_unref (source);
}
