/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

/* A peersink that is pushed messages into, and a peersrc whose messages are
 * kept, in one process. */

#define WATCHDOG (20 * G_TIME_SPAN_SECOND)

#define TEXT "text/x-raw,format=utf8"
#define BINARY "application/octet-stream"

typedef struct _Receiver Receiver;

/* What has come at one pad. Guarded by the receiver's lock. */
typedef struct {
  Receiver *receiver;
  GstPad *outlet; /* of the peersrc */
  GstPad *pad;    /* linked to it */
  char *name;
  GPtrArray *messages; /* element-type GBytes */
  GArray *kinds;       /* element-type gboolean: it is text */
  GstClockTime last;   /* timestamp */
  gboolean eos;
  gboolean held; /* nothing more is taken */
} Inlet;

struct _Receiver {
  GstElement *pipeline;
  GstElement *src;

  GMutex lock;
  GCond cond;
  GPtrArray *inlets; /* element-type Inlet; those that ended, too */
};

char *make_location (const char *scheme, const char *path);

void receiver_free (Receiver *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Receiver, receiver_free)

/* Of a server. */
Receiver *play_from (const char *location);

/* The one whose channel has this label, when it is there. */
Inlet *receiver_await_inlet (Receiver *self, const char *label);
void inlet_await_messages (Inlet *self, guint n);
void inlet_await_eos (Inlet *self);
void inlet_hold (Inlet *self, gboolean held);
void inlet_check (Inlet *self, guint i, const char *text);

typedef struct {
  GstElement *pipeline;
  GstElement *sink;

  GMutex lock;
  GCond cond;
  guint n_open;         /* channels that have opened */
  guint64 max_buffered; /* bytes, of all channels */
} Sender;

/* A server, or to one; a peersink. */
Sender *sender_new (const char *location);
void sender_free (Sender *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sender, sender_free)

/* What is pushed before that is lost. */
void sender_await_open (Sender *self, guint n);

/* A pad to push from, linked to a data pad of the sink. */
GstPad *sender_add_pad (Sender *self, const char *name, const char *caps);
GstFlowReturn push_text (GstPad *pad, const char *text);
GstFlowReturn push_zeros (GstPad *pad, gsize size);

void sender_play (Sender *self);
/* Until what is pushed is sent. */
void sender_play_open (Sender *self, guint n_channels);
guint64 sender_get_max_buffered (Sender *self);
/* So much has waited for a peer. */
void sender_await_buffered (Sender *self, guint64 bytes);

/* A peersink that publishes to a peersrc. The sender does not play yet. */
typedef struct {
  Receiver *receiver;
  Sender *sender;
} Pair;

void pair_init (Pair *self);
void pair_clear (Pair *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

GstMessage *await_bus (GstElement *pipeline, GstMessageType type);
