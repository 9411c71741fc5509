/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Two peer connections in one process, negotiated with each other.
 *
 * Each side is a pipeline holding one element of a given factory (webrtcbin,
 * or anything with its pads and signals). Candidates trickle through a
 * signalling thread of the fixture, as through an application's; offers and
 * answers are exchanged from the thread that calls peers_negotiate().
 *
 * Everything either side is seen to do is written, with its time, to a log
 * of that side, from whatever thread it happens on. Tests wait for entries
 * of that log and count them; nothing has to be polled:
 *
 *   g_autoptr (Peers) peers = peers_new ("peerconnection", "webrtcbin");
 *
 *   g_object_set (peers->offerer->element, "turn-server", uri, NULL);
 *   peers_add (peers, PEER_AUDIO | PEER_CHANNEL);
 *   peers_connect (peers);
 *   peer_mark (peers->answerer);
 *   report = peer_close (peers->offerer, NULL);
 *   peer_await (peers->answerer, "channel:on-close");
 *   peer_assert_state (peers->offerer, "connection-state", "closed");
 *
 * Entries, as glob patterns see them:
 *
 *   connection-state=connected      and the other three state properties, one
 *   ice-connection-state=...        entry for each notify, with the value the
 *   ice-gathering-state=...         property had inside the handler
 *   signaling-state=...
 *   on-negotiation-needed, on-ice-candidate, on-new-transceiver,
 *   on-data-channel                 signals of the element
 *   channel:on-open, channel:on-close, channel:on-error,
 *   channel:on-message-string=TEXT, channel:on-message-data=LENGTH,
 *   channel:ready-state=...         any data channel of that side
 *   caps=sink_0                     a sender's pad has got its caps
 *   pad-added=src_0, buffer=src_0   a receiver's pad, its first buffer,
 *   pad-eos=src_0, pad-removed=...  its EOS
 *   promise:NAME=replied            or interrupted, expired (peer_promise())
 *   bus:eos, bus:error=TEXT, bus:warning=TEXT, bus:element=STRUCTURE-NAME
 *                                   messages on the pipeline's bus
 *
 * Functions that wait do so for PEERS_WATCHDOG at most, and then fail the
 * test with both logs. All functions are for the test's own thread, but for
 * peer_log(), peer_count() and peer_promise(), which any thread may call.
 */

#pragma once

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* In microseconds; only a test that fails ever waits this long, and it says so
 * before CK_DEFAULT_TIMEOUT ends it. */
#ifdef SANITIZED
#define PEERS_WATCHDOG (50 * G_USEC_PER_SEC)
#else
#define PEERS_WATCHDOG (20 * G_USEC_PER_SEC)
#endif

typedef struct _Peers Peers;

typedef enum {
  /* Opus at payload type 97 and VP8 at 96, from live test sources. */
  PEER_AUDIO = 1 << 0,
  PEER_VIDEO = 1 << 1,
  PEER_CHANNEL = 1 << 2,
} PeerFeatures;

typedef struct {
  /* All of these are the fixture's own; "name" is the role. */
  const char *name;
  GstElement *pipeline;
  GstElement *element;
  /* The first channel this side made or was offered. An answerer has it once
   * "on-data-channel" is in the log. */
  GstWebRTCDataChannel *channel;
  /* Set it to keep this side's candidates from reaching the other side. */
  int withhold_candidates;

  /*< private >*/
  Peers *peers;
  GArray *log;
  GPtrArray *channels;
  guint mark;
  guint n_senders;
  guint n_made;
} Peer;

struct _Peers {
  Peer *offerer;
  Peer *answerer;

  /*< private >*/
  GMutex lock;
  GCond cond;
  gint64 epoch;
  GMainContext *signalling;
  GMainLoop *loop;
  GThread *thread;
  GstCheckLogFilter *forgiven;
};

/* As tcase_create(), for tests that are not about the making of an offer: the
 * DTLS certificate of the process is there before they are forked. Its RSA key
 * takes 0.3 s for each of them otherwise, under memcheck 10 to 20. */
TCase *peers_tcase_create (const char *name);

/* Two pipelines in state NULL. Each element may be configured through its
 * pointer before anything is added to it. */
Peers *peers_new (const char *offerer_factory, const char *answerer_factory);
/* Sets both pipelines to NULL and ends the signalling thread. */
void peers_free (Peers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peers, peers_free)

/* Both gather at 127.0.0.1 only, so that the host's interfaces do not matter.
 * A server on the loopback cannot be reached otherwise: libnice ties each
 * socket to the interface of its address (IP_UNICAST_IF). */
void peers_use_loopback (Peers *self);

/* That side has no candidates over UDP ("ice-udp") or over TCP ("ice-tcp"). */
void peer_end_transport (Peer *peer, const char *name);

/* The side that is not @peer. */
Peer *peer_other (Peer *peer);

/* peer_add() for audio and video on both sides, for the channel on the
 * offerer's. */
void peers_add (Peers *self, PeerFeatures features);
/* Adds a sender for each medium and a channel with the label "test", at any
 * time. A pipeline in state NULL goes to READY for a channel, since webrtcbin
 * makes none before. */
void peer_add (Peer *peer, PeerFeatures features);
GstWebRTCDataChannel *peer_add_channel (Peer *peer, const char *label);
/* The one opposite of @other, when all have been announced: channels that are
 * made at once are so in any order. */
GstWebRTCDataChannel *peer_find_channel (
    Peer *peer, GstWebRTCDataChannel *other);

/* Sets both to PLAYING and awaits that all senders know their caps. */
void peers_play (Peers *self);
/* Makes an offer at @from and has it answered; for the first negotiation as
 * for later ones. */
void peers_negotiate (Peers *self, Peer *from);
/* Half of that: @from has made an offer, and the other side has it. */
void peers_offer (Peers *self, Peer *from);
/* Awaits connection-state=connected on both sides, the channel open on both
 * sides if there is one, and a first buffer on both for each sender opposite. */
void peers_await_connected (Peers *self);
/* These three in one. */
void peers_connect (Peers *self);

/* Awaits an entry that matches the glob @pattern and is not older than the
 * mark. Returns its time on the monotonic clock, in microseconds. */
gint64 peer_await (Peer *peer, const char *pattern);
/* Same, for the @n-th one. */
gint64 peer_await_nth (Peer *peer, const char *pattern, guint n);
/* The number of entries since the mark that match. */
guint peer_count (Peer *peer, const char *pattern);
/* Moves the mark, which starts at the beginning, to the end of the log. */
void peer_mark (Peer *peer);
/* Adds an entry, for instance from a test's own handler. */
void peer_log (Peer *peer, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Writes both logs to stderr. */
void peers_dump (Peers *self);

/* A promise that is logged as "promise:@name=..." when it is settled. */
GstPromise *peer_promise (Peer *peer, const char *name);

/* Runs the action signal "close", awaits its promise, and returns the report.
 * @returned, if given, is when the signal itself returned, since a close must
 * not make its caller wait. */
GstStructure *peer_close (Peer *peer, gint64 *returned);
/* Sends EOS to the whole pipeline, as gst-launch-1.0 -e does. */
void peer_send_eos (Peer *peer);
/* The step @name of a close report; fails the test if there is none. */
const GstStructure *peer_report_step (
    const GstStructure *report, const char *name);

/* The nick of an enum property's value. */
char *peer_get_state (Peer *peer, const char *property);
#define peer_assert_state(peer, property, nick)                                \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *_state = peer_get_state (peer, property);                 \
    ck_assert_msg (g_str_equal (_state, nick), "%s: %s is %s, not %s",         \
        (peer)->name, property, _state, nick);                                 \
  }                                                                            \
  G_STMT_END
/* All three that a close turns to "closed". */
#define peer_assert_closed(peer)                                               \
  G_STMT_START                                                                 \
  {                                                                            \
    peer_assert_state (peer, "signaling-state", "closed");                     \
    peer_assert_state (peer, "ice-connection-state", "closed");                \
    peer_assert_state (peer, "connection-state", "closed");                    \
  }                                                                            \
  G_STMT_END

G_END_DECLS
