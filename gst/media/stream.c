/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*                             +-- encoding -- peers
 *   input -- clocksync -- tee
 *                             +-- encoding -- peers
 */

#include "stream.h"

#include "bins.h"
#include "encoding.h"
#include "input.h"

struct _GstPeerStream {
  GstBin *element;
  const GstPeerStreamEvents *events;
  gpointer user_data;

  GstPeerInput *front;
  GstPad *input; /* of it */
  GstElement *sync;
  GstElement *tee;

  GMutex lock;
  GPtrArray *encodings; /* element-type GstPeerEncoding */

  gboolean has_new_caps; /* used on the streaming thread */
};

/* === codecs === */

static const char *
get_media (const GstCaps *caps)
{
  return gst_peer_caps_are_of (caps, "video") ? "video" : "audio";
}

/**
 * gst_peer_stream_choose:
 * @media: of an offer, or of the answer to ours
 * @payload_type: (out): that @media gives it
 *
 * Returns: (nullable): the codec to send this stream in
 */
const GstPeerCodec *
gst_peer_stream_choose (
    GstPeerStream *self, const GstSDPMedia *media, guint *payload_type)
{
  g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (self);
  g_autoptr (GstCaps) preference = NULL;

  if (input == NULL ||
      !gst_peer_caps_are_of (input, gst_sdp_media_get_media (media)))
    return NULL;
  preference =
      self->events->dup_preference (get_media (input), self->user_data);

  return gst_peer_codecs_choose (media, input, preference, payload_type);
}

/**
 * gst_peer_stream_make_offer:
 *
 * Returns: (transfer full) (nullable): what to offer to send this stream in,
 *   see gst_peer_codecs_make_offer(); %NULL when there is nothing
 */
GstCaps *
gst_peer_stream_make_offer (GstPeerStream *self)
{
  g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (self);
  g_autoptr (GstCaps) preference = NULL;
  g_autoptr (GstCaps) offer = NULL;

  if (input == NULL)
    return NULL;
  preference =
      self->events->dup_preference (get_media (input), self->user_data);
  offer = gst_peer_codecs_make_offer (get_media (input), input, preference);

  return gst_caps_is_empty (offer) ? NULL : g_steal_pointer (&offer);
}

/* === sources === */

static void
on_encoder (GstElement *encoder, gpointer user_data)
{
  GstPeerStream *self = user_data;

  self->events->encoder_setup (self->input, encoder, self->user_data);
}

/**
 * gst_peer_stream_setup_payloader:
 * @payloader: still in NULL
 */
void
gst_peer_stream_setup_payloader (
    GstPeerStream *self, const char *session, GstElement *payloader)
{
  self->events->payloader_setup (
      session, self->input, payloader, self->user_data);
}

/* Reserved under the lock: what nobody uses goes when another codec comes in. */
static GstPeerEncoding *
reserve_encoding (GstPeerStream *self, const GstPeerCodec *codec)
{
  GstPeerEncoding *encoding = NULL;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->encodings->len; i++) {
    GstPeerEncoding *other = g_ptr_array_index (self->encodings, i);

    if (gst_peer_encoding_get_codec (other) == codec)
      encoding = other;
  }
  if (encoding != NULL)
    gst_peer_encoding_reserve_source (encoding);
  g_mutex_unlock (&self->lock);

  return encoding;
}

static GstPeerEncoding *
make_encoding (GstPeerStream *self, const GstPeerCodec *codec, GError **error)
{
  g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (self);
  GstPeerEncoding *encoding;

  if (input == NULL) {
    g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "Nothing has come in yet.");
    return NULL;
  }
  encoding = gst_peer_encoding_new (
      self->element, self->tee, codec, input, on_encoder, self, error);
  if (encoding == NULL)
    return NULL;

  g_object_set_data_full (G_OBJECT (gst_peer_encoding_get_bin (encoding)),
      "stream", g_strdup (GST_PAD_NAME (self->input)), g_free);
  gst_peer_encoding_reserve_source (encoding);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->encodings, encoding);
  g_mutex_unlock (&self->lock);

  return encoding;
}

/**
 * gst_peer_stream_request_source:
 *
 * Returns: (transfer full) (nullable): a pad that gives the input in @codec,
 *   once it is open
 */
GstPad *
gst_peer_stream_request_source (
    GstPeerStream *self, const GstPeerCodec *codec, GError **error)
{
  GstPeerEncoding *encoding = reserve_encoding (self, codec);

  if (encoding == NULL)
    encoding = make_encoding (self, codec, error);

  return encoding != NULL ? gst_peer_encoding_request_source (encoding) : NULL;
}

/**
 * gst_peer_stream_open_source:
 *
 * Media goes there from now on.
 */
void
gst_peer_stream_open_source (GstPad *source)
{
  gst_peer_encoding_open_source (source);
}

/**
 * gst_peer_stream_release_source:
 * @source: (transfer full)
 */
void
gst_peer_stream_release_source (GstPad *source)
{
  gst_peer_encoding_release_source (source);
}

/* === what is known of it === */

/* They are sticky on the pad when the next buffer comes. */
static GstPadProbeReturn
on_output (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerStream *self = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    self->has_new_caps |=
        GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS;
  } else if (self->has_new_caps) {
    self->has_new_caps = FALSE;
    self->events->changed (self->user_data);
  }

  return GST_PAD_PROBE_OK;
}

/* === life === */

/* Encodings that no peer needs can go. */
static gboolean
on_input_change (gpointer user_data)
{
  GstPeerStream *self = user_data;
  g_autoptr (GPtrArray) unused = NULL;
  gboolean used = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->encodings->len; i++)
    used |= gst_peer_encoding_is_used (g_ptr_array_index (self->encodings, i));
  if (!used) {
    unused = self->encodings;
    self->encodings =
        g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_encoding_free);
  }
  g_mutex_unlock (&self->lock);

  return !used;
}

static void
add_elements (GstPeerStream *self)
{
  g_autoptr (GstPad) sink = NULL;

  /* What is not live comes as fast as it can be read. */
  self->sync = gst_element_factory_make ("clocksync", NULL);
  self->tee = gst_element_factory_make ("tee", NULL);
  g_object_set (self->tee, "allow-not-linked", TRUE, NULL);
  gst_bin_add_many (self->element, gst_object_ref (self->sync),
      gst_object_ref (self->tee), NULL);
  gst_element_link (self->sync, self->tee);
  sink = gst_element_get_static_pad (self->tee, "sink");
  gst_pad_add_probe (sink,
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_BUFFER,
      on_output, self, NULL);
  gst_element_sync_state_with_parent (self->tee);
  gst_element_sync_state_with_parent (self->sync);
}

/**
 * gst_peer_stream_new:
 * @element: to add elements to; its errors are of this element
 * @name: of the input pad, which is for the caller to add
 */
GstPeerStream *
gst_peer_stream_new (GstBin *element, const char *name,
    GstPadTemplate *template, const GstPeerStreamEvents *events,
    gpointer user_data)
{
  GstPeerStream *self = g_new0 (GstPeerStream, 1);

  self->element = element;
  self->events = events;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  self->encodings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_encoding_free);
  add_elements (self);

  self->front = gst_peer_input_new (
      element, name, template, self->sync, on_input_change, self);
  self->input = gst_peer_input_get_pad (self->front);

  return self;
}

/**
 * gst_peer_stream_free:
 *
 * When nothing flows any more.
 */
void
gst_peer_stream_free (GstPeerStream *self)
{
  g_ptr_array_unref (self->encodings);
  gst_peer_input_free (self->front);
  gst_peer_bin_take_away (self->element, self->sync);
  gst_peer_bin_take_away (self->element, self->tee);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gst_peer_stream_get_input:
 *
 * From any thread.
 */
GstPad *
gst_peer_stream_get_input (GstPeerStream *self)
{
  return self->input;
}

/* A parser says more as soon as it has found the parameter sets. */
static gboolean
are_complete (const GstCaps *caps)
{
  const GstPeerCodec *codec = gst_peer_codec_from_caps (caps);

  return codec == NULL || !codec->reorders ||
         gst_structure_has_field (gst_caps_get_structure (caps, 0), "width");
}

/**
 * gst_peer_stream_dup_caps:
 *
 * From any thread.
 *
 * Returns: (transfer full) (nullable): what there is to be sent, raw or
 *   encoded; %NULL before that is known
 */
GstCaps *
gst_peer_stream_dup_caps (GstPeerStream *self)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->tee, "sink");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (sink);

  return caps != NULL && are_complete (caps) ? g_steal_pointer (&caps) : NULL;
}

/* === what goes wrong inside === */

static char *
dup_stream_name (GstElement *element, GstObject *source)
{
  for (GstObject *o = source; o != NULL && o != GST_OBJECT (element);
       o = GST_OBJECT_PARENT (o)) {
    const char *name = g_object_get_data (G_OBJECT (o), "stream");

    if (name != NULL)
      return g_strdup (name);
  }

  return NULL;
}

/**
 * gst_peer_stream_name_error:
 * @message: an ERROR
 *
 * From any thread.
 *
 * Returns: (transfer full) (nullable): the same as an error of @element that
 *   names what it comes from; %NULL when that is not inside of an encoding
 */
GstMessage *
gst_peer_stream_name_error (GstElement *element, GstMessage *message)
{
  GstObject *source = GST_MESSAGE_SRC (message);
  g_autofree char *name = dup_stream_name (element, source);
  g_autofree char *debug = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) named = NULL;

  if (name == NULL)
    return NULL;

  gst_message_parse_error (message, &error, &debug);
  named = g_error_new (error->domain, error->code,
      "%s cannot encode what comes in at %s: %s", GST_OBJECT_NAME (source),
      name, error->message);

  return gst_message_new_error (GST_OBJECT (element), named, debug);
}
