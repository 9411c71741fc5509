/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "endpoint-private.h"

#include "session-client.h"
#include "session-server.h"

GST_DEBUG_CATEGORY_STATIC (gst_peer_endpoint_debug);
#define GST_CAT_DEFAULT gst_peer_endpoint_debug

/* A session's id is the address that ends it: not for logs. */
#define ID_FORMAT "session %.8s"

/* === messages === */

static void
post_progress (GstPeerEndpoint *self, GstProgressType type, const char *code,
    const char *text)
{
  gst_element_post_message (GST_ELEMENT (self->element),
      gst_message_new_progress (GST_OBJECT (self->element), type, code, text));
}

static void
post_session (GstPeerEndpoint *self, const char *name, GstPeerSession *session)
{
  gst_element_post_message (GST_ELEMENT (self->element),
      gst_message_new_element (GST_OBJECT (self->element),
          gst_structure_new (name, "session", G_TYPE_STRING,
              gst_peer_session_get_id (session), "peerconnection",
              GST_TYPE_ELEMENT, gst_peer_session_get_connection (session),
              NULL)));
}

/* What ends a client ends its pipeline, with a message that says why. */
static void
post_error (GstPeerEndpoint *self, const GError *error, guint http_status)
{
  GstStructure *details = NULL;

  if (self->failed)
    return;
  self->failed = TRUE;
  if (http_status != 0)
    details = gst_structure_new (
        "details", "http-status-code", G_TYPE_UINT, http_status, NULL);
  gst_element_message_full_with_details (GST_ELEMENT (self->element),
      GST_MESSAGE_ERROR, error->domain, error->code, g_strdup (error->message),
      NULL, __FILE__, GST_FUNCTION, __LINE__, details);
}

static gboolean
is_quiet_about (GstPeerEndpoint *self, GstPeerSession *session)
{
  GstPeerOnPeerLost on_peer_lost;

  GST_OBJECT_LOCK (self->element);
  on_peer_lost = self->settings.on_peer_lost;
  GST_OBJECT_UNLOCK (self->element);

  return gst_peer_session_is_lost (session) &&
         on_peer_lost == GST_PEER_ON_PEER_LOST_EOS;
}

/* === what happens to sessions, on the loop === */

/**
 * gst_peer_endpoint_is_client:
 *
 * Returns: whether there is one peer, which it goes to
 */
gboolean
gst_peer_endpoint_is_client (GstPeerEndpoint *self)
{
  return self->role == GST_PEER_ROLE_WHIP_CLIENT ||
         self->role == GST_PEER_ROLE_WHEP_CLIENT;
}

static gboolean
is_ready (gpointer user_data)
{
  GstPeerEndpoint *self = user_data;

  return self->klass->is_ready == NULL || self->klass->is_ready (self->element);
}

static void
on_added (GstPeerSession *session, gpointer user_data)
{
  GstPeerEndpoint *self = user_data;

  self->had_sessions = TRUE;
  GST_INFO_OBJECT (
      self->element, ID_FORMAT " begins", gst_peer_session_get_id (session));
  g_signal_emit_by_name (self->element, "session-added",
      gst_peer_session_get_id (session),
      gst_peer_session_get_connection (session));
  post_session (self, "session-added", session);
  gst_peer_endpoint_update_states (self);
}

static void
on_described (GstPeerSession *session, gboolean answered, gpointer user_data)
{
  GstPeerEndpoint *self = user_data;

  if (gst_peer_endpoint_is_client (self)) {
    post_progress (self,
        answered ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_START,
        "request",
        answered ? "The endpoint has answered" : "Sending the offer");
    if (answered)
      post_progress (
          self, GST_PROGRESS_TYPE_START, "connect", "Connecting to the peer");
  }
  gst_peer_endpoint_update_states (self);
}

static void
on_connected (GstPeerSession *session, gpointer user_data)
{
  GstPeerEndpoint *self = user_data;

  GST_INFO_OBJECT (self->element, ID_FORMAT " is connected",
      gst_peer_session_get_id (session));
  if (gst_peer_endpoint_is_client (self))
    post_progress (self, GST_PROGRESS_TYPE_COMPLETE, "connect", "Connected");
  gst_peer_endpoint_update_states (self);
}

/* Peers of a server may fail by the thousand, and on purpose. */
static void
log_failure (
    GstPeerEndpoint *self, GstPeerSession *session, const GError *error)
{
  guint n_counted;
  GstPeerLogAdvice advice = gst_peer_log_budget_take (
      &self->failures, g_get_monotonic_time (), &n_counted);

  if (n_counted > 0)
    GST_WARNING_OBJECT (self->element,
        "%u more sessions that failed were counted and not told", n_counted);
  if (advice == GST_PEER_LOG_COUNT)
    return;
  GST_WARNING_OBJECT (self->element, ID_FORMAT ": %s",
      gst_peer_session_get_id (session), error->message);
  if (advice == GST_PEER_LOG_TELL_LAST)
    GST_WARNING_OBJECT (self->element,
        "%d sessions have failed within a minute: more are only counted",
        GST_PEER_LOG_BUDGET);
}

static void
on_failed (GstPeerSession *session, const GError *error, guint http_status,
    gpointer user_data)
{
  GstPeerEndpoint *self = user_data;

  log_failure (self, session, error);
  if (!gst_peer_endpoint_is_client (self))
    return;
  self->lost = is_quiet_about (self, session);
  if (self->lost)
    GST_ELEMENT_WARNING (
        self->element, RESOURCE, READ, ("%s", error->message), (NULL));
  else
    post_error (self, error, http_status);
}

/* For messages, without what may be a secret. */
static char *
describe_location (GstPeerEndpoint *self)
{
  g_autoptr (GUri) uri =
      self->settings.location != NULL
          ? g_uri_parse (self->settings.location, G_URI_FLAGS_NONE, NULL)
          : NULL;

  /* Without a host, all of it is a path. */
  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return g_strdup ("location");

  return g_uri_to_string_partial (
      uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
}

/* Who publishes is not done when the endpoint is. */
static void
check_publisher (GstPeerEndpoint *self)
{
  g_autofree char *location = NULL;
  g_autoptr (GError) error = NULL;

  if (self->role != GST_PEER_ROLE_WHIP_CLIENT || self->failed || self->lost)
    return;
  location = describe_location (self);
  error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      "The endpoint at %s has ended the session.", location);
  post_error (self, error, 0);
}

static void
on_ended (
    GstPeerSession *session, const GstStructure *report, gpointer user_data)
{
  GstPeerEndpoint *self = user_data;
  gboolean over = gst_peer_sessions_are_over (self->sessions);
  gboolean closing;

  GST_INFO_OBJECT (self->element, ID_FORMAT " has ended: %" GST_PTR_FORMAT,
      gst_peer_session_get_id (session), report);
  gst_peer_endpoint_add_report (self, session, report);
  g_signal_emit_by_name (self->element, "session-removed",
      gst_peer_session_get_id (session),
      gst_peer_session_get_connection (session));
  post_session (self, "session-removed", session);
  gst_peer_endpoint_update_states (self);

  GST_OBJECT_LOCK (self->element);
  closing = self->closing;
  GST_OBJECT_UNLOCK (self->element);
  if (closing) {
    gst_peer_endpoint_check_closed (self);
  } else if (over) {
    check_publisher (self);
    if (self->lost)
      gst_peer_endpoint_close (self, GST_PEER_END_REMOTE, NULL);
    else if (self->klass->idle != NULL)
      self->klass->idle (self->element);
  }
}

static const GstPeerSessionsEvents sessions_events = {
  .is_ready = is_ready,
  .added = on_added,
  .described = on_described,
  .connected = on_connected,
  .failed = on_failed,
  .ended = on_ended,
};

/* === signalling === */

/* Those that a server's clients are told of are ours. */
static char **
dup_ice_servers (GstPeerSettings *settings)
{
  g_autoptr (GStrvBuilder) servers = g_strv_builder_new ();

  if (settings->stun_server != NULL)
    g_strv_builder_add (servers, settings->stun_server);
  if (settings->turn_servers != NULL)
    g_strv_builder_addv (servers, (const char **)settings->turn_servers);

  return g_strv_builder_end (servers);
}

static GstPeerSignaller *
make_server (GstPeerEndpoint *self, GError **error)
{
  GstPeerSettings *settings = &self->settings;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_auto (GStrv) ice_servers = dup_ice_servers (settings);

  if (settings->tls_certificate != NULL) {
    certificate =
        g_tls_certificate_new_from_file (settings->tls_certificate, error);
    if (certificate == NULL) {
      g_prefix_error (error, "tls-certificate: ");
      return NULL;
    }
  }

  return g_object_new (GST_TYPE_PEER_SESSION_SERVER, "scheme",
      self->klass->sends ? "whep" : "whip", "location", settings->location,
      "max-sessions", settings->max_sessions, "auth-token",
      settings->auth_token, "tls-certificate", certificate, "ice-servers",
      ice_servers, "strict", settings->strict, "timeout", settings->timeout,
      NULL);
}

static GstPeerSignaller *
make_client (GstPeerEndpoint *self, GError **error)
{
  GstPeerSettings *settings = &self->settings;
  g_autoptr (GTlsDatabase) database = NULL;
  gboolean has_ice_servers =
      settings->stun_server != NULL || settings->turn_servers != NULL;

  if (settings->tls_ca_file != NULL) {
    database = g_tls_file_database_new (settings->tls_ca_file, error);
    if (database == NULL) {
      g_prefix_error (error, "tls-ca-file: ");
      return NULL;
    }
  }

  return g_object_new (GST_TYPE_PEER_SESSION_CLIENT, "scheme",
      self->klass->sends ? "whip" : "whep", "location", settings->location,
      "auth-token", settings->auth_token, "tls-database", database,
      "tls-validation-flags", settings->tls_validation_flags, "timeout",
      settings->timeout, "ice-servers-wanted", !has_ice_servers, NULL);
}

static GstPeerSignaller *
make_signaller (GstPeerEndpoint *self, GError **error)
{
  GstPeerSettings *settings = &self->settings;

  if (settings->signaller != NULL)
    return g_object_ref (settings->signaller);
  if (self->role == GST_PEER_ROLE_NONE) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "The location is none of whip[s]://, whep[s]:// and http[s]://.");
    return NULL;
  }

  return gst_peer_role_is_server (self->role) ? make_server (self, error)
                                              : make_client (self, error);
}

static gboolean
start (GstPeerEndpoint *self)
{
  g_autofree char *location = describe_location (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPeerSignaller) signaller = make_signaller (self, &error);

  self->started = TRUE;
  if (signaller != NULL &&
      gst_peer_sessions_start (self->sessions, signaller, &error))
    return TRUE;

  self->started = FALSE;
  g_prefix_error (&error, "%s: ", location);
  post_error (self, error, 0);

  return FALSE;
}

/* A server is found as soon as it is there. Who goes somewhere does so when the
 * pipeline plays: until then it might wait for something that is waited for. */
static gboolean
starts_early (GstPeerEndpoint *self)
{
  return self->settings.signaller == NULL &&
         !gst_peer_endpoint_is_client (self);
}

/* The process's DTLS certificate is made with its first DTLS element, an RSA key
 * of some hundred milliseconds: before a server is found, and not while the
 * first peer waits for its answer. */
static void
make_certificate (void)
{
  g_autoptr (GstElement) element = gst_element_factory_make ("dtlsdec", NULL);

  if (element != NULL)
    gst_object_ref_sink (element);
}

/**
 * gst_peer_endpoint_change_state:
 *
 * Before the parent class does.
 */
gboolean
gst_peer_endpoint_change_state (
    GstPeerEndpoint *self, GstStateChange transition)
{
  switch (transition) {
  case GST_STATE_CHANGE_READY_TO_PAUSED:
    gst_peer_endpoint_reset (self);
    self->role =
        self->settings.signaller != NULL
            ? GST_PEER_ROLE_NONE
            : gst_peer_role_find (self->settings.location, self->klass->sends);
    if (!starts_early (self))
      return TRUE;
    make_certificate ();
    return start (self);
  case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
    return self->started || gst_peer_endpoint_is_closed (self) || start (self);
  case GST_STATE_CHANGE_PAUSED_TO_READY:
    gst_peer_endpoint_close (self, GST_PEER_END_STATE_CHANGE, NULL);
    if (!gst_peer_endpoint_wait (self))
      GST_WARNING_OBJECT (self->element, "not all sessions could be closed");
    return TRUE;
  default:
    return TRUE;
  }
}

/**
 * gst_peer_endpoint_state_changed:
 *
 * After the parent class.
 */
void
gst_peer_endpoint_state_changed (GstPeerEndpoint *self,
    GstStateChange transition, GstStateChangeReturn result)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          result == GST_STATE_CHANGE_FAILURE)) {
    gst_peer_sessions_stop (self->sessions);
    self->started = FALSE;
  }
  if (GST_STATE_TRANSITION_NEXT (transition) == GST_STATE_NULL)
    gst_peer_endpoint_let_go (self);
}

/**
 * gst_peer_endpoint_take_message:
 *
 * On whichever thread posts.
 *
 * Returns: whether it is no business of the pipeline's
 */
gboolean
gst_peer_endpoint_take_message (GstPeerEndpoint *self, GstMessage *message)
{
  return gst_peer_sessions_take_message (self->sessions, message);
}

/**
 * gst_peer_endpoint_had_sessions:
 *
 * In this life. On the loop.
 */
gboolean
gst_peer_endpoint_had_sessions (GstPeerEndpoint *self)
{
  return self->had_sessions;
}

GstPeerLoop *
gst_peer_endpoint_get_loop (GstPeerEndpoint *self)
{
  return self->loop;
}

GstPeerSessions *
gst_peer_endpoint_get_sessions (GstPeerEndpoint *self)
{
  return self->sessions;
}

GstPeerEndpoint *
gst_peer_endpoint_new (GstBin *element, const GstPeerEndpointClass *klass,
    const char *location, guint max_sessions)
{
  static gsize once = 0;
  GstPeerEndpoint *self = g_new0 (GstPeerEndpoint, 1);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_peer_endpoint_debug, "peerendpoint", 0,
        "Sessions of peersink and peersrc");
    g_once_init_leave (&once, 1);
  }

  self->element = element;
  self->klass = klass;
  gst_peer_settings_init (&self->settings, location, max_sessions);
  self->loop = gst_peer_loop_new (GST_OBJECT_NAME (element));
  self->sessions = gst_peer_sessions_new (
      element, self->loop, klass->media, &sessions_events, self);
  self->signaling_state = GST_WEBRTC_SIGNALING_STATE_STABLE;
  self->connection_state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
  self->promises =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_promise_unref);
  self->reports =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_structure_free);
  gst_peer_endpoint_attach (self);

  return self;
}

void
gst_peer_endpoint_free (GstPeerEndpoint *self)
{
  gst_peer_loop_free (self->loop);
  gst_peer_sessions_free (self->sessions);
  g_ptr_array_unref (self->promises);
  g_ptr_array_unref (self->reports);
  g_clear_pointer (&self->report, gst_structure_free);
  gst_peer_settings_clear (&self->settings);
  g_free (self);
}
