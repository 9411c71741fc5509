/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "settings.h"

#define DEFAULT_TIMEOUT 10000 /* ms */

enum {
  PROP_LOCATION = GST_PEER_SETTINGS_FIRST_PROPERTY,
  PROP_AUTH_TOKEN,
  PROP_STUN_SERVER,
  PROP_TURN_SERVERS,
  PROP_ICE_TRANSPORT_POLICY,
  PROP_TLS_CERTIFICATE,
  PROP_TLS_CA_FILE,
  PROP_TLS_VALIDATION_FLAGS,
  PROP_STRICT,
  PROP_TIMEOUT,
  PROP_CLOSE_TIMEOUT,
  PROP_MAX_SESSIONS,
  PROP_ON_PEER_LOST,
  PROP_SIGNALLER,
};

#define READY                                                                  \
  (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS)

GType
gst_peer_on_peer_lost_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_PEER_ON_PEER_LOST_ERROR, "An ERROR message", "error" },
    { GST_PEER_ON_PEER_LOST_EOS, "A WARNING message and EOS", "eos" },
    { 0, NULL, NULL },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstPeerOnPeerLost", values));

  return type;
}

static void
install_signalling (
    GObjectClass *klass, const char *location, guint max_sessions)
{
  /**
   * GstPeerSink:location:
   * GstPeerSrc:location:
   *
   * The remote to go to, or the address to be found at. Which of them follows
   * from the scheme:
   *
   * | | `whip[s]://` | `whep[s]://` | `http[s]://` |
   * | --- | --- | --- | --- |
   * | peersink | publishes there | serves viewers there | publishes there |
   * | peersrc | takes publishers there | plays from there | plays from there |
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Where to find the remote, or to be found (whip[s]://, whep[s]://, "
          "http[s]://)",
          location, READY));

  /**
   * GstPeerSink:auth-token:
   * GstPeerSrc:auth-token:
   *
   * The bearer token (RFC 6750) that is shown to the endpoint, or that clients
   * have to show. Cannot be read.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_AUTH_TOKEN,
      g_param_spec_string ("auth-token", "Auth token",
          "Bearer token to show, or to ask for (NULL = none)", NULL,
          G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSink:timeout:
   * GstPeerSrc:timeout:
   *
   * The time in ms within which an offer has to be answered. A client tries
   * again until then what may work later.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_TIMEOUT,
      g_param_spec_uint ("timeout", "Timeout",
          "Time within which an offer has to be answered (ms)", 100, 600000,
          DEFAULT_TIMEOUT, READY));

  /**
   * GstPeerSink:max-sessions:
   * GstPeerSrc:max-sessions:
   *
   * How many peers a server has at once. Further ones are answered 503.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MAX_SESSIONS,
      g_param_spec_uint ("max-sessions", "Max sessions",
          "How many peers a server has at once", 1, 10000, max_sessions,
          READY));

  /**
   * GstPeerSink:on-peer-lost:
   * GstPeerSrc:on-peer-lost:
   *
   * What a client does when its peer does not answer any more, about 20 s after
   * the last that was heard of it. With `eos`, what is recorded is finished as
   * when the peer closes. A server ends that session only, and its pads get EOS.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ON_PEER_LOST,
      g_param_spec_enum ("on-peer-lost", "On peer lost",
          "What a client does when its peer does not answer any more",
          GST_TYPE_PEER_ON_PEER_LOST, GST_PEER_ON_PEER_LOST_ERROR,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSink:strict:
   * GstPeerSrc:strict:
   *
   * Whether a server insists on an If-Match with the ETag of the session (RFC
   * 9725 section 4.3.1). Many clients send none.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STRICT,
      g_param_spec_boolean ("strict", "Strict",
          "Whether a server insists on If-Match", FALSE, READY));

  /**
   * GstPeerSink:signaller:
   * GstPeerSrc:signaller:
   *
   * A #GstPeerSignaller to be used in the place of WHIP and WHEP. %NULL while
   * none is set; the location is of no meaning with one.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SIGNALLER,
      g_param_spec_object ("signaller", "Signaller",
          "How peers find each other, in the place of WHIP and WHEP",
          GST_TYPE_PEER_SIGNALLER, READY));
}

static void
install_network (GObjectClass *klass)
{
  /**
   * GstPeerSink:stun-server:
   * GstPeerSrc:stun-server:
   *
   * `stun://host:port`. A server tells its clients of it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STUN_SERVER,
      g_param_spec_string ("stun-server", "STUN server",
          "stun://host:port (NULL = none)", NULL, READY));

  /**
   * GstPeerSink:turn-servers:
   * GstPeerSrc:turn-servers:
   *
   * `turn(s)://user:password@host:port?transport=...` each, as a
   * #GST_TYPE_ARRAY of strings. A server gives them to its clients, credentials
   * included: set an auth-token, too.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_TURN_SERVERS,
      gst_param_spec_array ("turn-servers", "TURN servers",
          "turn(s)://user:password@host:port, each: "
          "<\"turn://...\", \"turn://...\">",
          g_param_spec_string ("turn-server", "TURN server",
              "turn(s)://user:password@host:port", NULL, READY),
          READY));

  /**
   * GstPeerSink:ice-transport-policy:
   * GstPeerSrc:ice-transport-policy:
   *
   * Whether to be reached through TURN servers only.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ICE_TRANSPORT_POLICY,
      g_param_spec_enum ("ice-transport-policy", "ICE transport policy",
          "Whether to be reached through TURN servers only",
          GST_TYPE_WEBRTC_ICE_TRANSPORT_POLICY,
          GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL, READY));

  /**
   * GstPeerSink:close-timeout:
   * GstPeerSrc:close-timeout:
   *
   * The time in ms after which the end of the sessions is not waited for any
   * more.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CLOSE_TIMEOUT,
      g_param_spec_uint ("close-timeout", "Close timeout",
          "Time after which a close stops waiting (ms)", 10, 600000,
          GST_PEER_DEFAULT_CLOSE_TIMEOUT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));
}

static void
install_tls (GObjectClass *klass)
{
  /**
   * GstPeerSink:tls-certificate:
   * GstPeerSrc:tls-certificate:
   *
   * The path of a PEM file with the certificate and the key of a server at
   * `wheps://` or `whips://`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_TLS_CERTIFICATE,
      g_param_spec_string ("tls-certificate", "TLS certificate",
          "PEM file with the certificate and key of a server", NULL, READY));

  /**
   * GstPeerSink:tls-ca-file:
   * GstPeerSrc:tls-ca-file:
   *
   * The path of a PEM file with the certificates that a client trusts, in the
   * place of the system's.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_TLS_CA_FILE,
      g_param_spec_string ("tls-ca-file", "TLS CA file",
          "PEM file with what a client trusts (NULL = the system's)", NULL,
          READY));

  /**
   * GstPeerSink:tls-validation-flags:
   * GstPeerSrc:tls-validation-flags:
   *
   * What a client checks of a server's certificate.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_TLS_VALIDATION_FLAGS,
      g_param_spec_flags ("tls-validation-flags", "TLS validation flags",
          "What a client checks of a server's certificate",
          G_TYPE_TLS_CERTIFICATE_FLAGS, G_TLS_CERTIFICATE_VALIDATE_ALL, READY));
}

/**
 * gst_peer_settings_install:
 * @location: the default
 * @max_sessions: the default
 */
void
gst_peer_settings_install (
    GObjectClass *klass, const char *location, guint max_sessions)
{
  install_signalling (klass, location, max_sessions);
  install_network (klass);
  install_tls (klass);
}

static void
set_string (char **field, const GValue *value)
{
  g_free (*field);
  *field = g_value_dup_string (value);
}

/* A GStrv cannot be given to gst-launch-1.0. */
static char **
strv_from_array (const GValue *array)
{
  g_autoptr (GStrvBuilder) builder = NULL;
  guint size = gst_value_array_get_size (array);

  if (size == 0)
    return NULL;
  builder = g_strv_builder_new ();
  for (guint i = 0; i < size; i++) {
    const char *text =
        g_value_get_string (gst_value_array_get_value (array, i));

    if (text != NULL)
      g_strv_builder_add (builder, text);
  }

  return g_strv_builder_end (builder);
}

static void
strv_to_array (char **strv, GValue *array)
{
  for (guint i = 0; strv != NULL && strv[i] != NULL; i++) {
    GValue text = G_VALUE_INIT;

    g_value_init (&text, G_TYPE_STRING);
    g_value_set_string (&text, strv[i]);
    gst_value_array_append_and_take_value (array, &text);
  }
}

/**
 * gst_peer_settings_dup_turn_servers:
 * @element: which has these properties
 *
 * From any thread.
 *
 * Returns: (transfer full) (nullable): %NULL when none is set
 */
char **
gst_peer_settings_dup_turn_servers (GObject *element)
{
  g_auto (GValue) array = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  g_object_get_property (element, "turn-servers", &array);

  return strv_from_array (&array);
}

static gboolean
set_property (GstPeerSettings *self, guint id, const GValue *value)
{
  switch (id) {
  case PROP_LOCATION:
    set_string (&self->location, value);
    break;
  case PROP_AUTH_TOKEN:
    set_string (&self->auth_token, value);
    break;
  case PROP_STUN_SERVER:
    set_string (&self->stun_server, value);
    break;
  case PROP_TURN_SERVERS:
    g_strfreev (self->turn_servers);
    self->turn_servers = strv_from_array (value);
    break;
  case PROP_ICE_TRANSPORT_POLICY:
    self->ice_transport_policy = g_value_get_enum (value);
    break;
  case PROP_TLS_CERTIFICATE:
    set_string (&self->tls_certificate, value);
    break;
  case PROP_TLS_CA_FILE:
    set_string (&self->tls_ca_file, value);
    break;
  case PROP_TLS_VALIDATION_FLAGS:
    self->tls_validation_flags = g_value_get_flags (value);
    break;
  case PROP_STRICT:
    self->strict = g_value_get_boolean (value);
    break;
  case PROP_TIMEOUT:
    self->timeout = g_value_get_uint (value);
    break;
  case PROP_CLOSE_TIMEOUT:
    self->close_timeout = g_value_get_uint (value);
    break;
  case PROP_MAX_SESSIONS:
    self->max_sessions = g_value_get_uint (value);
    break;
  case PROP_ON_PEER_LOST:
    self->on_peer_lost = g_value_get_enum (value);
    break;
  default:
    return FALSE;
  }

  return TRUE;
}

/**
 * gst_peer_settings_set_property:
 *
 * Returns: whether there is one of this @id
 */
gboolean
gst_peer_settings_set_property (
    GstPeerSettings *self, GObject *element, guint id, const GValue *value)
{
  g_autoptr (GstPeerSignaller) before = NULL;
  gboolean is_ours = TRUE;

  GST_OBJECT_LOCK (element);
  if (id == PROP_SIGNALLER) {
    before = self->signaller;
    self->signaller = g_value_dup_object (value);
  } else {
    is_ours = set_property (self, id, value);
  }
  GST_OBJECT_UNLOCK (element);

  return is_ours;
}

static gboolean
get_property (GstPeerSettings *self, guint id, GValue *value)
{
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_STUN_SERVER:
    g_value_set_string (value, self->stun_server);
    break;
  case PROP_TURN_SERVERS:
    strv_to_array (self->turn_servers, value);
    break;
  case PROP_ICE_TRANSPORT_POLICY:
    g_value_set_enum (value, self->ice_transport_policy);
    break;
  case PROP_TLS_CERTIFICATE:
    g_value_set_string (value, self->tls_certificate);
    break;
  case PROP_TLS_CA_FILE:
    g_value_set_string (value, self->tls_ca_file);
    break;
  case PROP_TLS_VALIDATION_FLAGS:
    g_value_set_flags (value, self->tls_validation_flags);
    break;
  case PROP_STRICT:
    g_value_set_boolean (value, self->strict);
    break;
  case PROP_TIMEOUT:
    g_value_set_uint (value, self->timeout);
    break;
  case PROP_CLOSE_TIMEOUT:
    g_value_set_uint (value, self->close_timeout);
    break;
  case PROP_MAX_SESSIONS:
    g_value_set_uint (value, self->max_sessions);
    break;
  case PROP_ON_PEER_LOST:
    g_value_set_enum (value, self->on_peer_lost);
    break;
  case PROP_SIGNALLER:
    g_value_set_object (value, self->signaller);
    break;
  default:
    return FALSE;
  }

  return TRUE;
}

gboolean
gst_peer_settings_get_property (
    GstPeerSettings *self, GObject *element, guint id, GValue *value)
{
  gboolean is_ours;

  GST_OBJECT_LOCK (element);
  is_ours = get_property (self, id, value);
  GST_OBJECT_UNLOCK (element);

  return is_ours;
}

void
gst_peer_settings_init (
    GstPeerSettings *self, const char *location, guint max_sessions)
{
  self->location = g_strdup (location);
  self->tls_validation_flags = G_TLS_CERTIFICATE_VALIDATE_ALL;
  self->timeout = DEFAULT_TIMEOUT;
  self->close_timeout = GST_PEER_DEFAULT_CLOSE_TIMEOUT;
  self->max_sessions = max_sessions;
}

void
gst_peer_settings_clear (GstPeerSettings *self)
{
  g_free (self->location);
  g_free (self->auth_token);
  g_free (self->stun_server);
  g_strfreev (self->turn_servers);
  g_free (self->tls_certificate);
  g_free (self->tls_ca_file);
  g_clear_object (&self->signaller);
}
