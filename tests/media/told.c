/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an element has to say of its end is said before its change to NULL is
 * done: its pipeline, which the messages pass, may be freed right after. */

#include "players.h"
#include "ports.h"

/* For what must not come meanwhile. */
#define A_WHILE (200 * G_TIME_SPAN_MILLISECOND)
/* What is left of a session can take a busy machine as long to free. */
#define LONG (1500 * G_TIME_SPAN_MILLISECOND)
#define CALLS 100000
#define MAX_JOBS 10

typedef struct {
  GstElement *element; /* stopped by who is told, if any */
  const char *closed_name;

  GMutex lock;
  GCond cond;
  gboolean telling;
  gboolean stopped;
  gboolean told;
  gboolean is_null;
  gint64 took; /* to stop it */
} Watch;

/* Returns when the test goes on, or after a while. */
static void
be_told (Watch *self)
{
  gint64 end = g_get_monotonic_time () + A_WHILE;

  g_mutex_lock (&self->lock);
  self->telling = TRUE;
  g_cond_broadcast (&self->cond);
  while (!self->stopped && g_cond_wait_until (&self->cond, &self->lock, end)) {
  }
  self->told = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Watch *self = user_data;

  if (gst_message_has_name (message, self->closed_name))
    be_told (self);

  return GST_BUS_PASS;
}

static void
set_flag (Watch *self, gboolean *flag)
{
  g_mutex_lock (&self->lock);
  *flag = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
await_flag (Watch *self, const gboolean *flag)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;

  g_mutex_lock (&self->lock);
  while (!*flag && g_cond_wait_until (&self->cond, &self->lock, end)) {
  }
  ck_assert (*flag);
  g_mutex_unlock (&self->lock);
}

/* Lets who is being told return; returns whether that has done so already. */
static gboolean
go_on (Watch *self)
{
  gboolean told;

  g_mutex_lock (&self->lock);
  told = self->told;
  self->stopped = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  return told;
}

static const struct {
  const char *description;
  const char *closed_name;
} elements[] = {
  { "peerconnection name=element", "peerconnection-closed" },
  { "videotestsrc is-live=true ! peersink name=element "
    "location=whep://127.0.0.1:%u/live",
      "peersink-closed" },
  { "peersrc name=element location=whip://127.0.0.1:%u/in", "peersrc-closed" },
};

/* One element would not make a pipeline by itself. */
static GstElement *
make_pipeline (guint i)
{
  g_autofree char *description =
      g_strdup_printf (elements[i].description, find_port ());
  GstElement *pipeline = gst_pipeline_new (NULL);

  gst_bin_add (GST_BIN (pipeline),
      gst_parse_bin_from_description (description, FALSE, NULL));

  return pipeline;
}

GST_START_TEST (test_null_waits_for_what_is_told)
{
  Watch watch = { .closed_name = elements[__i__].closed_name };
  g_autoptr (GstElement) pipeline = make_pipeline (__i__);
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "element");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean was_told;

  g_mutex_init (&watch.lock);
  g_cond_init (&watch.cond);
  gst_bus_set_sync_handler (bus, on_message, &watch, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  g_signal_emit_by_name (element, "close", NULL);
  await_flag (&watch, &watch.telling);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  was_told = go_on (&watch);
  await_flag (&watch, &watch.told);
  ck_assert (was_told);

  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  g_mutex_clear (&watch.lock);
  g_cond_clear (&watch.cond);
}
GST_END_TEST

/* On the thread that tells, which cannot wait for itself. */
static GstBusSyncReply
stop_on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Watch *self = user_data;
  gint64 since = g_get_monotonic_time ();

  if (!gst_message_has_name (message, self->closed_name))
    return GST_BUS_PASS;

  gst_element_set_locked_state (self->element, TRUE);
  gst_element_set_state (self->element, GST_STATE_NULL);
  self->took = g_get_monotonic_time () - since;
  be_told (self);

  return GST_BUS_PASS;
}

/* The thread may still be on its way back through the pipeline then: who frees
 * that stops the element once more. */
GST_START_TEST (test_null_by_who_is_told)
{
  g_autoptr (GstElement) pipeline = make_pipeline (__i__);
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "element");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  Watch watch = { .element = element,
    .closed_name = elements[__i__].closed_name };
  gboolean was_told;

  g_mutex_init (&watch.lock);
  g_cond_init (&watch.cond);
  gst_bus_set_sync_handler (bus, stop_on_message, &watch, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (element, "close", NULL);
  await_flag (&watch, &watch.telling);
  gst_element_set_state (element, GST_STATE_NULL);
  was_told = go_on (&watch);
  await_flag (&watch, &watch.told);
  ck_assert (was_told);
  ck_assert_int_lt (watch.took, G_TIME_SPAN_SECOND);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  g_mutex_clear (&watch.lock);
  g_cond_clear (&watch.cond);
}
GST_END_TEST

/* On the element's loop, unless its change to NULL is done before. */
static void
hold_up (GstPromise *promise, gpointer user_data)
{
  Watch *self = user_data;
  gint64 end = g_get_monotonic_time () + LONG;

  g_mutex_lock (&self->lock);
  while (!self->is_null && g_cond_wait_until (&self->cond, &self->lock, end)) {
  }
  g_mutex_unlock (&self->lock);
}

/* Who stops it may drop the last reference, and end the process. A job of
 * GStreamer's own pool, for which gst_deinit() waits, may hold it a moment longer. */
GST_START_TEST (test_its_loop_lets_go_before_null)
{
  Watch watch = { .closed_name = elements[__i__].closed_name };
  g_autoptr (GstElement) pipeline = make_pipeline (__i__);
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "element");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstPromise) promise =
      gst_promise_new_with_change_func (hold_up, &watch, NULL);

  g_mutex_init (&watch.lock);
  g_cond_init (&watch.cond);
  gst_bus_set_sync_handler (bus, on_message, &watch, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (element, "close", NULL);
  await_flag (&watch, &watch.telling);
  /* Each is something for the element's thread to do, which is busy. */
  g_signal_emit_by_name (element, "close-session", "none", promise);
  for (guint i = 0; i < CALLS; i++)
    g_signal_emit_by_name (element, "close-session", "none", NULL);
  go_on (&watch);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  set_flag (&watch, &watch.is_null);
  ck_assert_int_lt (GST_OBJECT_REFCOUNT_VALUE (element), 2 + MAX_JOBS);

  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  g_mutex_clear (&watch.lock);
  g_cond_clear (&watch.cond);
}
GST_END_TEST

static Suite *
told_suite (void)
{
  Suite *suite = suite_create ("told");
  TCase *tcase = tcase_create ("told");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_null_waits_for_what_is_told, 0, G_N_ELEMENTS (elements));
  tcase_add_loop_test (
      tcase, test_its_loop_lets_go_before_null, 1, G_N_ELEMENTS (elements));
  tcase_add_loop_test (
      tcase, test_null_by_who_is_told, 0, G_N_ELEMENTS (elements));

  return suite;
}

GST_CHECK_MAIN (told);
