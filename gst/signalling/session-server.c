/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The server's side of WHEP (draft-ietf-wish-whep) and WHIP (RFC 9725), which
 * is one: a POST with an offer opens a session, the answer is its response, the
 * session is a resource that takes candidates by PATCH and ends by DELETE. */

#include "session-server-private.h"

#include "http-exchange.h"
#include "signalling-log.h"

#include <string.h>

#define DEFAULT_MAX_SESSIONS 100
#define DEFAULT_TIMEOUT 10000

enum {
  PROP_0,
  PROP_SCHEME,
  PROP_LOCATION,
  PROP_MAX_SESSIONS,
  PROP_AUTH_TOKEN,
  PROP_TLS_CERTIFICATE,
  PROP_ICE_SERVERS,
  PROP_STRICT,
  PROP_TIMEOUT
};

static void gst_peer_session_server_signaller_init (
    GstPeerSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerSessionServer, gst_peer_session_server,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (
        GST_TYPE_PEER_SIGNALLER, gst_peer_session_server_signaller_init))

/* === what the element says, from any thread === */

typedef struct {
  GstPeerSessionServer *server;
  char *id;
  char *sdp;
  guint status;
  char *fault;
} Saying;

static void
free_saying (gpointer data)
{
  Saying *self = data;

  g_object_unref (self->server);
  g_free (self->id);
  g_free (self->sdp);
  g_free (self->fault);
  g_free (self);
}

static Saying *
new_saying (GstPeerSignaller *signaller, const char *id)
{
  Saying *saying = g_new0 (Saying, 1);

  saying->server = g_object_ref (GST_PEER_SESSION_SERVER (signaller));
  saying->id = g_strdup (id);

  return saying;
}

static void
say (Saying *saying, GSourceFunc func)
{
  gst_peer_http_server_call (saying->server->http, func, saying, free_saying);
}

static gboolean
answer (gpointer data)
{
  Saying *saying = data;
  GstPeerSessionServer *self = saying->server;
  GstPeerResource *session =
      gst_peer_resources_lookup (self->resources, saying->id);
  g_autoptr (SoupServerMessage) message =
      session != NULL ? gst_peer_resource_take_message (session) : NULL;
  g_autofree char *location = NULL;
  SoupMessageHeaders *headers;

  if (message == NULL)
    return G_SOURCE_REMOVE;

  headers = soup_server_message_get_response_headers (message);
  location = g_strdup_printf ("%s/%s", self->escaped_path, session->id);
  soup_message_headers_replace (headers, "Location", location);
  soup_message_headers_replace (headers, "ETag", session->etag);
  soup_message_headers_replace (
      headers, "Accept-Patch", GST_PEER_FRAGMENT_TYPE);
  gst_peer_session_server_add_links (self, message);
  gst_peer_http_respond (message, SOUP_STATUS_CREATED);
  soup_server_message_set_response (message, GST_PEER_SDP_TYPE,
      SOUP_MEMORY_COPY, saying->sdp, strlen (saying->sdp));
  gst_peer_http_resume (message);

  return G_SOURCE_REMOVE;
}

static gboolean
end (gpointer data)
{
  Saying *saying = data;
  GstPeerSessionServer *self = saying->server;
  GstPeerResource *session =
      gst_peer_resources_lookup (self->resources, saying->id);

  if (session != NULL)
    gst_peer_resources_drop (
        self->resources, session, saying->status, saying->fault);
  if (!self->stopped)
    gst_peer_signaller_session_released (GST_PEER_SIGNALLER (self), saying->id);

  return G_SOURCE_REMOVE;
}

static void
gst_peer_session_server_send_description (GstPeerSignaller *signaller,
    const char *session, GstWebRTCSessionDescription *description)
{
  Saying *saying = new_saying (signaller, session);

  saying->sdp = gst_sdp_message_as_text (description->sdp);
  say (saying, answer);
}

static guint
get_status (const GError *error)
{
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY))
    return SOUP_STATUS_SERVICE_UNAVAILABLE;
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
    return SOUP_STATUS_CONFLICT;

  return SOUP_STATUS_UNPROCESSABLE_ENTITY;
}

static void
gst_peer_session_server_refuse (
    GstPeerSignaller *signaller, const char *session, const GError *error)
{
  Saying *saying = new_saying (signaller, session);

  saying->status = get_status (error);
  saying->fault = g_strconcat (error->message, "\n", NULL);
  say (saying, end);
}

static void
gst_peer_session_server_end_session (
    GstPeerSignaller *signaller, const char *session)
{
  Saying *saying = new_saying (signaller, session);

  saying->status = SOUP_STATUS_SERVICE_UNAVAILABLE;
  saying->fault = g_strdup ("The stream is not there now.\n");
  say (saying, end);
}

/* === life === */

static void
on_lost (const char *id, gpointer self)
{
  gst_peer_signaller_session_ended (GST_PEER_SIGNALLER (self), id);
}

static guint
count_sessions (gpointer self)
{
  return gst_peer_resources_count (GST_PEER_SESSION_SERVER (self)->resources);
}

static const GstPeerHttpRoute whep_route = { "whep",
  gst_peer_session_server_handle, count_sessions };
static const GstPeerHttpRoute whip_route = { "whip",
  gst_peer_session_server_handle, count_sessions };

static gboolean
gst_peer_session_server_start (GstPeerSignaller *signaller, GError **error)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (signaller);

  if (!gst_peer_session_server_settle (self, error))
    return FALSE;
  self->http = gst_peer_http_server_acquire (self->host, self->port,
      self->is_secure ? self->certificate : NULL, error);
  if (self->http == NULL)
    return FALSE;
  if (!gst_peer_http_server_add (self->http, self->path,
          g_str_equal (self->scheme, "whip") ? &whip_route : &whep_route, self,
          error)) {
    g_clear_pointer (&self->http, gst_peer_http_server_release);
    return FALSE;
  }

  return TRUE;
}

static gboolean
drop_all (gpointer user_data)
{
  GstPeerSessionServer *self = user_data;

  self->stopped = TRUE;
  gst_peer_resources_drop_all (self->resources);

  return G_SOURCE_REMOVE;
}

static void
gst_peer_session_server_stop (GstPeerSignaller *signaller)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (signaller);

  gst_peer_http_server_call (self->http, drop_all, self, NULL);
  gst_peer_http_server_remove (self->http, self->path);
}

static void
gst_peer_session_server_signaller_init (GstPeerSignallerInterface *iface)
{
  iface->start = gst_peer_session_server_start;
  iface->stop = gst_peer_session_server_stop;
  iface->send_description = gst_peer_session_server_send_description;
  iface->refuse = gst_peer_session_server_refuse;
  iface->end_session = gst_peer_session_server_end_session;
}

static void
gst_peer_session_server_finalize (GObject *object)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (object);

  g_clear_pointer (&self->http, gst_peer_http_server_release);
  gst_peer_resources_free (self->resources);
  g_clear_object (&self->certificate);
  g_strfreev (self->ice_servers);
  g_strfreev (self->links);
  g_free (self->auth_token);
  g_free (self->scheme);
  g_free (self->location);
  g_free (self->host);
  g_free (self->path);
  g_free (self->escaped_path);

  G_OBJECT_CLASS (gst_peer_session_server_parent_class)->finalize (object);
}

static void
take_string (char **field, const GValue *value)
{
  g_free (*field);
  *field = g_value_dup_string (value);
}

static void
gst_peer_session_server_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (object);

  switch (id) {
  case PROP_SCHEME:
    take_string (&self->scheme, value);
    break;
  case PROP_LOCATION:
    take_string (&self->location, value);
    break;
  case PROP_MAX_SESSIONS:
    self->max_sessions = g_value_get_uint (value);
    break;
  case PROP_AUTH_TOKEN:
    take_string (&self->auth_token, value);
    break;
  case PROP_TLS_CERTIFICATE:
    g_set_object (&self->certificate, g_value_get_object (value));
    break;
  case PROP_ICE_SERVERS:
    g_strfreev (self->ice_servers);
    self->ice_servers = g_value_dup_boxed (value);
    break;
  case PROP_STRICT:
    self->strict = g_value_get_boolean (value);
    break;
  case PROP_TIMEOUT:
    self->timeout = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

#define FLAGS (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS)

static void
install_stream_properties (GObjectClass *object_class)
{
  /**
   * GstPeerSessionServer:scheme:
   *
   * "whep" or "whip". Nothing else is served in its place.
   */
  g_object_class_install_property (object_class, PROP_SCHEME,
      g_param_spec_string (
          "scheme", NULL, NULL, "whep", FLAGS | G_PARAM_CONSTRUCT_ONLY));

  /**
   * GstPeerSessionServer:location:
   *
   * "whep://host:port/path" or "whip://...", or with TLS "wheps://..." or
   * "whips://...". The port is 8080 unless it is there, with TLS 8443.
   */
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", NULL, NULL, NULL, FLAGS));

  /**
   * GstPeerSessionServer:max-sessions:
   *
   * More are answered 503.
   */
  g_object_class_install_property (object_class, PROP_MAX_SESSIONS,
      g_param_spec_uint ("max-sessions", NULL, NULL, 1, 10000,
          DEFAULT_MAX_SESSIONS, FLAGS | G_PARAM_CONSTRUCT));

  /**
   * GstPeerSessionServer:timeout:
   *
   * The time in ms after which an offer that was not answered is answered 504,
   * and its session has ended.
   */
  g_object_class_install_property (object_class, PROP_TIMEOUT,
      g_param_spec_uint ("timeout", NULL, NULL, 1, 600000, DEFAULT_TIMEOUT,
          FLAGS | G_PARAM_CONSTRUCT));

  /**
   * GstPeerSessionServer:ice-servers:
   *
   * stun:, turn: and turns: URIs with user and password, which peers are told
   * of.
   */
  g_object_class_install_property (object_class, PROP_ICE_SERVERS,
      g_param_spec_boxed ("ice-servers", NULL, NULL, G_TYPE_STRV, FLAGS));
}

static void
install_access_properties (GObjectClass *object_class)
{
  /**
   * GstPeerSessionServer:auth-token:
   *
   * What POST, PATCH and DELETE need as a bearer token; %NULL for nothing.
   */
  g_object_class_install_property (object_class, PROP_AUTH_TOKEN,
      g_param_spec_string ("auth-token", NULL, NULL, NULL, FLAGS));

  /**
   * GstPeerSessionServer:tls-certificate:
   *
   * With its private key.
   */
  g_object_class_install_property (object_class, PROP_TLS_CERTIFICATE,
      g_param_spec_object (
          "tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, FLAGS));

  /**
   * GstPeerSessionServer:strict:
   *
   * Whether a PATCH needs If-Match with the ETag of its session, as RFC 9725
   * has it and many clients have not.
   */
  g_object_class_install_property (object_class, PROP_STRICT,
      g_param_spec_boolean (
          "strict", NULL, NULL, FALSE, FLAGS | G_PARAM_CONSTRUCT));
}

static void
gst_peer_session_server_class_init (GstPeerSessionServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gst_peer_session_server_finalize;
  object_class->set_property = gst_peer_session_server_set_property;
  install_stream_properties (object_class);
  install_access_properties (object_class);
}

static void
gst_peer_session_server_init (GstPeerSessionServer *self)
{
  self->resources = gst_peer_resources_new (on_lost, self);
}
