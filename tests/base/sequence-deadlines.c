/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tests of the sequence runner: deadlines, and the report, to the microsecond. */

#include "sequence-fixture.h"

static void
fail_unless_all_steps_are_done (gpointer user_data)
{
  on_done (user_data);
  fail_unless (gst_peer_sequence_is_done (sequence));
  fail_unless_report ("a=done:0 b=done:0 c=done:0 total=0");
}

GST_START_TEST (test_the_report_is_whole_when_done_is_called)
{
  gst_peer_sequence_start (sequence, 1000, fail_unless_all_steps_are_done);
  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_a_step_is_overdue_at_its_share_of_the_timeout)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  start (1000);

  advance (200 * MS - 1);
  fail_unless_happened ("a");
  advance (1);
  fail_unless_happened ("ab");
  advance (700 * MS - 1);
  fail_unless_happened ("ab");
  advance (1);
  fail_unless_happened ("abc!");
  fail_unless_report (
      "a=overdue:200000 b=overdue:700000 c=done:0 total=900000");
}

GST_END_TEST;

GST_START_TEST (test_the_share_counts_from_the_start_of_the_step)
{
  results[0] = GST_PEER_STEP_PENDING;
  inside_start[0] = take_100_ms;
  start (1000);

  advance (100 * MS - 1);
  fail_unless_happened ("a");
  advance (1);
  fail_unless_happened ("abc!");
  fail_unless_report ("a=overdue:200000 b=done:0 c=done:0 total=200000");
}

GST_END_TEST;

GST_START_TEST (test_a_deadline_is_never_early)
{
  results[0] = GST_PEER_STEP_PENDING;
  start (7); /* a's share are 1.4 ms, and timeouts come in whole ones */

  advance (1400 - 1);
  fail_unless_happened ("a");
  advance (600 + 1);
  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_no_step_is_waited_for_past_the_whole_timeout)
{
  set_results (
      GST_PEER_STEP_DONE, GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING);
  start (1000);

  advance (600 * MS);
  say_done ("b");
  fail_unless_happened ("abc");
  /* c may take all of the timeout, but there are only 400 ms left of it. */
  advance (400 * MS - 1);
  fail_unless_happened ("abc");
  advance (1);
  fail_unless_happened ("abc!");
  fail_unless_report ("a=done:0 b=done:600000 c=overdue:400000 total=1000000");
}

GST_END_TEST;

GST_START_TEST (test_all_steps_start_though_the_timeout_has_passed)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING);
  start (1000);

  advance (3000 * MS);
  fail_unless_happened ("abc!");
  fail_unless_report (
      "a=overdue:3000000 b=overdue:0 c=overdue:0 total=3000000");
}

GST_END_TEST;

GST_START_TEST (test_a_timeout_of_zero_waits_for_nothing)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE, GST_PEER_STEP_PENDING);
  start (0);
  run_what_is_due ();

  fail_unless_happened ("abc!");
  fail_unless_report ("a=overdue:0 b=done:0 c=overdue:0 total=0");
}

GST_END_TEST;

GST_START_TEST (test_the_longest_timeout_does_not_overflow)
{
  results[2] = GST_PEER_STEP_PENDING;
  start (G_MAXUINT);

  advance ((gint64)G_MAXUINT * MS - 1);
  fail_unless_happened ("abc");
  advance (1);
  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_a_proof_wins_over_a_deadline_due_at_the_same_time)
{
  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  advance_only (200 * MS);
  say_done ("a");

  fail_unless_happened ("abc!");
  fail_unless_report ("a=done:200000 b=done:0 c=done:0 total=200000");
}

GST_END_TEST;

GST_START_TEST (test_a_proof_after_the_deadline_changes_nothing)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  start (1000);
  advance (200 * MS);
  say_done ("a");

  fail_unless_happened ("ab");
  fail_unless_report ("a=overdue:200000 b=waiting:0 c=waiting:0 total=200000");
}

GST_END_TEST;

GST_START_TEST (test_the_deadline_of_a_done_step_does_not_end_the_next)
{
  set_results (
      GST_PEER_STEP_PENDING, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  start (1000);
  advance (100 * MS);
  say_done ("a");
  advance (100 * MS);

  fail_unless_happened ("ab");
}

GST_END_TEST;

GST_START_TEST (test_a_second_start_while_running_does_nothing)
{
  results[0] = GST_PEER_STEP_PENDING;
  start (1000);
  advance (100 * MS);
  start (10);
  fail_unless_happened ("a");

  /* Nor does it move the deadline, this way or that. */
  advance (100 * MS - 1);
  fail_unless_happened ("a");
  advance (1);
  fail_unless_happened ("abc!");
}

GST_END_TEST;

GST_START_TEST (test_done_may_free_the_sequence_on_a_deadline)
{
  free_when_done = TRUE;
  results[2] = GST_PEER_STEP_PENDING;
  start (1000);
  advance (1000 * MS);

  fail_unless_happened ("abc!");
  fail_unless (sequence == NULL);
}

GST_END_TEST;

GST_START_TEST (test_the_report_has_each_step_in_order)
{
  GstStructure *report = gst_structure_new_empty ("close-report");
  const GValue *array;

  set_results (
      GST_PEER_STEP_SKIPPED, GST_PEER_STEP_PENDING, GST_PEER_STEP_DONE);
  inside_start[2] = take_100_ms;
  start (1000);
  advance (7);
  say_done ("b");
  gst_peer_sequence_report (sequence, report);

  fail_unless_equals_int (gst_structure_n_fields (report), 2);
  array = gst_structure_get_value (report, "steps");
  fail_unless (GST_VALUE_HOLDS_ARRAY (array));
  fail_unless_equals_int (gst_value_array_get_size (array), N_STEPS);
  for (guint i = 0; i < N_STEPS; i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (array, i));

    fail_unless_equals_string (gst_structure_get_name (step), steps[i].name);
    fail_unless_equals_string (
        gst_structure_get_string (step, "spec"), steps[i].spec);
    fail_unless_equals_int (gst_structure_n_fields (step), 3);
  }
  gst_structure_free (report);
  fail_unless_report ("a=skipped:0 b=done:7 c=done:100000 total=100007");
}

GST_END_TEST;

GST_START_TEST (test_the_report_keeps_the_fields_that_were_there)
{
  GstStructure *report = gst_structure_new (
      "close-report", "reason", G_TYPE_STRING, "local", NULL);

  start (1000);
  gst_peer_sequence_report (sequence, report);
  fail_unless_equals_string (
      gst_structure_get_string (report, "reason"), "local");
  gst_structure_free (report);
}

GST_END_TEST;

static Suite *
sequence_deadlines_suite (void)
{
  Suite *suite = suite_create ("sequence-deadlines");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_the_report_is_whole_when_done_is_called);
  tcase_add_test (tcase, test_a_step_is_overdue_at_its_share_of_the_timeout);
  tcase_add_test (tcase, test_the_share_counts_from_the_start_of_the_step);
  tcase_add_test (tcase, test_a_deadline_is_never_early);
  tcase_add_test (tcase, test_no_step_is_waited_for_past_the_whole_timeout);
  tcase_add_test (tcase, test_all_steps_start_though_the_timeout_has_passed);
  tcase_add_test (tcase, test_a_timeout_of_zero_waits_for_nothing);
  tcase_add_test (tcase, test_the_longest_timeout_does_not_overflow);
  tcase_add_test (
      tcase, test_a_proof_wins_over_a_deadline_due_at_the_same_time);
  tcase_add_test (tcase, test_a_proof_after_the_deadline_changes_nothing);
  tcase_add_test (
      tcase, test_the_deadline_of_a_done_step_does_not_end_the_next);
  tcase_add_test (tcase, test_a_second_start_while_running_does_nothing);
  tcase_add_test (tcase, test_done_may_free_the_sequence_on_a_deadline);
  tcase_add_test (tcase, test_the_report_has_each_step_in_order);
  tcase_add_test (tcase, test_the_report_keeps_the_fields_that_were_there);

  return suite;
}

GST_CHECK_MAIN (sequence_deadlines);
