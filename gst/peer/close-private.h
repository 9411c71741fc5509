/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "close.h"

#include "insides.h"
#include "sequence.h"

G_BEGIN_DECLS

struct _GstPeerClose {
  gint ref_count;
  GstPeerConnection *element; /* a reference only while it runs */

  GMutex lock; /* guards down to sequence */
  gboolean begun;
  gboolean pausing; /* the element is */
  gboolean put_off; /* until that is over */
  gboolean finished;
  gboolean told; /* everybody has been */
  GstPeerCloseReason reason;
  GPtrArray *promises;
  GstStructure *report;
  GstPeerSequence *sequence;

  /* Set on the loop before the steps start, and not changed any more, but for
   * the lines that are added while a DTLS handshake is waited for. */
  GstElement *child;
  GPtrArray *transports; /* element-type GstPeerTransport */
  GPtrArray *lines;      /* element-type GstPeerLine */
  GPtrArray *inputs;     /* element-type GstPeerInput, if there are lines */
  gboolean answers_only; /* the peer has closed every line */
  gboolean awaits_dtls;  /* used on the loop */
  gint awaits_pads;      /* their EOS, in the drain */
  gint shut;             /* nothing leaves any more */
  gint n_busy_inputs; /* which still look at what came before they were cut */

  GstPad *abort_pad; /* used on the loop */
  gulong abort_probe;

  GSource *repeat; /* used on the loop */
  guint n_repeats;
};

/* A connected transport and what has left through it since the close began.
 * Written by the threads that push and the one that closes, hence atomic. */
typedef struct {
  GstPeerClose *close;
  GstPeerTransport *transport;
  gulong probe;
  gint media_gate; /* only packets of this line's bye_thread pass */
  GThread *bye_thread;
  gint byes_seen;
  gint abort_seen; /* the ABORT is on its way to the DTLS encoder */
  gint alert_seen;
  GstBuffer *alert; /* it, from then on */
} GstPeerLine;

/* Where the network comes in, and what has come. */
typedef struct {
  GstPeerClose *close;
  GstPad *pad;
  gulong probe;
  gint alert_seen; /* atomic: the peer's close_notify */
} GstPeerInput;

GstPeerClose *gst_peer_close_ref (GstPeerClose *self);
void gst_peer_close_step_done (GstPeerClose *self, const char *step);
void gst_peer_close_mark (GstPeerClose *self);

/* close-lines.c */
void gst_peer_close_open_lines (GstPeerClose *self);
void gst_peer_close_add_lines (GstPeerClose *self);
gboolean gst_peer_close_may_connect (GstPeerClose *self);
void gst_peer_close_alert_sent (GstPeerLine *line);
void gst_peer_close_shut_lines (GstPeerClose *self);
void gst_peer_close_remove_lines (GstPeerClose *self);

/* close-repeat.c */
void gst_peer_close_repeat (GstPeerClose *self);
void gst_peer_close_on_answer (GstPeerClose *self);
void gst_peer_close_stop_repeating (GstPeerClose *self);

/* close-steps.c */
GstPeerStepResult gst_peer_close_run_aside (
    GstPeerClose *self, GstElementCallAsyncFunc func);
void gst_peer_close_on_handshake_over (GstPeerClose *self);
void gst_peer_close_on_pads_drained (GstPeerClose *self);

void gst_peer_close_on_ice_closed (GstPeerConnection *element);
void gst_peer_close_end_sender (GstPeerConnection *element, GstPad *pad);

GstPeerStepResult gst_peer_close_step_resume (gpointer close);
GstPeerStepResult gst_peer_close_step_drain (gpointer close);
GstPeerStepResult gst_peer_close_step_closed (gpointer close);
GstPeerStepResult gst_peer_close_step_bye (gpointer close);
GstPeerStepResult gst_peer_close_step_receivers (gpointer close);
GstPeerStepResult gst_peer_close_step_input (gpointer close);
GstPeerStepResult gst_peer_close_step_channels (gpointer close);
GstPeerStepResult gst_peer_close_step_abort (gpointer close);
GstPeerStepResult gst_peer_close_step_close_notify (gpointer close);
GstPeerStepResult gst_peer_close_step_ice (gpointer close);

G_END_DECLS
