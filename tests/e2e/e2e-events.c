// SPDX-License-Identifier: LGPL-2.1-or-later

#include "e2e-events.h"

#include "e2e-json.h"

// A second of Opus, and a second of VP8 or more than that.
#define ENOUGH_PACKETS 50

static void
on_channel_open (GObject *channel)
{
  e2e_event_emit (e2e_event_new ("channel-open"));
}

static void
on_channel_message (GObject *channel, const char *text)
{
  JsonObject *event = e2e_event_new ("channel-message");

  json_object_set_string_member (event, "text", text);
  e2e_event_emit (event);
}

static void
on_channel_error (GObject *channel, GError *error)
{
  JsonObject *event = e2e_event_new ("channel-error");

  json_object_set_string_member (event, "message", error->message);
  e2e_event_emit (event);
}

static void
on_channel_close (GObject *channel)
{
  e2e_event_emit (e2e_event_new ("channel-close"));
}

void
e2e_watch_channel (GObject *channel)
{
  g_signal_connect (channel, "on-open", G_CALLBACK (on_channel_open), NULL);
  g_signal_connect (
      channel, "on-message-string", G_CALLBACK (on_channel_message), NULL);
  g_signal_connect (channel, "on-error", G_CALLBACK (on_channel_error), NULL);
  g_signal_connect (channel, "on-close", G_CALLBACK (on_channel_close), NULL);
}

static void
on_notify_state (GObject *peer, GParamSpec *pspec)
{
  JsonObject *event = e2e_event_new ("state");
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (peer, pspec->name, &value);
  json_object_set_string_member (event, "name", pspec->name);
  json_object_set_member (event, "value", e2e_json_from_value (&value));
  e2e_event_emit (event);
}

static void
emit_media (const char *type, const char *name)
{
  JsonObject *event = e2e_event_new (type);

  json_object_set_string_member (event, "media", name);
  e2e_event_emit (event);
}

static GstPadProbeReturn
on_pad_event (GstPad *pad, GstPadProbeInfo *info, gpointer name)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    emit_media ("pad-eos", name);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_pad_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer name)
{
  guint count = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (pad), "count"));

  g_object_set_data (G_OBJECT (pad), "count", GUINT_TO_POINTER (++count));
  if (count < ENOUGH_PACKETS)
    return GST_PAD_PROBE_OK;
  emit_media ("pad-flowing", name);
  return GST_PAD_PROBE_REMOVE;
}

static void
on_pad_added (GstElement *peer, GstPad *pad, GstElement *pipeline)
{
  if (GST_PAD_IS_SINK (pad))
    return;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GstStructure *format = caps ? gst_caps_get_structure (caps, 0) : NULL;
  const char *name = format ? gst_structure_get_string (format, "media") : NULL;
  g_autoptr (GstElement) depay =
      name ? gst_bin_get_by_name (GST_BIN (pipeline), name) : NULL;
  g_autoptr (GstPad) sink =
      depay ? gst_element_get_static_pad (depay, "sink") : NULL;

  if (!sink || gst_pad_link (pad, sink) != GST_PAD_LINK_OK) {
    e2e_fault ("pad %s cannot be linked", GST_PAD_NAME (pad));
    return;
  }
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_pad_event,
      g_strdup (name), g_free);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, on_pad_buffer, g_strdup (name), g_free);
  emit_media ("pad-added", name);
}

// A sync handler, because the pipeline flushes its bus on the way to NULL, and
// because it makes the times exact.
static GstBusSyncReply
on_bus_message (GstBus *bus, GstMessage *message, gpointer peer)
{
  JsonObject *event = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error (message, &error, &debug);
    event = e2e_event_new ("error-message");
    json_object_set_string_member (event, "message", error->message);
    json_object_set_string_member (event, "debug", debug);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    event = e2e_event_new ("eos-message");
  } else if (GST_MESSAGE_SRC (message) == GST_OBJECT (peer) &&
             GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    const GstStructure *report = gst_message_get_structure (message);
    event = e2e_event_new ("element-message");
    json_object_set_string_member (
        event, "name", gst_structure_get_name (report));
    json_object_set_member (event, "report", e2e_json_from_structure (report));
  }
  if (event)
    e2e_event_emit (event);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

void
e2e_watch_pipeline (GstElement *pipeline, GstElement *peer)
{
  static const char *const states[] = { "notify::signaling-state",
    "notify::connection-state", "notify::ice-connection-state" };
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_bus_set_sync_handler (bus, on_bus_message, peer, NULL);
  g_signal_connect (peer, "pad-added", G_CALLBACK (on_pad_added), pipeline);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_signal_connect (peer, states[i], G_CALLBACK (on_notify_state), NULL);
}
