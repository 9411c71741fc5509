/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What peersink and peersrc show of themselves beside their settings: states,
 * sessions, statistics, the ways to close. */

#include "endpoint-private.h"

enum {
  PROP_SIGNALING_STATE = GST_PEER_SETTINGS_FIRST_PROPERTY - 50,
  PROP_CONNECTION_STATE,
  PROP_SESSIONS,
  PROP_STATS,
  PROP_CLOSE_REPORT,
};

#define READABLE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static GQuark
endpoint_quark (void)
{
  return g_quark_from_static_string ("peer-endpoint");
}

/**
 * gst_peer_endpoint_of:
 * @element: a peersink or peersrc
 */
GstPeerEndpoint *
gst_peer_endpoint_of (gpointer element)
{
  return g_object_get_qdata (G_OBJECT (element), endpoint_quark ());
}

void
gst_peer_endpoint_attach (GstPeerEndpoint *self)
{
  g_object_set_qdata (G_OBJECT (self->element), endpoint_quark (), self);
}

/* === states, folded from those of the sessions === */

static GstWebRTCPeerConnectionState
fold_connection_states (GPtrArray *sessions)
{
  GstWebRTCPeerConnectionState state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;

  for (guint i = 0; i < sessions->len; i++) {
    if (gst_peer_session_is_connected (g_ptr_array_index (sessions, i)))
      return GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED;
    state = GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTING;
  }

  return state;
}

static GstWebRTCSignalingState
fold_signaling_states (GPtrArray *sessions)
{
  for (guint i = 0; i < sessions->len; i++) {
    GstWebRTCSignalingState state;

    g_object_get (
        gst_peer_session_get_connection (g_ptr_array_index (sessions, i)),
        "signaling-state", &state, NULL);
    if (state != GST_WEBRTC_SIGNALING_STATE_STABLE &&
        state != GST_WEBRTC_SIGNALING_STATE_CLOSED)
      return state;
  }

  return GST_WEBRTC_SIGNALING_STATE_STABLE;
}

/**
 * gst_peer_endpoint_update_states:
 *
 * From any thread.
 */
void
gst_peer_endpoint_update_states (GstPeerEndpoint *self)
{
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self->sessions);
  GstWebRTCPeerConnectionState connection = fold_connection_states (sessions);
  GstWebRTCSignalingState signaling = fold_signaling_states (sessions);
  gboolean connection_changed, signaling_changed;

  GST_OBJECT_LOCK (self->element);
  if (self->closing) {
    connection = GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED;
    signaling = GST_WEBRTC_SIGNALING_STATE_CLOSED;
  }
  connection_changed = self->connection_state != connection;
  signaling_changed = self->signaling_state != signaling;
  self->connection_state = connection;
  self->signaling_state = signaling;
  GST_OBJECT_UNLOCK (self->element);

  if (signaling_changed)
    g_object_notify (G_OBJECT (self->element), "signaling-state");
  if (connection_changed)
    g_object_notify (G_OBJECT (self->element), "connection-state");
}

/* === properties === */

static char **
dup_ids (GstPeerEndpoint *self)
{
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self->sessions);
  char **ids = g_new0 (char *, sessions->len + 1);

  for (guint i = 0; i < sessions->len; i++)
    ids[i] =
        g_strdup (gst_peer_session_get_id (g_ptr_array_index (sessions, i)));

  return ids;
}

static gboolean
get_guarded (GstPeerEndpoint *self, guint id, GValue *value)
{
  switch (id) {
  case PROP_SIGNALING_STATE:
    g_value_set_enum (value, self->signaling_state);
    return TRUE;
  case PROP_CONNECTION_STATE:
    g_value_set_enum (value, self->connection_state);
    return TRUE;
  case PROP_CLOSE_REPORT:
    g_value_set_boxed (value, self->report);
    return TRUE;
  default:
    return FALSE;
  }
}

/**
 * gst_peer_endpoint_get_property:
 *
 * Returns: whether there is one of this @id
 */
gboolean
gst_peer_endpoint_get_property (GstPeerEndpoint *self, guint id, GValue *value)
{
  gboolean is_ours;

  if (id == PROP_SESSIONS) {
    g_value_take_boxed (value, dup_ids (self));
    return TRUE;
  }
  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_peer_endpoint_dup_stats (self));
    return TRUE;
  }

  GST_OBJECT_LOCK (self->element);
  is_ours = get_guarded (self, id, value);
  GST_OBJECT_UNLOCK (self->element);

  return is_ours || gst_peer_settings_get_property (
                        &self->settings, G_OBJECT (self->element), id, value);
}

gboolean
gst_peer_endpoint_set_property (
    GstPeerEndpoint *self, guint id, const GValue *value)
{
  return gst_peer_settings_set_property (
      &self->settings, G_OBJECT (self->element), id, value);
}

static void
install_properties (GObjectClass *klass)
{
  /**
   * GstPeerSink:signaling-state:
   * GstPeerSrc:signaling-state:
   *
   * `closed` from the moment that the element is closed; else that of a session
   * that is being negotiated, and `stable` while there is none.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SIGNALING_STATE,
      g_param_spec_enum ("signaling-state", "Signaling state",
          "The signaling state of all sessions",
          GST_TYPE_WEBRTC_SIGNALING_STATE, GST_WEBRTC_SIGNALING_STATE_STABLE,
          READABLE));

  /**
   * GstPeerSink:connection-state:
   * GstPeerSrc:connection-state:
   *
   * `closed` from the moment that the element is closed; else `connected` while
   * a peer is, `connecting` while one may be, and `new` while there is none.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CONNECTION_STATE,
      g_param_spec_enum ("connection-state", "Connection state",
          "The connection state of all sessions",
          GST_TYPE_WEBRTC_PEER_CONNECTION_STATE,
          GST_WEBRTC_PEER_CONNECTION_STATE_NEW, READABLE));

  /**
   * GstPeerSink:sessions:
   * GstPeerSrc:sessions:
   *
   * The ids of the sessions that there are now.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SESSIONS,
      g_param_spec_boxed ("sessions", "Sessions", "The ids of the sessions",
          G_TYPE_STRV, READABLE));

  /**
   * GstPeerSink:stats:
   * GstPeerSrc:stats:
   *
   * For each session, by its id, a #GstStructure with what an RTCStatsReport of
   * the W3C's has: by id, a structure that is named by its type, such as
   * `outbound-rtp`, with fields such as `packetsSent`. Asked for when it is read,
   * which waits for it, at most 500 ms; for so long, and in vain, on webrtcbin's
   * own thread.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "W3C statistics of each session", GST_TYPE_STRUCTURE, READABLE));

  /**
   * GstPeerSink:close-report:
   * GstPeerSrc:close-report:
   *
   * What the close did, %NULL before its end. A #GstStructure `peersink-closed`
   * or `peersrc-closed` with
   *
   * * `reason` (string): "close", "eos", "state-change" or "remote"
   * * `total-us` (#guint64): how long it took
   * * `sessions` (array of #GstStructure): for each session its id, `session`,
   *   and what #GstPeerConnection:close-report has of it; `reason` is "overdue"
   *   for one that was not waited for any longer
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CLOSE_REPORT,
      g_param_spec_boxed ("close-report", "Close report",
          "What the close did, session by session (NULL = not closed)",
          GST_TYPE_STRUCTURE, READABLE));
}

/* === signals === */

static void
on_close (GstElement *element, GstPromise *promise)
{
  gst_peer_endpoint_close (
      gst_peer_endpoint_of (element), GST_PEER_END_CLOSE, promise);
}

static void
on_close_session (GstElement *element, const char *id, GstPromise *promise)
{
  g_return_if_fail (id != NULL);

  gst_peer_endpoint_close_session (gst_peer_endpoint_of (element), id, promise);
}

static void
install_signals (GType type)
{
  /**
   * GstPeerSink::close:
   * GstPeerSrc::close:
   * @promise: (nullable): replied to with the close-report
   *
   * Closes all sessions, side by side; the EOS follows. When it returns, the
   * states are `closed`. May be called from any thread and from any callback,
   * any number of times.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("close", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (on_close), NULL, NULL,
      NULL, G_TYPE_NONE, 1, GST_TYPE_PROMISE);

  /**
   * GstPeerSink::close-session:
   * GstPeerSrc::close-session:
   * @session: its id
   * @promise: (nullable): replied to with the report of that session
   *
   * Closes one of the sessions. From any thread.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("close-session", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (on_close_session), NULL,
      NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, GST_TYPE_PROMISE);

  /**
   * GstPeerSink::session-added:
   * GstPeerSrc::session-added:
   * @session: its id
   * @peerconnection: the element that connects to the peer
   *
   * On the element's own thread, before anything is negotiated: the time to set
   * what @peerconnection is to do otherwise. An ELEMENT message of the same name
   * follows.
   *
   * Since: 0.1
   */
  g_signal_new ("session-added", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_STRING, GST_TYPE_ELEMENT);

  /**
   * GstPeerSink::session-removed:
   * GstPeerSrc::session-removed:
   * @session: its id
   * @peerconnection: the element, which is closed
   *
   * On the element's own thread. An ELEMENT message of the same name follows.
   *
   * Since: 0.1
   */
  g_signal_new ("session-removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_STRING, GST_TYPE_ELEMENT);
}

/**
 * gst_peer_endpoint_install:
 *
 * Properties and signals, in a class of an element.
 */
void
gst_peer_endpoint_install (
    GObjectClass *klass, const char *location, guint max_sessions)
{
  install_properties (klass);
  install_signals (G_TYPE_FROM_CLASS (klass));
  gst_peer_settings_install (klass, location, max_sessions);
}

/* === GstChildProxy: the peerconnection of each session, by its id; by name only,
 * the pads, which gst-launch-1.0 sets properties of on this way === */

static GObject *
get_child_by_name (GstChildProxy *proxy, const char *name)
{
  GstPeerEndpoint *self = gst_peer_endpoint_of (proxy);
  g_autoptr (GstPeerSession) session =
      gst_peer_sessions_dup_one (self->sessions, name);

  return session != NULL ? g_object_ref (G_OBJECT (
                               gst_peer_session_get_connection (session)))
                         : (GObject *)gst_element_get_static_pad (
                               GST_ELEMENT (proxy), name);
}

static GObject *
get_child_by_index (GstChildProxy *proxy, guint index)
{
  GstPeerEndpoint *self = gst_peer_endpoint_of (proxy);
  g_autoptr (GPtrArray) sessions = gst_peer_sessions_dup_all (self->sessions);

  return index < sessions->len
             ? g_object_ref (G_OBJECT (gst_peer_session_get_connection (
                   g_ptr_array_index (sessions, index))))
             : NULL;
}

static guint
get_children_count (GstChildProxy *proxy)
{
  g_autoptr (GPtrArray) sessions =
      gst_peer_sessions_dup_all (gst_peer_endpoint_of (proxy)->sessions);

  return sessions->len;
}

void
gst_peer_endpoint_proxy_init (gpointer data, gpointer unused)
{
  GstChildProxyInterface *iface = data;

  iface->get_child_by_name = get_child_by_name;
  iface->get_child_by_index = get_child_by_index;
  iface->get_children_count = get_children_count;
}
