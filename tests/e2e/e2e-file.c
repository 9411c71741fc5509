// SPDX-License-Identifier: LGPL-2.1-or-later
//
// e2e-file FILE: decodes a recording to its end and writes one JSON object:
// {duration (in ms, as the file's header says; -1 if it does not), video and
// audio (decoded buffers), span (in ms, from the first picture to the last)}.

#include <gst/gst.h>

typedef struct {
  guint buffers;
  GstClockTime first;
  GstClockTime last;
} Decoded;

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, Decoded *decoded)
{
  if (decoded->buffers++ == 0)
    decoded->first = GST_BUFFER_PTS (buffer);
  decoded->last = GST_BUFFER_PTS (buffer);
}

static void
count_buffers (GstElement *pipeline, const char *name, Decoded *decoded)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), decoded);
}

int
main (int argc, char **argv)
{
  Decoded video = { 0 };
  Decoded audio = { 0 };
  gint64 duration = -1;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  g_return_val_if_fail (argc == 2, 2);
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "filesrc name=file ! matroskademux name=demux "
      "demux.video_0 ! queue ! vp8dec ! fakesink name=video sync=false "
      "signal-handoffs=true "
      "demux.audio_0 ! queue ! opusdec ! fakesink name=audio sync=false "
      "signal-handoffs=true",
      &error);
  g_assert_no_error (error);
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_object_set (source, "location", argv[1], NULL);
  count_buffers (pipeline, "video", &video);
  count_buffers (pipeline, "audio", &audio);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("%s\n", error->message);
  }
  gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_print ("{\"duration\": %" G_GINT64_FORMAT ", \"video\": %u, "
           "\"audio\": %u, \"span\": %" G_GUINT64_FORMAT "}\n",
      duration < 0 ? -1 : duration / (gint64)GST_MSECOND, video.buffers,
      audio.buffers, (video.last - video.first) / GST_MSECOND);
  return message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ? 0 : 1;
}
