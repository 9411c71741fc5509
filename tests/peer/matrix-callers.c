/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "matrix.h"

static void
begin (Cell *cell)
{
  cell->watchdog = cell_watch (cell);
}

/* On whichever thread. */
static void
call_close (Cell *cell)
{
  g_autoptr (GstPromise) promise = peer_promise (cell->peer, "cell");

  begin (cell);
  g_signal_emit_by_name (cell->peer->element, "close", promise);
  peer_log (cell->peer, "called");
}

static void
on_stats (GstPromise *promise, gpointer cell)
{
  call_close (cell);
}

static void
from_pc (Cell *cell)
{
  g_autoptr (GstPromise) promise =
      gst_promise_new_with_change_func (on_stats, cell, NULL);

  g_signal_emit_by_name (cell->peer->element, "get-stats", NULL, promise);
  peer_await (cell->peer, "called");
}

/* What the first close brings about is no reason for another one. */
static void
on_state (GstElement *element, GParamSpec *pspec, Cell *cell)
{
  g_signal_emit_by_name (element, "close", NULL);
  peer_log (cell->peer, "called-again");
}

static void
from_notify (Cell *cell)
{
  gulong handler = g_signal_connect (cell->peer->element,
      "notify::signaling-state", G_CALLBACK (on_state), cell);

  call_close (cell);
  peer_await (cell->peer, "called-again");
  g_signal_handler_disconnect (cell->peer->element, handler);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer cell)
{
  call_close (cell);
  return GST_PAD_PROBE_REMOVE;
}

static void
from_pad (Cell *cell, GstElement *element, const char *name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  ck_assert (pad != NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, cell, NULL);
  peer_await (cell->peer, "called");
}

/* One of the pipeline that does not pass the element: before there is a
 * connection, nothing does. */
static void
from_stream (Cell *cell)
{
  g_autoptr (GstElement) ticker =
      gst_bin_get_by_name (GST_BIN (cell->peer->pipeline), "ticker");

  from_pad (cell, ticker, "src");
}

static void
from_sink_pad (Cell *cell)
{
  from_pad (cell, cell->peer->element, "sink_0");
}

static void
from_src_pad (Cell *cell)
{
  from_pad (cell, cell->peer->element, "src_0");
}

static gpointer
close_thread (gpointer data)
{
  Cell *cell = data;
  g_autoptr (GstPromise) promise = peer_promise (cell->peer, "other");

  g_signal_emit_by_name (cell->peer->element, "close", promise);

  return NULL;
}

static void
from_two (Cell *cell)
{
  GThread *thread = g_thread_new ("other", close_thread, cell);

  call_close (cell);
  g_thread_join (thread);
  peer_await (cell->peer, "promise:other=replied");
}

static void
by_null (Cell *cell)
{
  begin (cell);
  gst_element_set_state (cell->peer->pipeline, GST_STATE_NULL);
}

static void
by_close_and_null (Cell *cell)
{
  GThread *thread;

  begin (cell);
  thread = g_thread_new ("other", close_thread, cell);
  gst_element_set_state (cell->peer->pipeline, GST_STATE_NULL);
  g_thread_join (thread);
  peer_await (cell->peer, "promise:other=replied");
}

static void
by_eos (Cell *cell)
{
  begin (cell);
  gst_element_send_event (cell->peer->element, gst_event_new_eos ());
}

/* To its sources: before there is a connection, webrtcbin keeps their threads,
 * which a source may wait for. */
static void
by_pipeline_eos (Cell *cell)
{
  begin (cell);
  peer_send_eos (cell->peer);
}

/* A weak reference would say so before: when it is disposed of. */
static void
on_finalized (gpointer peer)
{
  peer_log (peer, "finalized");
}

/* Its pipeline goes on with another one. */
static void
by_last_ref (Cell *cell)
{
  GstElement *element = cell->peer->element;

  begin (cell);
  g_object_set_data_full (G_OBJECT (element), "peer", cell->peer, on_finalized);
  gst_bin_remove (GST_BIN (cell->peer->pipeline), element);
  cell->peer->element =
      gst_object_ref_sink (gst_element_factory_make ("peerconnection", NULL));
  gst_object_unref (element);
}

static void
on_message (GstWebRTCDataChannel *channel, const char *text, Cell *cell)
{
  call_close (cell);
}

static void
from_on_message (Cell *cell)
{
  g_signal_connect (
      cell->peer->channel, "on-message-string", G_CALLBACK (on_message), cell);
  gst_webrtc_data_channel_send_string (
      peer_other (cell->peer)->channel, "close");
  peer_await (cell->peer, "called");
}

const Caller callers[] = {
  { CALLER_MAIN, "main thread", TRUE, FALSE, call_close },
  { CALLER_PC, "a reply on webrtcbin's thread", TRUE, FALSE, from_pc },
  { CALLER_NOTIFY, "notify::signaling-state", TRUE, FALSE, from_notify },
  { CALLER_STREAM, "a streaming thread", TRUE, FALSE, from_stream },
  { CALLER_SINK_PAD, "a probe on a sink pad", TRUE, FALSE, from_sink_pad },
  { CALLER_SRC_PAD, "a probe on a source pad", TRUE, FALSE, from_src_pad },
  { CALLER_TWO, "two threads", TRUE, FALSE, from_two },
  { CALLER_NULL, "NULL", FALSE, FALSE, by_null },
  { CALLER_EOS, "EOS", FALSE, TRUE, by_eos },
  { CALLER_PIPELINE_EOS, "EOS of the pipeline", FALSE, TRUE, by_pipeline_eos },
  { CALLER_CLOSE_AND_NULL, "close and NULL", FALSE, FALSE, by_close_and_null },
  { CALLER_LAST_REF, "the last reference", FALSE, FALSE, by_last_ref },
  { CALLER_ON_MESSAGE, "on-message-string", TRUE, FALSE, from_on_message },
};
const guint n_callers = G_N_ELEMENTS (callers);
