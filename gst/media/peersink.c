/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-peersink
 * @title: peersink
 *
 * Serves audio and video to any number of WebRTC peers: a WHEP server with a
 * player page of its own. Each medium is encoded once for each codec that a
 * peer takes, and not at all while there is none.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true ! peersink name=s audiotestsrc is-live=true ! s.
 * ]|
 * A browser at http://127.0.0.1:8080/live sees and hears it.
 *
 * Since: 0.1
 */

#include "peersink.h"

#include "loop.h"
#include "sessions.h"
#include "stream.h"

GST_DEBUG_CATEGORY (gst_peer_sink_debug);
#define GST_CAT_DEFAULT gst_peer_sink_debug

#define DEFAULT_LOCATION "whep://127.0.0.1:8080/live"
#define DEFAULT_CLOSE_TIMEOUT 2000
#define DEFAULT_MAX_SESSIONS 100

#define WAIT_MARGIN (500 * G_TIME_SPAN_MILLISECOND)

enum { PROP_0, PROP_LOCATION, PROP_CLOSE_TIMEOUT, PROP_MAX_SESSIONS };

struct _GstPeerSink {
  GstBin parent;

  char *location;
  guint close_timeout; /* ms */
  guint max_sessions;

  GstPeerLoop *loop; /* sessions come and go on it */
  GstPeerSessions *sessions;

  gint n_pads; /* ever requested */

  /* Guarded by the object lock. */
  GPtrArray *streams; /* element-type GstPeerStream */
  guint n_eos;        /* streams that have ended */
  gboolean eos_posted;
  guint32 eos_seqnum;
};

G_DEFINE_FINAL_TYPE (GstPeerSink, gst_peer_sink, GST_TYPE_BIN)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (peersink, "peersink", GST_RANK_NONE,
    GST_TYPE_PEER_SINK,
    GST_DEBUG_CATEGORY_INIT (gst_peer_sink_debug, "peersink", 0,
        "WebRTC sink for any number of peers"));

#define VIDEO_CAPS "video/x-raw; video/x-h264; video/x-vp8; video/x-vp9"
#define AUDIO_CAPS "audio/x-raw; audio/x-opus; audio/x-mulaw; audio/x-alaw"

/* The first one, so that whoever links anything gets it: what it is shows in
 * the caps that come. */
static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS (VIDEO_CAPS "; " AUDIO_CAPS));

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (VIDEO_CAPS));

static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (AUDIO_CAPS));

/* === the end === */

/* All streams have ended and every peer has been told. */
static void
post_eos (GstBin *element)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  gboolean over = gst_peer_sessions_are_over (self->sessions);
  GstMessage *message = NULL;

  GST_OBJECT_LOCK (self);
  if (over && self->streams->len > 0 && self->n_eos >= self->streams->len &&
      !self->eos_posted) {
    self->eos_posted = TRUE;
    message = gst_message_new_eos (GST_OBJECT (self));
    gst_message_set_seqnum (message, self->eos_seqnum);
  }
  GST_OBJECT_UNLOCK (self);

  if (message != NULL)
    gst_element_post_message (GST_ELEMENT (self), message);
}

/* === streams === */

static GstPadProbeReturn
on_input_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerSink *self = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  gboolean all;

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;

  GST_OBJECT_LOCK (self);
  self->n_eos++;
  self->eos_seqnum = gst_event_get_seqnum (event);
  all = self->n_eos == self->streams->len;
  GST_OBJECT_UNLOCK (self);
  if (all) {
    gst_peer_sessions_refuse (self->sessions);
    gst_peer_sessions_drain (self->sessions, self->close_timeout);
  }

  return GST_PAD_PROBE_OK;
}

static GstPad *
gst_peer_sink_request_new_pad (GstElement *element, GstPadTemplate *template,
    const char *name, const GstCaps *caps)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  const char *format = GST_PAD_TEMPLATE_NAME_TEMPLATE (template);
  g_autofree char *own = NULL;
  GstPeerStream *stream;
  GstPad *pad;

  if (name == NULL) {
    own = g_strdup_printf ("%.*s%u", (int)strcspn (format, "%"), format,
        g_atomic_int_add (&self->n_pads, 1));
    name = own;
  }
  stream = gst_peer_stream_new (GST_BIN (self), name);
  pad = gst_peer_stream_get_input (stream);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_input_event, self, NULL);
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->streams, stream);
  GST_OBJECT_UNLOCK (self);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);

  return pad;
}

static void
gst_peer_sink_release_pad (GstElement *element, GstPad *pad)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  GstPeerStream *released = NULL;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len && released == NULL; i++) {
    GstPeerStream *stream = g_ptr_array_index (self->streams, i);

    if (gst_peer_stream_get_input (stream) == pad) {
      released = stream;
      g_ptr_array_remove_index (self->streams, i);
    }
  }
  GST_OBJECT_UNLOCK (self);

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (released != NULL)
    gst_peer_stream_free (released);
}

/* === states === */

static gboolean
start (GstPeerSink *self)
{
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  self->eos_posted = FALSE;
  self->n_eos = 0;
  GST_OBJECT_UNLOCK (self);
  if (gst_peer_sessions_start (
          self->sessions, self->location, self->max_sessions, &error))
    return TRUE;

  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ_WRITE,
      ("%s cannot be served.", self->location), ("%s", error->message));
  return FALSE;
}

/* All sessions at once, within close-timeout. */
static void
end_sessions (GstPeerSink *self)
{
  gst_peer_sessions_refuse (self->sessions);
  gst_peer_sessions_close_all (self->sessions);
  gst_peer_loop_wait (self->loop, gst_peer_sessions_are_over, self->sessions,
      g_get_monotonic_time () +
          (gint64)self->close_timeout * G_TIME_SPAN_MILLISECOND + WAIT_MARGIN);
}

static GstStateChangeReturn
gst_peer_sink_change_state (GstElement *element, GstStateChange transition)
{
  GstPeerSink *self = GST_PEER_SINK (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    end_sessions (self);

  result = GST_ELEMENT_CLASS (gst_peer_sink_parent_class)
               ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          result == GST_STATE_CHANGE_FAILURE))
    gst_peer_sessions_stop (self->sessions);

  return result;
}

/* === messages, on whichever thread posts === */

static void
gst_peer_sink_handle_message (GstBin *bin, GstMessage *message)
{
  GstPeerSink *self = GST_PEER_SINK (bin);

  /* Our own EOS message follows the end of the sessions. */
  if (gst_peer_sessions_take_message (self->sessions, message) ||
      GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
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

  switch (id) {
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    break;
  case PROP_CLOSE_TIMEOUT:
    self->close_timeout = g_value_get_uint (value);
    break;
  case PROP_MAX_SESSIONS:
    self->max_sessions = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_peer_sink_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstPeerSink *self = GST_PEER_SINK (object);

  switch (id) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_CLOSE_TIMEOUT:
    g_value_set_uint (value, self->close_timeout);
    break;
  case PROP_MAX_SESSIONS:
    g_value_set_uint (value, self->max_sessions);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_peer_sink_finalize (GObject *object)
{
  GstPeerSink *self = GST_PEER_SINK (object);

  gst_peer_loop_free (self->loop);
  gst_peer_sessions_free (self->sessions);
  g_ptr_array_unref (self->streams);
  g_free (self->location);

  G_OBJECT_CLASS (gst_peer_sink_parent_class)->finalize (object);
}

static void
gst_peer_sink_class_init (GstPeerSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->finalize = gst_peer_sink_finalize;
  object_class->set_property = gst_peer_sink_set_property;
  object_class->get_property = gst_peer_sink_get_property;
  element_class->change_state = gst_peer_sink_change_state;
  element_class->request_new_pad = gst_peer_sink_request_new_pad;
  element_class->release_pad = gst_peer_sink_release_pad;
  GST_BIN_CLASS (klass)->handle_message = gst_peer_sink_handle_message;

  gst_element_class_set_static_metadata (element_class, "WebRTC sink",
      "Sink/Network/WebRTC", "Serves audio and video to WebRTC peers",
      "The gst-peerconnection authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);

  /**
   * GstPeerSink:location:
   *
   * The address to serve at, `whep://host:port/path`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "The address to serve at",
          DEFAULT_LOCATION,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSink:close-timeout:
   *
   * The time in ms after which the end of the sessions is not waited for any
   * more.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CLOSE_TIMEOUT,
      g_param_spec_uint ("close-timeout", "Close timeout",
          "Time after which a close stops waiting (ms)", 10, 600000,
          DEFAULT_CLOSE_TIMEOUT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSink:max-sessions:
   *
   * How many peers are served at once; more are refused.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MAX_SESSIONS,
      g_param_spec_uint ("max-sessions", "Max sessions",
          "How many peers are served at once", 1, 10000, DEFAULT_MAX_SESSIONS,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
              G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_sink_init (GstPeerSink *self)
{
  /* Whatever peers do, the pipeline has one sink here. */
  gst_bin_set_suppressed_flags (
      GST_BIN (self), GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);

  self->location = g_strdup (DEFAULT_LOCATION);
  self->close_timeout = DEFAULT_CLOSE_TIMEOUT;
  self->max_sessions = DEFAULT_MAX_SESSIONS;
  self->loop = gst_peer_loop_new ("peersink");
  self->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_stream_free);
  self->sessions = gst_peer_sessions_new (
      GST_BIN (self), self->loop, self->streams, post_eos);
}
