/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stream-fixture.h"

#include "peersink.h"

#define WATCHDOG (20 * GST_SECOND)

static GstPadProbeReturn
count_requests (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), "GstForceKeyUnit"))
    g_atomic_int_inc ((gint *)user_data);

  return GST_PAD_PROBE_OK;
}

static void
on_encoder_setup (GstPad *sink_pad, GstElement *encoder, gpointer user_data)
{
  Fixture *self = user_data;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "src");

  ck_assert_int_eq (GST_STATE (encoder), GST_STATE_NULL);
  self->n_encoders++;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count_requests,
      &self->n_requests, NULL);
}

static void
on_payloader_setup (const char *session, GstPad *sink_pad,
    GstElement *payloader, gpointer user_data)
{
}

static GstCaps *
dup_preference (const char *media, gpointer user_data)
{
  return NULL;
}

static void
on_changed (gpointer user_data)
{
}

static const GstPeerStreamEvents events = {
  .encoder_setup = on_encoder_setup,
  .payloader_setup = on_payloader_setup,
  .dup_preference = dup_preference,
  .changed = on_changed,
};

static GstPadTemplate *
new_template (void)
{
  g_autoptr (GstCaps) caps =
      gst_caps_from_string (GST_PEER_VIDEO_CAPS "; " GST_PEER_AUDIO_CAPS);

  return gst_object_ref_sink (
      gst_pad_template_new ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, caps));
}

Fixture *
fixture_new (const char *source)
{
  Fixture *self = g_new0 (Fixture, 1);
  g_autoptr (GstPadTemplate) template = new_template ();
  g_autoptr (GstElement) last = NULL;
  g_autoptr (GError) error = NULL;

  GST_ELEMENT_REGISTER (peersink, NULL);
  self->pipeline = gst_parse_launch (source, &error);
  ck_assert_msg (error == NULL, "%s", error != NULL ? error->message : "");
  self->element = gst_bin_new ("element");
  gst_bin_add (GST_BIN (self->pipeline), self->element);
  self->stream = gst_peer_stream_new (
      GST_BIN (self->element), "sink_0", template, &events, self);
  gst_pad_set_active (gst_peer_stream_get_input (self->stream), TRUE);
  gst_element_add_pad (self->element, gst_peer_stream_get_input (self->stream));
  last = gst_bin_get_by_name (GST_BIN (self->pipeline), "last");
  ck_assert (gst_element_link (last, self->element));

  return self;
}

void
fixture_free (Fixture *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_element_remove_pad (
      self->element, gst_peer_stream_get_input (self->stream));
  gst_peer_stream_free (self->stream);
  gst_object_unref (self->pipeline);
  g_free (self);
}

/* === messages === */

static GstMessage *
await_message (Fixture *self, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, WATCHDOG, type | GST_MESSAGE_ERROR);

  ck_assert_msg (message != NULL, "no %s", gst_message_type_get_name (type));
  ck_assert_msg (GST_MESSAGE_TYPE (message) & type, "%s",
      gst_structure_to_string (gst_message_get_structure (message)));

  return message;
}

void
fixture_await_error (Fixture *self, const char *text)
{
  g_autoptr (GstMessage) message = await_message (self, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  ck_assert (GST_MESSAGE_SRC (message) == GST_OBJECT (self->element));
  ck_assert (
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT));
  ck_assert_msg (strstr (error->message, "sink_0") != NULL &&
                     strstr (error->message, text) != NULL,
      "%s", error->message);
}

void
fixture_await (Fixture *self, const char *name)
{
  gboolean reached = FALSE;

  while (!reached) {
    g_autoptr (GstMessage) message =
        await_message (self, GST_MESSAGE_APPLICATION);

    reached = gst_message_has_name (message, name);
  }
}

void
fixture_post (Fixture *self, const char *name)
{
  gst_element_post_message (
      self->pipeline, gst_message_new_application (GST_OBJECT (self->pipeline),
                          gst_structure_new_empty (name)));
}

static GstPadProbeReturn
on_input (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  fixture_post (user_data, "input");
  return GST_PAD_PROBE_REMOVE;
}

void
fixture_play (Fixture *self)
{
  g_autoptr (GstPad) pad =
      gst_object_ref (gst_peer_stream_get_input (self->stream));

  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_input,
      self, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  fixture_await (self, "input");
}

/* === who takes it === */

static gboolean
has_parameter_sets (GstBuffer *buffer)
{
  GstMapInfo map;
  guint sets = 0;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (gsize i = 0; i + 3 < map.size && i < 200; i++) {
    if (map.data[i] == 0 && map.data[i + 1] == 0 && map.data[i + 2] == 1)
      sets |= 1 << (map.data[i + 3] & 0x1f);
  }
  gst_buffer_unmap (buffer, &map);

  return (sets & 1 << 7) != 0 && (sets & 1 << 8) != 0;
}

static GstPadProbeReturn
on_media (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Consumer *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  g_mutex_lock (&self->lock);
  self->n_frames++;
  self->n_key_frames += key;
  if (self->n_key_frames == 0)
    self->n_before_key++;
  if (key && gst_structure_has_name (structure, "video/x-h264"))
    self->n_without_sets += !has_parameter_sets (buffer);
  gst_structure_get (structure, "width", G_TYPE_INT, &self->width, NULL);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

Consumer *
consumer_new (Fixture *fixture, const char *encoded)
{
  Consumer *self = g_new0 (Consumer, 1);
  g_autoptr (GstCaps) caps = gst_caps_from_string (encoded);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPad) pad = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->fixture = fixture;
  self->sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (self->sink, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (fixture->pipeline), gst_object_ref (self->sink));
  gst_element_sync_state_with_parent (self->sink);
  pad = gst_element_get_static_pad (self->sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_media, self, NULL);

  self->source = gst_peer_stream_request_source (
      fixture->stream, gst_peer_codec_from_caps (caps), &error);
  ck_assert_msg (error == NULL, "%s", error != NULL ? error->message : "");
  ck_assert (gst_pad_link_full (self->source, pad,
                 GST_PAD_LINK_CHECK_NOTHING) == GST_PAD_LINK_OK);

  return self;
}

void
consumer_open (Consumer *self)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->sink, "sink");

  gst_peer_stream_open_source (self->source);
  gst_pad_push_event (pad, gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
                               gst_structure_new_empty ("GstForceKeyUnit")));
}

void
consumer_await (Consumer *self, const guint *count, guint n)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (*count < n && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "%u of %u", *count, n);
}

void
consumer_await_more (Consumer *self, guint n_frames)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_frames + n_frames;
  g_mutex_unlock (&self->lock);
  consumer_await (self, &self->n_frames, n);
}

void
consumer_free (Consumer *self)
{
  gst_peer_stream_release_source (self->source);
  gst_element_set_state (self->sink, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self->fixture->pipeline), self->sink);
  gst_object_unref (self->sink);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}
