/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the signaller's events to sessions, and back. */

#include "sessions-private.h"

#include <gst/sdp/sdp.h>

/* What is to be done on the loop; it keeps the element. */
typedef struct {
  GstPeerSessions *sessions;
  GstBin *element;
  char *id;
  GstWebRTCSessionDescription *description;
  char **ice_servers;
  guint mline;
  char *candidate;
  GError *error;
  guint http_status;
} Event;

static void
free_event (gpointer data)
{
  Event *self = data;

  gst_object_unref (self->element);
  g_free (self->id);
  g_clear_pointer (&self->description, gst_webrtc_session_description_free);
  g_strfreev (self->ice_servers);
  g_free (self->candidate);
  g_clear_error (&self->error);
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

static GstPeerSignaller *
dup_signaller (GstPeerSessions *self)
{
  GstPeerSignaller *signaller;

  g_mutex_lock (&self->lock);
  signaller = self->signaller != NULL ? g_object_ref (self->signaller) : NULL;
  g_mutex_unlock (&self->lock);

  return signaller;
}

/* === a session's events, on the loop === */

static void
on_described (GstPeerSession *session, GstWebRTCSessionDescription *description,
    gpointer user_data)
{
  GstPeerSessions *self = user_data;
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (self);

  if (signaller != NULL)
    gst_peer_signaller_send_description (
        signaller, gst_peer_session_get_id (session), description);
  self->events->described (session,
      description->type == GST_WEBRTC_SDP_TYPE_ANSWER, self->user_data);
}

static void
on_own_candidate (GstPeerSession *session, guint mline, const char *candidate,
    gpointer user_data)
{
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (user_data);

  if (signaller != NULL)
    gst_peer_signaller_send_candidate (
        signaller, gst_peer_session_get_id (session), mline, candidate);
}

static void
on_failed (GstPeerSession *session, const GError *error, gpointer user_data)
{
  GstPeerSessions *self = user_data;
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (self);

  self->events->failed (session, error, 0, self->user_data);
  if (signaller != NULL)
    gst_peer_signaller_refuse (
        signaller, gst_peer_session_get_id (session), error);
}

static void
on_connected (GstPeerSession *session, gpointer user_data)
{
  GstPeerSessions *self = user_data;

  self->events->connected (session, self->user_data);
}

/* The remote is told on this way, too, while the sequence runs. */
static void
on_closing (GstPeerSession *session, gpointer user_data)
{
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (user_data);

  if (signaller != NULL)
    gst_peer_signaller_end_session (
        signaller, gst_peer_session_get_id (session));
  else
    gst_peer_session_call (session, gst_peer_session_release);
}

static void
on_ended (
    GstPeerSession *session, const GstStructure *report, gpointer user_data)
{
  GstPeerSessions *self = user_data;

  g_mutex_lock (&self->lock);
  g_hash_table_steal (self->sessions, gst_peer_session_get_id (session));
  g_mutex_unlock (&self->lock);
  self->events->ended (session, report, self->user_data);
  gst_peer_session_unref (session);
}

static const GstPeerSessionEvents session_events = {
  .described = on_described,
  .candidate = on_own_candidate,
  .connected = on_connected,
  .failed = on_failed,
  .closing = on_closing,
  .ended = on_ended,
};

/* === the signaller's events, from its thread to the loop === */

static GstPeerSession *
add_session (GstPeerSessions *self, Event *event)
{
  GstPeerSession *session = gst_peer_session_new (event->id, self->element,
      self->loop, (const char *const *)event->ice_servers, self->media,
      &session_events, self);

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->sessions,
      (gpointer)gst_peer_session_get_id (session),
      gst_peer_session_ref (session));
  g_mutex_unlock (&self->lock);
  self->events->added (session, self->user_data);

  return session;
}

static void
refuse_session (GstPeerSignaller *signaller, const char *id)
{
  g_autoptr (GError) error = g_error_new_literal (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND, "The stream is not there now.");

  gst_peer_signaller_refuse (signaller, id, error);
}

static gboolean
open_session (gpointer data)
{
  Event *event = data;
  GstPeerSessions *self = event->sessions;
  g_autoptr (GstPeerSignaller) signaller = dup_signaller (self);
  g_autoptr (GstPeerSession) session = NULL;
  gboolean ready = self->events->is_ready (self->user_data);
  gboolean refusing;

  g_mutex_lock (&self->lock);
  refusing =
      self->refusing || g_hash_table_contains (self->sessions, event->id);
  g_mutex_unlock (&self->lock);
  if (signaller == NULL)
    return G_SOURCE_REMOVE;
  if (refusing || (event->description != NULL && !ready)) {
    refuse_session (signaller, event->id);
    return G_SOURCE_REMOVE;
  }

  session = add_session (self, event);
  if (event->description != NULL)
    gst_peer_session_take_description (session, event->description);
  else if (ready)
    gst_peer_session_offer (session);

  return G_SOURCE_REMOVE;
}

static void
on_session_requested (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *offer, const char *const *ice_servers,
    GstPeerSessions *self)
{
  Event *event = new_event (self, id);

  if (offer != NULL)
    event->description = gst_webrtc_session_description_copy (offer);
  event->ice_servers = g_strdupv ((char **)ice_servers);
  post (event, open_session);
}

static gboolean
check_ready (gpointer data)
{
  GstPeerSessions *self = ((Event *)data)->sessions;
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self);

  if (!self->events->is_ready (self->user_data))
    return G_SOURCE_REMOVE;
  for (guint i = 0; i < sessions->len; i++) {
    GstPeerSession *session = g_ptr_array_index (sessions, i);

    if (gst_peer_session_is_new (session))
      gst_peer_session_offer (session);
  }

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_sessions_check_ready:
 *
 * Makes the offers that have waited for what there is to be sent. From any
 * thread.
 */
void
gst_peer_sessions_check_ready (GstPeerSessions *self)
{
  post (new_event (self, NULL), check_ready);
}

static gboolean
take_description (gpointer data)
{
  Event *event = data;
  GstPeerSessions *self = event->sessions;
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (self, event->id);

  if (session == NULL)
    return G_SOURCE_REMOVE;
  /* A counter-offer leaves the request open until it is answered. */
  if (event->description->type == GST_WEBRTC_SDP_TYPE_ANSWER)
    self->events->described (session, TRUE, self->user_data);
  gst_peer_session_take_description (session, event->description);

  return G_SOURCE_REMOVE;
}

static void
on_description (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *description, GstPeerSessions *self)
{
  Event *event = new_event (self, id);

  event->description = gst_webrtc_session_description_copy (description);
  post (event, take_description);
}

static gboolean
add_candidate (gpointer data)
{
  Event *event = data;
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (event->sessions, event->id);

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
fail_session (gpointer data)
{
  Event *event = data;
  GstPeerSessions *self = event->sessions;
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (self, event->id);

  if (session == NULL)
    return G_SOURCE_REMOVE;
  self->events->failed (
      session, event->error, event->http_status, self->user_data);
  gst_peer_session_close (session);

  return G_SOURCE_REMOVE;
}

static void
on_session_failed (GstPeerSignaller *signaller, const char *id,
    const GError *error, guint http_status, GstPeerSessions *self)
{
  Event *event = new_event (self, id);

  event->error = g_error_copy (error);
  event->http_status = http_status;
  post (event, fail_session);
}

static gboolean
close_one (gpointer data)
{
  Event *event = data;
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (event->sessions, event->id);

  if (session != NULL)
    gst_peer_session_close (session);

  return G_SOURCE_REMOVE;
}

static void
on_session_ended (
    GstPeerSignaller *signaller, const char *id, GstPeerSessions *self)
{
  gst_peer_sessions_close_one (self, id);
}

static gboolean
release_one (gpointer data)
{
  Event *event = data;
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (event->sessions, event->id);

  if (session != NULL)
    gst_peer_session_release (session);

  return G_SOURCE_REMOVE;
}

static void
on_session_released (
    GstPeerSignaller *signaller, const char *id, GstPeerSessions *self)
{
  post (new_event (self, id), release_one);
}

/**
 * gst_peer_sessions_close_one:
 *
 * From any thread.
 */
void
gst_peer_sessions_close_one (GstPeerSessions *self, const char *id)
{
  post (new_event (self, id), close_one);
}

/**
 * gst_peer_sessions_connect:
 *
 * Listens to what the @signaller says.
 */
void
gst_peer_sessions_connect (GstPeerSessions *self, GstPeerSignaller *signaller)
{
  const struct {
    const char *name;
    GCallback callback;
  } handlers[] = {
    { "session-requested", G_CALLBACK (on_session_requested) },
    { "description", G_CALLBACK (on_description) },
    { "candidate", G_CALLBACK (on_candidate) },
    { "session-failed", G_CALLBACK (on_session_failed) },
    { "session-ended", G_CALLBACK (on_session_ended) },
    { "session-released", G_CALLBACK (on_session_released) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (signaller, handlers[i].name, handlers[i].callback, self);
}
