/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pages and what they are made of, all from inside of this library. */

#include "web-player.h"

#include "http-exchange.h"

#include <string.h>
#include <web-resources.h>

/* Nothing comes from elsewhere, and nothing is said to anybody else. */
#define POLICY                                                                 \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "  \
  "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; "              \
  "form-action 'none'"

/* A page may show the player within itself, but nobody's page may lay
 * something of its own over the one that asks for a camera. */
#define NOT_FRAMED "; frame-ancestors 'none'"

#define NO_DEVICES "camera=(), microphone=(), display-capture=()"
#define OWN_DEVICES "camera=(self), microphone=(self), display-capture=(self)"

static const struct {
  const char *suffix;
  const char *type;
} types[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".svg", "image/svg+xml" },
};

static const char *
type_of (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_has_suffix (name, types[i].suffix))
      return types[i].type;
  }

  return "application/octet-stream";
}

/* If-None-Match is a list, and compared weakly (RFC 9110 section 13.1.2); the
 * tag is a checksum in quotes, so where it appears it is meant. */
static gboolean
has_already (SoupServerMessage *message, const char *etag)
{
  const char *tags = soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), "If-None-Match");

  return tags != NULL &&
         (g_str_equal (tags, "*") || strstr (tags, etag) != NULL);
}

/* What is asked for again is not sent again, but always asked for: after an
 * update of the plugin no page may run with the scripts of another. */
static gboolean
respond (SoupServerMessage *message, const char *folder, const char *name)
{
  g_autofree char *path =
      g_strdup_printf ("/gst-peerconnection/%s/%s", folder, name);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (
      gst_peer_web_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  g_autofree char *checksum = NULL;
  g_autofree char *etag = NULL;

  if (bytes == NULL)
    return FALSE;

  checksum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  etag = g_strdup_printf ("\"%.32s\"", checksum);
  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  if (soup_server_message_get_status (message) == SOUP_STATUS_OK &&
      has_already (message, etag)) {
    gst_peer_http_respond (message, SOUP_STATUS_NOT_MODIFIED);
    return TRUE;
  }

  soup_message_headers_replace (headers, "Content-Type", type_of (name));
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (message), bytes);

  return TRUE;
}

static void
respond_page (SoupServerMessage *message, const char *name, const char *policy,
    const char *permissions)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Content-Security-Policy", policy);
  soup_message_headers_replace (headers, "Permissions-Policy", permissions);
  /* Whoever does not ask for HTML gets something else at the same address. */
  soup_message_headers_replace (headers, "Vary", "Accept");
  if (!respond (message, "pages", name))
    g_warn_if_reached ();
}

/* Of "publish", "publish=" and "publish=1" each says it. */
static gboolean
asks_to_publish (GUri *uri)
{
  const char *query = g_uri_get_query (uri);
  g_auto (GStrv) fields = g_strsplit (query != NULL ? query : "", "&", -1);

  for (guint i = 0; fields[i] != NULL; i++) {
    if (strcmp (fields[i], "publish") == 0 ||
        g_str_has_prefix (fields[i], "publish="))
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_web_player_respond:
 * @message: a GET or HEAD, that has its status
 * @publishes: whether streams are published there, and not played
 *
 * With the page of the stream at its own address: the player, or where streams
 * are published or `?publish` is asked for, the page that publishes.
 */
void
gst_peer_web_player_respond (SoupServerMessage *message, gboolean publishes)
{
  if (publishes || asks_to_publish (soup_server_message_get_uri (message)))
    respond_page (message, "publish.html", POLICY NOT_FRAMED, OWN_DEVICES);
  else
    respond_page (message, "player.html", POLICY, NO_DEVICES);
}

/**
 * gst_peer_web_player_respond_index:
 * @message: a GET or HEAD, that has its status
 *
 * With the page that lists the streams. It asks for them at "/", with
 * `Accept: application/json`.
 */
void
gst_peer_web_player_respond_index (SoupServerMessage *message)
{
  respond_page (message, "index.html", POLICY NOT_FRAMED, NO_DEVICES);
}

/**
 * gst_peer_web_player_respond_file:
 * @message: a GET or HEAD, whose status is 200 so far
 * @name: what follows "/-/" in the path, from the network
 *
 * With what the pages are made of.
 */
void
gst_peer_web_player_respond_file (SoupServerMessage *message, const char *name)
{
  if (*name == '\0' || strchr (name, '/') != NULL ||
      !respond (message, "files", name))
    gst_peer_http_respond_error (
        message, SOUP_STATUS_NOT_FOUND, "There is no such file.\n");
}
