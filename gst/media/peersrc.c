/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-peersrc
 * @title: peersrc
 *
 * Receives audio and video from WebRTC peers. Where they are follows from the
 * #GstPeerSrc:location: at `whip[s]://` it takes publishers; from `whep[s]://`
 * and `http[s]://` it plays.
 *
 * Each medium has a pad, `video_%u` or `audio_%u`, which is there before the
 * peer is asked for anything: what is linked to it decides which codec is
 * negotiated, and whether it comes encoded, raw (decoded here) or as RTP, in
 * this order where more than one is taken. A pad that nothing is linked to is no
 * error.
 *
 * Each data channel that a peer opens has a pad `data_%u`, of the type
 * #GstPeerDataSrcPad, for as long as it is open. A buffer is a message, text or
 * binary as the caps say, stamped with the time at which it came. A peer that
 * sends more than is taken downstream, 4 MiB, loses the channel: SCTP as
 * webrtcbin has it cannot make it wait.
 *
 * However a session ends, its pads get EOS. A peer that has said of each of its
 * streams that it ends (RTCP BYE), or that sends nothing for
 * #GstPeerSrc:media-timeout, and has no data channel open, has ended its session.
 * With the last one the element is closed, unless #GstPeerSrc:wait-for-next is
 * set.
 *
 * ## Examples
 *
 * |[
 * gst-launch-1.0 peersrc location=whep://127.0.0.1:8080/live ! autovideosink
 * ]|
 * plays.
 * |[
 * gst-launch-1.0 -e peersrc location=whip://0.0.0.0:8080/ingest name=s s.video_0 ! queue ! h264parse ! mp4mux name=m ! filesink location=rec.mp4  s.audio_0 ! queue ! opusparse ! m.
 * ]|
 * records what is published there.
 *
 * Since: 0.1
 */

#include "peersrc.h"

#include "data-outlet.h"
#include "endpoint.h"
#include "last-reference.h"
#include "outlet.h"
#include "receiver.h"
#include "uri-handler.h"

#define DEFAULT_LOCATION "whip://127.0.0.1:8080/ingest"
#define DEFAULT_MAX_SESSIONS 1
#define DEFAULT_LATENCY 200         /* ms */
#define DEFAULT_MEDIA_TIMEOUT 30000 /* ms */
#define DEFAULT_WAIT_FOR_NEXT FALSE
#define DEFAULT_DATA_CHANNELS FALSE

enum {
  PROP_0,
  PROP_LATENCY,
  PROP_MEDIA_TIMEOUT,
  PROP_WAIT_FOR_NEXT,
  PROP_DATA_CHANNELS
};

struct _GstPeerSrc {
  GstBin parent;

  GstPeerEndpoint *endpoint;
  guint latency;       /* ms */
  guint media_timeout; /* ms */
  gint wait_for_next;
  gint data_channels;
  gint had_data; /* in this life */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerSrc, gst_peer_src, GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_peer_uri_src_init)
        G_IMPLEMENT_INTERFACE (
            GST_TYPE_CHILD_PROXY, gst_peer_endpoint_proxy_init))
GST_ELEMENT_REGISTER_DEFINE (
    peersrc, "peersrc", GST_RANK_PRIMARY, GST_TYPE_PEER_SRC);

static GstStaticPadTemplate video_template =
    GST_STATIC_PAD_TEMPLATE ("video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
        GST_STATIC_CAPS ("video/x-h264; video/x-h265; video/x-vp8; "
                         "video/x-vp9; video/x-av1; video/x-raw; "
                         "application/x-rtp, media=(string)video"));

static GstStaticPadTemplate audio_template =
    GST_STATIC_PAD_TEMPLATE ("audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
        GST_STATIC_CAPS ("audio/x-opus; audio/G722; audio/x-mulaw; "
                         "audio/x-alaw; audio/x-raw; "
                         "application/x-rtp, media=(string)audio"));

static GstStaticPadTemplate data_template = GST_STATIC_PAD_TEMPLATE ("data_%u",
    GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS (GST_PEER_DATA_CAPS));

/* === pads ===
 *
 * They come and go on the loop, one at a time. Whoever links those of an element
 * as gst-launch-1.0 does looks at all that it has, and loses a link when another
 * one comes or goes meanwhile. */

/**
 * gst_peer_src_call:
 *
 * Runs @func on the loop. From any thread.
 */
void
gst_peer_src_call (
    GstPeerSrc *self, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  gst_peer_loop_call (
      gst_peer_endpoint_get_loop (self->endpoint), func, data, notify);
}

/**
 * gst_peer_src_find_number:
 * @media: that a pad is to be added for
 *
 * Returns: the first that is free
 */
guint
gst_peer_src_find_number (GstPeerSrc *self, const char *media)
{
  for (guint i = 0;; i++) {
    g_autofree char *name = g_strdup_printf ("%s_%u", media, i);
    g_autoptr (GstPad) pad =
        gst_element_get_static_pad (GST_ELEMENT (self), name);

    if (pad == NULL)
      return i;
  }
}

void
gst_peer_src_add_pad (GstPeerSrc *self, GstPad *pad)
{
  if (GST_IS_PEER_DATA_SRC_PAD (pad))
    g_atomic_int_set (&self->had_data, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
}

typedef struct {
  GstPeerSrc *src;
  GstPad *pad;
} Removal;

static void
removal_free (gpointer data)
{
  Removal *self = data;

  gst_object_unref (self->pad);
  gst_object_unref (self->src);
  g_free (self);
}

static gboolean
remove_pad (gpointer data)
{
  Removal *self = data;

  gst_pad_set_active (self->pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (self->src), self->pad);
  gst_peer_loop_wake (gst_peer_endpoint_get_loop (self->src->endpoint));

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_src_remove_pad:
 *
 * One that has had its EOS. From any thread.
 */
void
gst_peer_src_remove_pad (GstPeerSrc *self, GstPad *pad)
{
  Removal *removal = g_new0 (Removal, 1);

  removal->src = gst_object_ref (self);
  removal->pad = gst_object_ref (pad);
  gst_peer_src_call (self, remove_pad, removal, removal_free);
}

static gboolean
has_no_pads (gpointer user_data)
{
  GstPeerSrc *self = user_data;
  gboolean none;

  GST_OBJECT_LOCK (self);
  none = GST_ELEMENT (self)->numsrcpads == 0;
  GST_OBJECT_UNLOCK (self);

  return none;
}

/* All has closed, and nothing downstream holds up an EOS any more: when the loop
 * has come so far, and what is still to go has gone, what was linked may be
 * freed. */
static void
await_no_pads (GstPeerSrc *self)
{
  GstPeerLoop *loop = gst_peer_endpoint_get_loop (self->endpoint);
  gint64 end_time = g_get_monotonic_time () + G_TIME_SPAN_SECOND;

  if (!gst_peer_loop_flush (loop, end_time) ||
      !gst_peer_loop_wait (loop, has_no_pads, self, end_time))
    GST_WARNING_OBJECT (self, "there are pads whose EOS is held up");
}

/* === the endpoint === */

static void
on_idle (GstBin *element)
{
  GstPeerSrc *self = GST_PEER_SRC (element);

  if (!g_atomic_int_get (&self->wait_for_next))
    gst_peer_endpoint_close (self->endpoint, GST_PEER_END_REMOTE, NULL);
}

/* Where no peer has ever come, nothing downstream would hear of the end. */
static void
on_closed (GstBin *element)
{
  GstPeerSrc *self = GST_PEER_SRC (element);

  /* Whoever has made it for a URI looks into each pad for what it is, and takes
   * one where nothing comes for an error. */
  if (!g_atomic_int_get (&self->had_data) &&
      g_object_get_data (G_OBJECT (self), GST_PEER_FOR_URI) == NULL)
    gst_peer_data_outlet_end_none (self);
  if (gst_peer_endpoint_had_sessions (self->endpoint))
    return;
  gst_peer_outlet_free (
      gst_peer_outlet_new (self, "video", self->latency, NULL, NULL));
  gst_peer_outlet_free (
      gst_peer_outlet_new (self, "audio", self->latency, NULL, NULL));
}

static const GstPeerEndpointClass endpoint_class = {
  .sends = FALSE,
  .closed_name = "peersrc-closed",
  .media = &gst_peer_receiver_media,
  .idle = on_idle,
  .closed = on_closed,
};

static GstStateChangeReturn
gst_peer_src_change_state (GstElement *element, GstStateChange transition)
{
  GstPeerSrc *self = GST_PEER_SRC (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    g_atomic_int_set (&self->had_data, FALSE);
  if (!gst_peer_endpoint_change_state (self->endpoint, transition))
    return GST_STATE_CHANGE_FAILURE;

  result = GST_ELEMENT_CLASS (gst_peer_src_parent_class)
               ->change_state (element, transition);
  gst_peer_endpoint_state_changed (self->endpoint, transition, result);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    await_no_pads (self);

  /* Live, whether a peer is there or not. */
  if (result == GST_STATE_CHANGE_SUCCESS &&
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
          transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED))
    return GST_STATE_CHANGE_NO_PREROLL;

  return result;
}

/* Each session's pads get their EOS when it has closed. */
static gboolean
gst_peer_src_send_event (GstElement *element, GstEvent *event)
{
  GstPeerSrc *self = GST_PEER_SRC (element);

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_peer_src_parent_class)
        ->send_event (element, event);

  gst_peer_endpoint_close (self->endpoint, GST_PEER_END_EOS, NULL);
  gst_event_unref (event);

  return TRUE;
}

/* On whichever thread posts. */
static void
gst_peer_src_handle_message (GstBin *bin, GstMessage *message)
{
  GstPeerSrc *self = GST_PEER_SRC (bin);

  /* There are sinks inside. */
  if (gst_peer_endpoint_take_message (self->endpoint, message) ||
      GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAM_START)
    gst_message_unref (message);
  else
    GST_BIN_CLASS (gst_peer_src_parent_class)->handle_message (bin, message);
}

/* === object === */

static void
gst_peer_src_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstPeerSrc *self = GST_PEER_SRC (object);

  switch (id) {
  case PROP_LATENCY:
    self->latency = g_value_get_uint (value);
    break;
  case PROP_MEDIA_TIMEOUT:
    self->media_timeout = g_value_get_uint (value);
    break;
  case PROP_WAIT_FOR_NEXT:
    g_atomic_int_set (&self->wait_for_next, g_value_get_boolean (value));
    break;
  case PROP_DATA_CHANNELS:
    g_atomic_int_set (&self->data_channels, g_value_get_boolean (value));
    break;
  default:
    if (!gst_peer_endpoint_set_property (self->endpoint, id, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_peer_src_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstPeerSrc *self = GST_PEER_SRC (object);

  switch (id) {
  case PROP_LATENCY:
    g_value_set_uint (value, self->latency);
    break;
  case PROP_MEDIA_TIMEOUT:
    g_value_set_uint (value, self->media_timeout);
    break;
  case PROP_WAIT_FOR_NEXT:
    g_value_set_boolean (value, g_atomic_int_get (&self->wait_for_next));
    break;
  case PROP_DATA_CHANNELS:
    g_value_set_boolean (value, g_atomic_int_get (&self->data_channels));
    break;
  default:
    if (!gst_peer_endpoint_get_property (self->endpoint, id, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_peer_src_dispose (GObject *object)
{
  if (gst_peer_outlives_last_reference (GST_ELEMENT (object)))
    return;

  G_OBJECT_CLASS (gst_peer_src_parent_class)->dispose (object);
}

static void
gst_peer_src_finalize (GObject *object)
{
  gst_peer_endpoint_free (GST_PEER_SRC (object)->endpoint);

  G_OBJECT_CLASS (gst_peer_src_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  /**
   * GstPeerSrc:latency:
   *
   * How long in ms packets may wait for one that is late.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_LATENCY,
      g_param_spec_uint ("latency", "Latency",
          "How long packets may wait for one that is late (ms)", 0, 60000,
          DEFAULT_LATENCY,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSrc:media-timeout:
   *
   * How long in ms a peer that is connected may send no media, and have no data
   * channel open, before its session is ended with a WARNING; 0 is for ever. It
   * counts for sessions that begin afterwards. Browsers go on sending while a
   * track is muted, but not when it was taken away from its sender.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MEDIA_TIMEOUT,
      g_param_spec_uint ("media-timeout", "Media timeout",
          "How long a peer may send no media before its session ends (ms, 0 is "
          "for ever)",
          0, G_MAXINT / 1000, DEFAULT_MEDIA_TIMEOUT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSrc:wait-for-next:
   *
   * Whether a server goes on after its last session has ended. The pads of the
   * next one are new.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_WAIT_FOR_NEXT,
      g_param_spec_boolean ("wait-for-next", "Wait for next",
          "Whether to go on after the last session", DEFAULT_WAIT_FOR_NEXT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSrc:data-channels:
   *
   * Whether to offer data channels to the endpoint that is played from. Not all
   * take an offer of them. A server takes those that it is offered.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DATA_CHANNELS,
      g_param_spec_boolean ("data-channels", "Data channels",
          "Whether to offer data channels", DEFAULT_DATA_CHANNELS,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
              G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_src_class_init (GstPeerSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->dispose = gst_peer_src_dispose;
  object_class->finalize = gst_peer_src_finalize;
  object_class->set_property = gst_peer_src_set_property;
  object_class->get_property = gst_peer_src_get_property;
  element_class->change_state = gst_peer_src_change_state;
  element_class->send_event = gst_peer_src_send_event;
  GST_BIN_CLASS (klass)->handle_message = gst_peer_src_handle_message;

  gst_element_class_set_static_metadata (element_class, "WebRTC source",
      "Source/Network/WebRTC", "Receives audio and video from WebRTC peers",
      "The gst-peerconnection authors");
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &data_template, GST_TYPE_PEER_DATA_SRC_PAD);

  install_properties (object_class);
  gst_peer_endpoint_install (
      object_class, DEFAULT_LOCATION, DEFAULT_MAX_SESSIONS);
}

static void
gst_peer_src_init (GstPeerSrc *self)
{
  gst_bin_set_suppressed_flags (
      GST_BIN (self), GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);

  self->latency = DEFAULT_LATENCY;
  self->media_timeout = DEFAULT_MEDIA_TIMEOUT;
  self->wait_for_next = DEFAULT_WAIT_FOR_NEXT;
  self->data_channels = DEFAULT_DATA_CHANNELS;
  self->endpoint = gst_peer_endpoint_new (
      GST_BIN (self), &endpoint_class, DEFAULT_LOCATION, DEFAULT_MAX_SESSIONS);
}
