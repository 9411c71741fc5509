/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the properties of a session server come to. */

#include "session-server-private.h"

#include "http-rules.h"
#include "ice-server.h"
#include "signalling-log.h"

#include <string.h>

#define DEFAULT_PORT 8080
#define DEFAULT_TLS_PORT 8443
#define DEFAULT_PATH "/live"

/* The pages' own. */
#define RESERVED_PATH "/-"

static gboolean fail (GError **error, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (
        GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS, format, arguments);
  va_end (arguments);

  return FALSE;
}

static gboolean
take_path (GstPeerSessionServer *self, const char *text, GError **error)
{
  g_autofree char *path = g_strdup (text);
  gsize length = strlen (path);

  while (length > 0 && path[length - 1] == '/')
    path[--length] = '\0';
  if (length == 0) {
    g_free (path);
    path = g_strdup (DEFAULT_PATH);
  }
  if (g_str_equal (path, RESERVED_PATH) ||
      g_str_has_prefix (path, RESERVED_PATH "/"))
    return fail (error, "The path of %s is the player's own.", self->location);

  g_free (self->path);
  self->path = g_steal_pointer (&path);
  g_free (self->escaped_path);
  self->escaped_path = g_uri_escape_string (self->path, "/!$&'()*+;=:@", FALSE);

  return TRUE;
}

static gboolean
settle_location (GstPeerSessionServer *self, GError **error)
{
  g_autoptr (GUri) uri = self->location != NULL ? g_uri_parse (self->location,
                                                      G_URI_FLAGS_NONE, NULL)
                                                : NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autofree char *secure = g_strconcat (self->scheme, "s", NULL);

  self->is_secure = g_str_equal (scheme, secure);
  if ((!self->is_secure && !g_str_equal (scheme, self->scheme)) ||
      host == NULL || *host == '\0' || g_uri_get_userinfo (uri) != NULL ||
      g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    return fail (error, "Only %s://host:port/path and %ss:// can be served.",
        self->scheme, self->scheme);

  g_free (self->host);
  self->host = g_strdup (host);
  self->port = g_uri_get_port (uri) != -1 ? g_uri_get_port (uri)
               : self->is_secure          ? DEFAULT_TLS_PORT
                                          : DEFAULT_PORT;

  return take_path (self, g_uri_get_path (uri), error);
}

/* Of a file, its key may have been left out without an error. */
static gboolean
has_key (GTlsCertificate *certificate)
{
  g_autofree char *pem = NULL;
  g_autofree char *uri = NULL;

  g_object_get (certificate, "private-key-pem", &pem, "private-key-pkcs11-uri",
      &uri, NULL);

  return pem != NULL || uri != NULL;
}

static gboolean
settle_security (GstPeerSessionServer *self, GError **error)
{
  if (self->is_secure && self->certificate == NULL)
    return fail (
        error, "%s needs a certificate: set tls-certificate.", self->location);
  if (self->is_secure &&
      !g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return fail (
        error, "%s needs TLS: install glib-networking.", self->location);
  if (self->is_secure && !has_key (self->certificate))
    return fail (error, "The tls-certificate for %s has no private key.",
        self->location);
  if (self->auth_token != NULL && !gst_peer_http_is_token (self->auth_token))
    return fail (error,
        "The auth-token for %s is empty, or has characters "
        "that no Authorization header can have.",
        self->location);
  if (self->auth_token != NULL && !self->is_secure)
    GST_INFO ("the token for %s is asked for without TLS", self->location);

  return TRUE;
}

static gboolean
settle_ice_servers (GstPeerSessionServer *self, GError **error)
{
  guint n = self->ice_servers != NULL ? g_strv_length (self->ice_servers) : 0;

  g_strfreev (self->links);
  self->links = g_new0 (char *, n + 1);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GError) cause = NULL;
    g_autoptr (GstPeerIceServer) server =
        gst_peer_ice_server_new_from_uri (self->ice_servers[i], &cause);

    if (server != NULL)
      self->links[i] = gst_peer_ice_server_to_link (server, &cause);
    if (cause != NULL)
      return fail (
          error, "Of ice-servers, number %u: %s.", i + 1, cause->message);
  }

  return TRUE;
}

/**
 * gst_peer_session_server_settle:
 *
 * Errors are %GST_RESOURCE_ERROR_SETTINGS, and say what to set.
 */
gboolean
gst_peer_session_server_settle (GstPeerSessionServer *self, GError **error)
{
  return settle_location (self, error) && settle_security (self, error) &&
         settle_ice_servers (self, error);
}
