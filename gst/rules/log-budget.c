/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One line for each offence, as long as they are few: whoever offends by the
 * thousand is not to fill a disk. */

#include "log-budget.h"

#define TIME G_TIME_SPAN_MINUTE

/**
 * gst_peer_log_budget_take:
 * @now: µs, monotonic
 * @n_counted: (out): how many of the minute before were counted, to be told
 *   before this one
 */
GstPeerLogAdvice
gst_peer_log_budget_take (GstPeerLogBudget *self, gint64 now, guint *n_counted)
{
  *n_counted = 0;
  if (self->n == 0 || now - self->since >= TIME) {
    *n_counted = gst_peer_log_budget_end (self);
    self->since = now;
  }

  if (self->n < G_MAXUINT)
    self->n++;
  if (self->n > GST_PEER_LOG_BUDGET)
    return GST_PEER_LOG_COUNT;

  return self->n == GST_PEER_LOG_BUDGET ? GST_PEER_LOG_TELL_LAST
                                        : GST_PEER_LOG_TELL;
}

/**
 * gst_peer_log_budget_end:
 *
 * Returns: how many were counted, to be told; it begins anew
 */
guint
gst_peer_log_budget_end (GstPeerLogBudget *self)
{
  guint n = self->n;

  self->n = 0;

  return n > GST_PEER_LOG_BUDGET ? n - GST_PEER_LOG_BUDGET : 0;
}
