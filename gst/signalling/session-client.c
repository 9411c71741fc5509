/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * GstPeerSessionClient:
 *
 * The client's side of WHIP, which publishes, and WHEP, which plays: one session
 * at one endpoint.
 *
 * A request that fails for now, as when the connection is refused or the status
 * is 409, 429 or 503, is made again until #GstPeerSessionClient:timeout, in
 * growing intervals or when Retry-After says. Redirections are followed for
 * every method, but not from https:// to http://.
 *
 * #GstPeerSessionClient:auth-token is sent to the origin of
 * #GstPeerSessionClient:location, that is its scheme, host and port, and nowhere
 * else: not where a redirection or a Location leads elsewhere.
 */

#include "session-client-private.h"

#define DEFAULT_TIMEOUT 10000 /* ms */

enum {
  PROP_0,
  PROP_SCHEME,
  PROP_LOCATION,
  PROP_AUTH_TOKEN,
  PROP_TLS_DATABASE,
  PROP_TLS_VALIDATION_FLAGS,
  PROP_TIMEOUT,
  PROP_ICE_SERVERS_WANTED
};

static void gst_peer_session_client_signaller_init (
    GstPeerSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerSessionClient, gst_peer_session_client,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (
        GST_TYPE_PEER_SIGNALLER, gst_peer_session_client_signaller_init))

/* === what is said, on any thread === */

typedef struct _Saying Saying;

struct _Saying {
  GstPeerSessionClient *client;
  char *id;
  void (*func) (Saying *self);
  GstWebRTCSessionDescription *description;
  guint mline;
  char *candidate;
};

static void
free_saying (gpointer data)
{
  Saying *self = data;

  g_free (self->id);
  g_clear_pointer (&self->description, gst_webrtc_session_description_free);
  g_free (self->candidate);
  g_object_unref (self->client);
  g_free (self);
}

static gboolean
run_saying (gpointer data)
{
  Saying *self = data;

  if (self->client->session != NULL &&
      g_strcmp0 (self->id, self->client->announcer.session) == 0)
    self->func (self);

  return G_SOURCE_REMOVE;
}

static Saying *
new_saying (
    GstPeerSignaller *signaller, const char *id, void (*func) (Saying *saying))
{
  Saying *self = g_new0 (Saying, 1);

  self->client = g_object_ref (GST_PEER_SESSION_CLIENT (signaller));
  self->id = g_strdup (id);
  self->func = func;

  return self;
}

/* Takes @saying, and forgets it when there is nobody to say it to. */
static void
say (Saying *saying)
{
  g_autoptr (GstPeerSessionClient) self = g_object_ref (saying->client);

  g_mutex_lock (&self->lock);
  if (self->loop != NULL)
    gst_peer_loop_call (
        self->loop, run_saying, g_steal_pointer (&saying), free_saying);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&saying, free_saying);
}

static void
say_description (Saying *self)
{
  gst_peer_http_session_describe (self->client->session, self->description);
}

static void
say_candidate (Saying *self)
{
  gst_peer_http_session_add_candidate (
      self->client->session, self->mline, self->candidate);
}

static void
say_end (Saying *self)
{
  if (self->client->is_ending)
    return;
  self->client->is_ending = TRUE;
  gst_peer_http_session_end (self->client->session);
}

static void
gst_peer_session_client_send_description (GstPeerSignaller *signaller,
    const char *session, GstWebRTCSessionDescription *description)
{
  Saying *saying = new_saying (signaller, session, say_description);

  saying->description = gst_webrtc_session_description_copy (description);
  say (saying);
}

static void
gst_peer_session_client_send_candidate (GstPeerSignaller *signaller,
    const char *session, guint mline, const char *candidate)
{
  Saying *saying = new_saying (signaller, session, say_candidate);

  saying->mline = mline;
  saying->candidate = g_strdup (candidate);
  say (saying);
}

static void
gst_peer_session_client_refuse (
    GstPeerSignaller *signaller, const char *session, const GError *error)
{
  say (new_saying (signaller, session, say_end));
}

static void
gst_peer_session_client_end_session (
    GstPeerSignaller *signaller, const char *session)
{
  say (new_saying (signaller, session, say_end));
}

static void
gst_peer_session_client_signaller_init (GstPeerSignallerInterface *iface)
{
  iface->start = gst_peer_session_client_start;
  iface->stop = gst_peer_session_client_stop;
  iface->send_description = gst_peer_session_client_send_description;
  iface->send_candidate = gst_peer_session_client_send_candidate;
  iface->refuse = gst_peer_session_client_refuse;
  iface->end_session = gst_peer_session_client_end_session;
}

static void
gst_peer_session_client_dispose (GObject *object)
{
  gst_peer_session_client_stop (GST_PEER_SIGNALLER (object));

  G_OBJECT_CLASS (gst_peer_session_client_parent_class)->dispose (object);
}

static void
gst_peer_session_client_finalize (GObject *object)
{
  GstPeerSessionClient *self = GST_PEER_SESSION_CLIENT (object);

  g_free (self->scheme);
  g_free (self->location);
  g_free (self->auth_token);
  g_clear_object (&self->tls_database);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_free (self->announcer.session);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (gst_peer_session_client_parent_class)->finalize (object);
}

/* === properties === */

static void
gst_peer_session_client_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstPeerSessionClient *self = GST_PEER_SESSION_CLIENT (object);

  switch (id) {
  case PROP_SCHEME:
    self->scheme = g_value_dup_string (value);
    break;
  case PROP_LOCATION:
    self->location = g_value_dup_string (value);
    break;
  case PROP_AUTH_TOKEN:
    self->auth_token = g_value_dup_string (value);
    break;
  case PROP_TLS_DATABASE:
    self->tls_database = g_value_dup_object (value);
    break;
  case PROP_TLS_VALIDATION_FLAGS:
    self->tls_validation_flags = g_value_get_flags (value);
    break;
  case PROP_TIMEOUT:
    self->timeout = g_value_get_uint (value);
    break;
  case PROP_ICE_SERVERS_WANTED:
    self->ice_servers_wanted = g_value_get_boolean (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

#define FLAGS                                                                  \
  (G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS)

static void
install_where (GObjectClass *object_class)
{
  /**
   * GstPeerSessionClient:scheme:
   *
   * "whip" to publish or "whep" to play: what http:// and https:// stand for.
   */
  g_object_class_install_property (object_class, PROP_SCHEME,
      g_param_spec_string ("scheme", NULL, NULL, "whip", FLAGS));

  /**
   * GstPeerSessionClient:location:
   *
   * The endpoint: "whip://host/path" or "whep://...", or "http://...", for
   * HTTP; "whips://...", "wheps://..." or "https://..." for HTTPS. A user and
   * password in it answer Basic and Digest authentication, where there is no
   * #GstPeerSessionClient:auth-token.
   */
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", NULL, NULL, NULL, FLAGS));

  /**
   * GstPeerSessionClient:timeout:
   *
   * ms from an offer, or the answer to a counter-offer, until it has to be
   * answered, in one try or several.
   */
  g_object_class_install_property (object_class, PROP_TIMEOUT,
      g_param_spec_uint (
          "timeout", NULL, NULL, 1, G_MAXINT, DEFAULT_TIMEOUT, FLAGS));

  /**
   * GstPeerSessionClient:ice-servers-wanted:
   *
   * Ask the server for STUN and TURN servers first, which takes a second at
   * most. Not of use when there are others to be used.
   */
  g_object_class_install_property (object_class, PROP_ICE_SERVERS_WANTED,
      g_param_spec_boolean ("ice-servers-wanted", NULL, NULL, TRUE, FLAGS));
}

static void
install_trust (GObjectClass *object_class)
{
  /**
   * GstPeerSessionClient:auth-token:
   *
   * What `Authorization: Bearer` carries in every request to the scheme, host
   * and port of #GstPeerSessionClient:location; %NULL for none. It is sent to no
   * other, wherever a redirection or the Location of the session leads.
   */
  g_object_class_install_property (object_class, PROP_AUTH_TOKEN,
      g_param_spec_string ("auth-token", NULL, NULL, NULL, FLAGS));

  /**
   * GstPeerSessionClient:tls-database:
   *
   * The authorities to trust; %NULL for the system's.
   */
  g_object_class_install_property (object_class, PROP_TLS_DATABASE,
      g_param_spec_object (
          "tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, FLAGS));

  /**
   * GstPeerSessionClient:tls-validation-flags:
   *
   * What is checked of the server's certificate. What is not in these flags is
   * ignored, as in souphttpsrc.
   */
  g_object_class_install_property (object_class, PROP_TLS_VALIDATION_FLAGS,
      g_param_spec_flags ("tls-validation-flags", NULL, NULL,
          G_TYPE_TLS_CERTIFICATE_FLAGS, G_TLS_CERTIFICATE_VALIDATE_ALL, FLAGS));
}

static void
gst_peer_session_client_class_init (GstPeerSessionClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gst_peer_session_client_dispose;
  object_class->finalize = gst_peer_session_client_finalize;
  object_class->set_property = gst_peer_session_client_set_property;
  install_where (object_class);
  install_trust (object_class);
}

static void
gst_peer_session_client_init (GstPeerSessionClient *self)
{
  g_mutex_init (&self->lock);
  self->announcer.signaller = GST_PEER_SIGNALLER (self);
}
