/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A close of peersink and peersrc, as a server and as a client, at each moment
 * and by each caller, and inside of each callback. Each cell ends in time, under
 * a watchdog that prints all stacks, with the states closed and a report of
 * every session, and without a warning (GstCheck fails on those).
 *
 *   CELL='peersink, WHEP server, *' media-matrix     only these
 */

#include "forgive.h"
#include "matrix.h"
#include "ports.h"

/* Of three pipelines that are stopped, one after the other. */
#define FREE_LIMIT (3 * CELL_LIMIT)

#define SINK                                                                   \
  "videotestsrc is-live=true ! "                                               \
  "video/x-raw,width=160,height=120,framerate=30/1 ! peersink name=element "   \
  "location=%s://127.0.0.1:%u/live "
#define SRC                                                                    \
  "peersrc name=element location=%s://127.0.0.1:%u/live "                      \
  "fakesink name=end signal-handoffs=true async=false sync=false "
#define TICKER "audiotestsrc is-live=true name=ticker ! fakesink async=false"

static const Subject subjects[] = {
  { "peersink, WHEP server", FALSE, TRUE },
  { "peersrc, WHEP client", FALSE, FALSE },
  { "peersrc, WHIP server", TRUE, FALSE },
  { "peersink, WHIP client", TRUE, TRUE },
};

Side *
make_side (Cell *cell, gboolean sink)
{
  g_autofree char *description =
      g_strdup_printf (sink ? SINK TICKER : SRC TICKER,
          cell->subject->whip ? "whip" : "whep", cell->port);

  return side_new (description);
}

gboolean
is_server (const Subject *subject)
{
  return subject->sink != subject->whip;
}

static Cell *
cell_new (const Subject *subject, const char *name)
{
  Cell *self = g_new0 (Cell, 1);

  self->subject = subject;
  self->name = name;
  self->port = find_port ();
  self->sink = make_side (self, TRUE);
  self->src = make_side (self, FALSE);
  self->side = subject->sink ? self->sink : self->src;
  self->other = subject->sink ? self->src : self->sink;

  return self;
}

static void
cell_free (Cell *self)
{
  Watchdog *watchdog = watchdog_new (self->name, FREE_LIMIT);

  g_clear_pointer (&self->second, side_free);
  /* Whoever serves goes last. */
  side_free (self->subject->whip ? self->sink : self->src);
  side_free (self->subject->whip ? self->src : self->sink);
  watchdog_free (watchdog);
  g_clear_pointer (&self->server, turn_server_free);
  g_clear_pointer (&self->promise, gst_promise_unref);
  g_free (self);
}

/* === a cell === */

static void
assert_report (Cell *cell)
{
  g_autoptr (GstStructure) report = NULL;
  const GValue *sessions;

  g_object_get (cell->side->element, "close-report", &report, NULL);
  ck_assert_msg (report != NULL, "%s: no report", cell->name);
  sessions = gst_structure_get_value (report, "sessions");
  for (guint i = 0; i < gst_value_array_get_size (sessions); i++) {
    const GstStructure *session =
        gst_value_get_structure (gst_value_array_get_value (sessions, i));

    ck_assert_msg (g_strcmp0 (gst_structure_get_string (session, "reason"),
                       "overdue") != 0,
        "%s: a session is overdue", cell->name);
  }
}

static void
assert_closed (Cell *cell)
{
  int signaling, connection;

  g_object_get (cell->side->element, "signaling-state", &signaling,
      "connection-state", &connection, NULL);
  ck_assert_int_eq (signaling, GST_WEBRTC_SIGNALING_STATE_CLOSED);
  ck_assert_int_eq (connection, GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
  assert_report (cell);
  ck_assert_uint_eq (side_count (cell->side, "message:warning"), 0);
  if (!cell->may_fail)
    ck_assert_uint_eq (side_count (cell->side, "message:error"), 0);
}

static void
end_cell (Cell *cell, Ends ends)
{
  g_atomic_int_set (&cell->over, TRUE);
  switch (ends) {
  case ENDS_BY_PROMISE:
    ck_assert_int_eq (
        gst_promise_wait (cell->promise), GST_PROMISE_RESULT_REPLIED);
    break;
  case ENDS_BY_MESSAGE:
    side_await (cell->side,
        cell->subject->sink ? "message:peersink-closed"
                            : "message:peersrc-closed",
        1);
    break;
  case ENDS_BY_FINALIZE:
    side_await (cell->side, "finalized", 1);
    break;
  }
  g_clear_pointer (&cell->watchdog, watchdog_free);
  g_clear_pointer (&cell->thread, g_thread_join);
  if (ends != ENDS_BY_FINALIZE)
    assert_closed (cell);
  /* Before, it has to find out by itself. */
  if (cell->connected)
    side_await (cell->other, "session-removed", 1);
  cell_free (cell);
}

static gboolean
is_wanted (const char *name)
{
  const char *only = g_getenv ("CELL");

  return only == NULL || g_pattern_match_simple (only, name);
}

/* Those that there can be, each as one number. */
static GArray *moment_cells;
static GArray *callback_cells;

static void
split_moment_cell (
    guint i, const Subject **subject, guint *moment, guint *caller)
{
  *caller = i % n_callers;
  i /= n_callers;
  *moment = i % n_moments;
  *subject = &subjects[i / n_moments];
}

static char *
name_moment_cell (const Subject *subject, guint moment, guint caller)
{
  return g_strdup_printf ("%s, %s, by %s", subject->name, moments[moment].name,
      callers[caller].name);
}

static void
list_moment_cells (void)
{
  const guint n = G_N_ELEMENTS (subjects) * n_moments * n_callers;

  moment_cells = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < n; i++) {
    const Subject *subject;
    guint moment, caller;
    g_autofree char *name = NULL;

    split_moment_cell (i, &subject, &moment, &caller);
    name = name_moment_cell (subject, moment, caller);
    if (moments[moment].callers & 1 << caller &&
        is_possible (&moments[moment], subject) && is_wanted (name))
      g_array_append_val (moment_cells, i);
  }
}

GST_START_TEST (test_moments)
{
  const Subject *subject;
  guint moment, caller;
  g_autofree char *name = NULL;
  Cell *cell;

  split_moment_cell (
      g_array_index (moment_cells, guint, __i__), &subject, &moment, &caller);
  name = name_moment_cell (subject, moment, caller);
  GST_INFO ("%s", name);
  cell = cell_new (subject, name);
  moments[moment].reach (cell);
  callers[caller].call (cell);
  end_cell (cell, callers[caller].ends);
}
GST_END_TEST

/* === inside of callbacks === */

static const struct {
  const char *entry;
  gboolean of_sink;
  gboolean of_src;
  gboolean of_server;
  void (*reach) (Cell *cell);
} entries[] = {
  { "session-added", TRUE, TRUE, TRUE, play_both },
  { "connection-state", TRUE, TRUE, TRUE, play_both },
  { "signaling-state", TRUE, TRUE, FALSE,
      play_both }, /* a server's stays stable */
  { "encoder-setup", TRUE, FALSE, TRUE, play_both },
  { "payloader-setup", TRUE, FALSE, TRUE, play_both },
  { "pad-added", FALSE, TRUE, TRUE, play_both },
  { "frame", FALSE, TRUE, TRUE, play_both },
  { "message:session-added", TRUE, TRUE, TRUE, play_both },
  { "pad-removed", FALSE, TRUE, TRUE, play_both }, /* which nobody linked */
  { "session-removed", TRUE, TRUE, TRUE, other_closes },
  { "message:session-removed", TRUE, TRUE, TRUE, other_closes },
};

static char *
name_callback_cell (const Subject *subject, guint entry)
{
  return g_strdup_printf ("%s, in %s", subject->name, entries[entry].entry);
}

static void
list_callback_cells (void)
{
  const guint n = G_N_ELEMENTS (subjects) * G_N_ELEMENTS (entries);

  callback_cells = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < n; i++) {
    const Subject *subject = &subjects[i / G_N_ELEMENTS (entries)];
    guint entry = i % G_N_ELEMENTS (entries);
    g_autofree char *name = name_callback_cell (subject, entry);

    if ((subject->sink ? entries[entry].of_sink : entries[entry].of_src) &&
        (entries[entry].of_server || !is_server (subject)) && is_wanted (name))
      g_array_append_val (callback_cells, i);
  }
}

static void
close_in_hook (Side *side, gpointer cell)
{
  call_close (cell);
}

GST_START_TEST (test_callbacks)
{
  guint i = g_array_index (callback_cells, guint, __i__);
  const Subject *subject = &subjects[i / G_N_ELEMENTS (entries)];
  guint entry = i % G_N_ELEMENTS (entries);
  g_autofree char *name = name_callback_cell (subject, entry);
  Cell *cell = cell_new (subject, name);

  GST_INFO ("%s", name);
  side_hook (cell->side, entries[entry].entry, close_in_hook, cell);
  entries[entry].reach (cell);
  side_await (cell->side, "called", 1);
  end_cell (cell, ENDS_BY_PROMISE);
}
GST_END_TEST

static Suite *
matrix_suite (void)
{
  Suite *suite = suite_create ("matrix");
  TCase *tcase = tcase_create ("cells");

  forgive_rtpsession ();
  list_moment_cells ();
  list_callback_cells ();
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_moments, 0, moment_cells->len);
  tcase_add_loop_test (tcase, test_callbacks, 0, callback_cells->len);

  return suite;
}

GST_CHECK_MAIN (matrix);
