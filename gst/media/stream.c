/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*   input -- clocksync -- tee --+-- queue -- convert -- encode -- tee -- peers
 *                               +-- queue -- convert -- encode -- tee -- peers
 */

#include "stream.h"

/* Raw frames are large: the encoder that cannot follow loses some. */
#define ENCODER_QUEUE                                                          \
  "queue leaky=downstream max-size-buffers=4 max-size-bytes=0 "                \
  "max-size-time=0"

/* Encoded ones are not: none is lost, whoever sends too many waits. */
#define PARSER_QUEUE "queue"

/* Requests for key frames come from every peer, after every loss. */
#define KEY_FRAME_INTERVAL (300 * G_TIME_SPAN_MILLISECOND)

struct _GstPeerStream {
  GstBin *bin;
  GstElement *sync;
  GstElement *tee;
  GstPad *input;
  GPtrArray *encodings; /* element-type Encoding */
};

typedef struct {
  const GstPeerCodec *codec;
  GstElement *bin;
  GstElement *tee;
  gint n_sources;        /* who takes it */
  gint64 key_frame_time; /* guarded by the object lock of the tee's sink */
} Encoding;

/* For nobody, nothing is encoded. */
static GstPadProbeReturn
on_input (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Encoding *encoding = user_data;

  return g_atomic_int_get (&encoding->n_sources) > 0 ? GST_PAD_PROBE_OK
                                                     : GST_PAD_PROBE_DROP;
}

/* From any thread that hears a peer. */
static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Encoding *encoding = user_data;
  gint64 now = g_get_monotonic_time ();
  gboolean due;

  if (!gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), "GstForceKeyUnit"))
    return GST_PAD_PROBE_OK;

  GST_OBJECT_LOCK (pad);
  due = now - encoding->key_frame_time >= KEY_FRAME_INTERVAL;
  if (due)
    encoding->key_frame_time = now;
  GST_OBJECT_UNLOCK (pad);

  return due ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static void
free_encoding (gpointer data)
{
  Encoding *self = data;

  gst_object_unref (self->tee);
  g_free (self);
}

static char *
describe (const GstPeerCodec *codec, const GstCaps *input)
{
  if (gst_peer_caps_are_raw (input))
    return g_strdup_printf (ENCODER_QUEUE
        " ! %s ! %s ! %s ! tee name=tee allow-not-linked=true",
        codec->convert, gst_peer_codec_find_encoder (codec, NULL),
        codec->parse != NULL ? codec->parse : "identity");

  return g_strdup_printf (PARSER_QUEUE
      " ! %s ! tee name=tee allow-not-linked=true",
      codec->parse != NULL ? codec->parse : "identity");
}

static Encoding *
make_encoding (GstPeerStream *self, const GstPeerCodec *codec, GError **error)
{
  g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (self);
  g_autofree char *description = describe (codec, input);
  GstElement *bin = gst_parse_bin_from_description (description, TRUE, error);
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) input_pad = NULL;
  Encoding *encoding;

  if (bin == NULL)
    return NULL;

  encoding = g_new0 (Encoding, 1);
  encoding->codec = codec;
  encoding->bin = bin;
  encoding->tee = gst_bin_get_by_name (GST_BIN (bin), "tee");
  sink = gst_element_get_static_pad (encoding->tee, "sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
      encoding, NULL);
  input_pad = gst_element_get_static_pad (bin, "sink");
  gst_pad_add_probe (
      input_pad, GST_PAD_PROBE_TYPE_BUFFER, on_input, encoding, NULL);

  gst_bin_add (self->bin, gst_object_ref (bin));
  gst_element_sync_state_with_parent (bin);
  gst_element_link (self->tee, bin);
  g_ptr_array_add (self->encodings, encoding);

  return encoding;
}

/**
 * gst_peer_stream_request_source:
 *
 * Returns: (transfer full) (nullable): a pad that gives the input in @codec
 */
GstPad *
gst_peer_stream_request_source (
    GstPeerStream *self, const GstPeerCodec *codec, GError **error)
{
  Encoding *encoding = NULL;
  g_autoptr (GstPad) inner = NULL;
  GstPad *source;

  for (guint i = 0; i < self->encodings->len; i++) {
    Encoding *other = g_ptr_array_index (self->encodings, i);

    if (other->codec == codec)
      encoding = other;
  }
  if (encoding == NULL)
    encoding = make_encoding (self, codec, error);
  if (encoding == NULL)
    return NULL;

  inner = gst_element_request_pad_simple (encoding->tee, "src_%u");
  source = gst_ghost_pad_new (NULL, inner);
  gst_pad_set_active (source, TRUE);
  gst_element_add_pad (encoding->bin, source);
  g_object_set_data (G_OBJECT (source), "count", &encoding->n_sources);
  g_atomic_int_inc (&encoding->n_sources);

  return gst_object_ref (source);
}

/**
 * gst_peer_stream_release_source:
 * @source: (transfer full)
 *
 * From the tee's point of view at a moment when nothing passes.
 */
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

void
gst_peer_stream_release_source (GstPad *source)
{
  g_atomic_int_add ((gint *)g_object_get_data (G_OBJECT (source), "count"), -1);
  gst_pad_add_probe (
      source, GST_PAD_PROBE_TYPE_IDLE, on_source_idle, NULL, NULL);
  gst_object_unref (source);
}

/**
 * gst_peer_stream_new:
 * @bin: to add elements and the ghost pad @name to
 */
GstPeerStream *
gst_peer_stream_new (GstBin *bin, const char *name)
{
  GstPeerStream *self = g_new0 (GstPeerStream, 1);
  g_autoptr (GstPad) sink = NULL;

  self->bin = bin;
  self->encodings = g_ptr_array_new_with_free_func (free_encoding);
  /* What is not live comes as fast as it can be read. */
  self->sync = gst_element_factory_make ("clocksync", NULL);
  self->tee = gst_element_factory_make ("tee", NULL);
  g_object_set (self->tee, "allow-not-linked", TRUE, NULL);
  gst_bin_add_many (
      bin, gst_object_ref (self->sync), gst_object_ref (self->tee), NULL);
  gst_element_link (self->sync, self->tee);
  gst_element_sync_state_with_parent (self->tee);
  gst_element_sync_state_with_parent (self->sync);

  sink = gst_element_get_static_pad (self->sync, "sink");
  self->input = gst_ghost_pad_new (name, sink);

  return self;
}

/* The bin may have given it up already, when it is disposed of. */
static void
take_away (GstBin *bin, GstElement *element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  if (gst_object_has_as_parent (GST_OBJECT (element), GST_OBJECT (bin)))
    gst_bin_remove (bin, element);
  gst_object_unref (element);
}

/**
 * gst_peer_stream_free:
 *
 * When nothing flows any more.
 */
void
gst_peer_stream_free (GstPeerStream *self)
{
  for (guint i = 0; i < self->encodings->len; i++) {
    Encoding *encoding = g_ptr_array_index (self->encodings, i);

    take_away (self->bin, encoding->bin);
  }
  take_away (self->bin, self->sync);
  take_away (self->bin, self->tee);
  g_ptr_array_unref (self->encodings);
  g_free (self);
}

GstPad *
gst_peer_stream_get_input (GstPeerStream *self)
{
  return self->input;
}

/**
 * gst_peer_stream_dup_caps:
 *
 * Returns: (transfer full) (nullable): %NULL before anything came in
 */
GstCaps *
gst_peer_stream_dup_caps (GstPeerStream *self)
{
  return gst_pad_get_current_caps (self->input);
}
