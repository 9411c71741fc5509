/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of an element: all its sessions side by side, under one deadline. */

#include "endpoint-private.h"

/* Beyond close-timeout, which each session keeps to by itself. */
#define MARGIN 500 /* ms */

static const char *const reasons[] = {
  [GST_PEER_END_CLOSE] = "close",
  [GST_PEER_END_EOS] = "eos",
  [GST_PEER_END_STATE_CHANGE] = "state-change",
  [GST_PEER_END_REMOTE] = "remote",
};

static guint
get_close_timeout (GstPeerEndpoint *self)
{
  guint close_timeout;

  GST_OBJECT_LOCK (self->element);
  close_timeout = self->settings.close_timeout;
  GST_OBJECT_UNLOCK (self->element);

  return close_timeout;
}

/* === from any thread to the loop === */

typedef struct {
  GstPeerEndpoint *endpoint;
  GstBin *element; /* keeps the endpoint */
  char *id;
  GstPromise *promise;
} Call;

static void
free_call (gpointer data)
{
  Call *self = data;

  gst_object_unref (self->element);
  g_free (self->id);
  g_clear_pointer (&self->promise, gst_promise_unref);
  g_free (self);
}

static Call *
new_call (GstPeerEndpoint *self)
{
  Call *call = g_new0 (Call, 1);

  call->endpoint = self;
  call->element = gst_object_ref (self->element);

  return call;
}

static GSource *
add_timeout (GstPeerEndpoint *self, guint ms, GSourceFunc func)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, func, new_call (self), free_call);
  g_source_attach (source, gst_peer_loop_get_context (self->loop));

  return source;
}

static void
clear_timeout (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* === the report === */

/* Of close-session; with the connection, which is gone with its session. */
#define SESSION_PROMISES "peer-session-promises"

static void
add_session_promise (GstPeerSession *session, GstPromise *promise)
{
  GObject *connection = G_OBJECT (gst_peer_session_get_connection (session));
  GPtrArray *promises = g_object_get_data (connection, SESSION_PROMISES);

  if (promises == NULL) {
    promises =
        g_ptr_array_new_with_free_func ((GDestroyNotify)gst_promise_unref);
    g_object_set_data_full (connection, SESSION_PROMISES, promises,
        (GDestroyNotify)g_ptr_array_unref);
  }
  g_ptr_array_add (promises, gst_promise_ref (promise));
}

static void
answer_session_promises (GstPeerSession *session, const GstStructure *report)
{
  g_autoptr (GPtrArray) promises = g_object_steal_data (
      G_OBJECT (gst_peer_session_get_connection (session)), SESSION_PROMISES);

  for (guint i = 0; promises != NULL && i < promises->len; i++)
    gst_promise_reply (g_ptr_array_index (promises, i),
        report != NULL ? gst_structure_copy (report) : NULL);
}

/**
 * gst_peer_endpoint_add_report:
 *
 * A session has ended. On the loop.
 */
void
gst_peer_endpoint_add_report (
    GstPeerEndpoint *self, GstPeerSession *session, const GstStructure *report)
{
  const char *id = gst_peer_session_get_id (session);
  gboolean closing;

  answer_session_promises (session, report);
  GST_OBJECT_LOCK (self->element);
  closing = self->closing;
  GST_OBJECT_UNLOCK (self->element);
  if (closing) {
    GstStructure *own = report != NULL
                            ? gst_structure_copy (report)
                            : gst_structure_new_empty ("peerconnection-closed");

    gst_structure_set (own, "session", G_TYPE_STRING, id, NULL);
    g_ptr_array_add (self->reports, own);
  }
}

static void
add_overdue (GstPeerEndpoint *self)
{
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self->sessions);

  for (guint i = 0; i < sessions->len; i++) {
    GstPeerSession *session = g_ptr_array_index (sessions, i);

    g_ptr_array_add (
        self->reports, gst_structure_new ("peerconnection-closed", "session",
                           G_TYPE_STRING, gst_peer_session_get_id (session),
                           "reason", G_TYPE_STRING, "overdue", NULL));
  }
}

static GstStructure *
make_report (GstPeerEndpoint *self)
{
  GstStructure *report = gst_structure_new (self->klass->closed_name, "reason",
      G_TYPE_STRING, reasons[self->reason], "total-us", G_TYPE_UINT64,
      (guint64)(g_get_monotonic_time () - self->close_time), NULL);
  g_auto (GValue) array = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < self->reports->len; i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_set_boxed (&value, g_ptr_array_index (self->reports, i));
    gst_value_array_append_value (&array, &value);
  }
  gst_structure_set_value (report, "sessions", &array);

  return report;
}

/* === the end === */

static void
answer_promises (GstPeerEndpoint *self)
{
  g_autoptr (GPtrArray) promises = NULL;

  GST_OBJECT_LOCK (self->element);
  promises = g_steal_pointer (&self->promises);
  self->promises =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_promise_unref);
  GST_OBJECT_UNLOCK (self->element);
  for (guint i = 0; i < promises->len; i++)
    gst_promise_reply (
        g_ptr_array_index (promises, i), gst_structure_copy (self->report));
}

static void
finish (GstPeerEndpoint *self)
{
  GstStructure *report = make_report (self);
  GstPeerEnd reason;
  gboolean closed;

  clear_timeout (&self->deadline);
  clear_timeout (&self->drain);
  GST_OBJECT_LOCK (self->element);
  closed = self->closed;
  reason = self->reason;
  if (!closed)
    self->report = gst_structure_copy (report);
  self->closed = TRUE;
  GST_OBJECT_UNLOCK (self->element);
  if (closed) {
    gst_structure_free (report);
    return;
  }

  answer_promises (self);
  g_object_notify (G_OBJECT (self->element), "close-report");
  gst_element_post_message (GST_ELEMENT (self->element),
      gst_message_new_element (GST_OBJECT (self->element), report));
  gst_element_post_message (GST_ELEMENT (self->element),
      gst_message_new_progress (GST_OBJECT (self->element),
          GST_PROGRESS_TYPE_COMPLETE, "close", "Closed"));
  if (reason != GST_PEER_END_STATE_CHANGE)
    self->klass->closed (self->element);

  GST_OBJECT_LOCK (self->element);
  self->told = TRUE;
  GST_OBJECT_UNLOCK (self->element);
  gst_peer_loop_wake (self->loop);
}

/**
 * gst_peer_endpoint_check_closed:
 *
 * One has ended, or there was none to end. On the loop.
 */
void
gst_peer_endpoint_check_closed (GstPeerEndpoint *self)
{
  if (gst_peer_sessions_are_over (self->sessions))
    finish (self);
}

static gboolean
on_deadline (gpointer data)
{
  GstPeerEndpoint *self = ((Call *)data)->endpoint;

  add_overdue (self);
  finish (self);

  return G_SOURCE_REMOVE;
}

static gboolean
on_drain_timeout (gpointer data)
{
  gst_peer_sessions_close_all (((Call *)data)->endpoint->sessions);
  return G_SOURCE_REMOVE;
}

/* Who is connected closes when the end of the streams has come to it, half of
 * the time at the most; the other half is for the close. */
static gboolean
close_on_loop (gpointer data)
{
  GstPeerEndpoint *self = ((Call *)data)->endpoint;
  guint close_timeout = get_close_timeout (self);
  GstPeerEnd reason;

  GST_OBJECT_LOCK (self->element);
  reason = self->reason;
  GST_OBJECT_UNLOCK (self->element);
  if (self->deadline == NULL)
    self->deadline = add_timeout (self, close_timeout + MARGIN, on_deadline);
  if (reason == GST_PEER_END_EOS && self->klass->sends) {
    if (self->drain == NULL)
      self->drain = add_timeout (self, close_timeout / 2, on_drain_timeout);
    gst_peer_sessions_close_unconnected (self->sessions);
  } else {
    gst_peer_sessions_close_all (self->sessions);
  }
  gst_peer_endpoint_check_closed (self);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_endpoint_close:
 * @promise: (nullable): replied to with the report
 *
 * From any thread, any number of times: the first one counts, but what drains
 * may be cut short.
 */
void
gst_peer_endpoint_close (
    GstPeerEndpoint *self, GstPeerEnd reason, GstPromise *promise)
{
  gboolean begins, closed;
  GstStructure *reply = NULL;

  GST_OBJECT_LOCK (self->element);
  begins = !self->closing;
  closed = self->closed;
  self->closing = TRUE;
  if (begins)
    self->close_time = g_get_monotonic_time ();
  if (begins || (!closed && self->reason == GST_PEER_END_EOS))
    self->reason = reason;
  if (promise != NULL && !closed)
    g_ptr_array_add (self->promises, gst_promise_ref (promise));
  else if (promise != NULL)
    reply = gst_structure_copy (self->report);
  GST_OBJECT_UNLOCK (self->element);

  if (reply != NULL)
    gst_promise_reply (promise, reply);
  if (begins) {
    gst_peer_sessions_refuse (self->sessions);
    gst_peer_endpoint_update_states (self);
    gst_element_post_message (GST_ELEMENT (self->element),
        gst_message_new_progress (GST_OBJECT (self->element),
            GST_PROGRESS_TYPE_START, "close", "Closing"));
  }
  if (!closed)
    gst_peer_loop_call (self->loop, close_on_loop, new_call (self), free_call);
}

static GstStructure *
make_not_found (const char *id)
{
  g_autoptr (GError) error = g_error_new (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND, "There is no session %s.", id);

  return gst_structure_new (
      "application/x-gst-promise", "error", G_TYPE_ERROR, error, NULL);
}

static gboolean
close_session_on_loop (gpointer data)
{
  Call *call = data;
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (call->endpoint->sessions, call->id);

  if (session == NULL) {
    if (call->promise != NULL)
      gst_promise_reply (call->promise, make_not_found (call->id));
    return G_SOURCE_REMOVE;
  }

  if (call->promise != NULL)
    add_session_promise (session, call->promise);
  gst_peer_session_close (session);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_endpoint_close_session:
 * @promise: (nullable): replied to with the report of that session
 *
 * From any thread.
 */
void
gst_peer_endpoint_close_session (
    GstPeerEndpoint *self, const char *id, GstPromise *promise)
{
  Call *call = new_call (self);

  call->id = g_strdup (id);
  call->promise = promise != NULL ? gst_promise_ref (promise) : NULL;
  gst_peer_loop_call (self->loop, close_session_on_loop, call, free_call);
}

gboolean
gst_peer_endpoint_is_closed (GstPeerEndpoint *self)
{
  gboolean closing;

  GST_OBJECT_LOCK (self->element);
  closing = self->closing;
  GST_OBJECT_UNLOCK (self->element);

  return closing;
}

static gboolean
has_closed (gpointer user_data)
{
  GstPeerEndpoint *self = user_data;
  gboolean closed;

  GST_OBJECT_LOCK (self->element);
  closed = self->closed;
  GST_OBJECT_UNLOCK (self->element);

  return closed;
}

static gboolean
has_told (gpointer user_data)
{
  GstPeerEndpoint *self = user_data;
  gboolean told;

  GST_OBJECT_LOCK (self->element);
  told = self->told;
  GST_OBJECT_UNLOCK (self->element);

  return told;
}

/**
 * gst_peer_endpoint_wait:
 *
 * For the end, in time. Nothing is posted after it, as the pipeline may be freed
 * then; but who is told, on the loop, does not wait for itself.
 */
gboolean
gst_peer_endpoint_wait (GstPeerEndpoint *self)
{
  guint timeout = get_close_timeout (self) + 2 * MARGIN;
  gint64 close_time;

  GST_OBJECT_LOCK (self->element);
  close_time = self->close_time;
  GST_OBJECT_UNLOCK (self->element);

  return gst_peer_loop_wait (self->loop,
      gst_peer_loop_is_current (self->loop) ? has_closed : has_told, self,
      close_time + (gint64)timeout * G_TIME_SPAN_MILLISECOND);
}

/**
 * gst_peer_endpoint_let_go:
 *
 * Whoever drops the last reference after a change to NULL may end the process
 * right away: waits until nothing on the loop holds the element, or a session.
 * From NULL to NULL too: its own thread may have stopped it, and not waited.
 */
void
gst_peer_endpoint_let_go (GstPeerEndpoint *self)
{
  guint timeout = get_close_timeout (self) + 2 * MARGIN;

  if (!gst_peer_loop_is_current (self->loop) &&
      !gst_peer_loop_flush (self->loop,
          g_get_monotonic_time () + timeout * G_TIME_SPAN_MILLISECOND))
    GST_WARNING_OBJECT (
        self->element, "its thread is held up and frees the rest later");
}

/**
 * gst_peer_endpoint_reset:
 *
 * A new life begins.
 */
void
gst_peer_endpoint_reset (GstPeerEndpoint *self)
{
  GST_OBJECT_LOCK (self->element);
  self->closing = FALSE;
  self->closed = FALSE;
  self->told = FALSE;
  g_clear_pointer (&self->report, gst_structure_free);
  GST_OBJECT_UNLOCK (self->element);
  self->failed = FALSE;
  self->lost = FALSE;
  self->had_sessions = FALSE;
  g_ptr_array_set_size (self->reports, 0);
  gst_peer_endpoint_update_states (self);
}
