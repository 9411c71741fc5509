/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-clients.h"

#include "log-budget.h"
#include "signalling-log.h"

struct _GstPeerHttpClients {
  guint n_open;
  GstPeerLogBudget budget;
};

GstPeerHttpClients *
gst_peer_http_clients_new (void)
{
  return g_rc_box_new0 (GstPeerHttpClients);
}

GstPeerHttpClients *
gst_peer_http_clients_ref (GstPeerHttpClients *self)
{
  return g_rc_box_acquire (self);
}

static void
tell_count (guint n)
{
  if (n > 0)
    GST_INFO ("%u more offences were counted and not told", n);
}

static void
clear (gpointer data)
{
  tell_count (gst_peer_log_budget_end (&((GstPeerHttpClients *)data)->budget));
}

void
gst_peer_http_clients_unref (GstPeerHttpClients *self)
{
  g_rc_box_release_full (self, clear);
}

/**
 * gst_peer_http_clients_count:
 *
 * Returns: how many connections are open
 */
guint
gst_peer_http_clients_count (GstPeerHttpClients *self)
{
  return self->n_open;
}

/**
 * gst_peer_http_clients_add:
 * @n: 1 for a connection that opens, -1 for one that closes
 */
void
gst_peer_http_clients_add (GstPeerHttpClients *self, int n)
{
  self->n_open += n;
}

/**
 * gst_peer_http_clients_tell:
 *
 * Logs what a client does against the rules, or causes; of very many, how many
 * they were.
 */
void
gst_peer_http_clients_tell (
    GstPeerHttpClients *self, GstDebugLevel level, const char *format, ...)
{
  guint n_counted;
  GstPeerLogAdvice advice = gst_peer_log_budget_take (
      &self->budget, g_get_monotonic_time (), &n_counted);
  g_autofree char *text = NULL;
  va_list arguments;

  tell_count (n_counted);
  if (advice == GST_PEER_LOG_COUNT)
    return;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT, level, NULL, "%s", text);
  if (advice == GST_PEER_LOG_TELL_LAST)
    GST_INFO ("these are %d offences within a minute: more are only counted",
        GST_PEER_LOG_BUDGET);
}
