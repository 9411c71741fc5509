/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum {
  GST_PEER_STEP_DONE,    /* happened, and there is nothing to wait for */
  GST_PEER_STEP_SKIPPED, /* does not apply here */
  GST_PEER_STEP_PENDING, /* under way: wait for gst_peer_sequence_step_done() */
} GstPeerStepResult;

typedef GstPeerStepResult (*GstPeerStepFunc) (gpointer user_data);

/* One row of a sequence. */
typedef struct {
  const char *name;
  const char *spec;      /* the step's number in the specification */
  GstPeerStepFunc start; /* begins the step, never waits */
  guint share;           /* at most so many percent of the sequence's timeout */
} GstPeerStep;

typedef struct _GstPeerSequence GstPeerSequence;
typedef void (*GstPeerSequenceDone) (gpointer user_data);

GstPeerSequence *gst_peer_sequence_new (const GstPeerStep *steps, guint n_steps,
    GMainContext *context, gpointer user_data);
void gst_peer_sequence_free (GstPeerSequence *self);

void gst_peer_sequence_start (
    GstPeerSequence *self, guint timeout, GstPeerSequenceDone done);
void gst_peer_sequence_step_done (GstPeerSequence *self, const char *name);

gboolean gst_peer_sequence_is_done (GstPeerSequence *self);
void gst_peer_sequence_report (GstPeerSequence *self, GstStructure *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerSequence, gst_peer_sequence_free)

G_END_DECLS
