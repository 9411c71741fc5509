/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "matrix.h"
#include "mute.h"

#define SIGNALS (CALLER_MAIN | CALLER_PC | CALLER_NOTIFY | CALLER_TWO)
#define ENDS                                                                   \
  (CALLER_NULL | CALLER_EOS | CALLER_CLOSE_AND_NULL | CALLER_LAST_REF)
#define UNCONNECTED (SIGNALS | ENDS | CALLER_STREAM)
#define CONNECTED (UNCONNECTED | CALLER_PIPELINE_EOS)
#define MEDIA (CALLER_SINK_PAD | CALLER_SRC_PAD)

static void
before_ready (Cell *cell)
{
}

static void
fresh (Cell *cell)
{
  peers_play (cell->peers);
}

static void
offer_pending (Cell *cell)
{
  g_autoptr (GstPromise) promise = peer_promise (cell->peer, "offer");

  peers_play (cell->peers);
  g_signal_emit_by_name (cell->peer->element, "create-offer", NULL, promise);
}

static void
gathering (Cell *cell)
{
  cell->peer->withhold_candidates = TRUE;
  peers_play (cell->peers);
  peers_offer (cell->peers, cell->peer);
  peer_await (cell->peer, "ice-gathering-state=gathering");
}

static void
answer_pending (Cell *cell)
{
  g_autoptr (GstPromise) promise = NULL;

  peers_play (cell->peers);
  cell->peer = cell->peers->answerer;
  promise = peer_promise (cell->peer, "answer");
  peers_offer (cell->peers, cell->peers->offerer);
  g_signal_emit_by_name (cell->peer->element, "create-answer", NULL, promise);
}

/* Without media, webrtcbin 1.22 has no ice-connection-state. */
static void
await_ice (Cell *cell, const char *entry)
{
  peer_await (cell->peer,
      cell->peer->n_senders > 0 ? entry : "connection-state=connecting");
}

static void
checking (Cell *cell)
{
  cell->peer->withhold_candidates = TRUE;
  peers_play (cell->peers);
  peers_negotiate (cell->peers, cell->peer);
  await_ice (cell, "ice-connection-state=checking");
}

static void
handshaking (Cell *cell)
{
  peers_play (cell->peers);
  peers_negotiate (cell->peers, cell->peer);
  await_ice (cell, "ice-connection-state=co*");
}

static void
opening (Cell *cell)
{
  peers_play (cell->peers);
  peers_negotiate (cell->peers, cell->peer);
  peer_await (cell->peer, "connection-state=connected");
}

static void
connected (Cell *cell)
{
  peers_connect (cell->peers);
}

static void
full_channel (Cell *cell)
{
  g_autofree guint8 *data = g_malloc0 (65536);
  g_autoptr (GBytes) bytes = g_bytes_new (data, 65536);

  peers_connect (cell->peers);
  for (guint i = 0; i < 400; i++)
    gst_webrtc_data_channel_send_data (cell->peer->channel, bytes);
}

static void
renegotiating (Cell *cell)
{
  peers_connect (cell->peers);
  /* A new sender would keep a reference. */
  if (cell->caller->id != CALLER_LAST_REF)
    peer_add (cell->peer, PEER_AUDIO);
  peers_offer (cell->peers, cell->peer);
}

static void
remote_closes (Cell *cell)
{
  peers_connect (cell->peers);
  g_signal_emit_by_name (peer_other (cell->peer)->element, "close", NULL);
}

static void
network_gone (Cell *cell)
{
  peers_connect (cell->peers);
  mute_network (cell->peers->offerer->pipeline);
  mute_network (cell->peers->answerer->pipeline);
}

/* A source whose thread is paused in a sink takes no EOS. */
static gpointer
pause_and_play (gpointer data)
{
  Cell *cell = data;

  while (!g_atomic_int_get (&cell->over)) {
    gst_element_set_state (cell->peer->pipeline, GST_STATE_PAUSED);
    peer_log (cell->peer, "paused");
    gst_element_set_state (cell->peer->pipeline, GST_STATE_PLAYING);
  }

  return NULL;
}

static void
pausing (Cell *cell)
{
  peers_connect (cell->peers);
  cell->thread = g_thread_new ("pausing", pause_and_play, cell);
  peer_await (cell->peer, "paused");
}

/* Its thread is webrtcbin's. */
static void
stay_until_called (GstWebRTCDataChannel *channel, const char *text, Cell *cell)
{
  peer_log (cell->peer, "in-handler");
  peer_await (cell->peer, "over");
}

static void
in_on_message (Cell *cell)
{
  peers_connect (cell->peers);
  g_signal_connect (cell->peer->channel, "on-message-string",
      G_CALLBACK (stay_until_called), cell);
  gst_webrtc_data_channel_send_string (
      peer_other (cell->peer)->channel, "hello");
  peer_await (cell->peer, "in-handler");
}

static void
turn_server_frozen (Cell *cell)
{
  g_autofree char *uri = NULL;

  cell->server = turn_server_new ();
  uri = turn_server_get_uri (cell->server, "udp");
  g_object_set (cell->peer->element, "turn-server", uri, NULL);
  peers_use_loopback (cell->peers);
  peers_connect (cell->peers);
  peer_await (cell->peer, "ice-gathering-state=complete");
  turn_server_freeze (cell->server);
}

#define ALL (PEER_AUDIO | PEER_VIDEO | PEER_CHANNEL)
#define SOME (PEER_AUDIO | PEER_CHANNEL)

const Moment moments[] = {
  { "before READY", 0, CALLER_MAIN | CALLER_NOTIFY | CALLER_TWO, FALSE, NULL,
      before_ready },
  { "fresh", SOME, UNCONNECTED, FALSE, NULL, fresh },
  { "create-offer pending", SOME, UNCONNECTED, FALSE, NULL, offer_pending },
  { "gathering", SOME, UNCONNECTED, FALSE, NULL, gathering },
  { "create-answer pending", SOME, UNCONNECTED, FALSE, NULL, answer_pending },
  { "ICE checking", SOME, UNCONNECTED, FALSE, NULL, checking },
  { "DTLS handshaking", SOME, UNCONNECTED, FALSE, "dtlsdec", handshaking,
      "resume" },
  { "channel opening", SOME, UNCONNECTED, FALSE, "sctpdec", opening },
  { "idle", PEER_CHANNEL, CONNECTED | CALLER_ON_MESSAGE, TRUE, NULL,
      connected },
  { "media flowing", ALL, CONNECTED | MEDIA | CALLER_ON_MESSAGE, TRUE, NULL,
      connected },
  { "full channel", PEER_CHANNEL, CONNECTED, TRUE, NULL, full_channel },
  { "renegotiating", SOME, CONNECTED | MEDIA | CALLER_ON_MESSAGE, TRUE, NULL,
      renegotiating },
  { "remote closes", SOME, CONNECTED, FALSE, NULL, remote_closes },
  { "network gone", SOME, CONNECTED, FALSE, NULL, network_gone },
  { "TURN server frozen", SOME, CONNECTED, TRUE, NULL, turn_server_frozen,
      "ice" },
  { "pausing", SOME, SIGNALS | CALLER_STREAM | CALLER_SINK_PAD | CALLER_EOS,
      TRUE, NULL, pausing },
  { "in on-message", SOME,
      CALLER_MAIN | CALLER_NOTIFY | CALLER_TWO | CALLER_STREAM | MEDIA |
          CALLER_EOS | CALLER_PIPELINE_EOS,
      TRUE, NULL, in_on_message },
};
const guint n_moments = G_N_ELEMENTS (moments);
