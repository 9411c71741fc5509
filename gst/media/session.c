/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer connection and what it carries, in a bin of their own, so that nothing
 * here can hold up the rest of the pipeline. */

#include "session-private.h"

#include <gst/sdp/sdp.h>

#include "bins.h"

/* A peer that was described to and never connects. */
#define CONNECT_TIMEOUT 30000 /* ms */

/* How long the signaller may take to say goodbye, beyond close-timeout. */
#define RELEASE_MARGIN 100 /* ms */

/* What is to be done on the loop; it keeps the element. */
typedef struct {
  GstPeerSession *session;
  GstBin *element;
  GstPeerSessionFunc func;
  guint mline;
  char *candidate;
  GError *error;
} SessionCall;

GstPeerSession *
gst_peer_session_ref (GstPeerSession *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
gst_peer_session_unref (GstPeerSession *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  self->media_class->free (self->media);
  /* Still set when the loop has gone before it was due. */
  g_clear_pointer (&self->timeout, g_source_unref);
  gst_clear_object (&self->dropped);
  gst_clear_object (&self->connection);
  gst_clear_object (&self->bin);
  g_clear_pointer (&self->report, gst_structure_free);
  g_clear_pointer (&self->offer, gst_sdp_message_free);
  g_strfreev (self->ice_servers);
  g_free (self->id);
  g_free (self);
}

/* === from other threads to the loop === */

static void
free_session_call (gpointer data)
{
  SessionCall *call = data;

  gst_peer_session_unref (call->session);
  gst_object_unref (call->element);
  g_free (call->candidate);
  g_clear_error (&call->error);
  g_free (call);
}

static SessionCall *
new_session_call (GstPeerSession *self, GstPeerSessionFunc func)
{
  SessionCall *call = g_new0 (SessionCall, 1);

  call->session = gst_peer_session_ref (self);
  call->element = gst_object_ref (self->parent);
  call->func = func;

  return call;
}

static gboolean
run_session_call (gpointer data)
{
  SessionCall *call = data;

  call->func (call->session);
  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_session_call:
 *
 * Runs @func on the loop. From any thread.
 */
void
gst_peer_session_call (GstPeerSession *self, GstPeerSessionFunc func)
{
  SessionCall *call = new_session_call (self, func);

  gst_peer_loop_call (self->loop, run_session_call, call, free_session_call);
}

/* === waiting, for one thing at a time === */

/* Leads to the element weakly: most of its life something is waited for. */
typedef struct {
  GstPeerSession *session;
  GWeakRef element;
  GstPeerSessionFunc func;
} SessionTimeout;

static void
free_session_timeout (gpointer data)
{
  SessionTimeout *timeout = data;

  gst_peer_session_unref (timeout->session);
  g_weak_ref_clear (&timeout->element);
  g_free (timeout);
}

static gboolean
run_session_timeout (gpointer data)
{
  SessionTimeout *timeout = data;
  g_autoptr (GstBin) element = g_weak_ref_get (&timeout->element);

  if (element != NULL)
    timeout->func (timeout->session);

  return G_SOURCE_REMOVE;
}

void
gst_peer_session_clear_timeout (GstPeerSession *self)
{
  if (self->timeout != NULL)
    g_source_destroy (self->timeout);
  g_clear_pointer (&self->timeout, g_source_unref);
}

/**
 * gst_peer_session_set_timeout:
 *
 * In the place of the one before.
 */
void
gst_peer_session_set_timeout (
    GstPeerSession *self, guint ms, GstPeerSessionFunc func)
{
  SessionTimeout *timeout = g_new0 (SessionTimeout, 1);

  timeout->session = gst_peer_session_ref (self);
  g_weak_ref_init (&timeout->element, self->parent);
  timeout->func = func;
  gst_peer_session_clear_timeout (self);
  self->timeout = g_timeout_source_new (ms);
  g_source_set_callback (
      self->timeout, run_session_timeout, timeout, free_session_timeout);
  g_source_attach (self->timeout, gst_peer_loop_get_context (self->loop));
}

static void
fail_to_connect (GstPeerSession *self)
{
  g_autoptr (GError) error = g_error_new (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_OPEN_READ_WRITE,
      "The peer could not be reached within %u s: no pair of ICE candidates "
      "works. Firewalls may need a TURN server between (turn-servers).",
      CONNECT_TIMEOUT / 1000);

  gst_peer_session_fail (self, error);
}

/**
 * gst_peer_session_await_connection:
 *
 * Both sides know enough to connect, or will.
 */
void
gst_peer_session_await_connection (GstPeerSession *self)
{
  if (!gst_peer_session_is_connected (self))
    gst_peer_session_set_timeout (self, CONNECT_TIMEOUT, fail_to_connect);
}

/* === what the connection says, on webrtcbin's threads and then here === */

static void
open_media (GstPeerSession *self)
{
  if (self->closing ||
      !g_atomic_int_compare_and_exchange (&self->connected, FALSE, TRUE))
    return;

  /* rtpsession makes no sender reports before it knows the latency, and the
   * pipeline's is not asked for again because of one more peer. */
  gst_bin_recalculate_latency (GST_BIN (self->bin));
  if (self->described)
    gst_peer_session_clear_timeout (self);
  self->media_class->open (self->media);
  self->events->connected (self, self->user_data);
}

static void
fail_connection (GstPeerSession *self)
{
  g_autoptr (GError) error = NULL;

  self->lost = gst_peer_session_is_connected (self);
  error = g_error_new_literal (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
      self->lost ? "The peer does not answer any more."
                 : "The peer cannot be reached: ICE has failed. Firewalls may "
                   "need a TURN server between (turn-servers).");
  gst_peer_session_fail (self, error);
}

static void
check_connection (GstPeerSession *self)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (self->connection, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    open_media (self);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    fail_connection (self);
}

static void
on_connection_state (
    GstElement *connection, GParamSpec *pspec, GstPeerSession *self)
{
  gst_peer_session_call (self, check_connection);
}

static void
on_gathering_state (
    GstElement *connection, GParamSpec *pspec, GstPeerSession *self)
{
  gst_peer_session_call (self, gst_peer_session_check_gathering);
}

static gboolean
run_candidate (gpointer data)
{
  SessionCall *call = data;

  gst_peer_session_take_candidate (call->session, call->mline, call->candidate);
  return G_SOURCE_REMOVE;
}

static void
on_ice_candidate (GstElement *connection, guint mline, const char *candidate,
    GstPeerSession *self)
{
  SessionCall *call = new_session_call (self, NULL);

  call->mline = mline;
  call->candidate = g_strdup (candidate);
  gst_peer_loop_call (self->loop, run_candidate, call, free_session_call);
}

/* === the connection === */

static void
add_connection (GstPeerSession *self)
{
  self->connection = gst_peer_session_make_connection (self);
  g_signal_connect (self->connection, "notify::ice-gathering-state",
      G_CALLBACK (on_gathering_state), self);
  g_signal_connect (self->connection, "notify::connection-state",
      G_CALLBACK (on_connection_state), self);
  g_signal_connect (self->connection, "on-ice-candidate",
      G_CALLBACK (on_ice_candidate), self);

  self->bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_object_set_data_full (
      G_OBJECT (self->bin), GST_PEER_SESSION_ID, g_strdup (self->id), g_free);
  gst_bin_add (GST_BIN (self->bin), self->connection);
  gst_bin_add (self->parent, self->bin);
}

static void
drop_bin (GstElement *element, gpointer bin)
{
  gst_peer_bin_take_out (bin);
}

/**
 * gst_peer_session_replace_connection:
 *
 * Drops the one that nobody has answered yet, and begins with a new one. Once:
 * other threads may be looking at the first.
 */
void
gst_peer_session_replace_connection (GstPeerSession *self)
{
  GstElement *bin = self->bin;

  g_signal_handlers_disconnect_by_data (self->connection, self);
  self->dropped = self->connection;
  self->offers = FALSE;
  self->described = FALSE;
  add_connection (self);
  gst_element_call_async (
      GST_ELEMENT (self->parent), drop_bin, bin, gst_object_unref);
}

/**
 * gst_peer_session_new:
 * @element: to live in, which has the properties that say how to connect
 * @ice_servers: (nullable): as the peer's server names them
 */
GstPeerSession *
gst_peer_session_new (const char *id, GstBin *element, GstPeerLoop *loop,
    const char *const *ice_servers, const GstPeerMedia *media,
    const GstPeerSessionEvents *events, gpointer user_data)
{
  GstPeerSession *self = g_new0 (GstPeerSession, 1);

  self->ref_count = 1;
  self->id = g_strdup (id);
  self->parent = element;
  self->loop = loop;
  self->ice_servers = g_strdupv ((char **)ice_servers);
  self->events = events;
  self->user_data = user_data;
  self->media_class = media;
  add_connection (self);
  self->media = media->create (self, element);

  return self;
}

const char *
gst_peer_session_get_id (GstPeerSession *self)
{
  return self->id;
}

GstElement *
gst_peer_session_get_connection (GstPeerSession *self)
{
  return self->connection;
}

GstBin *
gst_peer_session_get_bin (GstPeerSession *self)
{
  return GST_BIN (self->bin);
}

gpointer
gst_peer_session_get_media (GstPeerSession *self)
{
  return self->media;
}

/**
 * gst_peer_session_prepare:
 *
 * The connection takes data channels from then on.
 */
void
gst_peer_session_prepare (GstPeerSession *self)
{
  if (GST_STATE (self->bin) < GST_STATE_READY)
    gst_element_set_state (self->bin, GST_STATE_READY);
}

/**
 * gst_peer_session_is_new:
 *
 * Returns: whether neither side has described anything yet
 */
gboolean
gst_peer_session_is_new (GstPeerSession *self)
{
  return !self->negotiating && !self->closing;
}

/**
 * gst_peer_session_is_connected:
 *
 * From any thread.
 */
gboolean
gst_peer_session_is_connected (GstPeerSession *self)
{
  return g_atomic_int_get (&self->connected);
}

/* On the loop. */
gboolean
gst_peer_session_is_lost (GstPeerSession *self)
{
  return self->lost;
}

/* === the end === */

/* Both who signals and who connects are done. */
static void
check_end (GstPeerSession *self)
{
  if (!self->stopped || !self->released)
    return;
  gst_peer_session_clear_timeout (self);
  self->events->ended (self, self->report, self->user_data);
}

/**
 * gst_peer_session_release:
 *
 * The signaller is done with it.
 */
void
gst_peer_session_release (GstPeerSession *self)
{
  if (self->released)
    return;
  self->released = TRUE;
  check_end (self);
}

static void
take_stop (GstPeerSession *self)
{
  guint close_timeout;

  g_object_get (self->connection, "close-report", &self->report, NULL);
  g_object_get (self->parent, "close-timeout", &close_timeout, NULL);
  self->stopped = TRUE;
  if (!self->released)
    gst_peer_session_set_timeout (
        self, close_timeout + RELEASE_MARGIN, gst_peer_session_release);
  check_end (self);
}

/* May wait, so it is done aside. */
static void
stop_connection (GstElement *element, gpointer user_data)
{
  GstPeerSession *self = user_data;

  if (self->media_class->drain != NULL)
    self->media_class->drain (self->media);
  gst_peer_bin_take_out (self->bin);
  self->media_class->end (self->media);
  gst_peer_session_call (self, take_stop);
}

static void
begin_end (GstPeerSession *self)
{
  if (self->closing)
    return;
  self->closing = TRUE;
  gst_peer_session_clear_timeout (self);
  self->events->closing (self, self->user_data);
}

/* The close sequence is over, whoever has begun it. */
static void
finish (GstPeerSession *self)
{
  if (self->finishing)
    return;
  self->finishing = TRUE;

  begin_end (self);
  g_signal_handlers_disconnect_by_data (self->connection, self);
  self->media_class->close (self->media);
  gst_element_call_async (GST_ELEMENT (self->parent), stop_connection,
      gst_peer_session_ref (self), (GDestroyNotify)gst_peer_session_unref);
}

/**
 * gst_peer_session_close:
 *
 * Runs the close sequence. The event `ended` follows it.
 */
void
gst_peer_session_close (GstPeerSession *self)
{
  if (self->closing)
    return;
  begin_end (self);
  g_signal_emit_by_name (self->connection, "close", NULL);
}

/**
 * gst_peer_session_fail:
 *
 * Closes, and says why.
 */
void
gst_peer_session_fail (GstPeerSession *self, const GError *error)
{
  if (self->closing || self->failed)
    return;
  self->failed = TRUE;
  self->events->failed (self, error, self->user_data);
  gst_peer_session_close (self);
}

static gboolean
run_fail (gpointer data)
{
  SessionCall *call = data;

  gst_peer_session_fail (call->session, call->error);
  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_session_call_fail:
 *
 * Runs gst_peer_session_fail() on the loop. From any thread. What goes wrong once
 * the connection has closed comes of that.
 */
void
gst_peer_session_call_fail (GstPeerSession *self, const GError *error)
{
  GstWebRTCSignalingState state;
  SessionCall *call;

  g_object_get (self->connection, "signaling-state", &state, NULL);
  if (state == GST_WEBRTC_SIGNALING_STATE_CLOSED)
    return;
  call = new_session_call (self, NULL);
  call->error = g_error_copy (error);
  gst_peer_loop_call (self->loop, run_fail, call, free_session_call);
}

static void
take_error (GstPeerSession *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  g_prefix_error (&error, "%s: ", GST_OBJECT_NAME (GST_MESSAGE_SRC (message)));
  gst_peer_session_call_fail (self, error);
}

/**
 * gst_peer_session_take_message:
 * @message: from inside of its bin
 *
 * From any thread.
 */
void
gst_peer_session_take_message (GstPeerSession *self, GstMessage *message)
{
  if (gst_message_has_name (message, "peerconnection-closed")) {
    if (GST_MESSAGE_SRC (message) == GST_OBJECT (self->connection))
      gst_peer_session_call (self, finish);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    take_error (self, message);
  }
}
