/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The statistics of all sessions, asked for when somebody wants to know. */

#include "endpoint-private.h"

#include "w3c-stats.h"

/* webrtcbin answers on its own thread, which may be the one that asks. */
#define TIMEOUT (500 * G_TIME_SPAN_MILLISECOND)

/* Outlives who waits, as long as a promise is not answered. */
typedef struct {
  gint ref_count;
  GMutex lock;
  GCond cond;
  guint n_pending;
  GstStructure *stats;
} Collection;

typedef struct {
  Collection *collection;
  char *session;
} Question;

static void
collection_unref (Collection *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  gst_structure_free (self->stats);
  g_free (self);
}

static void
free_question (gpointer data)
{
  Question *self = data;

  collection_unref (self->collection);
  g_free (self->session);
  g_free (self);
}

static void
on_stats (GstPromise *promise, gpointer user_data)
{
  Question *question = user_data;
  Collection *self = question->collection;
  const GstStructure *reply = NULL;

  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (promise);

  g_mutex_lock (&self->lock);
  if (reply != NULL && !gst_structure_has_field (reply, "error")) {
    g_autoptr (GstStructure) stats = gst_peer_w3c_stats ("stats", reply);

    gst_structure_set (
        self->stats, question->session, GST_TYPE_STRUCTURE, stats, NULL);
  }
  self->n_pending--;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_promise_unref (promise);
}

static void
ask (Collection *self, GstPeerSession *session)
{
  Question *question = g_new0 (Question, 1);

  g_atomic_int_inc (&self->ref_count);
  question->collection = self;
  question->session = g_strdup (gst_peer_session_get_id (session));
  g_signal_emit_by_name (gst_peer_session_get_connection (session), "get-stats",
      NULL,
      gst_promise_new_with_change_func (on_stats, question, free_question));
}

/**
 * gst_peer_endpoint_dup_stats:
 *
 * From any thread. Sessions that do not answer in time are left out.
 */
GstStructure *
gst_peer_endpoint_dup_stats (GstPeerEndpoint *self)
{
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self->sessions);
  Collection *collection = g_new0 (Collection, 1);
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  gboolean in_time = TRUE;
  GstStructure *stats;

  collection->ref_count = 1;
  g_mutex_init (&collection->lock);
  g_cond_init (&collection->cond);
  collection->stats = gst_structure_new_empty ("sessions");
  collection->n_pending = sessions->len;
  for (guint i = 0; i < sessions->len; i++)
    ask (collection, g_ptr_array_index (sessions, i));

  g_mutex_lock (&collection->lock);
  while (collection->n_pending > 0 && in_time)
    in_time = g_cond_wait_until (&collection->cond, &collection->lock, end);
  stats = gst_structure_copy (collection->stats);
  g_mutex_unlock (&collection->lock);
  collection_unref (collection);

  return stats;
}
