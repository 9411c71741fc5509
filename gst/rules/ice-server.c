/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* STUN and TURN servers in the ways they are written: the URLs of the W3C (RFC
 * 7064, RFC 7065) with username and credential beside them, GStreamer's URIs
 * with both inside, and the Link header of RFC 9725 section 4.6. No message of
 * an error here holds a username or a credential. */

#include "ice-server.h"

#include <string.h>

#define DEFAULT_PORT 3478
#define DEFAULT_TLS_PORT 5349

/* More than any server hands out, and less than what a header may have. */
#define MAX_LENGTH 2048

void
gst_peer_ice_server_free (GstPeerIceServer *self)
{
  if (self == NULL)
    return;

  g_free (self->scheme);
  g_free (self->host);
  g_free (self->transport);
  g_free (self->username);
  g_free (self->credential);
  g_free (self);
}

static gboolean
is_turn (const GstPeerIceServer *self)
{
  return !g_str_equal (self->scheme, "stun");
}

/* What can stand in a header's quoted string. */
static gboolean
is_text (const char *text)
{
  for (const char *c = text; *c != '\0'; c++) {
    if (g_ascii_iscntrl (*c))
      return FALSE;
  }

  return *text != '\0' && strlen (text) <= MAX_LENGTH &&
         g_utf8_validate (text, -1, NULL);
}

static gboolean
parse_scheme (GstPeerIceServer *self, const char **rest, GError **error)
{
  static const char *const schemes[] = { "stun", "turn", "turns" };
  const char *colon = strchr (*rest, ':');

  for (guint i = 0; colon != NULL && i < G_N_ELEMENTS (schemes); i++) {
    if (strlen (schemes[i]) == (gsize)(colon - *rest) &&
        g_ascii_strncasecmp (*rest, schemes[i], colon - *rest) == 0) {
      self->scheme = g_strdup (schemes[i]);
      *rest = colon + 1;
      return TRUE;
    }
  }
  g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_SCHEME,
      "An ICE server begins with stun:, turn: or turns:");

  return FALSE;
}

static gboolean
parse_port (GstPeerIceServer *self, const char *text, GError **error)
{
  guint64 port = 0;

  if (*text == '\0') {
    self->port =
        g_str_equal (self->scheme, "turns") ? DEFAULT_TLS_PORT : DEFAULT_PORT;
    return TRUE;
  }
  if (*text == ':' &&
      g_ascii_string_to_unsigned (text + 1, 10, 1, 65535, &port, NULL)) {
    self->port = port;
    return TRUE;
  }
  g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_PORT,
      "The port of an ICE server is a number from 1 to 65535");

  return FALSE;
}

static gboolean
is_host (const char *host)
{
  return *host != '\0' &&
         host[strspn (host, "-._0123456789abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static gboolean
parse_host (GstPeerIceServer *self, const char *authority, GError **error)
{
  const char *end = *authority == '[' ? strchr (authority, ']')
                                      : authority + strcspn (authority, ":");
  gboolean found = FALSE;

  if (*authority == '[' && end != NULL) {
    self->host = g_strndup (authority + 1, end - authority - 1);
    found = strchr (self->host, ':') != NULL &&
            self->host[strspn (self->host, "0123456789abcdefABCDEF:.")] == '\0';
    end++;
  } else if (end != NULL) {
    self->host = g_strndup (authority, end - authority);
    found = is_host (self->host);
  }
  if (!found) {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_HOST,
        "An ICE server is a host name or an address; one of IPv6 in brackets");
    return FALSE;
  }

  return parse_port (self, end, error);
}

static gboolean
parse_query (GstPeerIceServer *self, const char *query, GError **error)
{
  static const char *const transports[] = { "udp", "tcp" };

  if (query == NULL)
    return TRUE;
  for (guint i = 0; is_turn (self) && i < G_N_ELEMENTS (transports); i++) {
    if (g_ascii_strncasecmp (query, "transport=", 10) == 0 &&
        g_ascii_strcasecmp (query + 10, transports[i]) == 0) {
      self->transport = g_strdup (transports[i]);
      return TRUE;
    }
  }
  g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_QUERY,
      "Only ?transport=udp or ?transport=tcp may follow a TURN server, and "
      "nothing a STUN server");

  return FALSE;
}

/* From the end of the scheme on, without what says who asks. */
static gboolean
parse_address (GstPeerIceServer *self, const char *rest, GError **error)
{
  g_autofree char *authority = g_strdup (rest);
  char *query = strchr (authority, '?');

  if (query != NULL)
    *query++ = '\0';

  return parse_host (self, authority, error) &&
         parse_query (self, query, error);
}

static gboolean
set_credentials (GstPeerIceServer *self, const char *username,
    const char *credential, GError **error)
{
  if (!is_turn (self))
    return TRUE;
  if (username == NULL || credential == NULL || !is_text (username) ||
      !is_text (credential)) {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_USER,
        "The TURN server %s needs a user and a password, of printable "
        "characters",
        self->host);
    return FALSE;
  }
  self->username = g_strdup (username);
  self->credential = g_strdup (credential);

  return TRUE;
}

/**
 * gst_peer_ice_server_new:
 * @url: "stun:host:port", "turn:host:port?transport=udp", ...; from the
 *   network
 * @username: (nullable): decoded; ignored for STUN
 * @credential: (nullable): decoded; ignored for STUN
 *
 * As RTCIceServer and the Link header have it. A URL that encodes its question
 * mark, as LiveKit's does, is taken too.
 */
GstPeerIceServer *
gst_peer_ice_server_new (const char *url, const char *username,
    const char *credential, GError **error)
{
  g_autoptr (GstPeerIceServer) self = g_new0 (GstPeerIceServer, 1);
  g_autofree char *decoded = g_uri_unescape_string (url, NULL);
  const char *rest = decoded != NULL ? decoded : "";

  if (strlen (rest) > MAX_LENGTH)
    rest = "";
  if (!parse_scheme (self, &rest, error))
    return NULL;
  if (g_str_has_prefix (rest, "//"))
    rest += 2;
  if (!parse_address (self, rest, error) ||
      !set_credentials (self, username, credential, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * gst_peer_ice_server_new_from_uri:
 * @uri: "stun://host:port", "turn://user:password@host:port?transport=udp",
 *   ..., with or without the slashes; user and password are percent-encoded
 *
 * As GStreamer has it.
 */
GstPeerIceServer *
gst_peer_ice_server_new_from_uri (const char *uri, GError **error)
{
  g_autoptr (GstPeerIceServer) self = g_new0 (GstPeerIceServer, 1);
  g_autofree char *userinfo = NULL;
  g_autofree char *username = NULL;
  g_autofree char *credential = NULL;
  const char *rest = strlen (uri) <= MAX_LENGTH ? uri : "";
  const char *at;

  if (!parse_scheme (self, &rest, error))
    return NULL;
  if (g_str_has_prefix (rest, "//"))
    rest += 2;
  at = strrchr (rest, '@');
  if (at != NULL) {
    char *colon;

    userinfo = g_strndup (rest, at - rest);
    colon = strchr (userinfo, ':');
    if (colon != NULL) {
      *colon = '\0';
      credential = g_uri_unescape_string (colon + 1, NULL);
    }
    username = g_uri_unescape_string (userinfo, NULL);
    rest = at + 1;
  }
  if (!parse_address (self, rest, error) ||
      !set_credentials (self, username, credential, error))
    return NULL;

  return g_steal_pointer (&self);
}

static void
append_address (const GstPeerIceServer *self, GString *text)
{
  gboolean brackets = strchr (self->host, ':') != NULL;

  g_string_append_printf (
      text, brackets ? "[%s]:%u" : "%s:%u", self->host, self->port);
  if (self->transport != NULL)
    g_string_append_printf (text, "?transport=%s", self->transport);
}

/**
 * gst_peer_ice_server_to_uri:
 *
 * Returns: as GStreamer has it, for webrtcbin's properties and actions
 */
char *
gst_peer_ice_server_to_uri (const GstPeerIceServer *self)
{
  GString *text = g_string_new (self->scheme);

  g_string_append (text, "://");
  if (is_turn (self)) {
    g_string_append_uri_escaped (text, self->username, NULL, FALSE);
    g_string_append_c (text, ':');
    g_string_append_uri_escaped (text, self->credential, NULL, FALSE);
    g_string_append_c (text, '@');
  }
  append_address (self, text);

  return g_string_free (text, FALSE);
}

static void
append_parameter (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, "; %s=\"", name);
  for (const char *c = value; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      g_string_append_c (text, '\\');
    g_string_append_c (text, *c);
  }
  g_string_append_c (text, '"');
}

/**
 * gst_peer_ice_server_to_link:
 *
 * Clients in the field, OBS among them, take any comma for the end of a link,
 * so a server whose credentials have one cannot be told to them.
 *
 * Returns: (transfer full) (nullable): the value of a Link header
 */
char *
gst_peer_ice_server_to_link (const GstPeerIceServer *self, GError **error)
{
  GString *text;

  if (is_turn (self) && (strchr (self->username, ',') != NULL ||
                            strchr (self->credential, ',') != NULL)) {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_USER,
        "User and password of the TURN server %s must have no comma, which "
        "clients take for the end of a Link",
        self->host);
    return NULL;
  }

  text = g_string_new (NULL);
  g_string_append_printf (text, "<%s:", self->scheme);
  append_address (self, text);
  g_string_append (text, ">; rel=\"ice-server\"");
  if (is_turn (self)) {
    append_parameter (text, "username", self->username);
    append_parameter (text, "credential", self->credential);
    append_parameter (text, "credential-type", "password");
  }

  return g_string_free (text, FALSE);
}
