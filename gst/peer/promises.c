/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "promises.h"

#include <gst/webrtc/webrtc.h>

typedef struct {
  GstPeerPromises *promises;
  GstObject *owner;    /* keeps @promises */
  GstPromise *promise; /* the caller's */
} InFlight;

void
gst_peer_promises_init (GstPeerPromises *self)
{
  g_mutex_init (&self->lock);
  self->in_flight = g_hash_table_new (NULL, NULL);
}

void
gst_peer_promises_clear (GstPeerPromises *self)
{
  g_hash_table_unref (self->in_flight);
  g_mutex_clear (&self->lock);
}

/* Whoever takes it replies to it. */
static gboolean
take (InFlight *in_flight)
{
  GstPeerPromises *self = in_flight->promises;
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = g_hash_table_remove (self->in_flight, in_flight);
  g_mutex_unlock (&self->lock);

  return taken;
}

static void
on_change (GstPromise *inner, gpointer user_data)
{
  InFlight *in_flight = user_data;
  const GstStructure *reply;

  if (gst_promise_wait (inner) != GST_PROMISE_RESULT_REPLIED ||
      !take (in_flight))
    return;

  reply = gst_promise_get_reply (inner);
  gst_promise_reply (
      in_flight->promise, reply != NULL ? gst_structure_copy (reply) : NULL);
}

static void
in_flight_free (gpointer data)
{
  InFlight *in_flight = data;

  /* Dropped without a reply. */
  if (take (in_flight))
    gst_promise_expire (in_flight->promise);
  gst_promise_unref (in_flight->promise);
  gst_object_unref (in_flight->owner);
  g_free (in_flight);
}

/**
 * gst_peer_promises_wrap:
 * @owner: the object that @self is part of
 * @promise: (transfer none): the caller's promise
 *
 * Returns: (transfer full): the promise to give to webrtcbin
 */
GstPromise *
gst_peer_promises_wrap (
    GstPeerPromises *self, GstObject *owner, GstPromise *promise)
{
  InFlight *in_flight = g_new0 (InFlight, 1);

  in_flight->promises = self;
  in_flight->owner = gst_object_ref (owner);
  in_flight->promise = gst_promise_ref (promise);
  g_mutex_lock (&self->lock);
  g_hash_table_add (self->in_flight, in_flight);
  g_mutex_unlock (&self->lock);

  return gst_promise_new_with_change_func (
      on_change, in_flight, in_flight_free);
}

/**
 * gst_peer_promises_abort:
 *
 * Answers every promise in flight with an InvalidStateError.
 */
void
gst_peer_promises_abort (GstPeerPromises *self)
{
  g_autoptr (GPtrArray) promises =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_promise_unref);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->in_flight);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    InFlight *in_flight = key;

    g_ptr_array_add (promises, gst_promise_ref (in_flight->promise));
    g_hash_table_iter_remove (&iter);
  }
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < promises->len; i++)
    gst_peer_promise_reply_error (g_ptr_array_index (promises, i),
        GST_WEBRTC_ERROR_INVALID_STATE, "the peer connection was closed");
}

/**
 * gst_peer_promise_reply_error:
 * @promise: (nullable): what to reply to
 * @code: a #GstWebRTCError
 *
 * In the form that webrtcbin's own errors have: a field `error`, a #GError.
 */
void
gst_peer_promise_reply_error (
    GstPromise *promise, gint code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  if (promise == NULL)
    return;

  va_start (args, format);
  error = g_error_new_valist (GST_WEBRTC_ERROR, code, format, args);
  va_end (args);
  gst_promise_reply (promise, gst_structure_new ("application/x-gst-promise",
                                  "error", G_TYPE_ERROR, error, NULL));
}
