/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*   pad -- [depay] -- [parse] -- output
 *
 * The caps that come first decide what is in brackets. */

#include "input.h"

#include "bins.h"
#include "codecs.h"
#include "encoding.h"
#include "frame-order.h"

#include <gst/pbutils/pbutils.h>

struct _GstPeerInput {
  GstBin *element;
  GstPad *pad;
  GstElement *front; /* what makes encoded media of what comes in */
  GstElement *output;
  GstPeerInputChange change;
  gpointer user_data;
  GstCaps *form; /* without its details; guarded by the object lock of @pad */

  /* Used on the streaming thread. */
  GstCaps *refused;          /* the last ones */
  const GstPeerCodec *codec; /* of what comes in, if it is encoded */
  GstPeerFrameOrder order;
};

/* === what of the caps has to stay === */

static GstCaps *
make_form (const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstCaps *form =
      gst_caps_new_empty_simple (gst_structure_get_name (structure));

  if (gst_peer_caps_are_rtp (caps)) {
    const GstPeerCodec *codec = gst_peer_codec_from_rtp (caps);

    if (codec != NULL)
      gst_caps_set_simple (form, "media", G_TYPE_STRING, codec->media,
          "encoding-name", G_TYPE_STRING, codec->name, NULL);
  }

  return form;
}

static GstCaps *
dup_form (GstPeerInput *self)
{
  GstCaps *form;

  GST_OBJECT_LOCK (self->pad);
  form = self->form != NULL ? gst_caps_ref (self->form) : NULL;
  GST_OBJECT_UNLOCK (self->pad);

  return form;
}

/* What encoders take without a conversion comes first, for sources that have
 * no wish of their own. */
#define BEST_RAW                                                               \
  "video/x-raw,format=I420; "                                                  \
  "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=[1,2]"

static GstCaps *
list_accepted (GstPeerInput *self)
{
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (self->pad);
  g_autoptr (GstCaps) best = gst_caps_from_string (BEST_RAW);

  return gst_caps_merge (
      gst_caps_intersect (best, template), gst_caps_ref (template));
}

static void
answer_caps (GstPeerInput *self, GstQuery *query)
{
  g_autoptr (GstCaps) accepted = list_accepted (self);
  g_autoptr (GstCaps) result = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  result = filter != NULL ? gst_caps_intersect (accepted, filter)
                          : gst_caps_ref (accepted);
  gst_query_set_caps_result (query, result);
}

/* What has to be refused is refused by an error that says why. */
static void
answer_accept_caps (GstPeerInput *self, GstQuery *query)
{
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (self->pad);
  GstCaps *caps;

  gst_query_parse_accept_caps (query, &caps);
  gst_query_set_accept_caps_result (query, gst_caps_is_subset (caps, template));
}

static gboolean
on_input_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstPeerInput *self = gst_pad_get_element_private (pad);

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    answer_caps (self, query);
  else if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
    answer_accept_caps (self, query);
  else
    return gst_pad_query_default (pad, parent, query);

  return TRUE;
}

/* === the order of frames === */

/* RTP says when a frame is shown, and browsers show frames as they come. */
static GstPadProbeReturn
refuse_reordering (GstPeerInput *self, GstPadProbeInfo *info)
{
  GST_ELEMENT_ERROR (self->element, STREAM, FORMAT,
      ("What comes in at %s has B-frames, which WebRTC peers cannot show. "
       "Encode without them (x264enc: bframes=0 or tune=zerolatency, ffmpeg: "
       "-bf 0), or put decodebin in front, so that it is encoded anew.",
          GST_PAD_NAME (self->pad)),
      (NULL));
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;

  return GST_PAD_PROBE_HANDLED;
}

static gboolean
is_b_frame (GstPeerInput *self, GstBuffer *buffer)
{
  GstMapInfo map;
  gboolean result;

  if (self->codec->is_b_frame == NULL ||
      !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  result = self->codec->is_b_frame (map.data, map.size);
  gst_buffer_unmap (buffer, &map);

  return result;
}

static gboolean
is_in_order (GstPeerInput *self, GstBuffer *buffer)
{
  if (self->codec == NULL || !self->codec->reorders)
    return TRUE;
  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    return !is_b_frame (self, buffer);

  return gst_peer_frame_order_check (&self->order, GST_BUFFER_PTS (buffer));
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerInput *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
    gst_peer_frame_order_break (&self->order);
  if (!is_in_order (self, buffer))
    return refuse_reordering (self, info);

  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerInput *self = user_data;
  GstEventType type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));

  if (type == GST_EVENT_SEGMENT || type == GST_EVENT_FLUSH_STOP)
    gst_peer_frame_order_break (&self->order);
  else if (type == GST_EVENT_STREAM_START)
    self->order = (GstPeerFrameOrder)GST_PEER_FRAME_ORDER_INIT;

  return GST_PAD_PROBE_OK;
}

/* === the caps that come === */

static void
remove_front (GstPeerInput *self)
{
  if (self->front == NULL)
    return;
  gst_peer_bin_take_away (self->element, g_steal_pointer (&self->front));
}

static void
set_target (GstPeerInput *self, GstElement *element)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");

  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), sink);
}

static char *
describe_front (const GstPeerCodec *codec, gboolean is_rtp)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (is_rtp)
    g_string_append_printf (text, "%s ! ", codec->depay);
  if (codec->parse != NULL)
    g_string_append_printf (text, "%s ! ", codec->parse);
  if (text->len == 0)
    return NULL;
  g_string_append (text, "identity silent=true");

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
make_front (GstPeerInput *self, const GstPeerCodec *codec, gboolean is_rtp,
    GError **error)
{
  g_autofree char *description = describe_front (codec, is_rtp);

  if (description == NULL)
    return TRUE;
  self->front = gst_parse_bin_from_description (description, TRUE, error);
  if (self->front == NULL)
    return FALSE;
  gst_object_ref_sink (self->front);
  gst_bin_add (self->element, self->front);
  set_target (self, self->front);
  gst_element_link (self->front, self->output);
  gst_element_sync_state_with_parent (self->front);

  return TRUE;
}

/* They come again with each buffer. */
static gboolean
refuse_caps (GstPeerInput *self, const GstCaps *caps, const char *why)
{
  g_autofree char *text = gst_caps_to_string (caps);

  if (self->refused != NULL && gst_caps_is_equal (self->refused, caps))
    return FALSE;
  gst_clear_caps (&self->refused);
  self->refused = gst_caps_copy (caps);
  GST_ELEMENT_ERROR (self->element, STREAM, FORMAT,
      ("What comes in at %s cannot be sent: %s", GST_PAD_NAME (self->pad), why),
      ("%s", text));

  return FALSE;
}

/* What has a codec of ours lacks a payloader here; what has none may be a file's
 * that is taken apart, but not decoded. */
static gboolean
refuse_codec (GstPeerInput *self, const GstCaps *caps, gboolean is_known)
{
  g_autofree char *name = gst_pb_utils_get_codec_description (caps);
  g_autofree char *why = NULL;

  if (is_known || gst_peer_caps_are_rtp (caps))
    return refuse_caps (self, caps, "there is no payloader for it.");
  why = g_strdup_printf (
      "WebRTC peers take no %s. Put decodebin in front, or in the place of "
      "parsebin, so that it is encoded anew.",
      name != NULL ? name
                   : gst_structure_get_name (gst_caps_get_structure (caps, 0)));

  return refuse_caps (self, caps, why);
}

static gboolean
set_form (GstPeerInput *self, const GstCaps *caps, GstCaps *form)
{
  gboolean is_rtp = gst_peer_caps_are_rtp (caps);
  const GstPeerCodec *codec =
      is_rtp ? gst_peer_codec_from_rtp (caps) : gst_peer_codec_from_caps (caps);
  g_autoptr (GError) error = NULL;

  remove_front (self);
  set_target (self, self->output);
  if (!gst_peer_caps_are_raw (caps)) {
    if (codec == NULL || !gst_peer_codec_can_send (codec, caps))
      return refuse_codec (self, caps, codec != NULL);
    if (!make_front (self, codec, is_rtp, &error))
      return refuse_caps (self, caps, error->message);
  }
  self->codec = codec;

  GST_OBJECT_LOCK (self->pad);
  gst_caps_replace (&self->form, form);
  GST_OBJECT_UNLOCK (self->pad);

  return TRUE;
}

/* The encoders follow every change of what is raw, the peers that of what they
 * decode, but none follows into another codec. */
static gboolean
take_caps (GstPeerInput *self, const GstCaps *caps)
{
  g_autoptr (GstCaps) form = make_form (caps);
  g_autoptr (GstCaps) before = dup_form (self);

  if (before != NULL && gst_caps_is_equal (form, before))
    return TRUE;
  if (before != NULL && !self->change (self->user_data)) {
    g_autofree char *was = gst_caps_to_string (before);
    g_autofree char *is = gst_caps_to_string (form);
    g_autofree char *why = g_strdup_printf (
        "it was %s, is %s now, and there are peers that cannot follow.", was,
        is);

    return refuse_caps (self, caps, why);
  }

  return set_form (self, caps, form);
}

static gboolean
on_input_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstPeerInput *self = gst_pad_get_element_private (pad);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    if (!take_caps (self, caps)) {
      gst_event_unref (event);
      return FALSE;
    }
    gst_clear_caps (&self->refused);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    gst_clear_caps (&self->refused);
  }

  return gst_pad_event_default (pad, parent, event);
}

/* === life === */

static void
add_probes (GstPeerInput *self)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->output, "sink");

  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_frame, self, NULL);
  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

/**
 * gst_peer_input_new:
 * @element: to add elements to; its errors are of this element
 * @name: of the pad, which is for the caller to add
 * @output: what takes raw or encoded media
 */
GstPeerInput *
gst_peer_input_new (GstBin *element, const char *name, GstPadTemplate *template,
    GstElement *output, GstPeerInputChange change, gpointer user_data)
{
  GstPeerInput *self = g_new0 (GstPeerInput, 1);

  self->element = element;
  self->output = gst_object_ref (output);
  self->change = change;
  self->user_data = user_data;
  self->order = (GstPeerFrameOrder)GST_PEER_FRAME_ORDER_INIT;
  add_probes (self);

  self->pad = gst_object_ref_sink (
      gst_ghost_pad_new_no_target_from_template (name, template));
  gst_pad_set_element_private (self->pad, self);
  gst_pad_set_event_function (self->pad, on_input_event);
  gst_pad_set_query_function (self->pad, on_input_query);
  set_target (self, self->output);

  return self;
}

/**
 * gst_peer_input_free:
 *
 * When nothing flows any more.
 */
void
gst_peer_input_free (GstPeerInput *self)
{
  remove_front (self);
  gst_object_unref (self->output);
  gst_clear_caps (&self->form);
  gst_clear_caps (&self->refused);
  gst_object_unref (self->pad);
  g_free (self);
}

GstPad *
gst_peer_input_get_pad (GstPeerInput *self)
{
  return self->pad;
}
