/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* watch LOCATION SEED: viewers that come and go at random, until the input
 * ends. Says what each of them does. */

#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#define VIEWERS 5
#define LONGEST_STAY_MS 4000
#define LONGEST_PAUSE_MS 1000
#define WATCHDOG (20 * GST_SECOND)

typedef enum { BY_EOS, BY_CLOSE, BY_NULL, N_WAYS } Way;

static const char *location;
static GMutex lock;
static GCond cond;
static gboolean quit;

G_NORETURN static void
fail (const char *what, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  g_print ("failed: %s: %s (%s)\n", what, error != NULL ? error->message : "",
      debug != NULL ? debug : "");
  exit (1);
}

/* Returns whether nobody quits meanwhile. */
static gboolean
stay (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * G_TIME_SPAN_MILLISECOND;
  gboolean goes_on;

  g_mutex_lock (&lock);
  while (!quit && g_cond_wait_until (&cond, &lock, end))
    ;
  goes_on = !quit;
  g_mutex_unlock (&lock);

  return goes_on;
}

static void
await (GstBus *bus, GstMessageType type, const char *what)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, WATCHDOG, type | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

  if (message == NULL || GST_MESSAGE_TYPE (message) != type)
    fail (what, message);
}

static void
on_frame (GstElement *end, GstBuffer *buffer, GstPad *pad, gpointer seen)
{
  if (g_atomic_int_compare_and_exchange ((int *)seen, FALSE, TRUE))
    gst_element_post_message (
        end, gst_message_new_application (
                 GST_OBJECT (end), gst_structure_new_empty ("frame")));
}

static void
leave (GstElement *pipeline, GstBus *bus, Way way)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "source");

  if (way == BY_EOS)
    gst_element_send_event (pipeline, gst_event_new_eos ());
  else if (way == BY_CLOSE)
    g_signal_emit_by_name (source, "close", NULL);
  if (way != BY_NULL)
    await (bus, GST_MESSAGE_EOS, "no end");
}

static void
view (guint ms, Way way)
{
  g_autofree char *description = g_strdup_printf (
      "peersrc name=source location=%s ! fakesink name=end sync=false "
      "signal-handoffs=true",
      location);
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_parse_launch (description, NULL));
  g_autoptr (GstElement) end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  int seen = FALSE;

  g_signal_connect (end, "handoff", G_CALLBACK (on_frame), &seen);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  await (bus, GST_MESSAGE_APPLICATION, "no frame");
  g_print ("played\n");
  stay (ms);
  leave (pipeline, bus, way);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static gpointer
view_again (gpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (GPOINTER_TO_UINT (data));

  while (stay (g_rand_int_range (rand, 0, LONGEST_PAUSE_MS)))
    view (g_rand_int_range (rand, 0, LONGEST_STAY_MS),
        g_rand_int_range (rand, 0, N_WAYS));

  return NULL;
}

int
main (int argc, char **argv)
{
  GThread *viewers[VIEWERS];
  guint seed;

  gst_init (&argc, &argv);
  location = argv[1];
  seed = atoi (argv[2]);
  for (guint i = 0; i < VIEWERS; i++)
    viewers[i] =
        g_thread_new ("viewer", view_again, GUINT_TO_POINTER (seed + i));

  while (getchar () != EOF)
    ;
  g_mutex_lock (&lock);
  quit = TRUE;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  for (guint i = 0; i < VIEWERS; i++)
    g_thread_join (viewers[i]);

  return 0;
}
