/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lines that others can cause. Begins as zeroes. */
typedef struct {
  gint64 since; /* of this minute */
  guint n;      /* in it */
} GstPeerLogBudget;

#define GST_PEER_LOG_BUDGET 100 /* lines a minute */

/**
 * GstPeerLogAdvice:
 * @GST_PEER_LOG_TELL: it is told
 * @GST_PEER_LOG_TELL_LAST: it is told, and that those that follow are counted
 * @GST_PEER_LOG_COUNT: it is counted
 */
typedef enum {
  GST_PEER_LOG_TELL,
  GST_PEER_LOG_TELL_LAST,
  GST_PEER_LOG_COUNT
} GstPeerLogAdvice;

GstPeerLogAdvice gst_peer_log_budget_take (
    GstPeerLogBudget *self, gint64 now, guint *n_counted);
guint gst_peer_log_budget_end (GstPeerLogBudget *self);

G_END_DECLS
