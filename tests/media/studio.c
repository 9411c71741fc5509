/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "studio.h"

#include "players.h"
#include "ports.h"

static guint
get_index (GstPad *pad)
{
  guint index = GST_PAD_NAME (pad)[strlen ("video_")] - '0';

  ck_assert_uint_lt (index, 3);

  return index;
}

void
studio_count (Studio *self, guint *counter)
{
  g_mutex_lock (&self->lock);
  (*counter)++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Studio *self = user_data;
  guint index = get_index (pad);

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    studio_count (self, &self->n_buffers[index]);
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    studio_count (self, &self->n_eos[index]);

  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *src, GstPad *pad, Studio *self)
{
  GstElement *sink;
  g_autoptr (GstPad) input = NULL;

  if (!g_str_has_prefix (GST_PAD_NAME (pad), "video"))
    return;
  if (self->full && get_index (pad) == 0) {
    sink = gst_element_factory_make ("filesink", NULL);
    g_object_set (sink, "location", "/dev/full", NULL);
    gst_util_set_object_arg (G_OBJECT (sink), "buffer-mode", "unbuffered");
  } else {
    sink = gst_element_factory_make ("fakesink", NULL);
  }
  g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  input = gst_element_get_static_pad (sink, "sink");
  gst_pad_link (pad, input);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data,
      self, NULL);
}

static void
on_pad_removed (GstElement *src, GstPad *pad, Studio *self)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "video"))
    studio_count (self, &self->n_removed[get_index (pad)]);
}

Studio *
studio_new (guint max_sessions)
{
  Studio *self = g_new0 (Studio, 1);
  g_autofree char *location = NULL;
  guint port = find_port ();

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  location = g_strdup_printf ("whip://127.0.0.1:%u/in", port);
  self->url = g_strdup_printf ("http://127.0.0.1:%u/in", port);
  self->pipeline = gst_pipeline_new (NULL);
  self->src = gst_element_factory_make ("peersrc", NULL);
  g_object_set (self->src, "location", location, "max-sessions", max_sessions,
      "wait-for-next", TRUE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), self->src);
  g_signal_connect (self->src, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (
      self->src, "pad-removed", G_CALLBACK (on_pad_removed), self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);

  return self;
}

void
studio_free (Studio *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->url);
  g_free (self);
}

guint
studio_get (Studio *self, guint *counter)
{
  guint value;

  g_mutex_lock (&self->lock);
  value = *counter;
  g_mutex_unlock (&self->lock);

  return value;
}

static void
print_troubles (Studio *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (
              bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)) != NULL) {
    gst_printerrln ("%" GST_PTR_FORMAT, message);
    gst_message_unref (message);
  }
}

void
studio_await (Studio *self, guint *counter, guint value)
{
  guint counted;
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (*counter < value && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  counted = *counter;
  g_mutex_unlock (&self->lock);
  if (!in_time)
    print_troubles (self);
  ck_assert_msg (in_time, "%u of %u", counted, value);
}

void
studio_await_more (Studio *self, guint *counter, guint more)
{
  studio_await (self, counter, studio_get (self, counter) + more);
}

GstElement *
studio_publish (Studio *self, guint timeout)
{
  g_autofree char *description = g_strdup_printf (STUDIO_SOURCE
      " ! peersink name=client location=%s timeout=%u",
      self->url, timeout);
  GstElement *pipeline = gst_parse_launch (description, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  return pipeline;
}

void
studio_stop (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}
