/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An element inside of a session that fails. The session ends, and a client says
 * why; a server logs it and goes on with its others. */

#include "inside.h"
#include "players.h"
#include "studio.h"

#include <string.h>

#define NOT_SENT "A stream cannot be sent to the peer."
#define BROKEN "It is broken."

static GstPadProbeReturn
return_error (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;

  return GST_PAD_PROBE_HANDLED;
}

/* From the next packet on. */
static void
break_payloader (GstElement *payloader)
{
  g_autoptr (GstPad) output = gst_element_get_static_pad (payloader, "src");

  gst_pad_add_probe (output,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, return_error,
      NULL, NULL);
}

static void
post_error (GstElement *element)
{
  GST_ELEMENT_ERROR (element, STREAM, DECODE, (BROKEN), (NULL));
}

/* Of an element named client. */
static void
assert_error (GstElement *pipeline, const char *text)
{
  g_autoptr (GstMessage) message = await_error (pipeline);
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  ck_assert_str_eq (GST_OBJECT_NAME (GST_MESSAGE_SRC (message)), "client");
  ck_assert_msg (strstr (error->message, text) != NULL, "%s", error->message);
}

GST_START_TEST (test_who_publishes_says_why)
{
  g_autoptr (Studio) studio = studio_new (1);
  GstElement *publisher = studio_publish (studio, 10000);
  g_autoptr (GstElement) payloader = NULL;

  studio_await (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  payloader = gst_bin_get_by_name (GST_BIN (publisher), "payloader");
  break_payloader (payloader);
  assert_error (publisher, NOT_SENT);
  studio_stop (publisher);
}
GST_END_TEST

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
    const char *function, int line, GObject *object, GstDebugMessage *message,
    gpointer n_lines)
{
  if (strstr (gst_debug_message_get (message), NOT_SENT) != NULL)
    g_atomic_int_inc ((int *)n_lines);
}

GST_START_TEST (test_the_other_viewers_go_on)
{
  g_autoptr (Server) server = server_new (STUDIO_SOURCE);
  g_autoptr (Player) one = NULL;
  g_autoptr (Player) two = NULL;
  g_autoptr (GstElement) payloader = NULL;
  g_autoptr (GstMessage) eos = NULL;
  int n_lines = 0;

  gst_debug_set_threshold_for_name ("peerendpoint", GST_LEVEL_WARNING);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, &n_lines, NULL);
  server_play (server);
  one = player_new (server->url);
  payloader = gst_bin_get_by_name (GST_BIN (server->pipeline), "payloader");
  two = player_new (server->url);

  break_payloader (payloader);
  player_await (
      one, "connection-state", GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
  player_await_media (two, two->n_frames + ENOUGH_FRAMES);
  ck_assert_int_eq (g_atomic_int_get (&n_lines), 1);

  /* And no ERROR. */
  gst_element_send_event (server->pipeline, gst_event_new_eos ());
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
  gst_debug_remove_log_function_by_data (&n_lines);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
}
GST_END_TEST

/* === who plays === */

typedef struct {
  Server *server;
  GstElement *pipeline;
  GstElement *depayloader;
} Watcher;

static void
watcher_begin (Watcher *self)
{
  g_autofree char *description = NULL;

  self->server = server_new (STUDIO_SOURCE);
  server_play (self->server);
  description = g_strdup_printf ("peersrc name=client location=%s "
                                 "! video/x-vp8 ! fakesink",
      self->server->url);
  self->pipeline = gst_parse_launch (description, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gst_message_unref (await_message (self->pipeline, GST_MESSAGE_ASYNC_DONE));
  self->depayloader = dup_inside (self->pipeline, "rtpvp8depay");
}

static void
watcher_end (Watcher *self)
{
  gst_object_unref (self->depayloader);
  studio_stop (self->pipeline);
  server_free (self->server);
}

GST_START_TEST (test_who_plays_says_why)
{
  Watcher watcher;

  watcher_begin (&watcher);
  post_error (watcher.depayloader);
  assert_error (watcher.pipeline, BROKEN);
  watcher_end (&watcher);
}
GST_END_TEST

static void
on_signaling_state (
    GObject *connection, GParamSpec *pspec, GstElement *depayloader)
{
  post_error (depayloader);
}

/* What else is said of the session comes before. */
static void
await_removal (GstElement *pipeline)
{
  GstMessage *message = NULL;

  do {
    g_clear_pointer (&message, gst_message_unref);
    message = await_message (pipeline, GST_MESSAGE_ELEMENT);
  } while (!gst_message_has_name (message, "session-removed"));
  gst_message_unref (message);
}

/* As a parser has it that has not found a frame yet, when nothing more comes. */
GST_START_TEST (test_an_end_is_no_error)
{
  Watcher watcher;
  g_autoptr (GstElement) client = NULL;
  g_autoptr (GObject) connection = NULL;

  watcher_begin (&watcher);
  client = gst_bin_get_by_name (GST_BIN (watcher.pipeline), "client");
  connection = gst_child_proxy_get_child_by_index (GST_CHILD_PROXY (client), 0);
  g_signal_connect (connection, "notify::signaling-state",
      G_CALLBACK (on_signaling_state), watcher.depayloader);
  g_signal_emit_by_name (connection, "close", NULL);
  await_removal (watcher.pipeline);
  watcher_end (&watcher);
}
GST_END_TEST

static Suite *
broken_suite (void)
{
  Suite *suite = suite_create ("broken");
  TCase *tcase = tcase_create ("broken");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_who_publishes_says_why);
  tcase_add_test (tcase, test_the_other_viewers_go_on);
  tcase_add_test (tcase, test_who_plays_says_why);
  tcase_add_test (tcase, test_an_end_is_no_error);

  return suite;
}

GST_CHECK_MAIN (broken);
