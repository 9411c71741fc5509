/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "loop.h"

#define N_TASKS 1000
/* Long enough for any machine: a test that waits this long has failed. */
#define LONG (20 * G_TIME_SPAN_SECOND)
#define SHORT (20 * G_TIME_SPAN_MILLISECOND)

static GstPeerLoop *loop;

/* Set by tasks, read by the test and by wait conditions. */
static gint count;
static gint flag;
static gint notified;
static gint result;
static gint64 end_time;
static GThread *thread_of_task;

static void
setup (void)
{
  loop = gst_peer_loop_new ("test");
}

static void
teardown (void)
{
  /* The tasks that still run look at it. */
  gst_peer_loop_free (loop);
  loop = NULL;
}

static gint64
from_now (gint64 us)
{
  return g_get_monotonic_time () + us;
}

static gboolean
flag_is_set (gpointer user_data)
{
  return g_atomic_int_get (&flag);
}

static gboolean
never (gpointer user_data)
{
  return FALSE;
}

static gboolean
always (gpointer user_data)
{
  return TRUE;
}

static gboolean
set_flag (gpointer user_data)
{
  g_atomic_int_set (&flag, 1);
  gst_peer_loop_wake (loop);
  return G_SOURCE_REMOVE;
}

/* Waits until all that was called before has run. */
static void
finish_tasks (void)
{
  fail_unless (gst_peer_loop_flush (loop, from_now (LONG)));
}

static gboolean
count_in_order (gpointer data)
{
  /* Of many tasks only the one whose turn it is counts. */
  if (g_atomic_int_get (&count) == GPOINTER_TO_INT (data))
    g_atomic_int_inc (&count);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_tasks_run_in_the_order_they_were_called)
{
  for (int i = 0; i < N_TASKS; i++)
    gst_peer_loop_call (loop, count_in_order, GINT_TO_POINTER (i), NULL);
  finish_tasks ();

  fail_unless_equals_int (g_atomic_int_get (&count), N_TASKS);
}

GST_END_TEST;

static gboolean
note_thread (gpointer user_data)
{
  thread_of_task = g_thread_self ();
  result = gst_peer_loop_is_current (loop);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_tasks_run_on_the_thread_of_the_loop)
{
  GThread *first;

  gst_peer_loop_call (loop, note_thread, NULL, NULL);
  finish_tasks ();
  first = thread_of_task;
  fail_unless (first != NULL && first != g_thread_self ());

  gst_peer_loop_call (loop, note_thread, NULL, NULL);
  finish_tasks ();
  fail_unless (thread_of_task == first);
}

GST_END_TEST;

GST_START_TEST (test_the_loop_is_current_on_its_own_thread_only)
{
  gst_peer_loop_call (loop, note_thread, NULL, NULL);
  finish_tasks ();

  fail_unless (result);
  fail_if (gst_peer_loop_is_current (loop));
}

GST_END_TEST;

static gboolean
note_default_context (gpointer user_data)
{
  result =
      g_main_context_get_thread_default () == gst_peer_loop_get_context (loop);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_the_context_is_the_default_of_the_thread)
{
  gst_peer_loop_call (loop, note_default_context, NULL, NULL);
  finish_tasks ();

  fail_unless (result);
}

GST_END_TEST;

static gboolean
call_from_the_loop (gpointer user_data)
{
  gst_peer_loop_call (loop, count_in_order, GINT_TO_POINTER (0), NULL);
  result = g_atomic_int_get (&count);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_a_call_from_the_loop_runs_after_the_task)
{
  result = -1;
  gst_peer_loop_call (loop, call_from_the_loop, NULL, NULL);
  finish_tasks ();
  finish_tasks ();

  fail_unless_equals_int (result, 0);
  fail_unless_equals_int (g_atomic_int_get (&count), 1);
}

GST_END_TEST;

static gboolean
append_a (gpointer text)
{
  g_string_append_c (text, 'a');
  return G_SOURCE_REMOVE;
}

static gboolean
append_b (gpointer text)
{
  g_string_append_c (text, 'b');
  return G_SOURCE_REMOVE;
}

static gboolean
call_around_an_event (gpointer text)
{
  GSource *event = g_idle_source_new ();

  g_source_set_priority (event, G_PRIORITY_DEFAULT);
  g_source_set_callback (event, append_b, text, NULL);
  gst_peer_loop_call (loop, append_a, text, NULL);
  g_source_attach (event, gst_peer_loop_get_context (loop));
  gst_peer_loop_call (loop, append_a, text, NULL);
  g_source_unref (event);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_a_task_takes_its_turn_among_other_events)
{
  GString *text = g_string_new (NULL);

  /* From the loop itself, so that none runs before all are there. */
  gst_peer_loop_call (loop, call_around_an_event, text, NULL);
  finish_tasks ();
  finish_tasks ();

  fail_unless_equals_string (text->str, "aba");
  g_string_free (text, TRUE);
}

GST_END_TEST;

static void
on_notify (gpointer data)
{
  fail_unless (data == &notified);
  g_atomic_int_inc (&notified);
}

static gboolean
note_notified (gpointer data)
{
  fail_unless (data == &notified);
  result = g_atomic_int_get (&notified);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_the_data_of_a_task_is_freed_once_after_it)
{
  result = -1;
  gst_peer_loop_call (loop, note_notified, &notified, on_notify);
  finish_tasks ();
  g_clear_pointer (&loop, gst_peer_loop_free);

  fail_unless_equals_int (result, 0);
  fail_unless_equals_int (g_atomic_int_get (&notified), 1);
}

GST_END_TEST;

GST_START_TEST (test_a_wait_ends_when_a_task_brings_about_the_condition)
{
  gst_peer_loop_call (loop, set_flag, NULL, NULL);
  fail_unless (gst_peer_loop_wait (loop, flag_is_set, NULL, from_now (LONG)));
}

GST_END_TEST;

static gpointer
wait_for_flag (gpointer user_data)
{
  return GINT_TO_POINTER (
      gst_peer_loop_wait (loop, flag_is_set, NULL, from_now (LONG)));
}

GST_START_TEST (test_all_who_wait_are_woken)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("waiter", wait_for_flag, NULL);
  gst_peer_loop_call (loop, set_flag, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    fail_unless (GPOINTER_TO_INT (g_thread_join (threads[i])));
}

GST_END_TEST;

static gboolean
is_set_at_the_third_look (gpointer user_data)
{
  /* Each look but the last brings about the next: a wake alone ends no wait. */
  if (g_atomic_int_add (&count, 1) == 2)
    return TRUE;
  gst_peer_loop_call (loop, set_flag, NULL, NULL);
  return FALSE;
}

GST_START_TEST (test_a_wake_without_the_condition_ends_no_wait)
{
  /* The last word is asked for once more after the wait. */
  gst_peer_loop_wait (loop, is_set_at_the_third_look, NULL, from_now (LONG));
  fail_unless_equals_int (g_atomic_int_get (&count), 4);
}

GST_END_TEST;

GST_START_TEST (test_a_wait_gives_up_at_its_end_time)
{
  gint64 end = from_now (SHORT);

  fail_if (gst_peer_loop_wait (loop, never, NULL, end));
  fail_unless (g_get_monotonic_time () >= end);
}

GST_END_TEST;

GST_START_TEST (test_a_wait_whose_time_is_over_still_looks)
{
  fail_unless (gst_peer_loop_wait (loop, always, NULL, 0));
  fail_if (gst_peer_loop_wait (loop, never, NULL, 0));
}

GST_END_TEST;

GST_START_TEST (test_a_wake_that_nobody_waits_for_is_harmless)
{
  gst_peer_loop_wake (loop);
  fail_if (gst_peer_loop_wait (loop, never, NULL, from_now (SHORT)));
}

GST_END_TEST;

static gboolean
done_waiting (gpointer user_data)
{
  return g_atomic_int_get (&result) != -1;
}

static gboolean
wait_on_the_loop (gpointer condition)
{
  gboolean reached = gst_peer_loop_wait (
      loop, (GstPeerLoopCondition)condition, NULL, end_time);

  g_atomic_int_set (&result, reached);
  gst_peer_loop_wake (loop);
  return G_SOURCE_REMOVE;
}

static void
wait_on_the_loop_until (GstPeerLoopCondition condition, gint64 end)
{
  g_atomic_int_set (&result, -1);
  end_time = end;
  gst_peer_loop_call (loop, wait_on_the_loop, (gpointer)condition, NULL);
}

GST_START_TEST (test_a_wait_on_the_loop_runs_the_tasks_inside)
{
  wait_on_the_loop_until (flag_is_set, from_now (LONG));
  gst_peer_loop_call (loop, set_flag, NULL, NULL);

  fail_unless (gst_peer_loop_wait (loop, done_waiting, NULL, from_now (LONG)));
  fail_unless_equals_int (g_atomic_int_get (&result), TRUE);
}

GST_END_TEST;

GST_START_TEST (test_a_wait_on_the_loop_gives_up_at_its_end_time)
{
  gint64 end = from_now (SHORT);

  /* Nothing else happens on the loop that could wake it. */
  wait_on_the_loop_until (never, end);

  fail_unless (gst_peer_loop_wait (loop, done_waiting, NULL, from_now (LONG)));
  fail_unless_equals_int (g_atomic_int_get (&result), FALSE);
  fail_unless (g_get_monotonic_time () >= end);
}

GST_END_TEST;

GST_START_TEST (test_a_wait_on_the_loop_whose_time_is_over_still_looks)
{
  wait_on_the_loop_until (always, 0);

  fail_unless (gst_peer_loop_wait (loop, done_waiting, NULL, from_now (LONG)));
  fail_unless_equals_int (g_atomic_int_get (&result), TRUE);
}

GST_END_TEST;

GST_START_TEST (test_a_flush_waits_for_all_and_what_it_holds)
{
  for (guint i = 0; i < N_TASKS; i++)
    gst_peer_loop_call (loop, count_in_order, GINT_TO_POINTER (i), NULL);
  gst_peer_loop_call (loop, note_notified, &notified, on_notify);

  fail_unless (gst_peer_loop_flush (loop, from_now (LONG)));
  fail_unless_equals_int (g_atomic_int_get (&count), N_TASKS);
  fail_unless_equals_int (g_atomic_int_get (&notified), 1);
}

GST_END_TEST;

static gboolean
flush_on_the_loop (gpointer user_data)
{
  gst_peer_loop_call (loop, set_flag, NULL, NULL);
  g_atomic_int_set (&result,
      gst_peer_loop_flush (loop, end_time) && g_atomic_int_get (&flag));
  gst_peer_loop_wake (loop);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_a_flush_on_the_loop_runs_the_tasks_inside)
{
  g_atomic_int_set (&result, -1);
  end_time = from_now (LONG);
  gst_peer_loop_call (loop, flush_on_the_loop, NULL, NULL);

  fail_unless (gst_peer_loop_wait (loop, done_waiting, NULL, from_now (LONG)));
  fail_unless_equals_int (g_atomic_int_get (&result), TRUE);
}

GST_END_TEST;

static gboolean
hold_the_loop (gpointer held)
{
  g_mutex_lock (held);
  g_mutex_unlock (held);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_a_flush_gives_up_at_its_end_time)
{
  gint64 end = from_now (SHORT);
  GMutex held;

  g_mutex_init (&held);
  g_mutex_lock (&held);
  gst_peer_loop_call (loop, hold_the_loop, &held, NULL);
  fail_if (gst_peer_loop_flush (loop, end));
  fail_unless (g_get_monotonic_time () >= end);
  g_mutex_unlock (&held);
  finish_tasks ();
  g_mutex_clear (&held);
}

GST_END_TEST;

GST_START_TEST (test_free_takes_null)
{
  gst_peer_loop_free (NULL);
}

GST_END_TEST;

GST_START_TEST (test_free_waits_for_what_was_called)
{
  for (int i = 0; i < N_TASKS; i++)
    gst_peer_loop_call (loop, count_in_order, GINT_TO_POINTER (i), NULL);
  g_clear_pointer (&loop, gst_peer_loop_free);

  fail_unless_equals_int (g_atomic_int_get (&count), N_TASKS);
}

GST_END_TEST;

static gboolean
call_one_more (gpointer user_data)
{
  /* By now free has asked the loop to end, or will before this call is next. */
  gst_peer_loop_call (user_data, count_in_order, GINT_TO_POINTER (0), NULL);
  return G_SOURCE_REMOVE;
}

GST_START_TEST (test_free_runs_what_a_last_task_calls)
{
  gst_peer_loop_call (loop, call_one_more, loop, NULL);
  g_clear_pointer (&loop, gst_peer_loop_free);

  fail_unless_equals_int (g_atomic_int_get (&count), 1);
}

GST_END_TEST;

/* A loop that is freed on its own thread cannot be waited for: the end of its
 * thread is seen by what the thread leaves behind. */
static GMutex ended_lock;
static GCond ended_cond;
static gboolean ended;

static void
on_thread_end (gpointer data)
{
  g_mutex_lock (&ended_lock);
  ended = TRUE;
  g_cond_signal (&ended_cond);
  g_mutex_unlock (&ended_lock);
}

static GPrivate left_behind = G_PRIVATE_INIT (on_thread_end);

static gboolean
free_on_the_loop (gpointer data)
{
  GstPeerLoop *self = data;

  g_private_set (&left_behind, self);
  gst_peer_loop_free (self);
  result = g_atomic_int_get (&count);
  return G_SOURCE_REMOVE;
}

static gboolean
wait_for_thread_end (void)
{
  gint64 end = from_now (LONG);
  gboolean in_time = TRUE;

  g_mutex_lock (&ended_lock);
  while (!ended && in_time)
    in_time = g_cond_wait_until (&ended_cond, &ended_lock, end);
  g_mutex_unlock (&ended_lock);

  return in_time;
}

GST_START_TEST (test_free_on_the_loop_ends_its_thread)
{
  GstPeerLoop *self = g_steal_pointer (&loop);

  gst_peer_loop_call (self, free_on_the_loop, self, NULL);

  fail_unless (wait_for_thread_end ());
}

GST_END_TEST;

static gboolean
call_two_and_free (gpointer data)
{
  GstPeerLoop *self = data;

  gst_peer_loop_call (self, count_in_order, GINT_TO_POINTER (0), NULL);
  gst_peer_loop_call (self, count_in_order, GINT_TO_POINTER (1), NULL);
  return free_on_the_loop (self);
}

GST_START_TEST (test_free_on_the_loop_runs_what_was_called)
{
  GstPeerLoop *self = g_steal_pointer (&loop);

  result = -1;
  gst_peer_loop_call (self, call_two_and_free, self, NULL);

  fail_unless (wait_for_thread_end ());
  fail_unless_equals_int (result, 2);
}

GST_END_TEST;

static Suite *
loop_suite (void)
{
  Suite *suite = suite_create ("loop");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_tasks_run_in_the_order_they_were_called);
  tcase_add_test (tcase, test_tasks_run_on_the_thread_of_the_loop);
  tcase_add_test (tcase, test_the_loop_is_current_on_its_own_thread_only);
  tcase_add_test (tcase, test_the_context_is_the_default_of_the_thread);
  tcase_add_test (tcase, test_a_call_from_the_loop_runs_after_the_task);
  tcase_add_test (tcase, test_a_task_takes_its_turn_among_other_events);
  tcase_add_test (tcase, test_the_data_of_a_task_is_freed_once_after_it);
  tcase_add_test (
      tcase, test_a_wait_ends_when_a_task_brings_about_the_condition);
  tcase_add_test (tcase, test_all_who_wait_are_woken);
  tcase_add_test (tcase, test_a_wake_without_the_condition_ends_no_wait);
  tcase_add_test (tcase, test_a_wait_gives_up_at_its_end_time);
  tcase_add_test (tcase, test_a_wait_whose_time_is_over_still_looks);
  tcase_add_test (tcase, test_a_wake_that_nobody_waits_for_is_harmless);
  tcase_add_test (tcase, test_a_wait_on_the_loop_runs_the_tasks_inside);
  tcase_add_test (tcase, test_a_wait_on_the_loop_gives_up_at_its_end_time);
  tcase_add_test (
      tcase, test_a_wait_on_the_loop_whose_time_is_over_still_looks);
  tcase_add_test (tcase, test_a_flush_waits_for_all_and_what_it_holds);
  tcase_add_test (tcase, test_a_flush_on_the_loop_runs_the_tasks_inside);
  tcase_add_test (tcase, test_a_flush_gives_up_at_its_end_time);
  tcase_add_test (tcase, test_free_takes_null);
  tcase_add_test (tcase, test_free_waits_for_what_was_called);
  tcase_add_test (tcase, test_free_runs_what_a_last_task_calls);
  tcase_add_test (tcase, test_free_on_the_loop_ends_its_thread);
  tcase_add_test (tcase, test_free_on_the_loop_runs_what_was_called);

  return suite;
}

GST_CHECK_MAIN (loop);
