/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "matrix.h"

static void
begin (Cell *cell)
{
  cell->watchdog = watchdog_new (cell->name, CELL_LIMIT);
}

void
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

/* A weak reference would say so before: when it is disposed of. */
static void
on_finalized (gpointer side)
{
  side_log (side, "finalized");
}

static void
by_last_ref (Cell *cell)
{
  GstElement *element = g_steal_pointer (&cell->side->element);
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (element));

  begin (cell);
  g_object_set_data_full (G_OBJECT (element), "side", cell->side, on_finalized);
  gst_bin_remove (GST_BIN (bin), element);
  gst_object_unref (element);
}

const Caller callers[] = {
  { "main thread", ENDS_BY_PROMISE, call_close },
  { "two threads", ENDS_BY_PROMISE, from_two },
  { "a streaming thread", ENDS_BY_PROMISE, from_stream },
  { "close-session", ENDS_BY_PROMISE, after_sessions },
  { "NULL", ENDS_BY_MESSAGE, by_null },
  { "close and NULL", ENDS_BY_MESSAGE, by_close_and_null },
  { "EOS", ENDS_BY_MESSAGE, by_eos },
  { "the last reference", ENDS_BY_FINALIZE, by_last_ref },
};
const guint n_callers = G_N_ELEMENTS (callers);
