/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every moment times every caller. Each cell ends in time, under a watchdog that
 * prints all stacks, with the states closed and a complete report, and without a
 * warning (GstCheck fails on those).
 *
 *   CELL='idle, by *' peer-matrix     only these
 */

#include "matrix.h"
#include "mute.h"

static const char *const steps[] = { "resume", "drain", "closed", "rtp-bye",
  "receivers", "input", "data-channels", "sctp-abort", "dtls-close-notify",
  "ice" };

static void
freeze (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer name)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && g_str_equal (GST_OBJECT_NAME (factory), name))
    mute_pad (element, "sink");
}

/* Something that always flows. */
static void
add_ticker (Peer *peer)
{
  GstElement *ticker = gst_parse_bin_from_description (
      "audiotestsrc is-live=true name=ticker ! fakesink async=false", FALSE,
      NULL);

  gst_bin_add (GST_BIN (peer->pipeline), ticker);
}

static char *
name_cell (const Moment *moment, const Caller *caller)
{
  return g_strdup_printf ("%s, by %s", moment->name, caller->name);
}

static Cell *
cell_new (const Moment *moment, const Caller *caller)
{
  Cell *self = g_new0 (Cell, 1);

  self->moment = moment;
  self->caller = caller;
  self->name = name_cell (moment, caller);
  self->peers = peers_new ("peerconnection", "peerconnection");
  self->peer = self->peers->offerer;
  bundle (self->peers);
  if (moment->frozen != NULL)
    g_signal_connect (self->peers->answerer->pipeline, "deep-element-added",
        G_CALLBACK (freeze), (gpointer)moment->frozen);
  add_ticker (self->peers->offerer);
  add_ticker (self->peers->answerer);
  /* A thread that webrtcbin keeps in a pad until there is a connection has a
   * reference, too. */
  peers_add (self->peers, caller->id == CALLER_LAST_REF && !moment->remote
                              ? moment->features & PEER_CHANNEL
                              : moment->features);

  return self;
}

static void
cell_free (Cell *self)
{
  peers_free (self->peers);
  g_clear_pointer (&self->server, turn_server_free);
  g_free (self->name);
  g_free (self);
}

Watchdog *
cell_watch (Cell *self)
{
  guint timeout;

  g_object_get (self->peer->element, "close-timeout", &timeout, NULL);
  return watchdog_new (self->name, timeout + 500);
}

/* Nothing but the drain, and the end of a handshake, depends on the other side. */
static void
assert_report (Cell *cell)
{
  g_autoptr (GstStructure) report = get_report (cell->peer);

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    const GstStructure *step = peer_report_step (report, steps[i]);
    const char *result = gst_structure_get_string (step, "result");

    ck_assert_msg (
        g_str_equal (result, "done") || g_str_equal (result, "skipped") ||
            (g_str_equal (steps[i], "drain") && cell->caller->drains) ||
            g_strcmp0 (steps[i], cell->moment->overdue) == 0,
        "%s: step %s is %s", cell->name, steps[i], result);
  }
}

static void
await_end (Cell *cell)
{
  if (cell->caller->id == CALLER_LAST_REF) {
    peer_await (cell->peer, "finalized");
    return;
  }
  if (cell->caller->promise)
    peer_await (cell->peer, "promise:cell=replied");
  else
    peer_await (cell->peer, "bus:element=peerconnection-closed");
}

static void
run_cell (const Moment *moment, const Caller *caller)
{
  Cell *cell = cell_new (moment, caller);

  GST_INFO ("%s", cell->name);
  moment->reach (cell);
  caller->call (cell);
  g_atomic_int_set (&cell->over, TRUE);
  peer_log (cell->peer, "over");
  await_end (cell);
  g_clear_pointer (&cell->watchdog, watchdog_free);
  g_clear_pointer (&cell->thread, g_thread_join);

  if (caller->id != CALLER_LAST_REF) {
    peer_assert_closed (cell->peer);
    assert_report (cell);
    ck_assert_uint_eq (peer_count (cell->peer, "bus:error=*"), 0);
    ck_assert_uint_eq (peer_count (cell->peer, "bus:warning=*"), 0);
  }
  if (moment->remote)
    peer_await (peer_other (cell->peer), "channel:on-close");
  cell_free (cell);
}

/* A moment and a caller each, as one number. */
static GArray *cells;

static void
list_cells (void)
{
  const char *only = g_getenv ("CELL");

  cells = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < n_moments * n_callers; i++) {
    const Moment *moment = &moments[i / n_callers];
    const Caller *caller = &callers[i % n_callers];
    g_autofree char *name = name_cell (moment, caller);

    if (moment->callers & caller->id &&
        (only == NULL || g_pattern_match_simple (only, name)))
      g_array_append_val (cells, i);
  }
}

GST_START_TEST (test_cells)
{
  guint i = g_array_index (cells, guint, __i__);

  run_cell (&moments[i / n_callers], &callers[i % n_callers]);
}
GST_END_TEST

static Suite *
matrix_suite (void)
{
  Suite *suite = suite_create ("matrix");
  TCase *tcase = tcase_create ("cells");

  list_cells ();
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_cells, 0, cells->len);

  return suite;
}

GST_CHECK_MAIN (matrix);
