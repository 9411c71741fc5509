/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peersrc that others publish to, and what has come out of it. The tests'
 * own threads and streaming threads count; a counter is read with
 * studio_get(). */

#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

#define STUDIO_SOURCE                                                          \
  "videotestsrc is-live=true name=source ! video/x-raw,width=160,height=120"

/* What has come out of the pads of each name. */
typedef struct {
  GstElement *pipeline;
  GstElement *src;
  char *url;
  gboolean full; /* the disk for what comes from the first */

  GMutex lock;
  GCond cond;
  guint n_buffers[3];
  guint n_eos[3];
  guint n_removed[3];
  guint n_blocked;
  guint n_stopping;
  gboolean stopped;
} Studio;

Studio *studio_new (guint max_sessions);
void studio_free (Studio *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Studio, studio_free)

void studio_count (Studio *self, guint *counter);
guint studio_get (Studio *self, guint *counter);
void studio_await (Studio *self, guint *counter, guint value);
void studio_await_more (Studio *self, guint *counter, guint more);

/* A pipeline that publishes to it; @timeout in ms. */
GstElement *studio_publish (Studio *self, guint timeout);
/* That one, or another. */
void studio_stop (GstElement *pipeline);

G_END_DECLS
