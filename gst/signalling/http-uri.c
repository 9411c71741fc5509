/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where requests go: what the user names, and what servers name. */

#include "http-uri.h"

#include <gst/gst.h>
#include <string.h>

static const struct {
  const char *scheme;
  const char *http;
} schemes[] = {
  { "whip", "http" },
  { "whips", "https" },
  { "whep", "http" },
  { "wheps", "https" },
  { "http", "http" },
  { "https", "https" },
};

static const char *
find_http_scheme (const char *scheme)
{
  for (guint i = 0; scheme != NULL && i < G_N_ELEMENTS (schemes); i++) {
    if (g_ascii_strcasecmp (schemes[i].scheme, scheme) == 0)
      return schemes[i].http;
  }

  return NULL;
}

static gboolean
has_host (GUri *uri)
{
  return g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0';
}

/**
 * gst_peer_http_uri_new:
 * @location: a whip://, whips://, whep://, wheps://, http:// or https:// URI
 *
 * Returns: (transfer full) (nullable): the http:// or https:// URI that it
 *   stands for
 */
GUri *
gst_peer_http_uri_new (const char *location, GError **error)
{
  g_autofree char *scheme = g_uri_parse_scheme (location);
  const char *http = find_http_scheme (scheme);
  g_autofree char *text = NULL;
  g_autoptr (GUri) uri = NULL;

  /* GLib's own errors quote what may hold a password. */
  if (http != NULL) {
    text = g_strconcat (http, location + strlen (scheme), NULL);
    uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL);
  }
  if (uri == NULL || !has_host (uri)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "The location is none of whip://host/path, whep://host/path and "
        "http://host/path, nor one of whips, wheps and https.");
    return NULL;
  }

  return g_steal_pointer (&uri);
}

static GUri *
copy_with (GUri *uri, const char *scheme, GUri *user)
{
  return g_uri_build_with_user (SOUP_HTTP_URI_FLAGS, scheme,
      user != NULL ? g_uri_get_user (user) : NULL,
      user != NULL ? g_uri_get_password (user) : NULL, NULL,
      g_uri_get_host (uri), g_uri_get_port (uri), g_uri_get_path (uri),
      g_uri_get_query (uri), NULL);
}

/* Servers behind something that does TLS for them say http. */
static gboolean
is_downgrade (GUri *base, GUri *uri)
{
  return g_str_equal (g_uri_get_scheme (base), "https") &&
         g_str_equal (g_uri_get_scheme (uri), "http");
}

static GUri *
upgrade (GUri *base, GUri *uri)
{
  g_autoptr (GUri) upgraded = NULL;

  if (g_ascii_strcasecmp (g_uri_get_host (base), g_uri_get_host (uri)) != 0)
    return NULL;
  upgraded = g_uri_build (SOUP_HTTP_URI_FLAGS, "https", NULL,
      g_uri_get_host (base), g_uri_get_port (base), g_uri_get_path (uri),
      g_uri_get_query (uri), NULL);

  return copy_with (upgraded, "https", base);
}

/**
 * gst_peer_http_uri_resolve:
 * @base: of the response
 * @reference: of its Location, from the network
 *
 * User and password stay within their origin, and none are taken from the
 * network. What was asked with TLS is not gone on with without: for the same
 * host the scheme is mended, as proxies that do the TLS leave it wrong.
 */
GUri *
gst_peer_http_uri_resolve (GUri *base, const char *reference, GError **error)
{
  g_autoptr (GUri) uri =
      g_uri_parse_relative (base, reference, SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GUri) upgraded = NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;

  if (uri == NULL || !has_host (uri) ||
      (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https"))) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "The Location is no http:// or https:// URL");
    return NULL;
  }
  if (is_downgrade (base, uri)) {
    upgraded = upgrade (base, uri);
    if (upgraded == NULL)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "The Location leads from https:// to http://");
    return g_steal_pointer (&upgraded);
  }

  return copy_with (
      uri, scheme, gst_peer_http_uri_same_origin (base, uri) ? base : NULL);
}

/**
 * gst_peer_http_uri_same_origin:
 *
 * Returns: whether scheme, host and port are the same
 */
gboolean
gst_peer_http_uri_same_origin (GUri *a, GUri *b)
{
  return g_str_equal (g_uri_get_scheme (a), g_uri_get_scheme (b)) &&
         g_ascii_strcasecmp (g_uri_get_host (a), g_uri_get_host (b)) == 0 &&
         g_uri_get_port (a) == g_uri_get_port (b);
}

/**
 * gst_peer_http_uri_to_text:
 *
 * Returns: (transfer full): for messages, without what may be a secret
 */
char *
gst_peer_http_uri_to_text (GUri *uri)
{
  return g_uri_to_string_partial (
      uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
}
