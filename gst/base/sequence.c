/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a list of steps in order: start one, wait until it says it is done or
 * until its deadline, go on to the next. Knows nothing of what the steps do.
 *
 * Everything but gst_peer_sequence_step_done() is called on the thread that
 * iterates the context, until all is done. */

#include "sequence.h"

typedef enum {
  OUTCOME_WAITING,
  OUTCOME_DONE,
  OUTCOME_SKIPPED,
  OUTCOME_OVERDUE,
} Outcome;

static const char *const outcome_names[] = { "waiting", "done", "skipped",
  "overdue" };

typedef struct {
  Outcome outcome;
  gint64 duration; /* us */
} Result;

struct _GstPeerSequence {
  /* The owner's, and one for each proof that is on its way here from another
   * thread, and may come in when the owner has freed it. */
  gint ref_count;
  const GstPeerStep *steps;
  guint n_steps;
  GMainContext *context;
  gpointer user_data;
  GstPeerSequenceDone done;

  guint timeout; /* ms */
  gint64 start_time;
  gint64 end_time;
  gint64 step_time;
  gboolean started;
  gboolean starting_step; /* inside the step's start function */
  gboolean proven;        /* the step was done before its start returned */
  guint current;          /* n_steps when all is done, or it is freed */
  Result *results;
  GSource *deadline;
};

static void run (GstPeerSequence *self);

static void
sequence_unref (GstPeerSequence *self)
{
  if (g_atomic_int_dec_and_test (&self->ref_count))
    g_free (self);
}

GstPeerSequence *
gst_peer_sequence_new (const GstPeerStep *steps, guint n_steps,
    GMainContext *context, gpointer user_data)
{
  GstPeerSequence *self = g_new0 (GstPeerSequence, 1);

  self->ref_count = 1;
  self->steps = steps;
  self->n_steps = n_steps;
  self->context = g_main_context_ref (context);
  self->user_data = user_data;
  self->results = g_new0 (Result, n_steps);

  return self;
}

static void
clear_deadline (GstPeerSequence *self)
{
  if (self->deadline == NULL)
    return;
  g_source_destroy (self->deadline);
  g_clear_pointer (&self->deadline, g_source_unref);
}

/**
 * gst_peer_sequence_free:
 * @self: (nullable): the sequence
 *
 * No more steps start. From any thread when all is done. What a proof that is on
 * its way still holds has no context any more, or each would keep the other.
 */
void
gst_peer_sequence_free (GstPeerSequence *self)
{
  if (self == NULL)
    return;

  if (self->current < self->n_steps) {
    clear_deadline (self);
    self->current = self->n_steps;
  }
  g_main_context_unref (self->context);
  g_free (self->results);
  sequence_unref (self);
}

static void
end_step (GstPeerSequence *self, Outcome outcome)
{
  Result *result = &self->results[self->current];

  clear_deadline (self);
  result->outcome = outcome;
  result->duration = g_get_monotonic_time () - self->step_time;
  self->current++;
}

static gboolean
on_deadline (gpointer user_data)
{
  GstPeerSequence *self = user_data;

  end_step (self, OUTCOME_OVERDUE);
  run (self);

  return G_SOURCE_REMOVE;
}

static void
await_step (GstPeerSequence *self)
{
  gint64 share = (gint64)self->timeout * 10 * self->steps[self->current].share;
  gint64 end = MIN (self->step_time + share, self->end_time);
  gint64 wait = MAX (end - g_get_monotonic_time (), 0);

  self->deadline = g_timeout_source_new ((wait + 999) / 1000);
  g_source_set_priority (self->deadline, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, self->context);
}

static void
run (GstPeerSequence *self)
{
  GstPeerStepResult result;

  while (self->current < self->n_steps) {
    self->step_time = g_get_monotonic_time ();
    self->proven = FALSE;
    self->starting_step = TRUE;
    result = self->steps[self->current].start (self->user_data);
    self->starting_step = FALSE;

    if (result == GST_PEER_STEP_PENDING && !self->proven) {
      await_step (self);
      return;
    }
    end_step (
        self, result == GST_PEER_STEP_SKIPPED ? OUTCOME_SKIPPED : OUTCOME_DONE);
  }

  self->done (self->user_data);
}

/**
 * gst_peer_sequence_start:
 * @self: the sequence
 * @timeout: what all steps may take together, in ms
 * @done: called once, when the last step has ended; may free @self
 *
 * A step that is not done at its deadline is left behind as overdue and the
 * next one starts; when the whole timeout has passed, the steps that are left
 * still start, but are not waited for. Starting twice does nothing.
 */
void
gst_peer_sequence_start (
    GstPeerSequence *self, guint timeout, GstPeerSequenceDone done)
{
  if (self->started)
    return;

  self->started = TRUE;
  self->timeout = timeout;
  self->done = done;
  self->start_time = g_get_monotonic_time ();
  self->end_time = self->start_time + (gint64)timeout * 1000;
  run (self);
}

typedef struct {
  GstPeerSequence *sequence;
  const char *name;
} Proof;

static void
proof_free (gpointer data)
{
  Proof *proof = data;

  sequence_unref (proof->sequence);
  g_free (proof);
}

static gboolean
on_proof (gpointer data)
{
  Proof *proof = data;
  GstPeerSequence *self = proof->sequence;

  if (!self->started || self->current >= self->n_steps ||
      !g_str_equal (self->steps[self->current].name, proof->name))
    return G_SOURCE_REMOVE;

  if (self->starting_step) {
    self->proven = TRUE;
  } else {
    end_step (self, OUTCOME_DONE);
    run (self);
  }

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_sequence_step_done:
 * @self: the sequence
 * @name: (transfer none): the step's name, a string that outlives @self
 *
 * Says that a pending step is done. From any thread; ignored for a step that
 * is not the current one.
 */
void
gst_peer_sequence_step_done (GstPeerSequence *self, const char *name)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Proof *proof = g_new0 (Proof, 1);

  g_atomic_int_inc (&self->ref_count);
  proof->sequence = self;
  proof->name = name;
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, on_proof, proof, proof_free);
  g_source_attach (source, self->context);
}

gboolean
gst_peer_sequence_is_done (GstPeerSequence *self)
{
  return self->started && self->current == self->n_steps;
}

/**
 * gst_peer_sequence_report:
 * @self: the sequence
 * @report: where to put it
 *
 * Sets `total-us` (#guint64) and `steps`, an array with one #GstStructure per
 * step: `spec` (string), `result` ("done", "skipped", "overdue", or "waiting"
 * for one that has not ended) and `us` (#guint64), its duration.
 */
void
gst_peer_sequence_report (GstPeerSequence *self, GstStructure *report)
{
  g_auto (GValue) steps = G_VALUE_INIT;
  gint64 total = 0;

  g_value_init (&steps, GST_TYPE_ARRAY);
  for (guint i = 0; i < self->n_steps; i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (
        &value, gst_structure_new (self->steps[i].name, "spec", G_TYPE_STRING,
                    self->steps[i].spec, "result", G_TYPE_STRING,
                    outcome_names[self->results[i].outcome], "us",
                    G_TYPE_UINT64, (guint64)self->results[i].duration, NULL));
    gst_value_array_append_value (&steps, &value);
    total += self->results[i].duration;
  }

  gst_structure_set (report, "total-us", G_TYPE_UINT64, (guint64)total, NULL);
  gst_structure_set_value (report, "steps", &steps);
}
