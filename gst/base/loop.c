/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop.h"

struct _GstPeerLoop {
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;

  /* Guards nothing but the wait below; conditions have locks of their own. */
  GMutex lock;
  GCond cond;

  gint ref_count; /* the owner's and the thread's */
};

static void
loop_unref (GstPeerLoop *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

static void
run_what_is_owed (GstPeerLoop *self)
{
  while (g_main_context_iteration (self->context, FALSE)) {
  }
}

static gpointer
loop_thread (gpointer data)
{
  GstPeerLoop *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  /* What was called before the loop was asked to end is still owed. */
  run_what_is_owed (self);
  g_main_context_pop_thread_default (self->context);
  loop_unref (self);

  return NULL;
}

GstPeerLoop *
gst_peer_loop_new (const char *name)
{
  GstPeerLoop *self = g_new0 (GstPeerLoop, 1);

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->ref_count = 2;
  self->thread = g_thread_new (name, loop_thread, self);

  return self;
}

static gboolean
quit_loop (gpointer data)
{
  GstPeerLoop *self = data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_loop_free:
 * @self: (nullable): the loop
 *
 * Runs what was called so far and ends the thread. From another thread this
 * waits for the end; on the loop's own thread the tasks run from inside, and it
 * ends by itself after the running one.
 */
void
gst_peer_loop_free (GstPeerLoop *self)
{
  if (self == NULL)
    return;

  gst_peer_loop_call (self, quit_loop, self, NULL);
  if (gst_peer_loop_is_current (self)) {
    run_what_is_owed (self);
    g_thread_unref (self->thread);
  } else {
    g_thread_join (self->thread);
  }
  loop_unref (self);
}

GMainContext *
gst_peer_loop_get_context (GstPeerLoop *self)
{
  return self->context;
}

gboolean
gst_peer_loop_is_current (GstPeerLoop *self)
{
  return g_thread_self () == self->thread;
}

/**
 * gst_peer_loop_call:
 * @self: the loop
 * @func: what to run on the loop's thread
 * @data: passed to @func
 * @notify: (nullable): frees @data
 *
 * Never runs @func before it returns, not even on the loop's own thread.
 */
void
gst_peer_loop_call (
    GstPeerLoop *self, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, notify);
  g_source_attach (source, self->context);
}

/* Only has to end the iteration that it interrupts. */
static gboolean
on_alarm (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_loop_wait:
 * @self: the loop
 * @reached: tells, without waiting, whether what is waited for has come
 * @user_data: passed to @reached
 * @end_time: monotonic time to give up at
 *
 * Waits for something that a task of this loop brings about, from any thread:
 * on the loop's own thread the tasks run from inside the wait. Whatever makes
 * @reached true calls gst_peer_loop_wake().
 *
 * Returns: what @reached said last
 */
gboolean
gst_peer_loop_wait (GstPeerLoop *self, GstPeerLoopCondition reached,
    gpointer user_data, gint64 end_time)
{
  gboolean timed_out = FALSE;

  if (gst_peer_loop_is_current (self)) {
    g_autoptr (GSource) alarm = g_timeout_source_new (
        MAX (end_time - g_get_monotonic_time (), 0) / 1000 + 1);

    g_source_set_callback (alarm, on_alarm, NULL, NULL);
    g_source_attach (alarm, self->context);
    while (!reached (user_data) && g_get_monotonic_time () < end_time)
      g_main_context_iteration (self->context, TRUE);
    g_source_destroy (alarm);
    return reached (user_data);
  }

  g_mutex_lock (&self->lock);
  while (!reached (user_data) && !timed_out)
    timed_out = !g_cond_wait_until (&self->cond, &self->lock, end_time);
  g_mutex_unlock (&self->lock);

  return reached (user_data);
}

void
gst_peer_loop_wake (GstPeerLoop *self)
{
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* === behind what was called === */

typedef struct {
  GstPeerLoop *loop;
  gint passed;
} Mark;

static gboolean
pass (gpointer data)
{
  Mark *mark = data;

  g_atomic_int_set (&mark->passed, TRUE);
  gst_peer_loop_wake (mark->loop);

  return G_SOURCE_REMOVE;
}

static gboolean
has_passed (gpointer data)
{
  return g_atomic_int_get (&((Mark *)data)->passed);
}

static void
mark_unref (gpointer mark)
{
  g_atomic_rc_box_release (mark);
}

/**
 * gst_peer_loop_flush:
 * @self: the loop
 * @end_time: monotonic time to give up at
 *
 * Waits until all that was called so far has run and given up what it held, as
 * gst_peer_loop_wait() does.
 *
 * Returns: whether that is so
 */
gboolean
gst_peer_loop_flush (GstPeerLoop *self, gint64 end_time)
{
  Mark *mark = g_atomic_rc_box_new0 (Mark);
  gboolean passed;

  mark->loop = self;
  gst_peer_loop_call (self, pass, g_atomic_rc_box_acquire (mark), mark_unref);
  passed = gst_peer_loop_wait (self, has_passed, mark, end_time);
  mark_unref (mark);

  return passed;
}
