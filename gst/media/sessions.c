/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessions.h"

#include "session-server.h"
#include "session.h"

GST_DEBUG_CATEGORY_EXTERN (gst_peer_sink_debug);
#define GST_CAT_DEFAULT gst_peer_sink_debug

struct _GstPeerSessions {
  GstBin *element; /* which this is a part of */
  GstPeerLoop *loop;
  GPtrArray *streams; /* the element's, guarded by its object lock */
  GstPeerSessionsGone gone;

  GMutex lock;
  GstPeerSignaller *signaller;
  GHashTable *sessions; /* id to GstPeerSession */
  gboolean refusing;
  GSource *drain;
};

/* What is to be done on the loop; it keeps the element. */
typedef struct {
  GstPeerSessions *sessions;
  GstBin *element;
  char *id;
  GstWebRTCSessionDescription *offer;
  guint mline;
  char *candidate;
} Event;

static void
free_event (gpointer data)
{
  Event *self = data;

  gst_object_unref (self->element);
  g_free (self->id);
  g_clear_pointer (&self->offer, gst_webrtc_session_description_free);
  g_free (self->candidate);
  g_free (self);
}

static Event *
new_event (GstPeerSessions *self, const char *id)
{
  Event *event = g_new0 (Event, 1);

  event->sessions = self;
  event->element = gst_object_ref (self->element);
  event->id = g_strdup (id);

  return event;
}

static void
post (Event *event, GSourceFunc func)
{
  gst_peer_loop_call (event->sessions->loop, func, event, free_event);
}

/* === the table === */

static GstPeerSession *
dup_session (GstPeerSessions *self, const char *id)
{
  GstPeerSession *session;

  g_mutex_lock (&self->lock);
  session = g_hash_table_lookup (self->sessions, id);
  if (session != NULL)
    gst_peer_session_ref (session);
  g_mutex_unlock (&self->lock);

  return session;
}

static GPtrArray *
dup_sessions (GstPeerSessions *self)
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

static GstPeerSignaller *
dup_signaller (GstPeerSessions *self)
{
  GstPeerSignaller *signaller;

  g_mutex_lock (&self->lock);
  signaller = self->signaller != NULL ? g_object_ref (self->signaller) : NULL;
  g_mutex_unlock (&self->lock);

  return signaller;
}

/**
 * gst_peer_sessions_are_over:
 * @self: a #GstPeerSessions
 *
 * From any thread.
 */
gboolean
gst_peer_sessions_are_over (gpointer self)
{
  GstPeerSessions *sessions = self;
  gboolean over;

  g_mutex_lock (&sessions->lock);
  over = g_hash_table_size (sessions->sessions) == 0;
  g_mutex_unlock (&sessions->lock);

  return over;
}

/* === a session's events, on the loop === */

static void
on_answered (GstPeerSession *session, GstWebRTCSessionDescription *answer,
    gpointer user_data)
{
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (user_data);

  if (signaller != NULL)
    gst_peer_signaller_send_description (
        signaller, gst_peer_session_get_id (session), answer);
}

static void
on_failed (GstPeerSession *session, const GError *error, gpointer user_data)
{
  GstPeerSessions *self = user_data;
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (self);

  GST_WARNING_OBJECT (self->element, "session %s: %s",
      gst_peer_session_get_id (session), error->message);
  if (signaller != NULL)
    gst_peer_signaller_refuse (
        signaller, gst_peer_session_get_id (session), error);
}

static void
on_connected (GstPeerSession *session, gpointer user_data)
{
  GstPeerSessions *self = user_data;

  GST_INFO_OBJECT (self->element, "session %s is connected",
      gst_peer_session_get_id (session));
}

static void
on_ended (
    GstPeerSession *session, const GstStructure *report, gpointer user_data)
{
  GstPeerSessions *self = user_data;
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (self);
  g_autofree char *id = g_strdup (gst_peer_session_get_id (session));

  GST_INFO_OBJECT (
      self->element, "session %s has ended: %" GST_PTR_FORMAT, id, report);
  if (signaller != NULL)
    gst_peer_signaller_end_session (signaller, id);
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->sessions, id);
  g_mutex_unlock (&self->lock);
  self->gone (self->element);
  gst_peer_loop_wake (self->loop);
}

static const GstPeerSessionEvents events = {
  .answered = on_answered,
  .failed = on_failed,
  .connected = on_connected,
  .ended = on_ended,
};

/* === the signaller's events, from its thread to the loop === */

static GPtrArray *
dup_streams (GstPeerSessions *self)
{
  GPtrArray *streams = g_ptr_array_new ();

  GST_OBJECT_LOCK (self->element);
  for (guint i = 0; i < self->streams->len; i++)
    g_ptr_array_add (streams, g_ptr_array_index (self->streams, i));
  GST_OBJECT_UNLOCK (self->element);

  return streams;
}

/* Whether each stream has said what it is. */
static gboolean
are_ready (GPtrArray *streams)
{
  for (guint i = 0; i < streams->len; i++) {
    g_autoptr (GstCaps) caps =
        gst_peer_stream_dup_caps (g_ptr_array_index (streams, i));

    if (caps == NULL)
      return FALSE;
  }

  return streams->len > 0;
}

static GstPeerSession *
add_session (GstPeerSessions *self, const char *id)
{
  GstPeerSession *session =
      gst_peer_session_new (id, self->element, self->loop, &events, self);

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->sessions,
      (gpointer)gst_peer_session_get_id (session),
      gst_peer_session_ref (session));
  g_mutex_unlock (&self->lock);

  return session;
}

static gboolean
open_session (gpointer data)
{
  Event *event = data;
  GstPeerSessions *self = event->sessions;
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (self);
  g_autoptr (GPtrArray) streams = dup_streams (self);
  g_autoptr (GstPeerSession) session = NULL;
  g_autoptr (GError) error = NULL;
  gboolean refusing;

  g_mutex_lock (&self->lock);
  refusing = self->refusing;
  g_mutex_unlock (&self->lock);
  if (signaller == NULL)
    return G_SOURCE_REMOVE;
  if (refusing || !are_ready (streams)) {
    gst_peer_signaller_end_session (signaller, event->id);
    return G_SOURCE_REMOVE;
  }

  session = add_session (self, event->id);
  if (!gst_peer_session_accept (session, streams, event->offer, &error)) {
    on_failed (session, error, self);
    gst_peer_session_close (session);
  }

  return G_SOURCE_REMOVE;
}

static void
on_session_requested (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *offer, const char *const *ice_servers,
    GstPeerSessions *self)
{
  Event *event = new_event (self, id);

  event->offer = gst_webrtc_session_description_copy (offer);
  post (event, open_session);
}

static gboolean
add_candidate (gpointer data)
{
  Event *event = data;
  g_autoptr (GstPeerSession) session = dup_session (event->sessions, event->id);

  if (session != NULL)
    gst_peer_session_add_candidate (session, event->mline, event->candidate);

  return G_SOURCE_REMOVE;
}

static void
on_candidate (GstPeerSignaller *signaller, const char *id, guint mline,
    const char *candidate, GstPeerSessions *self)
{
  Event *event = new_event (self, id);

  event->mline = mline;
  event->candidate = g_strdup (candidate);
  post (event, add_candidate);
}

static gboolean
close_one (gpointer data)
{
  Event *event = data;
  g_autoptr (GstPeerSession) session = dup_session (event->sessions, event->id);

  if (session != NULL)
    gst_peer_session_close (session);

  return G_SOURCE_REMOVE;
}

static void
on_session_ended (
    GstPeerSignaller *signaller, const char *id, GstPeerSessions *self)
{
  post (new_event (self, id), close_one);
}

/* === the end of all === */

static void
close_sessions (GstPeerSessions *self, gboolean connected)
{
  g_autoptr (GPtrArray) sessions = dup_sessions (self);

  for (guint i = 0; i < sessions->len; i++) {
    GstPeerSession *session = g_ptr_array_index (sessions, i);

    if (connected || !gst_peer_session_is_connected (session))
      gst_peer_session_close (session);
  }
  self->gone (self->element);
}

static gboolean
close_all (gpointer data)
{
  close_sessions (((Event *)data)->sessions, TRUE);
  return G_SOURCE_REMOVE;
}

static gboolean
close_unconnected (gpointer data)
{
  close_sessions (((Event *)data)->sessions, FALSE);
  return G_SOURCE_REMOVE;
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

/**
 * gst_peer_sessions_close_all:
 *
 * At once, side by side. From any thread.
 */
void
gst_peer_sessions_close_all (GstPeerSessions *self)
{
  post (new_event (self, NULL), close_all);
}

/**
 * gst_peer_sessions_drain:
 * @timeout: ms
 *
 * At the end of all streams: who is connected closes when that end has come to
 * it, or after @timeout. From any thread.
 */
void
gst_peer_sessions_drain (GstPeerSessions *self, guint timeout)
{
  g_autoptr (GSource) drain = g_timeout_source_new (timeout);

  g_source_set_callback (drain, close_all, new_event (self, NULL), free_event);
  g_source_attach (drain, gst_peer_loop_get_context (self->loop));
  g_mutex_lock (&self->lock);
  self->drain = g_steal_pointer (&drain);
  g_mutex_unlock (&self->lock);
  post (new_event (self, NULL), close_unconnected);
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
  g_autoptr (GPtrArray) sessions = dup_sessions (self);

  for (guint i = 0; i < sessions->len; i++) {
    GstPeerSession *session = g_ptr_array_index (sessions, i);

    if (!gst_peer_session_owns (session, GST_MESSAGE_SRC (message)))
      continue;
    gst_peer_session_take_message (session, message);
    return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR ||
           GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ||
           GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY;
  }

  return FALSE;
}

/* === life === */

/**
 * gst_peer_sessions_start:
 *
 * Listens, so not for a streaming thread.
 */
gboolean
gst_peer_sessions_start (GstPeerSessions *self, const char *location,
    guint max_sessions, GError **error)
{
  GstPeerSignaller *signaller =
      g_object_new (GST_TYPE_PEER_SESSION_SERVER, "scheme", "whep", "location",
          location, "max-sessions", max_sessions, NULL);

  g_signal_connect (
      signaller, "session-requested", G_CALLBACK (on_session_requested), self);
  g_signal_connect (signaller, "candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (
      signaller, "session-ended", G_CALLBACK (on_session_ended), self);
  g_mutex_lock (&self->lock);
  self->refusing = FALSE;
  self->signaller = signaller;
  g_mutex_unlock (&self->lock);
  if (gst_peer_signaller_start (signaller, error))
    return TRUE;

  g_mutex_lock (&self->lock);
  self->signaller = NULL;
  g_mutex_unlock (&self->lock);
  g_object_unref (signaller);

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
  g_autoptr (GSource) drain = NULL;

  g_mutex_lock (&self->lock);
  signaller = g_steal_pointer (&self->signaller);
  drain = g_steal_pointer (&self->drain);
  g_mutex_unlock (&self->lock);
  if (drain != NULL)
    g_source_destroy (drain);
  if (signaller == NULL)
    return;

  gst_peer_signaller_stop (signaller);
  g_signal_handlers_disconnect_by_data (signaller, self);
}

GstPeerSessions *
gst_peer_sessions_new (GstBin *element, GstPeerLoop *loop, GPtrArray *streams,
    GstPeerSessionsGone gone)
{
  GstPeerSessions *self = g_new0 (GstPeerSessions, 1);

  self->element = element;
  self->loop = loop;
  self->streams = streams;
  self->gone = gone;
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
