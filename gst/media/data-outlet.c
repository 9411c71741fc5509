/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*   data channel -- queue -- pad
 *
 * The pad comes and goes on the element's loop. While something waits, a thread
 * gives it that, and EOS when nothing more comes; while nothing does, nothing
 * here keeps the element. */

#include "data-outlet.h"

#include <string.h>

/* What may wait for who takes it. There is no way to have the peer wait: SCTP
 * acknowledges what usrsctp has handed on to webrtcbin, which hands it on here.
 * Who sends more loses the channel. */
#define MAX_QUEUED (4 * 1024 * 1024) /* bytes */
#define MESSAGE_COST 512             /* bytes, beside the payload */

/* Peers may open as many channels as they like; so many are taken. */
#define MAX_PADS 64

typedef struct {
  GstBuffer *buffer;
  gboolean is_text;
} Message;

struct _GstPeerDataOutlet {
  gint ref_count; /* the owner's, the loop's or thread's, the handlers' */
  GstWebRTCDataChannel *channel;

  GMutex lock;
  GstPeerSrc *src; /* (nullable): unowned, and only while there is an owner */
  GQueue messages; /* element-type Message */
  gsize n_queued;  /* bytes */
  gboolean over;   /* nothing more is taken */
  gboolean begun;  /* there is a pad */
  gboolean runs;   /* on a thread, or has ended there */
  gint done;       /* atomic: the pad is gone */

  /* Used on the loop, and then on the thread. */
  GstPad *pad;
  gboolean has_kind;
  gboolean is_text;  /* of the messages now */
  gboolean is_taken; /* downstream takes messages of this kind */
  gboolean stopped;  /* downstream takes nothing any more */
};

static void
free_message (gpointer data)
{
  gst_buffer_unref (((Message *)data)->buffer);
  g_free (data);
}

static void
outlet_unref (GstPeerDataOutlet *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_queue_clear_full (&self->messages, free_message);
  gst_clear_object (&self->pad);
  g_object_unref (self->channel);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  outlet_unref (data);
}

static void
unref_async (gpointer data)
{
  outlet_unref (data);
}

static GstPeerDataOutlet *
outlet_ref (GstPeerDataOutlet *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

/**
 * gst_peer_data_outlet_free:
 *
 * By its owner, who lives no longer than the element.
 */
void
gst_peer_data_outlet_free (GstPeerDataOutlet *self)
{
  g_mutex_lock (&self->lock);
  self->src = NULL;
  g_mutex_unlock (&self->lock);
  g_signal_handlers_disconnect_by_data (self->channel, self);
  outlet_unref (self);
}

static void run (GstElement *element, gpointer user_data);

/* On a thread, if there is anything to do that is not being done. webrtcbin's own,
 * which stops with the element, never holds a reference to that: it might be
 * the last one. */
static void
keep_running (GstPeerDataOutlet *self)
{
  g_mutex_lock (&self->lock);
  if (self->src != NULL && self->begun && !self->runs &&
      (self->over || !g_queue_is_empty (&self->messages))) {
    self->runs = TRUE;
    gst_element_call_async (
        GST_ELEMENT (self->src), run, outlet_ref (self), unref_async);
  }
  g_mutex_unlock (&self->lock);
}

/* === what comes, on webrtcbin's thread === */

/* Aside, as there the application may be called. */
static void
close_channel (GstElement *element, gpointer user_data)
{
  GstPeerDataOutlet *self = user_data;

  GST_ELEMENT_WARNING (element, RESOURCE, READ,
      ("A peer sends more messages than are taken: its data channel is closed, "
       "and what has come ends there."),
      ("%u MiB are waiting", MAX_QUEUED / (1024 * 1024)));
  gst_webrtc_data_channel_close (self->channel);
}

static void
take (GstPeerDataOutlet *self, GstBuffer *buffer, gboolean is_text)
{
  gsize cost = gst_buffer_get_size (buffer) + MESSAGE_COST;
  Message *message = g_new0 (Message, 1);
  gboolean taken;

  message->buffer = buffer;
  message->is_text = is_text;

  g_mutex_lock (&self->lock);
  taken = self->src != NULL && !self->over;
  if (taken && self->n_queued + cost > MAX_QUEUED) {
    taken = FALSE;
    self->over = TRUE;
    gst_element_call_async (
        GST_ELEMENT (self->src), close_channel, outlet_ref (self), unref_async);
  }
  if (taken) {
    GST_BUFFER_PTS (buffer) =
        gst_element_get_current_running_time (GST_ELEMENT (self->src));
    self->n_queued += cost;
    g_queue_push_tail (&self->messages, message);
  }
  g_mutex_unlock (&self->lock);

  if (!taken)
    free_message (message);
  keep_running (self);
}

/* An empty one comes as %NULL. */
static void
on_text (GstWebRTCDataChannel *channel, const char *text, gpointer user_data)
{
  char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);

  take (user_data, gst_buffer_new_wrapped (valid, strlen (valid)), TRUE);
}

static void
on_binary (GstWebRTCDataChannel *channel, GBytes *bytes, gpointer user_data)
{
  take (user_data,
      bytes != NULL ? gst_buffer_new_wrapped_bytes (bytes) : gst_buffer_new (),
      FALSE);
}

static void
on_state (GstWebRTCDataChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED)
    gst_peer_data_outlet_end (user_data);
}

/**
 * gst_peer_data_outlet_end:
 *
 * EOS follows what has come.
 */
void
gst_peer_data_outlet_end (GstPeerDataOutlet *self)
{
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_mutex_unlock (&self->lock);
  keep_running (self);
}

/**
 * gst_peer_data_outlet_is_done:
 *
 * Returns: whether its pad is gone
 */
gboolean
gst_peer_data_outlet_is_done (GstPeerDataOutlet *self)
{
  return g_atomic_int_get (&self->done);
}

/* === the pad === */

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    gst_query_set_latency (query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  }

  return gst_pad_query_default (pad, parent, query);
}

static GstPad *
add_pad (GstPeerSrc *src, guint number, GstWebRTCDataChannel *channel)
{
  GstElement *element = GST_ELEMENT (src);
  g_autofree char *name = g_strdup_printf ("data_%u", number);
  g_autofree char *id = NULL;
  GstPad *pad = gst_object_ref_sink (gst_peer_data_src_pad_new (
      name, gst_element_get_pad_template (element, "data_%u"), channel));

  gst_pad_set_query_function (pad, query);
  gst_pad_set_active (pad, TRUE);
  id = gst_pad_create_stream_id (pad, element, name);
  gst_pad_push_event (pad, gst_event_new_stream_start (id));
  gst_peer_src_add_pad (src, pad);

  return pad;
}

/* Behind the caps, if there are any. */
static void
begin_segment (GstPad *pad)
{
  g_autoptr (GstEvent) begun =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  GstSegment segment;

  if (begun != NULL)
    return;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

static void
end_pad (GstPeerSrc *src, GstPad *pad)
{
  begin_segment (pad);
  gst_pad_push_event (pad, gst_event_new_eos ());
  gst_peer_src_remove_pad (src, pad);
}

static void
set_kind (GstPeerDataOutlet *self, GstElement *src, gboolean is_text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      is_text ? GST_PEER_TEXT_CAPS : GST_PEER_BINARY_CAPS);

  if (self->has_kind && self->is_text == is_text)
    return;
  self->has_kind = TRUE;
  self->is_text = is_text;
  self->is_taken = !gst_pad_is_linked (self->pad) ||
                   gst_pad_peer_query_accept_caps (self->pad, caps);
  if (self->is_taken)
    gst_pad_push_event (self->pad, gst_event_new_caps (caps));
  else
    GST_ELEMENT_WARNING (src, STREAM, FORMAT,
        ("Messages of a peer are dropped: what is linked to %s takes no %s.",
            GST_PAD_NAME (self->pad), is_text ? "text" : "binary data"),
        (NULL));
  begin_segment (self->pad);
}

/* The one after the last one is a pause, for which the thread is not kept, or
 * the end. */
static Message *
take_message (GstPeerDataOutlet *self, gboolean *over)
{
  Message *message;

  g_mutex_lock (&self->lock);
  message = g_queue_pop_head (&self->messages);
  *over = message == NULL && self->over;
  if (message != NULL)
    self->n_queued -= gst_buffer_get_size (message->buffer) + MESSAGE_COST;
  else
    self->runs = self->over;
  g_mutex_unlock (&self->lock);

  return message;
}

/* A pad that nobody has linked is no error, and of the errors of those that
 * are, downstream tells by itself. */
static void
push (GstPeerDataOutlet *self, GstElement *src, const Message *message)
{
  GstFlowReturn result = GST_FLOW_OK;

  set_kind (self, src, message->is_text);
  if (self->is_taken)
    result = gst_pad_push (self->pad, gst_buffer_ref (message->buffer));
  self->stopped = result < GST_FLOW_OK && result != GST_FLOW_NOT_LINKED;
}

static void
run (GstElement *src, gpointer user_data)
{
  GstPeerDataOutlet *self = user_data;
  Message *message;
  gboolean over;

  while ((message = take_message (self, &over)) != NULL) {
    if (!self->stopped)
      push (self, src, message);
    free_message (message);
  }
  if (!over)
    return;
  g_signal_handlers_disconnect_by_data (self->channel, self);
  end_pad (GST_PEER_SRC (src), self->pad);
  g_atomic_int_set (&self->done, TRUE);
}

static void
refuse (GstPeerDataOutlet *self, GstPeerSrc *src)
{
  GST_WARNING_OBJECT (src, "one more data channel is not taken");
  gst_peer_data_outlet_end (self);
  g_signal_handlers_disconnect_by_data (self->channel, self);
  gst_webrtc_data_channel_close (self->channel);
  g_atomic_int_set (&self->done, TRUE);
}

static GstPeerSrc *
dup_src (GstPeerDataOutlet *self)
{
  GstPeerSrc *src;

  g_mutex_lock (&self->lock);
  src = self->src != NULL ? gst_object_ref (self->src) : NULL;
  g_mutex_unlock (&self->lock);

  return src;
}

/* On the loop. */
static gboolean
begin (gpointer user_data)
{
  GstPeerDataOutlet *self = user_data;
  g_autoptr (GstPeerSrc) src = dup_src (self);
  guint number;

  if (src == NULL)
    return G_SOURCE_REMOVE;
  number = gst_peer_src_find_number (src, "data");
  if (number < MAX_PADS) {
    self->pad = add_pad (src, number, self->channel);
    g_mutex_lock (&self->lock);
    self->begun = TRUE;
    g_mutex_unlock (&self->lock);
    keep_running (self);
  } else {
    refuse (self, src);
  }

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_data_outlet_new:
 * @channel: that has just opened
 *
 * On webrtcbin's thread, before the first message.
 */
GstPeerDataOutlet *
gst_peer_data_outlet_new (GstPeerSrc *src, GstWebRTCDataChannel *channel)
{
  GstPeerDataOutlet *self = g_new0 (GstPeerDataOutlet, 1);

  self->ref_count = 1;
  self->src = src;
  self->channel = g_object_ref (channel);
  g_mutex_init (&self->lock);
  g_queue_init (&self->messages);
  g_signal_connect_data (channel, "on-message-string", G_CALLBACK (on_text),
      outlet_ref (self), unref_closure, 0);
  g_signal_connect_data (channel, "on-message-data", G_CALLBACK (on_binary),
      outlet_ref (self), unref_closure, 0);
  g_signal_connect_data (channel, "notify::ready-state", G_CALLBACK (on_state),
      outlet_ref (self), unref_closure, 0);
  gst_peer_src_call (src, begin, outlet_ref (self), unref_async);

  return self;
}

/* === what never came === */

static void
end_at_once (GstElement *element, gpointer pad)
{
  end_pad (GST_PEER_SRC (element), pad);
}

/**
 * gst_peer_data_outlet_end_none:
 * @src: that never had such a pad
 *
 * Whoever waits for one to link gets it, and EOS. On the loop.
 */
void
gst_peer_data_outlet_end_none (GstPeerSrc *src)
{
  gst_element_call_async (GST_ELEMENT (src), end_at_once,
      add_pad (src, gst_peer_src_find_number (src, "data"), NULL),
      gst_object_unref);
}
