/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "retry.h"

static const struct {
  guint n_tries;
  double random;
  gint64 retry_after;
  gint64 remaining;
  gint64 delay;
} retries[] = {
  /* twice as long each time, up to four seconds */
  { 1, 1, 0, 60000, 250 },
  { 2, 1, 0, 60000, 500 },
  { 3, 1, 0, 60000, 1000 },
  { 4, 1, 0, 60000, 2000 },
  { 5, 1, 0, 60000, 4000 },
  { 6, 1, 0, 60000, 4000 },
  { G_MAXUINT, 1, 0, 60000, 4000 },
  /* or a quarter less */
  { 1, 0, 0, 60000, 187 },
  { 5, 0, 0, 60000, 3000 },
  { 5, 0.5, 0, 60000, 3500 },
  /* the last ones share what remains, down to where no try is worth it */
  { 5, 1, 0, 4000, 2000 },
  { 5, 1, 0, 100, 50 },
  { 5, 1, 0, 99, -1 },
  { 1, 1, 0, 0, -1 },
  /* what the server wants, when there is time for it */
  { 1, 1, 3000, 60000, 3000 },
  { 1, 1, 100, 60000, 250 },
  { 1, 1, 3000, 3001, 3000 },
  { 1, 1, 3000, 3000, -1 },
  { 1, 1, G_MAXINT64, 60000, -1 },
};

GST_START_TEST (test_retries)
{
  ck_assert_int_eq (
      gst_peer_retry_delay (retries[__i__].n_tries, retries[__i__].random,
          retries[__i__].retry_after, retries[__i__].remaining),
      retries[__i__].delay);
}

GST_END_TEST;

static Suite *
retry_suite (void)
{
  Suite *suite = suite_create ("retry");
  TCase *tcase = tcase_create ("retry");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_retries, 0, G_N_ELEMENTS (retries));

  return suite;
}

GST_CHECK_MAIN (retry);
