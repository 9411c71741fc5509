/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A peerconnection whose webrtcbin is played by the test.
 *
 * script_new() registers elements of its own as webrtcbin, dtlssrtpenc,
 * dtlssrtpdec, dtlsdec, nicesink, rtpbin, sctpenc and sctpdec, with just the
 * pads, properties and signals that the close needs, and makes a peerconnection
 * around them. They do nothing but what a close asks of them, in the clear, and
 * write it down:
 *
 *   g_autoptr (Script) script = script_new ();
 *
 *   script_add_transport (script, "connected");
 *   script_add_stream (script, 0, 0xaa, 100, TRUE);
 *   script_play (script);
 *   report = script_close (script);
 *   script_assert_log (script, "closed, bye 0 000000aa, alert 0, report");
 *
 * Entries of the log; a number is that of a transport:
 *
 *   closed           connection-state has become closed
 *   report           close-report was set, the end of the close
 *   drain            a channel was asked to end in order
 *   channel-closed   its ready-state has become closed
 *   stopped          a transceiver was set to inactive
 *   rtp 0            these have reached the network: RTP,
 *   report 0         RTCP without a BYE,
 *   bye 0 SSRC       RTCP with one,
 *   abort 0 12:TEXT  a User-Initiated Abort,
 *   data 0           other SCTP,
 *   alert 0          a DTLS alert
 *   ice              the ICE agent was asked to close
 *   play             the child was asked to go from PAUSED to PLAYING
 *
 * In parentheses, "(bye 0 SSRC)", is what was asked for but withheld.
 */

#pragma once

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* What a child may fail to do. */
typedef enum {
  SCRIPT_RTCP = 1 << 0,  /* RTCP gets no further than the encoder */
  SCRIPT_ABORT = 1 << 1, /* usrsctp makes no packet */
  SCRIPT_DATA = 1 << 2,  /* SCTP gets no further than the encoder */
  SCRIPT_ALERT = 1 << 3, /* the encoder makes no alert */
  SCRIPT_ICE = 1 << 4,   /* the agent does not answer */
  SCRIPT_DRAIN = 1 << 5, /* the channel stays open */
  SCRIPT_PLAY = 1 << 6,  /* the change to PLAYING does not return */
} ScriptWithheld;

/* What a child of another shape may not have. */
typedef enum {
  SCRIPT_NO_DATA_SINK = 1 << 0,   /* dtlssrtpenc's pad */
  SCRIPT_NO_RTCP_SINK = 1 << 1,   /* dtlssrtpenc's pad */
  SCRIPT_NO_NICESINK = 1 << 2,    /* another element sends */
  SCRIPT_NO_RTP_SESSION = 1 << 3, /* rtpbin has no such session */
  SCRIPT_NO_SCTP_SRC = 1 << 4,    /* sctpenc's pad */
  SCRIPT_NO_SCTPDEC = 1 << 5,
} ScriptLacking;

#define SCRIPT_MAX_TRANSPORTS 4

/* In microseconds; only a test that fails ever waits this long. */
#define SCRIPT_WATCHDOG (10 * G_USEC_PER_SEC)

/* close-timeout as the script sets it, in ms. What a step may take is a share
 * of it, and to be enough for a busy machine. */
#define SCRIPT_TIMEOUT 10000

typedef struct _Script Script;

struct _Script {
  GstElement *pipeline;
  GstElement *element; /* the peerconnection */
  GstElement *child;   /* its webrtcbin */
  GstWebRTCDataChannel *channel;

  /* Set before the close. */
  ScriptWithheld withheld;
  ScriptLacking lacking;
  guint n_unheard;  /* alerts that the peer does not answer */
  const char *lost; /* an entry that gets no further than the encoder */
  /* Called between two BYEs, and between the BYEs and the ABORT, on the thread
   * that closes. No lock or stream lock towards the network is held. */
  void (*meanwhile) (Script *script);

  /*< private >*/
  GMutex lock;
  GCond cond;
  GPtrArray *log;
  GstElement *rtpbin;
  GstElement *sctpenc;
  GstElement *encoders[SCRIPT_MAX_TRANSPORTS];
  GstElement *decoders[SCRIPT_MAX_TRANSPORTS];
  GObject *sessions[SCRIPT_MAX_TRANSPORTS];
  GPtrArray *transceivers;
  guint n_transports;
  GSource *held_answer;
  GMainContext *answer_context;
};

/* One at a time. */
Script *script_new (void);
/* Stops withholding, then stops the pipeline. Fails the test when something
 * keeps the child after that. */
void script_free (Script *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, script_free)

/* @state: the nick of dtlssrtpenc's connection-state. */
void script_add_transport (Script *self, const char *state);
void script_set_transport_state (
    Script *self, guint transport, const char *state);
/* A source of the transport's RTP session, as in its stats. */
void script_add_stream (Script *self, guint transport, guint32 ssrc,
    guint64 packets_sent, gboolean internal);
/* An established association over the first transport. */
void script_add_association (Script *self);
/* An open channel, which takes an association. */
void script_add_channel (Script *self);
void script_add_transceiver (Script *self);
void script_play (Script *self);

/* Sends a packet of RTP and one of RTCP, each as rtpbin would, and waits until
 * it is sent or dropped. From a thread of its own. */
void script_push_rtp (Script *self, guint transport);
void script_push_rtcp (Script *self, guint transport);
/* The same for SCTP, as the encoder would. */
void script_push_data (Script *self, guint transport);

/* Withholds this no more. */
void script_release (Script *self, ScriptWithheld what);
/* Runs the action signal "close" and awaits its report. */
GstStructure *script_close (Script *self);

void script_write (Script *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void script_await (Script *self, const char *entry);
gboolean script_has (Script *self, const char *entry);
/* Compares all entries since the last call, joined with ", ". */
#define script_assert_log(self, expected)                                      \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *_log = script_take_log (self);                            \
    ck_assert_str_eq (_log, expected);                                         \
  }                                                                            \
  G_STMT_END
char *script_take_log (Script *self);

G_END_DECLS
