/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "log-budget.h"

#define NOW (1000 * G_TIME_SPAN_SECOND)

/* Returns: how many of them were told */
static guint
take (GstPeerLogBudget *budget, guint n, gint64 now)
{
  guint n_told = 0;

  for (guint i = 0; i < n; i++) {
    guint n_counted;

    n_told += gst_peer_log_budget_take (budget, now + i, &n_counted) !=
              GST_PEER_LOG_COUNT;
    ck_assert_uint_eq (n_counted, 0);
  }

  return n_told;
}

GST_START_TEST (test_few_are_told)
{
  GstPeerLogBudget budget = { 0 };

  ck_assert_uint_eq (take (&budget, GST_PEER_LOG_BUDGET, NOW), 100);
  ck_assert_uint_eq (gst_peer_log_budget_end (&budget), 0);
}

GST_END_TEST;

GST_START_TEST (test_the_last_one_says_so)
{
  GstPeerLogBudget budget = { 0 };
  guint n_counted;

  take (&budget, GST_PEER_LOG_BUDGET - 1, NOW);
  ck_assert_int_eq (gst_peer_log_budget_take (&budget, NOW, &n_counted),
      GST_PEER_LOG_TELL_LAST);
  ck_assert_int_eq (
      gst_peer_log_budget_take (&budget, NOW, &n_counted), GST_PEER_LOG_COUNT);
}

GST_END_TEST;

GST_START_TEST (test_many_are_counted)
{
  GstPeerLogBudget budget = { 0 };

  ck_assert_uint_eq (take (&budget, 10000, NOW), GST_PEER_LOG_BUDGET);
  ck_assert_uint_eq (
      gst_peer_log_budget_end (&budget), 10000 - GST_PEER_LOG_BUDGET);
  ck_assert_uint_eq (gst_peer_log_budget_end (&budget), 0);
}

GST_END_TEST;

GST_START_TEST (test_another_minute)
{
  GstPeerLogBudget budget = { 0 };
  guint n_counted;

  take (&budget, 150, NOW);
  ck_assert_int_eq (gst_peer_log_budget_take (
                        &budget, NOW + G_TIME_SPAN_MINUTE - 1, &n_counted),
      GST_PEER_LOG_COUNT);
  ck_assert_int_eq (
      gst_peer_log_budget_take (&budget, NOW + G_TIME_SPAN_MINUTE, &n_counted),
      GST_PEER_LOG_TELL);
  ck_assert_uint_eq (n_counted, 51);
  ck_assert_uint_eq (take (&budget, 150, NOW + G_TIME_SPAN_MINUTE), 99);
}

GST_END_TEST;

static Suite *
log_budget_suite (void)
{
  Suite *suite = suite_create ("log-budget");
  TCase *tcase = tcase_create ("log-budget");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_few_are_told);
  tcase_add_test (tcase, test_the_last_one_says_so);
  tcase_add_test (tcase, test_many_are_counted);
  tcase_add_test (tcase, test_another_minute);

  return suite;
}

GST_CHECK_MAIN (log_budget);
