/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer connection and its tracks, in a bin of their own, so that nothing here
 * can hold up the streams or the other sessions. */

#include "session.h"

#include "track.h"

/* A peer that was answered and never connects. */
#define CONNECT_TIMEOUT 30000 /* ms */

/* Candidates that are found later are found by nobody: the answer carries them
 * all. STUN servers and port mappings get this long. */
#define GATHER_TIMEOUT 500 /* ms */

struct _GstPeerSession {
  gint ref_count;
  char *id;
  GstBin *parent;
  GstPeerLoop *loop;
  const GstPeerSessionEvents *events;
  gpointer user_data;

  GstElement *bin;
  GstElement *connection;
  GPtrArray *tracks;
  gint connected;

  /* Used on the loop. */
  GSource *timeout;
  gboolean answered;
  gboolean ended;
};

typedef void (*SessionFunc) (GstPeerSession *self);

typedef struct {
  GstPeerSession *session;
  SessionFunc func;
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

  g_ptr_array_unref (self->tracks);
  gst_clear_object (&self->connection);
  gst_clear_object (&self->bin);
  g_free (self->id);
  g_free (self);
}

/* === from other threads to the loop === */

static gboolean
run_session_call (gpointer data)
{
  SessionCall *call = data;

  call->func (call->session);
  return G_SOURCE_REMOVE;
}

static void
free_session_call (gpointer data)
{
  SessionCall *call = data;

  gst_peer_session_unref (call->session);
  g_free (call);
}

static void
on_loop (GstPeerSession *self, SessionFunc func)
{
  SessionCall *call = g_new0 (SessionCall, 1);

  call->session = gst_peer_session_ref (self);
  call->func = func;
  gst_peer_loop_call (self->loop, run_session_call, call, free_session_call);
}

/* === media === */

/* On a streaming thread. */
static void
on_track_failed (gpointer user_data)
{
  on_loop (user_data, gst_peer_session_close);
}

/* One m-line for each stream, the first that has a codec of ours. */
static gboolean
add_stream (GstPeerSession *self, GstPeerStream *stream,
    const GstSDPMessage *offer, guint64 *taken, GError **error)
{
  g_autoptr (GstCaps) input = gst_peer_stream_dup_caps (stream);

  for (guint i = 0; input != NULL && i < gst_sdp_message_medias_len (offer);
       i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
    const GstPeerCodec *codec;
    GstPeerTrack *track;
    guint payload_type;

    if (i >= 64 || *taken & (G_GUINT64_CONSTANT (1) << i) ||
        !gst_peer_caps_are_of (input, gst_sdp_media_get_media (media)))
      continue;
    codec = gst_peer_codecs_choose (media, input, NULL, &payload_type);
    if (codec == NULL)
      continue;
    *taken |= G_GUINT64_CONSTANT (1) << i;
    track = gst_peer_track_new (self->connection, on_track_failed, self);
    g_ptr_array_add (self->tracks, track);
    return gst_peer_track_link (
        track, stream, codec, media, i, payload_type, error);
  }

  return TRUE;
}

/* === waiting, for one thing at a time === */

static void
clear_timeout (GstPeerSession *self)
{
  if (self->timeout != NULL)
    g_source_destroy (self->timeout);
  g_clear_pointer (&self->timeout, g_source_unref);
}

static void
set_timeout (GstPeerSession *self, guint ms, GSourceFunc func)
{
  clear_timeout (self);
  self->timeout = g_timeout_source_new (ms);
  g_source_set_callback (self->timeout, func, gst_peer_session_ref (self),
      (GDestroyNotify)gst_peer_session_unref);
  g_source_attach (self->timeout, gst_peer_loop_get_context (self->loop));
}

static gboolean
on_connect_timeout (gpointer user_data)
{
  gst_peer_session_close (user_data);
  return G_SOURCE_REMOVE;
}

/* === negotiation === */

static void
fail (GstPeerSession *self, const GError *error)
{
  if (self->ended)
    return;
  self->events->failed (self, error, self->user_data);
  gst_peer_session_close (self);
}

static void
finish_answer (GstPeerSession *self)
{
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;

  if (self->answered || self->ended)
    return;

  g_object_get (self->connection, "local-description", &answer, NULL);
  if (answer == NULL)
    return;
  self->answered = TRUE;
  if (!gst_peer_session_is_connected (self))
    set_timeout (self, CONNECT_TIMEOUT, on_connect_timeout);
  self->events->answered (self, answer, self->user_data);
}

static void
check_gathering (GstPeerSession *self)
{
  GstWebRTCICEGatheringState state;

  g_object_get (self->connection, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    finish_answer (self);
}

static void
on_gathering_state (
    GstElement *connection, GParamSpec *pspec, GstPeerSession *self)
{
  on_loop (self, check_gathering);
}

static gboolean
on_gather_timeout (gpointer user_data)
{
  finish_answer (user_data);
  return G_SOURCE_REMOVE;
}

static void
await_candidates (GstPeerSession *self)
{
  if (self->ended)
    return;
  set_timeout (self, GATHER_TIMEOUT, on_gather_timeout);
  check_gathering (self);
}

static void
fail_negotiation (GstPeerSession *self)
{
  g_autoptr (GError) error = g_error_new_literal (GST_WEBRTC_ERROR,
      GST_WEBRTC_ERROR_INVALID_MODIFICATION, "The offer cannot be answered.");

  fail (self, error);
}

static gboolean
is_error (GstPromise *promise)
{
  return gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED ||
         (gst_promise_get_reply (promise) != NULL &&
             gst_structure_has_field (
                 gst_promise_get_reply (promise), "error"));
}

/* These on webrtcbin's thread. */
static void
on_local_set (GstPromise *promise, gpointer user_data)
{
  on_loop (user_data, is_error (promise) ? fail_negotiation : await_candidates);
  gst_promise_unref (promise);
}

static GstPromise *
new_promise (GstPeerSession *self, GstPromiseChangeFunc func)
{
  return gst_promise_new_with_change_func (func, gst_peer_session_ref (self),
      (GDestroyNotify)gst_peer_session_unref);
}

static void
on_answer (GstPromise *promise, gpointer user_data)
{
  GstPeerSession *self = user_data;
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;

  if (is_error (promise) ||
      !gst_structure_get (gst_promise_get_reply (promise), "answer",
          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL))
    on_loop (self, fail_negotiation);
  else
    g_signal_emit_by_name (self->connection, "set-local-description", answer,
        new_promise (self, on_local_set));
  gst_promise_unref (promise);
}

static void
on_remote_set (GstPromise *promise, gpointer user_data)
{
  GstPeerSession *self = user_data;

  if (is_error (promise))
    on_loop (self, fail_negotiation);
  else
    g_signal_emit_by_name (
        self->connection, "create-answer", NULL, new_promise (self, on_answer));
  gst_promise_unref (promise);
}

/**
 * gst_peer_session_accept:
 * @streams: (element-type GstPeerStream): what there is to be sent
 *
 * Begins to answer; the answer comes as an event.
 */
gboolean
gst_peer_session_accept (GstPeerSession *self, GPtrArray *streams,
    GstWebRTCSessionDescription *offer, GError **error)
{
  guint64 taken = 0;

  for (guint i = 0; i < streams->len; i++) {
    if (!add_stream (
            self, g_ptr_array_index (streams, i), offer->sdp, &taken, error))
      return FALSE;
  }
  if (taken == 0) {
    g_set_error (error, GST_WEBRTC_ERROR, GST_WEBRTC_ERROR_INVALID_MODIFICATION,
        "Offered is no codec that this stream can be sent in.");
    return FALSE;
  }

  gst_element_sync_state_with_parent (self->bin);
  g_signal_emit_by_name (self->connection, "set-remote-description", offer,
      new_promise (self, on_remote_set));

  return TRUE;
}

void
gst_peer_session_add_candidate (
    GstPeerSession *self, guint mline, const char *candidate)
{
  if (!self->ended)
    g_signal_emit_by_name (
        self->connection, "add-ice-candidate", mline, candidate);
}

/* === the connection === */

static void
open_tracks (GstPeerSession *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->connected, FALSE, TRUE))
    return;

  /* rtpsession makes no sender reports before it knows the latency, and the
   * pipeline's is not asked for again because of one more peer. */
  gst_bin_recalculate_latency (GST_BIN (self->bin));
  if (self->answered)
    clear_timeout (self);
  for (guint i = 0; i < self->tracks->len; i++)
    gst_peer_track_open (g_ptr_array_index (self->tracks, i));
  self->events->connected (self, self->user_data);
}

static void
check_connection (GstPeerSession *self)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (self->connection, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    open_tracks (self);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    gst_peer_session_close (self);
}

static void
on_connection_state (
    GstElement *connection, GParamSpec *pspec, GstPeerSession *self)
{
  on_loop (self, check_connection);
}

/**
 * gst_peer_session_new:
 * @bin: to live in, with a close-timeout
 */
GstPeerSession *
gst_peer_session_new (const char *id, GstBin *bin, GstPeerLoop *loop,
    const GstPeerSessionEvents *events, gpointer user_data)
{
  GstPeerSession *self = g_new0 (GstPeerSession, 1);
  g_autofree char *name = g_strdup_printf ("session-%s", id);
  guint close_timeout;

  self->ref_count = 1;
  self->id = g_strdup (id);
  self->parent = bin;
  self->loop = loop;
  self->events = events;
  self->user_data = user_data;
  self->tracks =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_track_free);
  self->bin = gst_object_ref_sink (gst_bin_new (name));
  self->connection =
      gst_object_ref_sink (gst_element_factory_make ("peerconnection", NULL));
  gst_util_set_object_arg (
      G_OBJECT (self->connection), "bundle-policy", "max-bundle");
  g_object_get (bin, "close-timeout", &close_timeout, NULL);
  g_object_set (self->connection, "close-timeout", close_timeout, NULL);
  g_signal_connect (self->connection, "notify::ice-gathering-state",
      G_CALLBACK (on_gathering_state), self);
  g_signal_connect (self->connection, "notify::connection-state",
      G_CALLBACK (on_connection_state), self);
  gst_bin_add (GST_BIN (self->bin), self->connection);
  gst_bin_add (bin, self->bin);

  return self;
}

const char *
gst_peer_session_get_id (GstPeerSession *self)
{
  return self->id;
}

gboolean
gst_peer_session_is_connected (GstPeerSession *self)
{
  return g_atomic_int_get (&self->connected);
}

/* === the end === */

static void
announce_end (GstPeerSession *self)
{
  g_autoptr (GstStructure) report = NULL;

  g_object_get (self->connection, "close-report", &report, NULL);
  self->events->ended (self, report, self->user_data);
}

/* May wait, so it is done aside. */
static void
remove_bin (GstElement *parent, gpointer user_data)
{
  GstPeerSession *self = user_data;

  gst_element_set_locked_state (self->bin, TRUE);
  gst_element_set_state (self->bin, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (parent), self->bin);
  on_loop (self, announce_end);
}

static void
finish (GstPeerSession *self)
{
  if (self->ended)
    return;
  self->ended = TRUE;

  g_signal_handlers_disconnect_by_data (self->connection, self);
  clear_timeout (self);
  for (guint i = 0; i < self->tracks->len; i++)
    gst_peer_track_close (g_ptr_array_index (self->tracks, i));
  gst_element_call_async (GST_ELEMENT (self->parent), remove_bin,
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
  if (!self->ended)
    g_signal_emit_by_name (self->connection, "close", NULL);
}

/**
 * gst_peer_session_owns:
 *
 * From any thread.
 */
gboolean
gst_peer_session_owns (GstPeerSession *self, GstObject *source)
{
  return source != NULL &&
         (source == GST_OBJECT (self->bin) ||
             gst_object_has_as_ancestor (source, GST_OBJECT (self->bin)));
}

/**
 * gst_peer_session_take_message:
 * @message: of which gst_peer_session_owns() the source
 *
 * From any thread.
 */
void
gst_peer_session_take_message (GstPeerSession *self, GstMessage *message)
{
  if (gst_message_has_name (message, "peerconnection-closed"))
    on_loop (self, finish);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    on_loop (self, gst_peer_session_close);
}
