/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "promises.h"

#include "ice-hold.h"

#include <gst/webrtc/webrtc.h>

/* Lives until webrtcbin has settled its promise, or has stopped. */
typedef struct {
  GstPeerPromises *promises;
  GstObject *owner;    /* keeps @promises */
  GstPromise *inner;   /* webrtcbin's */
  GstPromise *promise; /* (nullable): the caller's, until it is replied to */
  GPtrArray *held;     /* (nullable): what is released before that */
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

/* Once for each promise, on webrtcbin's thread or where
 * gst_peer_promises_settle() is called. The data goes with it, as a promise that
 * expires does not give it to its notify. */
static void
on_change (GstPromise *inner, gpointer user_data)
{
  InFlight *in_flight = user_data;
  GstPeerPromises *self = in_flight->promises;
  g_autoptr (GstPromise) promise = NULL;
  gboolean replied = gst_promise_wait (inner) == GST_PROMISE_RESULT_REPLIED;
  const GstStructure *reply;

  /* Whoever takes it replies to it. */
  g_mutex_lock (&self->lock);
  promise = g_steal_pointer (&in_flight->promise);
  g_hash_table_remove (self->in_flight, in_flight);
  g_mutex_unlock (&self->lock);

  gst_peer_ice_release (in_flight->held, replied);

  if (promise != NULL && replied) {
    reply = gst_promise_get_reply (inner);
    gst_promise_reply (
        promise, reply != NULL ? gst_structure_copy (reply) : NULL);
  } else if (promise != NULL) {
    gst_promise_expire (promise);
  }

  gst_promise_unref (inner);
  gst_object_unref (in_flight->owner);
  g_free (in_flight);
}

/**
 * gst_peer_promises_wrap:
 * @owner: the object that @self is part of
 * @promise: (transfer none) (nullable): the caller's promise
 * @held: (transfer full) (nullable): of gst_peer_ice_hold(), released before the
 *   caller has the reply
 *
 * Of a reply that nobody asked for, webrtcbin 1.22 loses the memory when it is
 * closed: it is always asked.
 *
 * Returns: (transfer full): the promise to give to webrtcbin
 */
GstPromise *
gst_peer_promises_wrap (GstPeerPromises *self, GstObject *owner,
    GstPromise *promise, GPtrArray *held)
{
  InFlight *in_flight = g_new0 (InFlight, 1);

  in_flight->promises = self;
  in_flight->owner = gst_object_ref (owner);
  in_flight->promise = promise != NULL ? gst_promise_ref (promise) : NULL;
  in_flight->held = held;
  in_flight->inner =
      gst_promise_new_with_change_func (on_change, in_flight, NULL);
  g_mutex_lock (&self->lock);
  g_hash_table_add (self->in_flight, in_flight);
  g_mutex_unlock (&self->lock);

  return gst_promise_ref (in_flight->inner);
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

    if (in_flight->promise != NULL)
      g_ptr_array_add (promises, g_steal_pointer (&in_flight->promise));
  }
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < promises->len; i++)
    gst_peer_promise_reply_error (g_ptr_array_index (promises, i),
        GST_WEBRTC_ERROR_INVALID_STATE, "the peer connection was closed");
}

/**
 * gst_peer_promises_settle:
 *
 * For a webrtcbin that has stopped: it forgets what it had not begun, without
 * a reply, which GLib would warn of.
 */
void
gst_peer_promises_settle (GstPeerPromises *self)
{
  g_autoptr (GPtrArray) left =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_promise_unref);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->in_flight);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (left, gst_promise_ref (((InFlight *)key)->inner));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < left->len; i++)
    gst_promise_expire (g_ptr_array_index (left, i));
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
