/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A close of peersink and peersrc, as a server and as a client, at each moment
 * and by each caller, and inside of each callback. Each cell ends in time, under
 * a watchdog that prints all stacks, with the states closed and a report of
 * every session, and without a warning (GstCheck fails on those).
 *
 *   CELL='peersink, WHEP server, *' media-matrix     only these
 */

#include "ports.h"
#include "sides.h"
#include "watchdog.h"

#include <openssl/crypto.h>

/* Of close-timeout and half a second. */
#define CELL_LIMIT 2500 /* ms */
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

typedef struct {
  const char *name;
  gboolean whip;
  gboolean sink; /* is closed, or else the peersrc */
} Subject;

static const Subject subjects[] = {
  { "peersink, WHEP server", FALSE, TRUE },
  { "peersrc, WHEP client", FALSE, FALSE },
  { "peersrc, WHIP server", TRUE, FALSE },
  { "peersink, WHIP client", TRUE, TRUE },
};

typedef struct {
  const Subject *subject;
  const char *name;
  guint port;
  Side *sink;
  Side *src;
  Side *side;  /* which is closed */
  Side *other; /* at the other end */
  Side *second;
  GstPromise *promise;
  Watchdog *watchdog;
  GThread *thread;
  gint over;
  gboolean connected;
  gboolean may_fail; /* there is a message for it */
} Cell;

static Side *
make_side (Cell *cell, gboolean sink)
{
  g_autofree char *description =
      g_strdup_printf (sink ? SINK TICKER : SRC TICKER,
          cell->subject->whip ? "whip" : "whep", cell->port);

  return side_new (description);
}

static gboolean
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
  g_clear_pointer (&self->promise, gst_promise_unref);
  g_free (self);
}

static void
play (Side *side)
{
  ck_assert_int_ne (gst_element_set_state (side->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
}

static void
play_both (Cell *cell)
{
  play (is_server (cell->subject) ? cell->side : cell->other);
  play (is_server (cell->subject) ? cell->other : cell->side);
}

/* === moments === */

static void
before_ready (Cell *cell)
{
}

/* A client has nobody to go to yet. */
static void
started (Cell *cell)
{
  play (cell->side);
}

static void
added (Cell *cell)
{
  play_both (cell);
  side_await (cell->side, "session-added", 1);
}

static void
connecting (Cell *cell)
{
  play_both (cell);
  side_await (cell->side, "connection-state", 1);
}

static void
flowing (Cell *cell)
{
  play_both (cell);
  side_await (cell->src, "frame", 5);
  cell->connected = TRUE;
}

static void
another_joins (Cell *cell)
{
  flowing (cell);
  cell->second = make_side (cell, !cell->subject->sink);
  play (cell->second);
  side_await (cell->side, "session-added", 2);
}

static void
other_closes (Cell *cell)
{
  flowing (cell);
  cell->may_fail = TRUE;
  g_signal_emit_by_name (cell->other->element, "close", NULL);
}

static gpointer
pause_and_play (gpointer data)
{
  Cell *cell = data;

  while (!g_atomic_int_get (&cell->over)) {
    gst_element_set_state (cell->side->pipeline, GST_STATE_PAUSED);
    side_log (cell->side, "paused");
    gst_element_set_state (cell->side->pipeline, GST_STATE_PLAYING);
  }

  return NULL;
}

static void
pausing (Cell *cell)
{
  flowing (cell);
  cell->thread = g_thread_new ("pausing", pause_and_play, cell);
  side_await (cell->side, "paused", 1);
}

static void
ended (Cell *cell)
{
  flowing (cell);
  cell->may_fail = TRUE;
  gst_element_set_state (cell->other->pipeline, GST_STATE_NULL);
  side_await (cell->side, "session-removed", 1);
}

/* === callers === */

static void
begin (Cell *cell)
{
  cell->watchdog = watchdog_new (cell->name, CELL_LIMIT);
}

static void
call_close (Cell *cell)
{
  begin (cell);
  cell->promise = gst_promise_new ();
  g_signal_emit_by_name (cell->side->element, "close", cell->promise);
  side_log (cell->side, "called");
}

static gpointer
close_thread (gpointer data)
{
  Cell *cell = data;

  g_signal_emit_by_name (cell->side->element, "close", NULL);

  return NULL;
}

static void
from_two (Cell *cell)
{
  GThread *thread = g_thread_new ("other", close_thread, cell);

  call_close (cell);
  g_thread_join (thread);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer cell)
{
  call_close (cell);
  return GST_PAD_PROBE_REMOVE;
}

static void
from_stream (Cell *cell)
{
  g_autoptr (GstElement) ticker =
      gst_bin_get_by_name (GST_BIN (cell->side->pipeline), "ticker");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (ticker, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, cell, NULL);
  side_await (cell->side, "called", 1);
}

/* One by one, and all of them. */
static void
after_sessions (Cell *cell)
{
  g_auto (GStrv) sessions = NULL;

  g_object_get (cell->side->element, "sessions", &sessions, NULL);
  for (guint i = 0; sessions != NULL && sessions[i] != NULL; i++)
    g_signal_emit_by_name (
        cell->side->element, "close-session", sessions[i], NULL);
  call_close (cell);
}

static void
by_null (Cell *cell)
{
  begin (cell);
  gst_element_set_state (cell->side->pipeline, GST_STATE_NULL);
}

static void
by_close_and_null (Cell *cell)
{
  GThread *thread;

  begin (cell);
  thread = g_thread_new ("other", close_thread, cell);
  gst_element_set_state (cell->side->pipeline, GST_STATE_NULL);
  g_thread_join (thread);
}

static void
by_eos (Cell *cell)
{
  begin (cell);
  gst_element_send_event (cell->side->pipeline, gst_event_new_eos ());
}

static void
on_finalized (gpointer side, GObject *element)
{
  side_log (side, "finalized");
}

static void
by_last_ref (Cell *cell)
{
  GstElement *element = g_steal_pointer (&cell->side->element);
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (element));

  begin (cell);
  g_object_weak_ref (G_OBJECT (element), on_finalized, cell->side);
  gst_bin_remove (GST_BIN (bin), element);
  gst_object_unref (element);
}

typedef enum {
  ENDS_BY_PROMISE,
  ENDS_BY_MESSAGE,
  ENDS_BY_FINALIZE,
} Ends;

typedef struct {
  const char *name;
  Ends ends;
  void (*call) (Cell *cell);
} Caller;

static const Caller callers[] = {
  { "main thread", ENDS_BY_PROMISE, call_close },
  { "two threads", ENDS_BY_PROMISE, from_two },
  { "a streaming thread", ENDS_BY_PROMISE, from_stream },
  { "close-session", ENDS_BY_PROMISE, after_sessions },
  { "NULL", ENDS_BY_MESSAGE, by_null },
  { "close and NULL", ENDS_BY_MESSAGE, by_close_and_null },
  { "EOS", ENDS_BY_MESSAGE, by_eos },
  { "the last reference", ENDS_BY_FINALIZE, by_last_ref },
};

#define STOPPED 0x0b /* before it has started: only by those */
#define ALL 0xff
/* Who pauses would start it again; and a source whose thread is paused takes no
 * EOS. */
#define NOT_STOPPED 0x0f

static const struct {
  const char *name;
  void (*reach) (Cell *cell);
  guint callers; /* by their place */
} moments[] = {
  { "before READY", before_ready, STOPPED },
  { "started", started, ALL },
  { "session-added", added, ALL },
  { "connecting", connecting, ALL },
  { "flowing", flowing, ALL },
  { "another joins", another_joins, ALL },
  { "the other closes", other_closes, ALL },
  { "pausing", pausing, NOT_STOPPED },
  { "ended", ended, ALL },
};

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
  *caller = i % G_N_ELEMENTS (callers);
  i /= G_N_ELEMENTS (callers);
  *moment = i % G_N_ELEMENTS (moments);
  *subject = &subjects[i / G_N_ELEMENTS (moments)];
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
  const guint n =
      G_N_ELEMENTS (subjects) * G_N_ELEMENTS (moments) * G_N_ELEMENTS (callers);

  moment_cells = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < n; i++) {
    const Subject *subject;
    guint moment, caller;
    g_autofree char *name = NULL;

    split_moment_cell (i, &subject, &moment, &caller);
    name = name_moment_cell (subject, moment, caller);
    /* Only a WHEP server has room for another one. */
    if (moments[moment].callers & 1 << caller &&
        (moments[moment].reach != another_joins ||
            (is_server (subject) && !subject->whip)) &&
        is_wanted (name))
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
} entries[] = {
  { "session-added", TRUE, TRUE, TRUE },
  { "connection-state", TRUE, TRUE, TRUE },
  { "signaling-state", TRUE, TRUE, FALSE }, /* which stays stable */
  { "encoder-setup", TRUE, FALSE, TRUE },
  { "payloader-setup", TRUE, FALSE, TRUE },
  { "pad-added", FALSE, TRUE, TRUE },
  { "frame", FALSE, TRUE, TRUE },
  { "message:session-added", TRUE, TRUE, TRUE },
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
  play_both (cell);
  side_await (cell->side, "called", 1);
  end_cell (cell, ENDS_BY_PROMISE);
}
GST_END_TEST

static Suite *
matrix_suite (void)
{
  Suite *suite = suite_create ("matrix");
  TCase *tcase = tcase_create ("cells");

  /* Threads of webrtcbin may end while exit() cleans it up. */
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
  list_moment_cells ();
  list_callback_cells ();
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_moments, 0, moment_cells->len);
  tcase_add_loop_test (tcase, test_callbacks, 0, callback_cells->len);

  return suite;
}

GST_CHECK_MAIN (matrix);
