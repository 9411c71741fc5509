/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "matrix.h"
#include "mute.h"

#define FLOOD_OF_MESSAGES                                                      \
  "fakesrc sizetype=fixed sizemax=8192 filltype=zero ! "                       \
  "application/octet-stream"
#define FULL (512 * 1024) /* bytes that wait for the peer to take them */

static void
play (Side *side)
{
  ck_assert_int_ne (gst_element_set_state (side->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
}

void
play_both (Cell *cell)
{
  play (is_server (cell->subject) ? cell->side : cell->other);
  play (is_server (cell->subject) ? cell->other : cell->side);
}

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

void
other_closes (Cell *cell)
{
  flowing (cell);
  cell->may_fail = TRUE;
  g_signal_emit_by_name (cell->other->element, "close", NULL);
}

/* === moments that hold up a close === */

static void
on_buffered_amount (
    GstWebRTCDataChannel *channel, GParamSpec *pspec, Side *side)
{
  guint64 amount;

  g_object_get (channel, "buffered-amount", &amount, NULL);
  if (amount < FULL)
    return;
  side_log (side, "full");
  g_signal_handlers_disconnect_by_func (channel, on_buffered_amount, side);
}

static void
on_open (GstWebRTCDataChannel *channel, Side *side)
{
  side_log (side, "open");
}

static void
on_channel (GstElement *connection, GstWebRTCDataChannel *channel,
    gboolean is_local, Side *side)
{
  side_connect (side, channel, "on-open", G_CALLBACK (on_open));
  side_connect (side, channel, "notify::buffered-amount",
      G_CALLBACK (on_buffered_amount));
}

static void
on_session (
    GstElement *element, const char *id, GstElement *connection, Side *side)
{
  side_connect (
      side, connection, "prepare-data-channel", G_CALLBACK (on_channel));
}

/* What is sent piles up. Of a peer that takes nothing for two seconds there is a
 * warning: so nothing is sent before all the rest is there. */
static void
full_channel (Cell *cell)
{
  GstElement *flood =
      gst_parse_bin_from_description (FLOOD_OF_MESSAGES, TRUE, NULL);
  GstElement *bin = GST_ELEMENT (GST_OBJECT_PARENT (cell->sink->element));

  g_object_set (cell->src->element, "data-channels", TRUE, NULL);
  gst_element_set_locked_state (flood, TRUE);
  gst_bin_add (GST_BIN (bin), flood);
  ck_assert (
      gst_element_link_pads (flood, "src", cell->sink->element, "data_%u"));
  side_connect (cell->sink, cell->sink->element, "session-added",
      G_CALLBACK (on_session));
  flowing (cell);
  side_await (cell->sink, "open", 1);
  mute_network (cell->src->pipeline);
  cell->connected = FALSE;
  gst_element_set_locked_state (flood, FALSE);
  gst_element_sync_state_with_parent (flood);
  side_await (cell->sink, "full", 1);
}

/* Nothing comes of the peer, and to it; the signalling goes another way. */
static void
network_gone (Cell *cell)
{
  flowing (cell);
  cell->connected = FALSE;
  mute_network (cell->sink->pipeline);
  mute_network (cell->src->pipeline);
}

/* Where the server is. */
static void
use_loopback (
    GstElement *element, const char *id, GstElement *connection, Side *side)
{
  g_autoptr (GObject) agent = NULL;
  gboolean added;

  g_object_get (connection, "ice-agent", &agent, NULL);
  g_signal_emit_by_name (agent, "add-local-ip-address", "127.0.0.1", &added);
  ck_assert (added);
}

static void
turn_server_frozen (Cell *cell)
{
  g_auto (GValue) uris = G_VALUE_INIT;
  GValue uri = G_VALUE_INIT;

  cell->server = turn_server_new ();
  g_value_init (&uri, G_TYPE_STRING);
  g_value_take_string (&uri, turn_server_get_uri (cell->server, "udp"));
  g_value_init (&uris, GST_TYPE_ARRAY);
  gst_value_array_append_and_take_value (&uris, &uri);
  g_object_set_property (G_OBJECT (cell->side->element), "turn-servers", &uris);
  side_connect (cell->side, cell->side->element, "session-added",
      G_CALLBACK (use_loopback));
  side_connect (cell->other, cell->other->element, "session-added",
      G_CALLBACK (use_loopback));
  flowing (cell);
  turn_server_await (cell->server, TURN_NEW, 1, NULL);
  turn_server_freeze (cell->server);
}

/* === and others === */

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

/* By their place in callers[]. */
#define ALL 0xff
#define STOPPED 0x0b /* before it has started: only by those */
#define NOT_EOS 0xbf /* which waits for what is held up */
#define FEW 0xd1     /* as each takes seconds */
/* Who pauses would start it again; and a source whose thread is paused takes no
 * EOS. */
#define NOT_STOPPED 0x0f

const Moment moments[] = {
  { "before READY", before_ready, STOPPED },
  { "started", started, ALL },
  { "session-added", added, ALL },
  { "connecting", connecting, ALL },
  { "flowing", flowing, ALL },
  { "another joins", another_joins, ALL },
  { "the other closes", other_closes, ALL },
  { "full channel", full_channel, NOT_EOS },
  { "network gone", network_gone, ALL },
  { "TURN server frozen", turn_server_frozen, FEW },
  { "pausing", pausing, NOT_STOPPED },
  { "ended", ended, ALL },
};
const guint n_moments = G_N_ELEMENTS (moments);

/* Only a WHEP server has room for another one. */
gboolean
is_possible (const Moment *moment, const Subject *subject)
{
  return moment->reach != another_joins ||
         (is_server (subject) && !subject->whip);
}
