/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* serve LOCATION: one small live picture for all who come, until its input ends.
 * Says each number of sessions, and for a line of input what is in use: "warm"
 * when all is quiet, "figures" when it is no more than it was then, "encoders"
 * at once. */

#include "figures.h"

#include <stdio.h>

#define SOURCE                                                                 \
  "videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=5/1"

static int n_sessions;

static void
say_sessions (int change)
{
  g_print ("sessions %d\n", g_atomic_int_add (&n_sessions, change) + change);
}

static void
on_session_added (GstElement *sink, const char *id, GstElement *connection)
{
  say_sessions (1);
}

static void
on_session_removed (GstElement *sink, const char *id, GstElement *connection)
{
  say_sessions (-1);
}

/* Messages hold their elements, and nobody else takes them. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_print ("failed: %s\n", error->message);
  }
  gst_message_unref (message);

  return GST_BUS_DROP;
}

static void
count_encoder (const GValue *item, gpointer n)
{
  const char *klass = gst_element_get_metadata (
      g_value_get_object (item), GST_ELEMENT_METADATA_KLASS);

  if (g_str_has_prefix (klass, "Codec/Encoder/Video"))
    ++*(guint *)n;
}

static guint
count_encoders (GstElement *pipeline)
{
  g_autoptr (GstIterator) elements =
      gst_bin_iterate_recurse (GST_BIN (pipeline));
  GstIteratorResult result;
  guint n;

  do {
    n = 0;
    result = gst_iterator_foreach (elements, count_encoder, &n);
    if (result == GST_ITERATOR_RESYNC)
      gst_iterator_resync (elements);
  } while (result == GST_ITERATOR_RESYNC);

  return n;
}

static void
answer (GstElement *pipeline, const char *line, Figures *warm)
{
  Figures now;
  gboolean returned = TRUE;

  if (g_str_equal (line, "encoders\n")) {
    g_print ("encoders %u\n", count_encoders (pipeline));
    return;
  }
  if (g_str_equal (line, "warm\n")) {
    figures_settle (warm);
    now = *warm;
  } else {
    returned = figures_return (&now, warm);
  }
  g_print (
      "figures returned=%d threads=%u fds=%u objects=%u buffers=%u heap=%u "
      "resident=%u\n",
      returned, now.threads, now.fds, now.objects, now.buffers, now.heap,
      now.resident);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autofree char *description = NULL;
  Figures warm = { 0 };
  char line[16];

  gst_init (&argc, &argv);
  figures_init ();
  description = g_strdup_printf (
      SOURCE " ! peersink name=sink max-sessions=300 location=%s", argv[1]);
  pipeline = gst_parse_launch (description, NULL);
  gst_object_ref_sink (pipeline);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, on_message, NULL, NULL);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "session-added", G_CALLBACK (on_session_added), NULL);
  g_signal_connect (
      sink, "session-removed", G_CALLBACK (on_session_removed), NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  g_print ("playing\n");

  while (fgets (line, sizeof line, stdin) != NULL)
    answer (pipeline, line, &warm);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return 0;
}
