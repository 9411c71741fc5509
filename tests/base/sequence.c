/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tests of the sequence runner: what starts when, and whose word counts. */

#include "sequence-fixture.h"

GST_START_TEST (test_steps_start_in_the_order_of_the_rows)
{
  start (1000);

  fail_unless_happened ("abc!");
  fail_unless_report ("a=done:0 b=done:0 c=done:0 total=0");
}

GST_END_TEST;

GST_START_TEST (test_nothing_starts_before_start)
{
  run_what_is_due ();

  fail_unless_happened ("");
  fail_if (gst_peer_sequence_is_done (sequence));
  fail_unless_report ("a=waiting:0 b=waiting:0 c=waiting:0 total=0");
}

GST_END_TEST;

GST_START_TEST (test_a_sequence_without_steps_is_done_at_once)
{
  GstPeerSequence *empty = gst_peer_sequence_new (NULL, 0, context, &happened);

  fail_if (gst_peer_sequence_is_done (empty));
  gst_peer_sequence_start (empty, 1000, on_done);
  fail_unless_happened ("!");
  fail_unless (gst_peer_sequence_is_done (empty));
  gst_peer_sequence_free (empty);
}

GST_END_TEST;

GST_START_TEST (test_a_skipped_step_is_not_waited_for)
{
  set_results (GST_PEER_STEP_DONE, GST_PEER_STEP_SKIPPED, GST_PEER_STEP_DONE);
  start (1000);

  fail_unless_happened ("abc!");
  fail_unless_report ("a=done:0 b=skipped:0 c=done:0 total=0");
}

GST_END_TEST;

GST_START_TEST (test_a_pending_step_holds_back_the_next)
{
  set_results (GST_PEER_STEP_DONE, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  start (1000);
  run_what_is_due ();
  fail_unless_happened ("ab");
  fail_unless_report ("a=done:0 b=waiting:0 c=waiting:0 total=0");

  say_done ("b");
  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_a_proof_is_taken_in_by_the_context_only)
{
  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  gst_peer_sequence_step_done (sequence, "a");
  fail_unless_happened ("a");

  run_what_is_due ();
  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_is_done_once_the_last_step_is_done)
{
  set_results (GST_PEER_STEP_DONE, GST_PEER_STEP_DONE, GST_PEER_STEP_PENDING);
  fail_if (gst_peer_sequence_is_done (sequence));
  start (1000);
  fail_if (gst_peer_sequence_is_done (sequence));

  say_done ("c");
  fail_unless (gst_peer_sequence_is_done (sequence));
}

GST_END_TEST;

static const char *const wrong_proofs[] = { "a", "c", "unknown", "B", "" };

GST_START_TEST (test_a_proof_for_another_step_is_ignored)
{
  set_results (
      GST_PEER_STEP_DONE, GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING);
  start (1000);
  say_done (wrong_proofs[__i__]);
  fail_unless_happened ("ab");

  /* Nor is it kept for later. */
  say_done ("b");
  fail_unless_happened ("abc");
}

GST_END_TEST;

GST_START_TEST (test_a_second_proof_does_not_end_the_next_step)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  start (1000);
  gst_peer_sequence_step_done (sequence, "a");
  gst_peer_sequence_step_done (sequence, "a");
  run_what_is_due ();

  fail_unless_happened ("ab");
}

GST_END_TEST;

GST_START_TEST (test_a_proof_before_start_is_ignored)
{
  results[0] = GST_PEER_STEP_PENDING;
  say_done ("a");
  fail_unless_happened ("");

  start (1000);
  run_what_is_due ();
  fail_unless_happened ("a");
}

GST_END_TEST;

GST_START_TEST (test_a_proof_after_the_end_is_ignored)
{
  start (1000);
  say_done ("c");
  say_done ("a");

  fail_unless_happened ("abc!");
}

GST_END_TEST;

static void
prove_a (void)
{
  gst_peer_sequence_step_done (sequence, "a");
}

static void
prove_a_and_iterate (void)
{
  prove_a ();
  run_what_is_due ();
}

static void (*const early_proofs[]) (void) = { prove_a, prove_a_and_iterate };

GST_START_TEST (test_a_step_may_be_done_before_its_start_returns)
{
  results[0] = GST_PEER_STEP_PENDING;
  inside_start[0] = early_proofs[__i__];
  start (1000);
  run_what_is_due ();

  fail_unless_happened ("abc!");
  fail_unless_report ("a=done:0 b=done:0 c=done:0 total=0");
}

GST_END_TEST;

GST_START_TEST (test_a_step_proven_inside_start_does_not_start_the_next_there)
{
  set_results (GST_PEER_STEP_DONE, GST_PEER_STEP_DONE, GST_PEER_STEP_PENDING);
  inside_start[0] = prove_a_and_iterate;
  start (1000);
  run_what_is_due ();

  /* The proof for a was for a: c, also pending, still waits for its own. */
  fail_unless_happened ("abc");
  fail_unless_report ("a=done:0 b=done:0 c=waiting:0 total=0");
}

GST_END_TEST;

static void
prove_a_iterate_and_check (void)
{
  prove_a_and_iterate ();
  fail_unless_happened ("a");
}

GST_START_TEST (test_an_early_proof_waits_for_start_to_return)
{
  results[0] = GST_PEER_STEP_PENDING;
  inside_start[0] = prove_a_iterate_and_check;
  start (1000);

  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_an_early_proof_for_one_step_does_not_prove_the_next)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  inside_start[0] = prove_a_and_iterate;
  start (1000);
  run_what_is_due ();

  fail_unless_happened ("ab");
}

GST_END_TEST;

GST_START_TEST (test_a_second_start_after_the_end_does_nothing)
{
  start (1000);
  start (1000);
  run_what_is_due ();

  fail_unless_happened ("abc!");
}

GST_END_TEST;

static void
start_again (void)
{
  start (1000);
}

GST_START_TEST (test_a_start_from_inside_a_step_does_nothing)
{
  inside_start[0] = start_again;
  start (1000);

  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_free_takes_null)
{
  gst_peer_sequence_free (NULL);
}

GST_END_TEST;

GST_START_TEST (test_a_freed_sequence_starts_no_more_steps)
{
  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  g_clear_pointer (&sequence, gst_peer_sequence_free);
  advance (5000 * MS);

  fail_unless_happened ("a");
}

GST_END_TEST;

GST_START_TEST (test_a_proof_that_comes_in_after_free_is_ignored)
{
  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  gst_peer_sequence_step_done (sequence, "a");
  g_clear_pointer (&sequence, gst_peer_sequence_free);
  run_what_is_due ();

  fail_unless_happened ("a");
}

GST_END_TEST;

static void
on_context_gone (gpointer user_data)
{
  g_string_append_c (happened, 'x');
}

/* Nor is the context kept by what is on its way. */
GST_START_TEST (test_a_proof_may_never_come_in)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, NULL, NULL, on_context_gone);
  g_source_attach (source, context);
  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  gst_peer_sequence_step_done (sequence, "a");
  g_clear_pointer (&sequence, gst_peer_sequence_free);
  g_clear_pointer (&context, g_main_context_unref);

  fail_unless_happened ("ax");
}

GST_END_TEST;

GST_START_TEST (test_done_may_free_the_sequence_inside_start)
{
  free_when_done = TRUE;
  start (1000);

  fail_unless_happened ("abc!");
  fail_unless (sequence == NULL);
}

GST_END_TEST;

GST_START_TEST (test_done_may_free_the_sequence_on_a_proof)
{
  free_when_done = TRUE;
  results[2] = GST_PEER_STEP_PENDING;
  start (1000);
  say_done ("c");

  fail_unless_happened ("abc!");
  fail_unless (sequence == NULL);
}

GST_END_TEST;

static gpointer
prove_from_thread (gpointer name)
{
  gst_peer_sequence_step_done (sequence, name);
  return NULL;
}

GST_START_TEST (test_a_proof_from_another_thread_wakes_the_context)
{
  GThread *thread;

  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  thread = g_thread_new ("prover", prove_from_thread, (gpointer) "a");
  while (!gst_peer_sequence_is_done (sequence))
    g_main_context_iteration (context, TRUE);
  g_thread_join (thread);

  fail_unless_happened ("abc!");
}

GST_END_TEST;

static Suite *
sequence_suite (void)
{
  Suite *suite = suite_create ("sequence");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_steps_start_in_the_order_of_the_rows);
  tcase_add_test (tcase, test_nothing_starts_before_start);
  tcase_add_test (tcase, test_a_sequence_without_steps_is_done_at_once);
  tcase_add_test (tcase, test_a_skipped_step_is_not_waited_for);
  tcase_add_test (tcase, test_a_pending_step_holds_back_the_next);
  tcase_add_test (tcase, test_a_proof_is_taken_in_by_the_context_only);
  tcase_add_test (tcase, test_is_done_once_the_last_step_is_done);
  tcase_add_loop_test (tcase, test_a_proof_for_another_step_is_ignored, 0,
      G_N_ELEMENTS (wrong_proofs));
  tcase_add_test (tcase, test_a_second_proof_does_not_end_the_next_step);
  tcase_add_test (tcase, test_a_proof_before_start_is_ignored);
  tcase_add_test (tcase, test_a_proof_after_the_end_is_ignored);
  tcase_add_loop_test (tcase, test_a_step_may_be_done_before_its_start_returns,
      0, G_N_ELEMENTS (early_proofs));
  tcase_add_test (
      tcase, test_a_step_proven_inside_start_does_not_start_the_next_there);
  tcase_add_test (tcase, test_an_early_proof_waits_for_start_to_return);
  tcase_add_test (
      tcase, test_an_early_proof_for_one_step_does_not_prove_the_next);
  tcase_add_test (tcase, test_a_second_start_after_the_end_does_nothing);
  tcase_add_test (tcase, test_a_start_from_inside_a_step_does_nothing);
  tcase_add_test (tcase, test_free_takes_null);
  tcase_add_test (tcase, test_a_freed_sequence_starts_no_more_steps);
  tcase_add_test (tcase, test_a_proof_that_comes_in_after_free_is_ignored);
  tcase_add_test (tcase, test_a_proof_may_never_come_in);
  tcase_add_test (tcase, test_done_may_free_the_sequence_inside_start);
  tcase_add_test (tcase, test_done_may_free_the_sequence_on_a_proof);
  tcase_add_test (tcase, test_a_proof_from_another_thread_wakes_the_context);

  return suite;
}

GST_CHECK_MAIN (sequence);
