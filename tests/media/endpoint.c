/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What peersink and peersrc have in common, with one of each in one process. */

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

#include "direct-signaller.h"
#include "inside.h"
#include "players.h"
#include "stream-starts.h"

#define SOURCE                                                                 \
  "videotestsrc is-live=true name=source ! video/x-raw,width=160,height=120"

/* === one that plays === */

typedef struct {
  GstElement *pipeline;
  GstElement *src;

  GMutex lock;
  GCond cond;
  guint n_frames;
} Viewer;

static void
on_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Viewer *self)
{
  g_mutex_lock (&self->lock);
  self->n_frames++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static Viewer *
viewer_new (const char *settings)
{
  Viewer *self = g_new0 (Viewer, 1);
  g_autofree char *description = g_strdup_printf (
      "peersrc name=src %s ! fakesink name=end signal-handoffs=true", settings);
  g_autoptr (GstElement) sink = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->pipeline = gst_parse_launch (description, NULL);
  self->src = gst_bin_get_by_name (GST_BIN (self->pipeline), "src");
  sink = gst_bin_get_by_name (GST_BIN (self->pipeline), "end");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), self);

  return self;
}

static void
viewer_free (Viewer *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->src);
  gst_object_unref (self->pipeline);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Viewer, viewer_free)

static void
viewer_await_frames (Viewer *self, guint more)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_frames + more;
  while (self->n_frames < n && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "only %u of %u frames", self->n_frames, n);
}

static Viewer *
view (Server *server)
{
  g_autofree char *settings = g_strdup_printf ("location=%s", server->url);
  Viewer *self = viewer_new (settings);

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  viewer_await_frames (self, ENOUGH_FRAMES);

  return self;
}

/* === the end === */

static GstElement *
get_sink (Server *server)
{
  return gst_bin_get_by_name (GST_BIN (server->pipeline), "sink");
}

static int
get_enum (GstElement *element, const char *name)
{
  int value;

  g_object_get (element, name, &value, NULL);
  return value;
}

static void
assert_closed (GstElement *element)
{
  ck_assert_int_eq (
      get_enum (element, "signaling-state"), GST_WEBRTC_SIGNALING_STATE_CLOSED);
  ck_assert_int_eq (get_enum (element, "connection-state"),
      GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
}

static void
assert_report (const GstStructure *report, const char *name, const char *reason,
    guint n_sessions)
{
  const GValue *sessions = gst_structure_get_value (report, "sessions");

  ck_assert_str_eq (gst_structure_get_name (report), name);
  ck_assert_str_eq (gst_structure_get_string (report, "reason"), reason);
  ck_assert (gst_structure_has_field_typed (report, "total-us", G_TYPE_UINT64));
  ck_assert_int_eq (gst_value_array_get_size (sessions), n_sessions);
  for (guint i = 0; i < n_sessions; i++) {
    const GstStructure *session =
        gst_value_get_structure (gst_value_array_get_value (sessions, i));

    ck_assert (
        gst_structure_has_field_typed (session, "session", G_TYPE_STRING));
    ck_assert (gst_structure_has_field (session, "steps"));
  }
}

GST_START_TEST (test_close_tells_all_and_reports)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) first = NULL;
  g_autoptr (Viewer) second = NULL;
  g_autoptr (GstElement) sink = get_sink (server);
  g_autoptr (GstPromise) promise = gst_promise_new ();
  g_autoptr (GstMessage) eos = NULL;
  g_autoptr (GstMessage) first_eos = NULL;
  g_autoptr (GstMessage) second_eos = NULL;

  server_play (server);
  first = view (server);
  second = view (server);
  ck_assert_int_eq (get_enum (sink, "connection-state"),
      GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED);

  g_signal_emit_by_name (sink, "close", promise);
  assert_closed (sink);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  assert_report (
      gst_promise_get_reply (promise), "peersink-closed", "close", 2);
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
  first_eos = await_message (first->pipeline, GST_MESSAGE_EOS);
  second_eos = await_message (second->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

/* There are sinks inside of both, which begin with each session. */
GST_START_TEST (test_streams_begin_once)
{
  g_autoptr (Server) server =
      server_new ("audiotestsrc is-live=true ! sink. " SOURCE);
  g_autoptr (Viewer) viewer = NULL;
  g_autoptr (GstElement) sink = get_sink (server);
  g_autofree char *settings = g_strdup_printf ("location=%s", server->url);
  gint of_sink, of_src;

  stream_starts_watch (sink, &of_sink);
  server_play (server);
  viewer = viewer_new (settings);
  stream_starts_watch (viewer->src, &of_src);
  gst_element_set_state (viewer->pipeline, GST_STATE_PLAYING);
  viewer_await_frames (viewer, ENOUGH_FRAMES);
  ck_assert_int_eq (g_atomic_int_get (&of_sink), 1);
  ck_assert_int_eq (g_atomic_int_get (&of_src), 0);
}
GST_END_TEST

GST_START_TEST (test_a_player_that_closes)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) viewer = NULL;
  g_autoptr (GstPromise) promise = gst_promise_new ();
  g_autoptr (GstPromise) again = gst_promise_new ();
  g_autoptr (GstMessage) eos = NULL;

  server_play (server);
  viewer = view (server);
  g_signal_emit_by_name (viewer->src, "close", promise);
  assert_closed (viewer->src);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  assert_report (gst_promise_get_reply (promise), "peersrc-closed", "close", 1);
  eos = await_message (viewer->pipeline, GST_MESSAGE_EOS);

  g_signal_emit_by_name (viewer->src, "close", again);
  ck_assert_int_eq (gst_promise_wait (again), GST_PROMISE_RESULT_REPLIED);
  assert_report (gst_promise_get_reply (again), "peersrc-closed", "close", 1);
}
GST_END_TEST

GST_START_TEST (test_close_session_closes_one)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) first = NULL;
  g_autoptr (Viewer) second = NULL;
  g_autoptr (GstElement) sink = get_sink (server);
  g_autoptr (GstPromise) promise = gst_promise_new ();
  g_autoptr (GstPromise) again = gst_promise_new ();
  g_autoptr (GstPromise) unknown = gst_promise_new ();
  g_autoptr (GstMessage) eos = NULL;
  g_auto (GStrv) sessions = NULL;
  g_auto (GStrv) rest = NULL;

  server_play (server);
  first = view (server);
  g_object_get (sink, "sessions", &sessions, NULL);
  ck_assert_int_eq (g_strv_length (sessions), 1);
  second = view (server);

  g_signal_emit_by_name (sink, "close-session", sessions[0], promise);
  g_signal_emit_by_name (sink, "close-session", sessions[0], again);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  ck_assert_int_eq (gst_promise_wait (again), GST_PROMISE_RESULT_REPLIED);
  ck_assert_str_eq (
      gst_structure_get_string (gst_promise_get_reply (promise), "reason"),
      "close");
  eos = await_message (first->pipeline, GST_MESSAGE_EOS);
  viewer_await_frames (second, 15);
  g_object_get (sink, "sessions", &rest, NULL);
  ck_assert_int_eq (g_strv_length (rest), 1);
  ck_assert_str_ne (rest[0], sessions[0]);

  g_signal_emit_by_name (sink, "close-session", "nobody", unknown);
  ck_assert_int_eq (gst_promise_wait (unknown), GST_PROMISE_RESULT_REPLIED);
  ck_assert (
      gst_structure_has_field (gst_promise_get_reply (unknown), "error"));
}
GST_END_TEST

/* === what it shows === */

static gboolean
find_outbound (GQuark id, const GValue *value, gpointer user_data)
{
  const GstStructure *report = gst_value_get_structure (value);
  guint64 packets;

  if (gst_structure_has_name (report, "outbound-rtp") &&
      gst_structure_get_uint64 (report, "packetsSent", &packets) && packets > 0)
    *(gboolean *)user_data = TRUE;

  return TRUE;
}

GST_START_TEST (test_statistics_of_a_session)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) viewer = NULL;
  g_autoptr (GstElement) sink = get_sink (server);
  g_autoptr (GstStructure) stats = NULL;
  g_auto (GStrv) sessions = NULL;
  const GValue *value;
  gboolean found = FALSE;

  server_play (server);
  viewer = view (server);
  g_object_get (sink, "sessions", &sessions, "stats", &stats, NULL);
  value = gst_structure_get_value (stats, sessions[0]);
  ck_assert (value != NULL);
  gst_structure_foreach (
      gst_value_get_structure (value), find_outbound, &found);
  ck_assert (found);
}
GST_END_TEST

GST_START_TEST (test_sessions_are_children)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) viewer = NULL;
  g_autoptr (GstElement) sink = get_sink (server);
  g_auto (GStrv) sessions = NULL;
  g_autofree char *name = NULL;
  GstWebRTCPeerConnectionState state;

  server_play (server);
  viewer = view (server);
  g_object_get (sink, "sessions", &sessions, NULL);
  ck_assert_int_eq (
      gst_child_proxy_get_children_count (GST_CHILD_PROXY (sink)), 1);
  name = g_strdup_printf ("%s::connection-state", sessions[0]);
  gst_child_proxy_get (GST_CHILD_PROXY (sink), name, &state, NULL);
  ck_assert_int_eq (state, GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED);
}
GST_END_TEST

/* === pads === */

typedef struct {
  GMutex lock;
  GCond cond;
  GPtrArray *threads; /* on which a pad came or went */
} Pads;

static void
on_pad (GstElement *src, GstPad *pad, Pads *self)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->threads, g_thread_self ());
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* gst-launch-1.0 loses a link when a pad comes or goes while it links. */
GST_START_TEST (test_pads_come_and_go_on_one_thread)
{
  g_autoptr (Viewer) viewer = viewer_new ("location=whip://127.0.0.1:0/in");
  Pads pads = { .threads = g_ptr_array_new () };
  const guint n = 2 * 3; /* video, audio and data */

  g_signal_connect (viewer->src, "pad-added", G_CALLBACK (on_pad), &pads);
  g_signal_connect (viewer->src, "pad-removed", G_CALLBACK (on_pad), &pads);
  gst_element_set_state (viewer->pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (viewer->src, "close", NULL);
  g_mutex_lock (&pads.lock);
  while (pads.threads->len < n)
    g_cond_wait (&pads.cond, &pads.lock);
  g_mutex_unlock (&pads.lock);
  for (guint i = 1; i < n; i++)
    ck_assert (pads.threads->pdata[i] == pads.threads->pdata[0]);

  g_signal_handlers_disconnect_by_data (viewer->src, &pads);
  g_ptr_array_unref (pads.threads);
}
GST_END_TEST

/* === a signaller of the application's === */

GST_START_TEST (test_a_signaller_of_the_applications)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) viewer = viewer_new ("");
  g_autoptr (GstElement) sink = get_sink (server);
  g_autoptr (GstPeerSignaller) near_end = direct_signaller_new (NULL);
  g_autoptr (GstPeerSignaller) far_end = direct_signaller_new (near_end);
  g_autoptr (GstMessage) eos = NULL;
  g_autoptr (GstMessage) viewer_eos = NULL;

  g_object_set (sink, "signaller", near_end, NULL);
  g_object_set (viewer->src, "signaller", far_end, NULL);
  server_play (server);
  gst_element_set_state (viewer->pipeline, GST_STATE_PLAYING);
  viewer_await_frames (viewer, ENOUGH_FRAMES);

  gst_element_send_event (server->pipeline, gst_event_new_eos ());
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
  viewer_eos = await_message (viewer->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

/* === its references === */

#define MESSAGES 1000

typedef struct {
  GThread *thread;
  guint n_taken;
} References;

/* While nobody else has one. */
static void
on_toggle (gpointer user_data, GObject *element, gboolean is_last)
{
  References *self = user_data;

  if (!is_last && g_thread_self () == self->thread)
    self->n_taken++;
}

/* It plays on. What waits on the bus has references to it as well. */
static void
take_out (GstElement *src, GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_bus_set_flushing (bus, TRUE);
  gst_bin_remove (GST_BIN (pipeline), src);
}

/* It might be the last one, and be dropped on the thread that posts, for which
 * the change to NULL waits. */
GST_START_TEST (test_messages_from_inside_take_no_reference)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) viewer = NULL;
  g_autoptr (GstElement) connection = NULL;
  g_autoptr (GstElement) src = NULL;
  References references = { g_thread_self (), 0 };

  server_play (server);
  viewer = view (server);
  src = gst_object_ref (viewer->src);
  connection = dup_inside (viewer->pipeline, "peerconnection");
  take_out (src, viewer->pipeline);

  g_object_add_toggle_ref (G_OBJECT (src), on_toggle, &references);
  gst_object_unref (src);
  gst_object_unref (viewer->src);
  for (guint i = 0; i < MESSAGES; i++)
    gst_element_post_message (
        connection, gst_message_new_application (GST_OBJECT (connection),
                        gst_structure_new_empty ("message")));
  ck_assert_uint_eq (references.n_taken, 0);

  gst_object_ref (src);
  gst_object_ref (viewer->src);
  g_object_remove_toggle_ref (G_OBJECT (src), on_toggle, &references);
  gst_element_set_state (src, GST_STATE_NULL);
}
GST_END_TEST

typedef struct {
  GMutex lock;
  GCond cond;
  gboolean finalized;
  gint64 took; /* us, to drop it */
} Last;

static GstPadProbeReturn
drop_last (GstPad *pad, GstPadProbeInfo *info, gpointer element)
{
  Last *last = g_object_get_data (element, "last");

  last->took = -g_get_monotonic_time ();
  gst_object_unref (element);
  last->took += g_get_monotonic_time ();

  return GST_PAD_PROBE_REMOVE;
}

static void
on_finalized (gpointer user_data)
{
  Last *self = user_data;

  g_mutex_lock (&self->lock);
  self->finalized = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* As GStreamer does on any thread, with a reference to each ancestor while it
 * tells of a property. */
GST_START_TEST (test_a_thread_inside_drops_the_last_reference)
{
  g_autoptr (Server) server = server_new (SOURCE);
  g_autoptr (Viewer) viewer = NULL;
  g_autoptr (GstElement) jitterbuffer = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstElement *src;
  Last last = { .finalized = FALSE };

  g_mutex_init (&last.lock);
  g_cond_init (&last.cond);
  server_play (server);
  viewer = view (server);
  src = viewer->src;
  viewer->src =
      gst_object_ref_sink (gst_element_factory_make ("fakesrc", NULL));
  jitterbuffer = dup_jitterbuffer_inside (viewer->pipeline);
  pad = gst_element_get_static_pad (jitterbuffer, "src");
  take_out (src, viewer->pipeline);
  g_object_set_data_full (G_OBJECT (src), "last", &last, on_finalized);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_last,
      src, NULL);

  g_mutex_lock (&last.lock);
  while (!last.finalized)
    g_cond_wait (&last.cond, &last.lock);
  g_mutex_unlock (&last.lock);
  ck_assert_int_lt (last.took, G_TIME_SPAN_SECOND);
  g_mutex_clear (&last.lock);
  g_cond_clear (&last.cond);
}
GST_END_TEST

static Suite *
endpoint_suite (void)
{
  Suite *suite = suite_create ("endpoint");
  TCase *tcase = tcase_create ("endpoint");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_close_tells_all_and_reports);
  tcase_add_test (tcase, test_streams_begin_once);
  tcase_add_test (tcase, test_a_player_that_closes);
  tcase_add_test (tcase, test_close_session_closes_one);
  tcase_add_test (tcase, test_statistics_of_a_session);
  tcase_add_test (tcase, test_sessions_are_children);
  tcase_add_test (tcase, test_pads_come_and_go_on_one_thread);
  tcase_add_test (tcase, test_a_signaller_of_the_applications);
  tcase_add_test (tcase, test_messages_from_inside_take_no_reference);
  tcase_add_test (tcase, test_a_thread_inside_drops_the_last_reference);

  return suite;
}

GST_CHECK_MAIN (endpoint);
