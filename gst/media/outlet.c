/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*   peerconnection -- depayloader -- parser [-- decoder -- converter] -- pad
 *
 * The pad is there before the peer is asked for anything, so that what is linked
 * to it says what it takes. */

#include "outlet.h"

struct _GstPeerOutlet {
  gint ref_count; /* the owner's and the end's */
  GstPeerSrc *src;
  const char *media;
  guint latency; /* ms */
  GstPeerOutletEnded on_ended;
  gpointer user_data;
  GstPad *pad;   /* of the element */
  gint ended;    /* EOS has passed */
  gint said_bye; /* the peer */
  gint over;     /* nothing is to come */

  GMutex lock;
  GCond cond;  /* it has ended */
  GstBin *bin; /* of the session, from when the peer sends */
  GstPad *rtp;
  const GstPeerCodec *codec;
  GstElement *chain;
  GstPad *input; /* of the chain */
  gint64 last;   /* monotonic time of the last packet; 0 before there is one */
  gboolean in_frame; /* more packets of its frame are to come */
};

/* === the pad === */

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerOutlet *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS) {
    g_mutex_lock (&self->lock);
    g_atomic_int_set (&self->ended, TRUE);
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
  }

  return GST_PAD_PROBE_OK;
}

/* Live from the beginning, while there is nothing behind it that could say. */
static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY && target == NULL) {
    guint latency =
        GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (pad), "latency"));

    gst_query_set_latency (
        query, TRUE, latency * GST_MSECOND, GST_CLOCK_TIME_NONE);
    return TRUE;
  }

  return gst_pad_query_default (pad, parent, query);
}

static void on_linked (GstPad *pad, GstPad *peer, GstPeerOutlet *self);

static void
add_pad (GstPeerOutlet *self)
{
  g_autofree char *name = g_strdup_printf (
      "%s_%u", self->media, gst_peer_src_find_number (self->src, self->media));
  g_autofree char *template = g_strdup_printf ("%s_%%u", self->media);

  self->pad = gst_object_ref_sink (gst_ghost_pad_new_no_target_from_template (
      name, gst_element_get_pad_template (GST_ELEMENT (self->src), template)));
  g_object_set_data (
      G_OBJECT (self->pad), "latency", GUINT_TO_POINTER (self->latency));
  gst_pad_set_query_function (self->pad, query);
  gst_pad_add_probe (
      self->pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
  g_signal_connect (self->pad, "linked", G_CALLBACK (on_linked), self);
  gst_pad_set_active (self->pad, TRUE);
  gst_peer_src_add_pad (self->src, self->pad);
}

/**
 * gst_peer_outlet_new:
 * @media: "video" or "audio", static
 * @latency: ms
 * @ended: (nullable): for what is to be connected
 *
 * Adds a pad, to which an application links from inside. On the loop.
 */
GstPeerOutlet *
gst_peer_outlet_new (GstPeerSrc *src, const char *media, guint latency,
    GstPeerOutletEnded ended, gpointer user_data)
{
  GstPeerOutlet *self = g_new0 (GstPeerOutlet, 1);

  self->ref_count = 1;
  self->src = src;
  self->media = media;
  self->latency = latency;
  self->on_ended = ended;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  add_pad (self);

  return self;
}

static void
outlet_unref (gpointer data)
{
  GstPeerOutlet *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  gst_clear_object (&self->input);
  gst_clear_object (&self->rtp);
  gst_clear_object (&self->bin);
  gst_object_unref (self->pad);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

const char *
gst_peer_outlet_get_media (GstPeerOutlet *self)
{
  return self->media;
}

/**
 * gst_peer_outlet_query_downstream:
 *
 * Returns: (transfer full): what is taken there; anything while nothing is
 *   linked
 */
GstCaps *
gst_peer_outlet_query_downstream (GstPeerOutlet *self)
{
  return gst_pad_is_linked (self->pad)
             ? gst_pad_peer_query_caps (self->pad, NULL)
             : gst_caps_new_any ();
}

/* === what is behind it === */

static GstElement *
make_chain (GstPeerOutlet *self, const GstPeerCodec *codec)
{
  g_autoptr (GstCaps) downstream = gst_peer_outlet_query_downstream (self);
  g_autofree char *description =
      gst_peer_codec_describe_receiver (codec, downstream);
  g_autoptr (GError) error = NULL;
  GstElement *chain = NULL;

  if (description != NULL)
    chain = gst_parse_bin_from_description (description, TRUE, &error);
  if (chain == NULL)
    GST_ELEMENT_ERROR (self->src, STREAM, CODEC_NOT_FOUND,
        ("What is linked to %s takes %s neither as it comes nor decoded.",
            GST_PAD_NAME (self->pad), codec->name),
        ("%s", error != NULL ? error->message : "no decoder is installed"));

  return chain;
}

static void
link_chain (GstPeerOutlet *self, GstBin *bin, GstPad *rtp, GstElement *chain)
{
  g_autoptr (GstPad) input = gst_element_get_static_pad (chain, "sink");
  g_autoptr (GstPad) output = gst_element_get_static_pad (chain, "src");
  GstPad *outer;

  /* First: a bin unlinks what it is given. */
  gst_bin_add (bin, chain);
  outer = gst_ghost_pad_new (NULL, output);
  gst_pad_set_active (outer, TRUE);
  gst_element_add_pad (GST_ELEMENT (bin), outer);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), outer);
  gst_element_sync_state_with_parent (chain);
  gst_pad_link (rtp, input);

  g_mutex_lock (&self->lock);
  self->input = g_steal_pointer (&input);
  g_mutex_unlock (&self->lock);
}

/* When both the peer and whoever takes it are there. */
static void
check_chain (GstPeerOutlet *self)
{
  g_autoptr (GstBin) bin = NULL;
  g_autoptr (GstPad) rtp = NULL;
  const GstPeerCodec *codec;
  GstElement *chain;
  gboolean due;

  g_mutex_lock (&self->lock);
  due = self->rtp != NULL && self->codec != NULL && self->chain == NULL;
  if (due) {
    bin = gst_object_ref (self->bin);
    rtp = gst_object_ref (self->rtp);
    codec = self->codec;
  }
  g_mutex_unlock (&self->lock);
  if (!due || !gst_pad_is_linked (self->pad))
    return;

  chain = make_chain (self, codec);
  if (chain == NULL)
    return;
  g_mutex_lock (&self->lock);
  due = self->chain == NULL && self->rtp == rtp;
  if (due)
    self->chain = chain;
  g_mutex_unlock (&self->lock);
  if (due)
    link_chain (self, bin, rtp, chain);
  else
    gst_object_unref (gst_object_ref_sink (chain));
}

/* Whatever becomes of a packet downstream, the others and the ICE agent come
 * through the same socket. */
static GstPadProbeReturn
on_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerOutlet *self = user_data;
  g_autoptr (GstPad) input = NULL;
  guint8 marker = 0;

  gst_buffer_extract (GST_PAD_PROBE_INFO_BUFFER (info), 1, &marker, 1);
  g_mutex_lock (&self->lock);
  self->last = g_get_monotonic_time ();
  self->in_frame = (marker & 0x80) == 0;
  if (self->input != NULL)
    input = gst_object_ref (self->input);
  g_mutex_unlock (&self->lock);

  if (input == NULL)
    return GST_PAD_PROBE_DROP;

  gst_pad_chain (input, GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_OK;

  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
drop (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

/* A depayloader gives out at the end what it has, which nobody can decode. */
static void
drop_part_of_frame (GstPeerOutlet *self)
{
  g_autoptr (GstPad) input = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstElement) depay = NULL;
  g_autoptr (GstPad) source = NULL;

  g_mutex_lock (&self->lock);
  if (self->input != NULL && self->in_frame)
    input = gst_object_ref (self->input);
  g_mutex_unlock (&self->lock);
  if (input == NULL || g_str_equal (self->media, "audio"))
    return;

  sink = gst_ghost_pad_get_target (GST_GHOST_PAD (input));
  depay = gst_pad_get_parent_element (sink);
  source = gst_element_get_static_pad (depay, "src");
  gst_pad_add_probe (source,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop, NULL,
      NULL);
}

/* Whether or not anything is linked. */
static GstPadProbeReturn
on_rtp_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerOutlet *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS) {
    drop_part_of_frame (self);
    g_atomic_int_set (&self->said_bye, TRUE);
    self->on_ended (self->user_data);
  }

  return GST_PAD_PROBE_OK;
}

/* On the thread of whoever links. */
static void
on_linked (GstPad *pad, GstPad *peer, GstPeerOutlet *self)
{
  check_chain (self);
}

/**
 * gst_peer_outlet_connect:
 * @bin: of the session
 * @rtp: of its connection
 * @codec: (nullable): what comes there; %NULL for what nobody takes
 *
 * On the streaming thread of @rtp, before any packet.
 */
void
gst_peer_outlet_connect (
    GstPeerOutlet *self, GstBin *bin, GstPad *rtp, const GstPeerCodec *codec)
{
  g_mutex_lock (&self->lock);
  self->bin = gst_object_ref (bin);
  self->rtp = gst_object_ref (rtp);
  self->codec = codec;
  g_mutex_unlock (&self->lock);
  gst_pad_add_probe (rtp, GST_PAD_PROBE_TYPE_BUFFER, on_rtp, self, NULL);
  gst_pad_add_probe (
      rtp, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_rtp_event, self, NULL);
  check_chain (self);
}

/**
 * gst_peer_outlet_disconnect:
 *
 * From a connection that is dropped; another one may follow.
 */
void
gst_peer_outlet_disconnect (GstPeerOutlet *self)
{
  g_mutex_lock (&self->lock);
  gst_clear_object (&self->input);
  gst_clear_object (&self->rtp);
  gst_clear_object (&self->bin);
  self->chain = NULL;
  g_mutex_unlock (&self->lock);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), NULL);
}

/* === the end === */

/**
 * gst_peer_outlet_wait:
 * @until: monotonic time
 *
 * For the end that comes from the connection, where anything comes from it.
 */
void
gst_peer_outlet_wait (GstPeerOutlet *self, gint64 until)
{
  gboolean waits = TRUE;

  g_mutex_lock (&self->lock);
  while (waits && self->input != NULL && !g_atomic_int_get (&self->ended))
    waits = g_cond_wait_until (&self->cond, &self->lock, until);
  g_mutex_unlock (&self->lock);
}

/* A muxer that has never been told what a track is writes a file that nobody
 * reads (mp4mux of 1.22). Of video only its first frame could tell. */
#define NO_AUDIO                                                               \
  "audio/x-opus,rate=48000,channels=2,channel-mapping-family=0; "              \
  "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2; "        \
  "audio/x-mulaw,rate=8000,channels=1; audio/x-alaw,rate=8000,channels=1"

static void
push_caps (GstPeerOutlet *self)
{
  g_autoptr (GstCaps) downstream = gst_peer_outlet_query_downstream (self);
  g_autoptr (GstCaps) silence = gst_caps_from_string (NO_AUDIO);
  GstCaps *caps =
      gst_caps_intersect_full (silence, downstream, GST_CAPS_INTERSECT_FIRST);

  if (g_str_equal (self->media, "audio") && !gst_caps_is_empty (caps)) {
    caps = gst_caps_fixate (caps);
    gst_pad_push_event (self->pad, gst_event_new_caps (caps));
  }
  gst_caps_unref (caps);
}

/* Unless it has come from the connection; also to who never got anything. */
static void
push_eos (GstPeerOutlet *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->ended, FALSE, TRUE))
    return;

  if (!gst_pad_has_current_caps (self->pad)) {
    g_autofree char *id = gst_pad_create_stream_id (
        self->pad, GST_ELEMENT (self->src), GST_PAD_NAME (self->pad));
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_pad_push_event (self->pad, gst_event_new_stream_start (id));
    push_caps (self);
    gst_pad_push_event (self->pad, gst_event_new_segment (&segment));
    /* Has parsers pass on what they know. */
    gst_pad_push_event (self->pad, gst_event_new_gap (0, 20 * GST_MSECOND));
  }
  gst_pad_push_event (self->pad, gst_event_new_eos ());
}

static void
end (GstElement *element, gpointer data)
{
  GstPeerOutlet *self = data;

  push_eos (self);
  g_signal_handlers_disconnect_by_data (self->pad, self);
  gst_peer_src_remove_pad (self->src, self->pad);
}

/**
 * gst_peer_outlet_end:
 *
 * EOS, and the pad goes. Not waited for: a sink that gets its EOS before
 * anything else may wait until all others have got theirs. From any thread.
 */
void
gst_peer_outlet_end (GstPeerOutlet *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->over, FALSE, TRUE))
    return;
  g_atomic_int_inc (&self->ref_count);
  gst_element_call_async (GST_ELEMENT (self->src), end, self, outlet_unref);
}

/**
 * gst_peer_outlet_has_ended:
 *
 * Returns: whether nothing more comes. On the loop.
 */
gboolean
gst_peer_outlet_has_ended (GstPeerOutlet *self)
{
  return g_atomic_int_get (&self->over) || g_atomic_int_get (&self->said_bye);
}

/**
 * gst_peer_outlet_get_last:
 *
 * Returns: the monotonic time at which something came last; 0 before it has
 */
gint64
gst_peer_outlet_get_last (GstPeerOutlet *self)
{
  gint64 last;

  g_mutex_lock (&self->lock);
  last = self->last;
  g_mutex_unlock (&self->lock);

  return last;
}

/**
 * gst_peer_outlet_end_unused:
 *
 * The peer sends nothing that could come there. Whoever waits for it would wait
 * for ever.
 */
void
gst_peer_outlet_end_unused (GstPeerOutlet *self)
{
  if (!g_atomic_int_get (&self->over) && gst_pad_is_linked (self->pad))
    GST_ELEMENT_WARNING (self->src, STREAM, FAILED,
        ("The peer sends no %s that what is linked to %s takes: that ends at "
         "once.",
            self->media, GST_PAD_NAME (self->pad)),
        (NULL));
  gst_peer_outlet_end (self);
}

/**
 * gst_peer_outlet_free:
 *
 * Ends it, if that was not done.
 */
void
gst_peer_outlet_free (GstPeerOutlet *self)
{
  gst_peer_outlet_end (self);
  outlet_unref (self);
}
