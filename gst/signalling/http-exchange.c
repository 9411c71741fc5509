/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One request and its response. */

#include "http-exchange.h"

#include <string.h>

/**
 * gst_peer_http_respond:
 *
 * With what every response carries.
 */
void
gst_peer_http_respond (SoupServerMessage *message, guint status)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  /* Pages of anywhere may play. */
  soup_message_headers_replace (headers, "Access-Control-Allow-Origin", "*");
  soup_message_headers_replace (headers, "Access-Control-Allow-Methods",
      "OPTIONS, GET, HEAD, POST, PATCH, DELETE");
  soup_message_headers_replace (headers, "Access-Control-Allow-Headers",
      "Authorization, Content-Type, If-Match");
  soup_message_headers_replace (headers, "Access-Control-Expose-Headers",
      "Location, ETag, Link, Accept-Post, Accept-Patch");
  soup_server_message_set_status (message, status, NULL);
}

/**
 * gst_peer_http_respond_error:
 * @text: for the person who reads it
 */
void
gst_peer_http_respond_error (
    SoupServerMessage *message, guint status, const char *text)
{
  gst_peer_http_respond (message, status);
  soup_server_message_set_response (message, "text/plain; charset=utf-8",
      SOUP_MEMORY_COPY, text, strlen (text));
}

void
gst_peer_http_respond_not_allowed (
    SoupServerMessage *message, const char *allowed)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Allow", allowed);
  gst_peer_http_respond (message, SOUP_STATUS_METHOD_NOT_ALLOWED);
}

/**
 * gst_peer_http_has_type:
 *
 * Returns: whether the request's Content-Type is @type, with any parameters
 */
gboolean
gst_peer_http_has_type (SoupServerMessage *message, const char *type)
{
  return g_strcmp0 (
             soup_message_headers_get_content_type (
                 soup_server_message_get_request_headers (message), NULL),
             type) == 0;
}

gboolean
gst_peer_http_accepts_html (SoupServerMessage *message)
{
  const char *accept = soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), "Accept");

  return accept != NULL && strstr (accept, "text/html") != NULL;
}
