/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessions-private.h"

/* === the table, from any thread === */

/**
 * gst_peer_sessions_dup_one:
 *
 * Returns: (transfer full) (nullable)
 */
GstPeerSession *
gst_peer_sessions_dup_one (GstPeerSessions *self, const char *id)
{
  GstPeerSession *session;

  g_mutex_lock (&self->lock);
  session = g_hash_table_lookup (self->sessions, id);
  if (session != NULL)
    gst_peer_session_ref (session);
  g_mutex_unlock (&self->lock);

  return session;
}

/**
 * gst_peer_sessions_dup_all:
 *
 * Returns: (transfer full) (element-type GstPeerSession)
 */
GPtrArray *
gst_peer_sessions_dup_all (GstPeerSessions *self)
{
  GPtrArray *sessions =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_session_unref);
  GHashTableIter iter;
  gpointer session;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (sessions, gst_peer_session_ref (session));
  g_mutex_unlock (&self->lock);

  return sessions;
}

gboolean
gst_peer_sessions_are_over (GstPeerSessions *self)
{
  gboolean over;

  g_mutex_lock (&self->lock);
  over = g_hash_table_size (self->sessions) == 0;
  g_mutex_unlock (&self->lock);

  return over;
}

/* === the end === */

static void
close_sessions (GstPeerSessions *self, gboolean connected)
{
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self);

  for (guint i = 0; i < sessions->len; i++) {
    GstPeerSession *session = g_ptr_array_index (sessions, i);

    if (connected || !gst_peer_session_is_connected (session))
      gst_peer_session_close (session);
  }
}

/**
 * gst_peer_sessions_close_all:
 *
 * At once, side by side. On the loop.
 */
void
gst_peer_sessions_close_all (GstPeerSessions *self)
{
  close_sessions (self, TRUE);
}

/**
 * gst_peer_sessions_close_unconnected:
 *
 * On the loop.
 */
void
gst_peer_sessions_close_unconnected (GstPeerSessions *self)
{
  close_sessions (self, FALSE);
}

/**
 * gst_peer_sessions_refuse:
 *
 * No more are taken. From any thread.
 */
void
gst_peer_sessions_refuse (GstPeerSessions *self)
{
  g_mutex_lock (&self->lock);
  self->refusing = TRUE;
  g_mutex_unlock (&self->lock);
}

/* === messages === */

/* Never a reference to the element: it might be the last one, to be dropped on
 * the thread that posts, for which the end of the element waits. */
static GstObject *
dup_parent_inside (GstObject *object, gpointer element)
{
  GstObject *parent;

  GST_OBJECT_LOCK (object);
  parent = GST_OBJECT_PARENT (object);
  if (parent == element)
    parent = NULL;
  else if (parent != NULL)
    gst_object_ref (parent);
  GST_OBJECT_UNLOCK (object);

  return parent;
}

/* The session that it comes from, or %NULL. By the mark on that one's bin, which
 * is the element's child until it ends, maybe just now. */
static char *
find_id (GstPeerSessions *self, GstMessage *message)
{
  GstObject *object = gst_object_ref (GST_MESSAGE_SRC (message));
  char *id = NULL;

  while (object != NULL && id == NULL) {
    GstObject *parent = dup_parent_inside (object, self->element);

    id = g_strdup (g_object_get_data (G_OBJECT (object), GST_PEER_SESSION_ID));
    gst_object_unref (object);
    object = parent;
  }
  gst_clear_object (&object);

  return id;
}

/**
 * gst_peer_sessions_take_message:
 *
 * From any thread.
 *
 * Returns: whether it is from inside of a session, and no business of the
 *   pipeline's
 */
gboolean
gst_peer_sessions_take_message (GstPeerSessions *self, GstMessage *message)
{
  g_autofree char *id = find_id (self, message);
  g_autoptr (GstPeerSession) session = NULL;

  if (id == NULL)
    return FALSE;
  session = gst_peer_sessions_dup_one (self, id);
  if (session != NULL)
    gst_peer_session_take_message (session, message);

  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR ||
         GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ||
         GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY;
}

/* === life === */

/**
 * gst_peer_sessions_start:
 *
 * May listen, so not for a streaming thread.
 */
gboolean
gst_peer_sessions_start (
    GstPeerSessions *self, GstPeerSignaller *signaller, GError **error)
{
  gst_peer_sessions_connect (self, signaller);
  g_mutex_lock (&self->lock);
  self->refusing = FALSE;
  self->signaller = g_object_ref (signaller);
  g_mutex_unlock (&self->lock);
  if (gst_peer_signaller_start (signaller, error))
    return TRUE;

  g_mutex_lock (&self->lock);
  g_clear_object (&self->signaller);
  g_mutex_unlock (&self->lock);
  g_signal_handlers_disconnect_by_data (signaller, self);

  return FALSE;
}

/**
 * gst_peer_sessions_stop:
 *
 * No more come and nobody is told of those that go.
 */
void
gst_peer_sessions_stop (GstPeerSessions *self)
{
  g_autoptr (GstPeerSignaller) signaller = NULL;

  g_mutex_lock (&self->lock);
  signaller = g_steal_pointer (&self->signaller);
  g_mutex_unlock (&self->lock);
  if (signaller == NULL)
    return;

  gst_peer_signaller_stop (signaller);
  g_signal_handlers_disconnect_by_data (signaller, self);
}

GstPeerSessions *
gst_peer_sessions_new (GstBin *element, GstPeerLoop *loop,
    const GstPeerMedia *media, const GstPeerSessionsEvents *events,
    gpointer user_data)
{
  GstPeerSessions *self = g_new0 (GstPeerSessions, 1);

  self->element = element;
  self->loop = loop;
  self->media = media;
  self->events = events;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  self->sessions = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify)gst_peer_session_unref);

  return self;
}

void
gst_peer_sessions_free (GstPeerSessions *self)
{
  g_hash_table_unref (self->sessions);
  g_mutex_clear (&self->lock);
  g_free (self);
}
