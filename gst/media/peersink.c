/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-peersink
 * @title: peersink
 *
 * Sends audio and video to WebRTC peers. Where they are follows from the
 * #GstPeerSink:location: at `whep[s]://` it serves any number of viewers, with a
 * player page of its own; to `whip[s]://` and `http[s]://` it publishes. Each
 * medium is encoded once for each codec that a peer takes, and not at all while
 * there is none.
 *
 * A buffer at a pad `data_%u` is a message, text or binary as its caps say, for a
 * data channel of each peer that offers some, or of the one that is published to.
 * How it is sent is set at the pad, a #GstPeerDataSinkPad. With a timestamp it
 * waits for its time, and where too much waits for a peer, for that, if messages
 * may not get lost; who takes none for two seconds gets no more of them. What is
 * published waits as long for the peer. EOS closes the channel behind what was
 * sent.
 *
 * EOS, #GstPeerSink::close and a state change close all sessions side by side,
 * within #GstPeerSink:close-timeout; after the first two comes the EOS message.
 *
 * ## Examples
 *
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true ! peersink name=s audiotestsrc is-live=true ! s.
 * ]|
 * A browser at http://127.0.0.1:8080/live sees and hears it.
 * |[
 * gst-launch-1.0 -e v4l2src ! peersink location=whip://host:8889/live/whip auth-token=T
 * ]|
 * publishes a camera.
 * |[
 * gst-launch-1.0 -e v4l2src ! peersink name=s data_0::label=chat fdsrc ! text/x-raw,format=utf8 ! s.
 * ]|
 * shows what is typed as the caption of the page.
 *
 * Since: 0.1
 */

#include "peersink.h"

#include "data-sink.h"
#include "endpoint.h"
#include "last-reference.h"
#include "sender.h"
#include "stream-start.h"
#include "stream.h"
#include "uri-handler.h"

#define DEFAULT_LOCATION "whep://127.0.0.1:8080/live"
#define DEFAULT_MAX_SESSIONS 100

enum { SIGNAL_ENCODER_SETUP, SIGNAL_PAYLOADER_SETUP, N_SIGNALS };

static guint signals[N_SIGNALS];

/* The endpoint has the others. */
enum { PROP_0, PROP_VIDEO_CAPS, PROP_AUDIO_CAPS };

struct _GstPeerSink {
  GstBin parent;

  GstPeerEndpoint *endpoint;

  /* Guarded by the object lock. */
  GPtrArray *streams; /* element-type GstPeerStream */
  guint n_eos;        /* pads that have ended */
  guint32 eos_seqnum;
  GstCaps *video_caps; /* allowed, best first; or NULL */
  GstCaps *audio_caps;
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerSink, gst_peer_sink, GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_peer_uri_sink_init)
        G_IMPLEMENT_INTERFACE (
            GST_TYPE_CHILD_PROXY, gst_peer_endpoint_proxy_init))
GST_ELEMENT_REGISTER_DEFINE (
    peersink, "peersink", GST_RANK_PRIMARY, GST_TYPE_PEER_SINK);

/* The first one, so that whoever links anything gets it: what it is shows in
 * the caps that come. */
static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_PEER_VIDEO_CAPS "; " GST_PEER_AUDIO_CAPS));

static GstStaticPadTemplate video_template =
    GST_STATIC_PAD_TEMPLATE ("video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_PEER_VIDEO_CAPS));

static GstStaticPadTemplate audio_template =
    GST_STATIC_PAD_TEMPLATE ("audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_PEER_AUDIO_CAPS));

static GstStaticPadTemplate data_template = GST_STATIC_PAD_TEMPLATE ("data_%u",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_PEER_DATA_CAPS));

/* === streams === */

/**
 * gst_peer_sink_dup_streams:
 *
 * Returns: (transfer container) (element-type GstPeerStream): what there is to
 *   be sent
 */
GPtrArray *
gst_peer_sink_dup_streams (GstPeerSink *self)
{
  GPtrArray *streams = g_ptr_array_new ();

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len; i++)
    g_ptr_array_add (streams, g_ptr_array_index (self->streams, i));
  GST_OBJECT_UNLOCK (self);

  return streams;
}

/* Whether each stream has said what it is, or that it comes to nothing. Messages
 * may be anything. */
static gboolean
is_ready (GstBin *element)
{
  g_autoptr (GPtrArray) streams =
      gst_peer_sink_dup_streams (GST_PEER_SINK (element));
  g_autoptr (GPtrArray) data = gst_peer_data_sinks_dup (GST_ELEMENT (element));
  guint n_known = data->len;

  for (guint i = 0; i < streams->len; i++) {
    GstPeerStream *stream = g_ptr_array_index (streams, i);
    g_autoptr (GstCaps) caps = gst_peer_stream_dup_caps (stream);

    if (caps != NULL)
      n_known++;
    else if (!GST_PAD_IS_EOS (gst_peer_stream_get_input (stream)))
      return FALSE;
  }

  return n_known > 0;
}

static void
on_stream_changed (gpointer user_data)
{
  GstPeerSink *self = user_data;

  gst_peer_sessions_check_ready (
      gst_peer_endpoint_get_sessions (self->endpoint));
}

static void
take_eos (GstPeerSink *self, GstEvent *event)
{
  g_autoptr (GPtrArray) data = gst_peer_data_sinks_dup (GST_ELEMENT (self));
  gboolean all;

  GST_OBJECT_LOCK (self);
  self->n_eos++;
  self->eos_seqnum = gst_event_get_seqnum (event);
  all = self->n_eos == self->streams->len + data->len;
  GST_OBJECT_UNLOCK (self);
  if (all)
    gst_peer_endpoint_close (self->endpoint, GST_PEER_END_EOS, NULL);
  else
    on_stream_changed (self);
}

static GstPadProbeReturn
on_input_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerSink *self = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  gst_peer_stream_start_take (GST_ELEMENT (self), pad, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    take_eos (self, event);

  return GST_PAD_PROBE_OK;
}

static void
on_encoder_setup (GstPad *sink_pad, GstElement *encoder, gpointer user_data)
{
  g_signal_emit (
      user_data, signals[SIGNAL_ENCODER_SETUP], 0, sink_pad, encoder);
}

static void
on_payloader_setup (const char *session, GstPad *sink_pad,
    GstElement *payloader, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_PAYLOADER_SETUP], 0, session,
      sink_pad, payloader);
}

static GstCaps *
dup_preference (const char *media, gpointer user_data)
{
  GstPeerSink *self = user_data;
  GstCaps *caps;

  GST_OBJECT_LOCK (self);
  caps = g_str_equal (media, "video") ? self->video_caps : self->audio_caps;
  if (caps != NULL)
    gst_caps_ref (caps);
  GST_OBJECT_UNLOCK (self);

  return caps;
}

static void
set_preference (GstPeerSink *self, GstCaps **preference, const GValue *value)
{
  g_autoptr (GstCaps) caps = NULL;

  if (gst_value_get_caps (value) != NULL)
    caps = gst_caps_copy (gst_value_get_caps (value));
  GST_OBJECT_LOCK (self);
  gst_caps_replace (preference, caps);
  GST_OBJECT_UNLOCK (self);
}

static const GstPeerStreamEvents stream_events = {
  .encoder_setup = on_encoder_setup,
  .payloader_setup = on_payloader_setup,
  .dup_preference = dup_preference,
  .changed = on_stream_changed,
};

static GstPad *
add_stream (GstPeerSink *self, GstPadTemplate *template, const char *name)
{
  GstPeerStream *stream = gst_peer_stream_new (
      GST_BIN (self), name, template, &stream_events, self);

  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->streams, stream);
  GST_OBJECT_UNLOCK (self);

  return gst_peer_stream_get_input (stream);
}

/* The first that is free. */
static char *
find_name (GstElement *element, const char *format)
{
  for (guint i = 0;; i++) {
    g_autofree char *name =
        g_strdup_printf ("%.*s%u", (int)strcspn (format, "%"), format, i);
    g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

    if (pad == NULL)
      return g_steal_pointer (&name);
  }
}

static GstPad *
gst_peer_sink_request_new_pad (GstElement *element, GstPadTemplate *template,
    const char *name, const GstCaps *caps)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  const char *format = GST_PAD_TEMPLATE_NAME_TEMPLATE (template);
  g_autofree char *own = NULL;
  GstPad *pad;

  if (name == NULL) {
    own = find_name (element, format);
    name = own;
  }
  pad = g_str_has_prefix (format, "data_")
            ? gst_peer_data_sink_get_pad (
                  gst_peer_data_sink_new (GST_BIN (self), name, template))
            : add_stream (self, template, name);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_input_event, self, NULL);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  gst_child_proxy_child_added (
      GST_CHILD_PROXY (self), G_OBJECT (pad), GST_PAD_NAME (pad));

  return pad;
}

static GstPeerStream *
steal_stream (GstPeerSink *self, GstPad *pad)
{
  GstPeerStream *stolen = NULL;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len && stolen == NULL; i++) {
    if (gst_peer_stream_get_input (g_ptr_array_index (self->streams, i)) == pad)
      stolen = g_ptr_array_steal_index (self->streams, i);
  }
  GST_OBJECT_UNLOCK (self);

  return stolen;
}

static void
gst_peer_sink_release_pad (GstElement *element, GstPad *pad)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  GstPeerStream *stream = steal_stream (self, pad);

  gst_child_proxy_child_removed (
      GST_CHILD_PROXY (self), G_OBJECT (pad), GST_PAD_NAME (pad));
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (stream != NULL)
    gst_peer_stream_free (stream);
  else
    gst_peer_data_sink_remove (gst_pad_get_element_private (pad));
}

/* === the endpoint === */

/* Every peer has been told. */
static void
on_closed (GstBin *element)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  GstMessage *message = gst_message_new_eos (GST_OBJECT (self));
  guint32 seqnum;

  GST_OBJECT_LOCK (self);
  seqnum = self->eos_seqnum;
  GST_OBJECT_UNLOCK (self);
  if (seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (message, seqnum);
  gst_element_post_message (GST_ELEMENT (self), message);
}

static const GstPeerEndpointClass endpoint_class = {
  .sends = TRUE,
  .closed_name = "peersink-closed",
  .media = &gst_peer_sender_media,
  .is_ready = is_ready,
  .closed = on_closed,
};

/* What is published goes to one peer, which the first message waits for. */
static void
await_peer (GstPeerSink *self)
{
  g_autoptr (GPtrArray) data = gst_peer_data_sinks_dup (GST_ELEMENT (self));

  for (guint i = 0; i < data->len; i++)
    gst_peer_data_sink_await_peer (g_ptr_array_index (data, i));
}

static void
reset (GstPeerSink *self)
{
  GST_OBJECT_LOCK (self);
  self->n_eos = 0;
  self->eos_seqnum = GST_SEQNUM_INVALID;
  GST_OBJECT_UNLOCK (self);
  gst_peer_stream_start_reset (GST_ELEMENT (self));
}

static GstStateChangeReturn
gst_peer_sink_change_state (GstElement *element, GstStateChange transition)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    reset (self);
  if (!gst_peer_endpoint_change_state (self->endpoint, transition))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
      gst_peer_endpoint_is_client (self->endpoint))
    await_peer (self);

  result = GST_ELEMENT_CLASS (gst_peer_sink_parent_class)
               ->change_state (element, transition);
  gst_peer_endpoint_state_changed (self->endpoint, transition, result);

  return result;
}

/* Such as a seek: there is no sink inside that a bin could send it to. */
static gboolean
gst_peer_sink_send_event (GstElement *element, GstEvent *event)
{
  g_autoptr (GPtrArray) streams = NULL;
  gboolean sent = FALSE;

  if (!GST_EVENT_IS_UPSTREAM (event))
    return GST_ELEMENT_CLASS (gst_peer_sink_parent_class)
        ->send_event (element, event);

  streams = gst_peer_sink_dup_streams (GST_PEER_SINK (element));
  for (guint i = 0; i < streams->len; i++)
    sent |= gst_pad_push_event (
        gst_peer_stream_get_input (g_ptr_array_index (streams, i)),
        gst_event_ref (event));
  gst_event_unref (event);

  return sent;
}

/* On whichever thread posts. */
static void
gst_peer_sink_handle_message (GstBin *bin, GstMessage *message)
{
  GstPeerSink *self = GST_PEER_SINK (bin);
  GstMessage *named = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    named = gst_peer_stream_name_error (GST_ELEMENT (self), message);
  if (named != NULL) {
    gst_message_unref (message);
    message = named;
  }

  /* Our own EOS message follows the end of the sessions. */
  if (gst_peer_endpoint_take_message (self->endpoint, message) ||
      GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ||
      GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAM_START)
    gst_message_unref (message);
  else
    GST_BIN_CLASS (gst_peer_sink_parent_class)->handle_message (bin, message);
}

/* === object === */

static void
gst_peer_sink_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstPeerSink *self = GST_PEER_SINK (object);

  if (id == PROP_VIDEO_CAPS)
    set_preference (self, &self->video_caps, value);
  else if (id == PROP_AUDIO_CAPS)
    set_preference (self, &self->audio_caps, value);
  else if (!gst_peer_endpoint_set_property (self->endpoint, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_peer_sink_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstPeerSink *self = GST_PEER_SINK (object);

  if (id == PROP_VIDEO_CAPS)
    g_value_take_boxed (value, dup_preference ("video", self));
  else if (id == PROP_AUDIO_CAPS)
    g_value_take_boxed (value, dup_preference ("audio", self));
  else if (!gst_peer_endpoint_get_property (self->endpoint, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_peer_sink_dispose (GObject *object)
{
  if (gst_peer_outlives_last_reference (GST_ELEMENT (object)))
    return;

  G_OBJECT_CLASS (gst_peer_sink_parent_class)->dispose (object);
}

static void
gst_peer_sink_finalize (GObject *object)
{
  GstPeerSink *self = GST_PEER_SINK (object);

  gst_peer_endpoint_free (self->endpoint);
  g_ptr_array_unref (self->streams);
  gst_clear_caps (&self->video_caps);
  gst_clear_caps (&self->audio_caps);

  G_OBJECT_CLASS (gst_peer_sink_parent_class)->finalize (object);
}

static void
install_signals (GType type)
{
  /**
   * GstPeerSink::encoder-setup:
   * @element: the #GstElement
   * @sink_pad: where comes in what is encoded
   * @encoder: the encoder
   *
   * An encoder was made, is not in use yet and can be configured. It is shared
   * by all peers that take its codec. On the element's own thread.
   *
   * Since: 0.1
   */
  signals[SIGNAL_ENCODER_SETUP] =
      g_signal_new ("encoder-setup", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
          NULL, G_TYPE_NONE, 2, GST_TYPE_PAD, GST_TYPE_ELEMENT);

  /**
   * GstPeerSink::payloader-setup:
   * @element: the #GstElement
   * @session_id: the session
   * @sink_pad: where comes in what is sent
   * @payloader: the payloader
   *
   * The payloader of one medium of a session was made, is not in use yet and
   * can be configured. On the element's own thread.
   *
   * Since: 0.1
   */
  signals[SIGNAL_PAYLOADER_SETUP] =
      g_signal_new ("payloader-setup", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
          NULL, G_TYPE_NONE, 3, G_TYPE_STRING, GST_TYPE_PAD, GST_TYPE_ELEMENT);
}

static void
install_caps_properties (GObjectClass *klass)
{
  /**
   * GstPeerSink:video-caps:
   *
   * What video may be sent in, best first: `video/x-h264;video/x-vp8`. Without
   * it, the peer's order decides. For the sessions that begin later.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_VIDEO_CAPS,
      g_param_spec_boxed ("video-caps", "Video caps",
          "Encoded caps that video may be sent in, best first", GST_TYPE_CAPS,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSink:audio-caps:
   *
   * What audio may be sent in, best first: `audio/x-opus;audio/x-alaw`. Without
   * it, the peer's order decides. For the sessions that begin later.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_AUDIO_CAPS,
      g_param_spec_boxed ("audio-caps", "Audio caps",
          "Encoded caps that audio may be sent in, best first", GST_TYPE_CAPS,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_sink_class_init (GstPeerSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->dispose = gst_peer_sink_dispose;
  object_class->finalize = gst_peer_sink_finalize;
  object_class->set_property = gst_peer_sink_set_property;
  object_class->get_property = gst_peer_sink_get_property;
  element_class->change_state = gst_peer_sink_change_state;
  element_class->send_event = gst_peer_sink_send_event;
  element_class->request_new_pad = gst_peer_sink_request_new_pad;
  element_class->release_pad = gst_peer_sink_release_pad;
  GST_BIN_CLASS (klass)->handle_message = gst_peer_sink_handle_message;

  gst_element_class_set_static_metadata (element_class, "WebRTC sink",
      "Sink/Network/WebRTC", "Sends audio and video to WebRTC peers",
      "The gst-peerconnection authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &data_template, GST_TYPE_PEER_DATA_SINK_PAD);
  install_signals (G_OBJECT_CLASS_TYPE (klass));
  install_caps_properties (object_class);

  gst_peer_endpoint_install (
      object_class, DEFAULT_LOCATION, DEFAULT_MAX_SESSIONS);
}

static void
gst_peer_sink_init (GstPeerSink *self)
{
  /* Whatever peers do, the pipeline has one sink here. */
  gst_bin_set_suppressed_flags (
      GST_BIN (self), GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);

  self->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_stream_free);
  self->endpoint = gst_peer_endpoint_new (
      GST_BIN (self), &endpoint_class, DEFAULT_LOCATION, DEFAULT_MAX_SESSIONS);
}
