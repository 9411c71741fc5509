/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The base class waits for a message's time and for PLAYING, and says when there
 * is no time to wait for peers. */

#include "data-sink.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_peer_data_sink_debug);
#define GST_CAT_DEFAULT gst_peer_data_sink_debug

/* How long one message may wait for peers that do not take it. As long as that
 * holds up nobody but who sends, they have the time after which a silent peer is
 * lost: SCTP sends again after 1, 3 and 7 s, and in the beginning after 3 and 9. */
#define MAX_WAIT (20 * G_TIME_SPAN_SECOND)
#define MAX_WAIT_OF_OTHERS (2 * G_TIME_SPAN_SECOND)

/* And the first one for the peer that it is meant for. */
#define MAX_WAIT_FOR_PEER (2 * G_TIME_SPAN_SECOND)

/* Of one session. */
typedef struct {
  GstPeerDataTrack *track;
  GstPeerSession *session;
  GstPeerSessionFunc ended;
  gboolean has_ended;
} Channel;

struct _GstPeerDataSink {
  GstBaseSink parent;

  GstPad *pad; /* of the element */

  GMutex lock;
  GCond cond;
  GPtrArray *channels; /* element-type Channel */
  guint n_changes;
  gboolean unlocked;
  gboolean ended;
  gboolean awaits_peer;

  /* Used on the streaming thread. */
  gboolean is_text;
  gboolean has_warned; /* of what cannot be sent */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerDataSink, gst_peer_data_sink,
    GST_TYPE_BASE_SINK,
    GST_DEBUG_CATEGORY_INIT (
        gst_peer_data_sink_debug, "peerdata", 0, "Messages of peersink"))

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_PEER_DATA_CAPS));

/* === what changes === */

static void
on_changed (gpointer user_data)
{
  GstPeerDataSink *self = user_data;

  g_mutex_lock (&self->lock);
  self->n_changes++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static guint
get_changes (GstPeerDataSink *self)
{
  guint n_changes;

  g_mutex_lock (&self->lock);
  n_changes = self->n_changes;
  g_mutex_unlock (&self->lock);

  return n_changes;
}

/* Until something has changed after @seen; *@late at the @deadline. */
static GstFlowReturn
await_change (
    GstPeerDataSink *self, guint seen, gint64 deadline, gboolean *late)
{
  gboolean unlocked;

  g_mutex_lock (&self->lock);
  while (self->n_changes == seen && !self->unlocked && !*late)
    *late = !g_cond_wait_until (&self->cond, &self->lock, deadline);
  unlocked = self->unlocked;
  g_mutex_unlock (&self->lock);

  return unlocked ? gst_base_sink_wait_preroll (GST_BASE_SINK (self))
                  : GST_FLOW_OK;
}

static gboolean
gst_peer_data_sink_unlock (GstBaseSink *base)
{
  GstPeerDataSink *self = GST_PEER_DATA_SINK (base);

  g_mutex_lock (&self->lock);
  self->unlocked = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

static gboolean
gst_peer_data_sink_unlock_stop (GstBaseSink *base)
{
  GstPeerDataSink *self = GST_PEER_DATA_SINK (base);

  g_mutex_lock (&self->lock);
  self->unlocked = FALSE;
  g_mutex_unlock (&self->lock);

  return TRUE;
}

/* === messages, on the streaming thread === */

/* What is wrong with one message may be wrong with many. */
static void
warn_once (GstPeerDataSink *self, const char *what)
{
  if (self->has_warned) {
    GST_DEBUG_OBJECT (self, "%s", what);
    return;
  }
  self->has_warned = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("A message of %s is not sent: %s", GST_PAD_NAME (self->pad), what),
      (NULL));
}

static GPtrArray *
dup_tracks (GstPeerDataSink *self)
{
  GPtrArray *tracks = g_ptr_array_new_with_free_func (
      (GDestroyNotify)gst_peer_data_track_unref);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->channels->len; i++) {
    Channel *channel = g_ptr_array_index (self->channels, i);

    g_ptr_array_add (tracks, gst_peer_data_track_ref (channel->track));
  }
  g_mutex_unlock (&self->lock);

  return tracks;
}

/* The channels that are there now. Who comes later gets what comes later. */
static GPtrArray *
dup_open_tracks (GstPeerDataSink *self)
{
  GPtrArray *tracks = dup_tracks (self);

  for (guint i = tracks->len; i-- > 0;) {
    if (!gst_peer_data_track_is_open (g_ptr_array_index (tracks, i)))
      g_ptr_array_remove_index_fast (tracks, i);
  }

  return tracks;
}

/* Returns whether there is nothing left to do for it. */
static gboolean
send (GstPeerDataSink *self, GstPeerDataTrack *track,
    const GstPeerMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (gst_peer_data_track_is_over (track))
    return TRUE;
  if (!gst_peer_data_track_has_room (track, message->size))
    return gst_peer_data_track_may_lose (track);
  /* It may be closed meanwhile. */
  if (!gst_peer_data_track_send (track, message, &error) &&
      !gst_peer_data_track_is_over (track))
    warn_once (self, error->message);

  return TRUE;
}

/* Those that have come since are held up as well, those that have gone are not. */
static gint64
get_deadline (GstPeerDataSink *self, GPtrArray *stuck, gint64 begin)
{
  g_autoptr (GPtrArray) open = dup_open_tracks (self);

  return begin + (open->len > stuck->len ? MAX_WAIT_OF_OTHERS : MAX_WAIT);
}

/* Those that still have no room after all that time. */
static void
cut_off (GstPeerDataSink *self, GPtrArray *tracks)
{
  GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
      ("%u peers do not take the messages of %s, and get no more of them.",
          tracks->len, GST_PAD_NAME (self->pad)),
      (NULL));
  for (guint i = 0; i < tracks->len; i++)
    gst_peer_data_track_cut (g_ptr_array_index (tracks, i));
}

static GstFlowReturn
deliver (GstPeerDataSink *self, const GstPeerMessage *message)
{
  g_autoptr (GPtrArray) tracks = dup_open_tracks (self);
  gint64 begin = g_get_monotonic_time ();
  gboolean late = FALSE;

  for (;;) {
    guint seen = get_changes (self);
    GstFlowReturn result;

    for (guint i = tracks->len; i-- > 0;) {
      if (send (self, g_ptr_array_index (tracks, i), message))
        g_ptr_array_remove_index_fast (tracks, i);
    }
    if (tracks->len == 0)
      return GST_FLOW_OK;
    if (late) {
      cut_off (self, tracks);
      return GST_FLOW_OK;
    }
    result =
        await_change (self, seen, get_deadline (self, tracks, begin), &late);
    if (result != GST_FLOW_OK)
      return result;
  }
}

static gboolean
takes_no_peer (GstPeerDataSink *self)
{
  g_autoptr (GPtrArray) tracks = dup_tracks (self);
  gboolean takes_none = TRUE;

  for (guint i = 0; i < tracks->len; i++) {
    GstPeerDataTrack *track = g_ptr_array_index (tracks, i);

    takes_none &= !gst_peer_data_track_is_open (track) &&
                  !gst_peer_data_track_is_over (track);
  }

  return takes_none;
}

static gboolean
set_awaits_peer (GstPeerDataSink *self, gboolean awaits_peer)
{
  gboolean before;

  g_mutex_lock (&self->lock);
  before = self->awaits_peer;
  self->awaits_peer = awaits_peer;
  g_mutex_unlock (&self->lock);

  return before;
}

/* Who has one peer to go to keeps its first message until that is there. */
static GstFlowReturn
await_peer (GstPeerDataSink *self)
{
  gint64 deadline = g_get_monotonic_time () + MAX_WAIT_FOR_PEER;
  gboolean late = FALSE;

  if (!set_awaits_peer (self, FALSE))
    return GST_FLOW_OK;
  while (!late) {
    guint seen = get_changes (self);
    GstFlowReturn result;

    if (!takes_no_peer (self))
      return GST_FLOW_OK;
    result = await_change (self, seen, deadline, &late);
    if (result != GST_FLOW_OK) {
      set_awaits_peer (self, TRUE);
      return result;
    }
  }
  GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
      ("There is no peer yet that takes the messages of %s: they are lost.",
          GST_PAD_NAME (self->pad)),
      (NULL));

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_peer_data_sink_render (GstBaseSink *base, GstBuffer *buffer)
{
  GstPeerDataSink *self = GST_PEER_DATA_SINK (base);
  g_auto (GstPeerMessage) message = { NULL };
  const char *fault = gst_peer_message_init (&message, buffer, self->is_text);
  GstFlowReturn result;

  if (fault != NULL) {
    warn_once (self, fault);
    return GST_FLOW_OK;
  }
  result = await_peer (self);

  return result == GST_FLOW_OK ? deliver (self, &message) : result;
}

static gboolean
gst_peer_data_sink_set_caps (GstBaseSink *base, GstCaps *caps)
{
  GST_PEER_DATA_SINK (base)->is_text =
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "text/x-raw");

  return TRUE;
}

/* === the end === */

static void
clear_copy (gpointer data)
{
  gst_peer_data_track_unref (((Channel *)data)->track);
  gst_peer_session_unref (((Channel *)data)->session);
}

static GArray *
take_end (GstPeerDataSink *self)
{
  GArray *copies = g_array_new (FALSE, FALSE, sizeof (Channel));

  g_array_set_clear_func (copies, clear_copy);
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  for (guint i = 0; i < self->channels->len; i++) {
    Channel *channel = g_ptr_array_index (self->channels, i);

    if (channel->has_ended)
      continue;
    channel->has_ended = TRUE;
    gst_peer_data_track_ref (channel->track);
    gst_peer_session_ref (channel->session);
    g_array_append_vals (copies, channel, 1);
  }
  g_mutex_unlock (&self->lock);

  return copies;
}

static void
end_channels (GstPeerDataSink *self)
{
  g_autoptr (GArray) channels = take_end (self);

  for (guint i = 0; i < channels->len; i++) {
    Channel *channel = &g_array_index (channels, Channel, i);

    gst_peer_data_track_finish (channel->track);
    gst_peer_session_call (channel->session, channel->ended);
  }
}

static gboolean
gst_peer_data_sink_event (GstBaseSink *base, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    end_channels (GST_PEER_DATA_SINK (base));

  return GST_BASE_SINK_CLASS (gst_peer_data_sink_parent_class)
      ->event (base, event);
}

static gboolean
gst_peer_data_sink_start (GstBaseSink *base)
{
  GstPeerDataSink *self = GST_PEER_DATA_SINK (base);

  g_mutex_lock (&self->lock);
  self->ended = FALSE;
  g_mutex_unlock (&self->lock);
  self->has_warned = FALSE;

  return TRUE;
}

/* === sessions === */

static void
free_channel (gpointer data)
{
  Channel *channel = data;

  gst_peer_data_track_detach (channel->track);
  gst_peer_data_track_unref (channel->track);
  gst_peer_session_unref (channel->session);
  g_free (channel);
}

/**
 * gst_peer_data_sink_open:
 * @ended: called on the loop, when nothing more comes for it
 *
 * Makes a data channel of the session's connection, which must have left NULL.
 *
 * Returns: whether there is one
 */
gboolean
gst_peer_data_sink_open (
    GstPeerDataSink *self, GstPeerSession *session, GstPeerSessionFunc ended)
{
  GstPeerDataTrack *track = gst_peer_data_track_new (
      GST_PEER_DATA_SINK_PAD (self->pad),
      gst_peer_session_get_connection (session), on_changed, G_OBJECT (self));
  Channel *channel = NULL;
  gboolean is_late;

  if (track == NULL)
    return FALSE;

  channel = g_new0 (Channel, 1);
  channel->track = track;
  channel->session = gst_peer_session_ref (session);
  channel->ended = ended;
  g_mutex_lock (&self->lock);
  is_late = self->ended;
  channel->has_ended = is_late;
  g_ptr_array_add (self->channels, channel);
  g_mutex_unlock (&self->lock);
  if (is_late) {
    gst_peer_data_track_finish (track);
    gst_peer_session_call (session, ended);
  }

  return TRUE;
}

/**
 * gst_peer_data_sink_release:
 *
 * The session gets nothing more. Called before its end.
 */
void
gst_peer_data_sink_release (GstPeerDataSink *self, GstPeerSession *session)
{
  g_autoptr (GPtrArray) released =
      g_ptr_array_new_with_free_func (free_channel);

  g_mutex_lock (&self->lock);
  for (guint i = self->channels->len; i-- > 0;) {
    Channel *channel = g_ptr_array_index (self->channels, i);

    if (channel->session == session)
      g_ptr_array_add (
          released, g_ptr_array_steal_index_fast (self->channels, i));
  }
  g_mutex_unlock (&self->lock);
  on_changed (self);
}

/* === life === */

static void
gst_peer_data_sink_finalize (GObject *object)
{
  GstPeerDataSink *self = GST_PEER_DATA_SINK (object);

  g_ptr_array_unref (self->channels);
  gst_clear_object (&self->pad);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);

  G_OBJECT_CLASS (gst_peer_data_sink_parent_class)->finalize (object);
}

static void
gst_peer_data_sink_class_init (GstPeerDataSinkClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *base_class = GST_BASE_SINK_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_peer_data_sink_finalize;
  base_class->start = gst_peer_data_sink_start;
  base_class->set_caps = gst_peer_data_sink_set_caps;
  base_class->render = gst_peer_data_sink_render;
  base_class->event = gst_peer_data_sink_event;
  base_class->unlock = gst_peer_data_sink_unlock;
  base_class->unlock_stop = gst_peer_data_sink_unlock_stop;

  gst_element_class_set_static_metadata (element_class, "WebRTC data sink",
      "Sink/Network/WebRTC", "Sends messages to WebRTC peers",
      "The gst-peerconnection authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
}

static void
gst_peer_data_sink_init (GstPeerDataSink *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->channels = g_ptr_array_new_with_free_func (free_channel);

  /* Messages may come at any time, and nobody waits for the first one. */
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}

/**
 * gst_peer_data_sink_new:
 * @element: to add it to
 * @name: of the pad, which is for the caller to add
 *
 * Returns: (transfer none): what @element keeps
 */
GstPeerDataSink *
gst_peer_data_sink_new (
    GstBin *element, const char *name, GstPadTemplate *template)
{
  GstPeerDataSink *self = g_object_new (GST_TYPE_PEER_DATA_SINK, NULL);

  gst_bin_add (element, GST_ELEMENT (self));
  self->pad = gst_object_ref_sink (
      gst_peer_data_sink_pad_new (name, template, GST_ELEMENT (self)));
  gst_pad_set_element_private (self->pad, gst_object_ref (self));
  gst_element_sync_state_with_parent (GST_ELEMENT (self));

  return self;
}

/**
 * gst_peer_data_sink_remove:
 *
 * From its element, for good. What sessions have of it ends with them.
 */
void
gst_peer_data_sink_remove (GstPeerDataSink *self)
{
  g_autoptr (GstObject) element = gst_object_get_parent (GST_OBJECT (self));

  end_channels (self);
  gst_element_set_locked_state (GST_ELEMENT (self), TRUE);
  gst_element_set_state (GST_ELEMENT (self), GST_STATE_NULL);
  /* An element that is disposed of has let go of it before. */
  if (element != NULL)
    gst_bin_remove (GST_BIN (element), GST_ELEMENT (self));
  gst_pad_set_element_private (self->pad, NULL);
  gst_object_unref (self);
}

GstPad *
gst_peer_data_sink_get_pad (GstPeerDataSink *self)
{
  return self->pad;
}

/**
 * gst_peer_data_sinks_dup:
 * @element: whose pads they are behind
 *
 * Returns: (transfer full) (element-type GstPeerDataSink)
 */
GPtrArray *
gst_peer_data_sinks_dup (GstElement *element)
{
  GPtrArray *sinks = g_ptr_array_new_with_free_func (g_object_unref);

  GST_OBJECT_LOCK (element);
  for (GList *l = element->sinkpads; l != NULL; l = l->next) {
    if (GST_IS_PEER_DATA_SINK_PAD (l->data))
      g_ptr_array_add (
          sinks, g_object_ref (gst_pad_get_element_private (l->data)));
  }
  GST_OBJECT_UNLOCK (element);

  return sinks;
}

/**
 * gst_peer_data_sink_await_peer:
 *
 * There will be one peer, and what comes is for that one.
 */
void
gst_peer_data_sink_await_peer (GstPeerDataSink *self)
{
  set_awaits_peer (self, TRUE);
}
