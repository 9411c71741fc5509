/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "data-fixture.h"

#include <gio/gio.h>
#include <string.h>

char *
make_location (const char *scheme, const char *path)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  return g_strdup_printf ("%s://127.0.0.1:%u/%s", scheme, port, path);
}

static GstElement *
launch (const char *description)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *element =
      gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_NONE, &error);

  ck_assert_msg (error == NULL, "%s", error != NULL ? error->message : "");
  gst_object_set_name (GST_OBJECT (element), "element");
  gst_bin_add (GST_BIN (pipeline), element);

  return pipeline;
}

GstMessage *
await_bus (GstElement *pipeline, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (
      bus, WATCHDOG * GST_USECOND, type | GST_MESSAGE_ERROR);

  ck_assert_msg (message != NULL, "no %s", gst_message_type_get_name (type));
  ck_assert_msg (GST_MESSAGE_TYPE (message) & type, "%s",
      gst_structure_to_string (gst_message_get_structure (message)));

  return message;
}

/* === the peersrc === */

static GstStaticPadTemplate any_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Inlet *self = gst_pad_get_element_private (pad);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gboolean is_text =
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "text/x-raw");
  gpointer data;
  gsize size;

  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  g_mutex_lock (&self->receiver->lock);
  while (self->held)
    g_cond_wait (&self->receiver->cond, &self->receiver->lock);
  g_ptr_array_add (self->messages, g_bytes_new_take (data, size));
  g_array_append_val (self->kinds, is_text);
  self->last = GST_BUFFER_PTS (buffer);
  g_cond_broadcast (&self->receiver->cond);
  g_mutex_unlock (&self->receiver->lock);
  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Inlet *self = gst_pad_get_element_private (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    g_mutex_lock (&self->receiver->lock);
    self->eos = TRUE;
    g_cond_broadcast (&self->receiver->cond);
    g_mutex_unlock (&self->receiver->lock);
  }
  gst_event_unref (event);

  return TRUE;
}

static void
free_inlet (gpointer data)
{
  Inlet *self = data;

  gst_pad_set_active (self->pad, FALSE);
  gst_object_unref (self->pad);
  gst_object_unref (self->outlet);
  g_ptr_array_unref (self->messages);
  g_array_unref (self->kinds);
  g_free (self->name);
  g_free (self);
}

static void
on_pad_added (GstElement *src, GstPad *pad, Receiver *receiver)
{
  Inlet *self;

  if (!g_str_has_prefix (GST_PAD_NAME (pad), "data_"))
    return;

  self = g_new0 (Inlet, 1);
  self->receiver = receiver;
  self->outlet = gst_object_ref (pad);
  self->name = gst_pad_get_name (pad);
  self->messages =
      g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  self->kinds = g_array_new (FALSE, FALSE, sizeof (gboolean));
  self->pad = gst_object_ref_sink (
      gst_pad_new_from_static_template (&any_template, NULL));
  gst_pad_set_element_private (self->pad, self);
  gst_pad_set_chain_function (self->pad, chain);
  gst_pad_set_event_function (self->pad, on_event);
  gst_pad_set_active (self->pad, TRUE);
  ck_assert_int_eq (gst_pad_link (pad, self->pad), GST_PAD_LINK_OK);
  g_mutex_lock (&receiver->lock);
  g_ptr_array_add (receiver->inlets, self);
  g_cond_broadcast (&receiver->cond);
  g_mutex_unlock (&receiver->lock);
}

static Receiver *
receiver_new (const char *description)
{
  Receiver *self = g_new0 (Receiver, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->inlets = g_ptr_array_new_with_free_func (free_inlet);
  self->pipeline = launch (description);
  self->src = gst_bin_get_by_name (GST_BIN (self->pipeline), "element");
  g_signal_connect (self->src, "pad-added", G_CALLBACK (on_pad_added), self);
  ck_assert_int_ne (gst_element_set_state (self->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);

  return self;
}

void
receiver_free (Receiver *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  for (guint i = 0; i < self->inlets->len; i++) {
    inlet_hold (g_ptr_array_index (self->inlets, i), FALSE);
    inlet_await_eos (g_ptr_array_index (self->inlets, i));
  }
  gst_object_unref (self->src);
  gst_object_unref (self->pipeline);
  g_ptr_array_unref (self->inlets);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

Receiver *
play_from (const char *location)
{
  g_autofree char *description =
      g_strdup_printf ("peersrc data-channels=true location=%s", location);

  return receiver_new (description);
}

static Inlet *
find_inlet (Receiver *self, const char *label)
{
  for (guint i = 0; i < self->inlets->len; i++) {
    Inlet *inlet = g_ptr_array_index (self->inlets, i);
    g_autofree char *own = NULL;

    g_object_get (inlet->outlet, "label", &own, NULL);
    if (g_strcmp0 (own, label) == 0)
      return inlet;
  }

  return NULL;
}

Inlet *
receiver_await_inlet (Receiver *self, const char *label)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;
  Inlet *inlet;

  g_mutex_lock (&self->lock);
  while ((inlet = find_inlet (self, label)) == NULL && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (inlet != NULL, "no channel %s has come", label);

  return inlet;
}

void
inlet_await_messages (Inlet *self, guint n)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->receiver->lock);
  while (self->messages->len < n && in_time)
    in_time =
        g_cond_wait_until (&self->receiver->cond, &self->receiver->lock, end);
  g_mutex_unlock (&self->receiver->lock);
  ck_assert_msg (in_time, "%s: %u of %u messages have come, %s", self->name,
      self->messages->len, n, self->eos ? "and EOS" : "no EOS");
}

void
inlet_await_eos (Inlet *self)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->receiver->lock);
  while (!self->eos && in_time)
    in_time =
        g_cond_wait_until (&self->receiver->cond, &self->receiver->lock, end);
  g_mutex_unlock (&self->receiver->lock);
  ck_assert_msg (in_time, "no EOS at %s", self->name);
}

void
inlet_hold (Inlet *self, gboolean held)
{
  g_mutex_lock (&self->receiver->lock);
  self->held = held;
  g_cond_broadcast (&self->receiver->cond);
  g_mutex_unlock (&self->receiver->lock);
}

void
inlet_check (Inlet *self, guint i, const char *text)
{
  gsize size;
  const char *own;

  g_mutex_lock (&self->receiver->lock);
  own = g_bytes_get_data (g_ptr_array_index (self->messages, i), &size);
  ck_assert_msg (
      size == strlen (text) && (size == 0 || memcmp (own, text, size) == 0),
      "message %u is %.*s and not %s", i, (int)size, own, text);
  g_mutex_unlock (&self->receiver->lock);
}

/* === the peersink === */

static void
on_ready_state (GObject *channel, GParamSpec *pspec, Sender *self)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  if (state != GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    return;
  g_mutex_lock (&self->lock);
  self->n_open++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Each time that something comes or goes. */
static void
on_buffered_amount (GObject *channel, GParamSpec *pspec, Sender *self)
{
  guint64 buffered;

  g_object_get (channel, "buffered-amount", &buffered, NULL);
  g_mutex_lock (&self->lock);
  self->max_buffered = MAX (self->max_buffered, buffered);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
on_channel (
    GstElement *connection, GObject *channel, gboolean is_local, Sender *self)
{
  g_signal_connect (
      channel, "notify::ready-state", G_CALLBACK (on_ready_state), self);
  g_signal_connect (channel, "notify::buffered-amount",
      G_CALLBACK (on_buffered_amount), self);
}

static void
on_session_added (
    GstElement *sink, const char *id, GstElement *connection, Sender *self)
{
  g_signal_connect (
      connection, "prepare-data-channel", G_CALLBACK (on_channel), self);
}

Sender *
sender_new (const char *location)
{
  g_autofree char *description =
      g_strdup_printf ("peersink close-timeout=20000 location=%s", location);
  Sender *self = g_new0 (Sender, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->pipeline = launch (description);
  self->sink = gst_bin_get_by_name (GST_BIN (self->pipeline), "element");
  g_signal_connect (
      self->sink, "session-added", G_CALLBACK (on_session_added), self);

  return self;
}

void
sender_free (Sender *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->sink);
  gst_object_unref (self->pipeline);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
sender_await_open (Sender *self, guint n)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (self->n_open < n && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "%u of %u channels are open", self->n_open, n);
}

guint64
sender_get_max_buffered (Sender *self)
{
  guint64 bytes;

  g_mutex_lock (&self->lock);
  bytes = self->max_buffered;
  g_mutex_unlock (&self->lock);

  return bytes;
}

void
sender_await_buffered (Sender *self, guint64 bytes)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (self->max_buffered < bytes && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "never as much as %" G_GUINT64_FORMAT, bytes);
}

void
sender_play (Sender *self)
{
  ck_assert_int_ne (gst_element_set_state (self->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
}

void
sender_play_open (Sender *self, guint n_channels)
{
  sender_play (self);
  sender_await_open (self, n_channels);
}

GstPad *
sender_add_pad (Sender *self, const char *name, const char *caps)
{
  GstPad *pad = gst_object_ref_sink (gst_pad_new (NULL, GST_PAD_SRC));
  g_autoptr (GstPad) sink = gst_element_request_pad_simple (self->sink, name);
  g_autoptr (GstCaps) own = gst_caps_from_string (caps);
  GstSegment segment;

  ck_assert_msg (sink != NULL, "there is no %s", name);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_set_active (pad, TRUE);
  gst_pad_push_event (pad, gst_event_new_stream_start (name));
  gst_pad_push_event (pad, gst_event_new_caps (own));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  ck_assert_int_eq (gst_pad_link (pad, sink), GST_PAD_LINK_OK);

  return pad;
}

GstFlowReturn
push_text (GstPad *pad, const char *text)
{
  return gst_pad_push (
      pad, gst_buffer_new_wrapped (g_strdup (text), strlen (text)));
}

GstFlowReturn
push_zeros (GstPad *pad, gsize size)
{
  return gst_pad_push (pad, gst_buffer_new_wrapped (g_malloc0 (size), size));
}

/* === both === */

void
pair_init (Pair *self)
{
  g_autofree char *location = make_location ("whip", "in");
  g_autofree char *src = g_strdup_printf ("peersrc location=%s", location);

  self->receiver = receiver_new (src);
  self->sender = sender_new (location);
}

void
pair_clear (Pair *self)
{
  sender_free (self->sender);
  receiver_free (self->receiver);
}
